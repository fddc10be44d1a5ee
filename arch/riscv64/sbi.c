/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware that a guest sees: which extensions it has. Nothing here calls the real firmware;
 * what is not listed is NOT_SUPPORTED.
 */
#include "sbi.h"
#include <axvm/hypercall.h>
#include <string.h>

#define SPEC_VERSION   0x2000000u /* 2.0 */
#define IMPLEMENTATION (AXVM_HYPERCALL_SBI & 0xffffff)
#define IMPL_VERSION   0x10000u /* 0.1.0, a byte each */

enum base_function {
	BASE_GET_SPEC_VERSION,
	BASE_GET_IMPL_ID,
	BASE_GET_IMPL_VERSION,
	BASE_PROBE_EXTENSION,
	BASE_GET_MVENDORID,
	BASE_GET_MARCHID,
	BASE_GET_MIMPID,
};

static enum run_verdict base_call(struct axvm_vcpu *vcpu, uint64_t fid);
static enum run_verdict time_call(struct axvm_vcpu *vcpu, uint64_t fid);
static enum run_verdict hypercall(struct axvm_vcpu *vcpu, uint64_t fid);

static const struct extension {
	uint32_t first, last;
	enum run_verdict (*call)(struct axvm_vcpu *vcpu, uint64_t fid);
} extensions[] = {
	{ SBI_TIME, SBI_TIME, time_call },
	{ SBI_IPI, SBI_IPI, sbi_ipi_call },
	{ SBI_RFENCE, SBI_RFENCE, sbi_rfence_call },
	{ SBI_BASE, SBI_BASE, base_call },
	{ SBI_LEGACY_FIRST, SBI_LEGACY_LAST, sbi_legacy_call },
	{ SBI_HSM, SBI_HSM, sbi_hsm_call },
	{ SBI_DBCN, SBI_DBCN, sbi_dbcn_call },
	{ SBI_PMU, SBI_PMU, sbi_pmu_call },
	{ SBI_STA, SBI_STA, sbi_sta_call },
	{ SBI_SRST, SBI_SRST, sbi_srst_call },
	{ SBI_SUSP, SBI_SUSP, sbi_susp_call },
	{ AXVM_HYPERCALL_SBI, AXVM_HYPERCALL_SBI, hypercall },
};

static const struct extension *find_extension(uint64_t eid)
{
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		if (eid >= extensions[i].first && eid <= extensions[i].last)
			return &extensions[i];
	}
	return NULL;
}

enum sbi_error sbi_error(enum axvm_error err)
{
	switch (err) {
	case AXVM_OK:
		return SBI_SUCCESS;
	case AXVM_ERR_INVALID_INPUT:
		return SBI_ERR_INVALID_PARAM;
	case AXVM_ERR_ALREADY_EXISTS:
		return SBI_ERR_ALREADY_AVAILABLE;
	case AXVM_ERR_UNSUPPORTED:
		return SBI_ERR_NOT_SUPPORTED;
	case AXVM_ERR_PERMISSION_DENIED:
		return SBI_ERR_DENIED;
	case AXVM_ERR_BAD_ADDRESS:
		return SBI_ERR_INVALID_ADDRESS;
	case AXVM_ERR_BAD_STATE:
	case AXVM_ERR_NO_MEMORY:
	case AXVM_ERR_NOT_FOUND:
	case AXVM_ERR_RESOURCE_BUSY:
	case AXVM_ERR_INVALID_DATA:
	case AXVM_ERR_IO:
	case AXVM_ERR_WOULD_BLOCK:
		break;
	}
	return SBI_ERR_FAILED;
}

bool sbi_is_code(struct axvm_vcpu *vcpu, uint64_t gpa)
{
	struct stage2_leaf leaf;

	return aspace_find(&vcpu->vm->aspace, axvm_gpa(gpa), &leaf) &&
	       leaf.flags & AXVM_ACCESS_EXECUTE;
}

/* 0 is a legal answer for each identity: a guest works around no defects of the machine's harts. */
static enum run_verdict base_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	switch (fid) {
	case BASE_GET_SPEC_VERSION:
		return sbi_answer(vcpu, SBI_SUCCESS, SPEC_VERSION);
	case BASE_GET_IMPL_ID:
		return sbi_answer(vcpu, SBI_SUCCESS, IMPLEMENTATION);
	case BASE_GET_IMPL_VERSION:
		return sbi_answer(vcpu, SBI_SUCCESS, IMPL_VERSION);
	case BASE_PROBE_EXTENSION:
		return sbi_answer(vcpu, SBI_SUCCESS, find_extension(sbi_arg(vcpu, 0)) != NULL);
	case BASE_GET_MVENDORID:
	case BASE_GET_MARCHID:
	case BASE_GET_MIMPID:
		return sbi_done(vcpu, SBI_SUCCESS);
	default:
		return sbi_done(vcpu, SBI_ERR_NOT_SUPPORTED);
	}
}

static enum run_verdict time_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	if (fid != 0)
		return sbi_done(vcpu, SBI_ERR_NOT_SUPPORTED);
	sbi_count(vcpu, SBI_EVENT_SET_TIMER);
	riscv64_set_timer(vcpu, sbi_arg(vcpu, 0));
	return sbi_done(vcpu, SBI_SUCCESS);
}

static enum run_verdict hypercall(struct axvm_vcpu *vcpu, uint64_t fid)
{
	struct axvm_exit exit = { .reason = AXVM_EXIT_HYPERCALL };

	exit.hypercall.nr = fid;
	for (unsigned i = 0; i < 6; i++)
		exit.hypercall.args[i] = sbi_arg(vcpu, i);
	return run_hypercall(vcpu, &exit);
}

/* Out of line, so that the quickest calls pay for none of the others' registers. */
__attribute__((noinline)) static enum run_verdict other_call(struct axvm_vcpu *vcpu, uint64_t eid,
							     uint64_t fid)
{
	const struct extension *extension = find_extension(eid);

	if (!extension)
		return sbi_done(vcpu, SBI_ERR_NOT_SUPPORTED);
	return extension->call(vcpu, fid);
}

enum run_verdict riscv64_sbi_call(struct axvm_vcpu *vcpu)
{
	uint64_t eid = vcpu->arch.regs.x[17], fid = vcpu->arch.regs.x[16];

	vcpu_count(vcpu, AXVM_EXIT_HYPERCALL);
	if (eid == SBI_TIME)
		return time_call(vcpu, fid);
	if (eid == SBI_BASE && fid == BASE_GET_SPEC_VERSION)
		return sbi_answer(vcpu, SBI_SUCCESS, SPEC_VERSION);
	return other_call(vcpu, eid, fid);
}

void sbi_vcpu_bind(struct axvm_vcpu *vcpu)
{
	__atomic_store_n(&vcpu->arch.sbi.suspended, 0, __ATOMIC_RELAXED);
	sbi_sta_bind(vcpu);
	sbi_pmu_bind(vcpu);
}

void sbi_vcpu_unbind(struct axvm_vcpu *vcpu)
{
	sbi_pmu_unbind(vcpu);
	sbi_sta_unbind(vcpu);
}

void sbi_vcpu_reset(struct axvm_vcpu *vcpu)
{
	struct sbi_vcpu *s = &vcpu->arch.sbi;

	memset(s, 0, sizeof(*s));
	s->sta_gpa = UINT64_MAX;
	s->away_since = UINT64_MAX;
}
