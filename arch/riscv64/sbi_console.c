/* SPDX-License-Identifier: Apache-2.0 */
/* SBI's debug console (chapter 12). What is typed goes to the guest's UART: there is no input. */
#include "sbi.h"

enum dbcn_function {
	DBCN_WRITE,
	DBCN_READ,
	DBCN_WRITE_BYTE,
};

/* What one call writes at most; the guest is told how much that was. */
#define WRITE_MAX 256u

/* A buffer of the guest: length, address in two halves, the upper one of which is not used. */
static bool is_range(const struct axvm_vcpu *vcpu)
{
	uint64_t len = sbi_arg(vcpu, 0), base = sbi_arg(vcpu, 1);

	return sbi_arg(vcpu, 2) == 0 && base + len >= base;
}

static void put(struct axvm_vcpu *vcpu, const uint8_t *bytes, size_t len)
{
	struct axvm_hal *hal = vcpu->vm->hal;

	hal->console_write(hal, vcpu->vm->config.id, bytes, len);
}

void sbi_console_byte(struct axvm_vcpu *vcpu, uint64_t byte)
{
	const uint8_t b = (uint8_t)byte;

	put(vcpu, &b, 1);
}

static enum run_verdict dbcn_write(struct axvm_vcpu *vcpu)
{
	uint8_t bytes[WRITE_MAX];
	uint64_t len = sbi_arg(vcpu, 0);
	enum axvm_error err;

	if (!is_range(vcpu))
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	if (len > WRITE_MAX)
		len = WRITE_MAX;
	err = aspace_read(&vcpu->vm->aspace, axvm_gpa(sbi_arg(vcpu, 1)), bytes, len);
	if (err != AXVM_OK)
		return sbi_done(vcpu, sbi_error(err));
	put(vcpu, bytes, len);
	return sbi_answer(vcpu, SBI_SUCCESS, len);
}

static enum run_verdict dbcn_read(struct axvm_vcpu *vcpu)
{
	struct stage2_leaf leaf;

	if (!is_range(vcpu) || !aspace_find(&vcpu->vm->aspace, axvm_gpa(sbi_arg(vcpu, 1)), &leaf) ||
	    !(leaf.flags & AXVM_ACCESS_WRITE))
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	return sbi_done(vcpu, SBI_SUCCESS);
}

enum run_verdict sbi_dbcn_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	switch (fid) {
	case DBCN_WRITE:
		return dbcn_write(vcpu);
	case DBCN_READ:
		return dbcn_read(vcpu);
	case DBCN_WRITE_BYTE:
		sbi_console_byte(vcpu, sbi_arg(vcpu, 0));
		return sbi_done(vcpu, SBI_SUCCESS);
	default:
		return sbi_done(vcpu, SBI_ERR_NOT_SUPPORTED);
	}
}
