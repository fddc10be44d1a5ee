/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBI's legacy extensions (chapter 5): one call each, its result in a0 alone. A mask of harts is in
 * memory, at a virtual address; without one all harts are meant.
 */
#include "sbi.h"

enum legacy_call {
	LEGACY_SET_TIMER,
	LEGACY_CONSOLE_PUTCHAR,
	LEGACY_CONSOLE_GETCHAR,
	LEGACY_CLEAR_IPI,
	LEGACY_SEND_IPI,
	LEGACY_REMOTE_FENCE_I,
	LEGACY_REMOTE_SFENCE_VMA,
	LEGACY_REMOTE_SFENCE_VMA_ASID,
	LEGACY_SHUTDOWN,
};

static enum run_verdict answer(struct axvm_vcpu *vcpu, int64_t result)
{
	vcpu->arch.regs.x[10] = (uint64_t)result;
	return RUN_RESUME;
}

/* What is asked of several harts; the fences are in the order of RFENCE's. */
static enum sbi_error send(struct axvm_vcpu *vcpu, enum legacy_call call, axvm_cpu_mask_t targets)
{
	const uint64_t range[] = { sbi_arg(vcpu, 1), sbi_arg(vcpu, 2), sbi_arg(vcpu, 3) };

	if (call >= LEGACY_REMOTE_FENCE_I)
		return sbi_send_fence(vcpu, targets, (enum sbi_fence)(call - LEGACY_REMOTE_FENCE_I),
				      range);
	sbi_send_ipi(vcpu, targets);
	return SBI_SUCCESS;
}

static enum run_verdict send_to_mask(struct axvm_vcpu *vcpu, enum legacy_call call)
{
	uint64_t va = sbi_arg(vcpu, 0), mask = 0;
	axvm_cpu_mask_t targets;

	if (va && !riscv64_read_word(vcpu, va, &mask))
		return RUN_RESUME; /* with the guest's own fault, at its ECALL */
	if (!sbi_targets(vcpu, mask, va ? 0 : UINT64_MAX, &targets))
		return answer(vcpu, SBI_ERR_INVALID_PARAM);
	return answer(vcpu, send(vcpu, call, targets));
}

static enum run_verdict set_timer(struct axvm_vcpu *vcpu)
{
	sbi_count(vcpu, SBI_EVENT_SET_TIMER);
	riscv64_set_timer(vcpu, sbi_arg(vcpu, 0));
	return answer(vcpu, 0);
}

enum run_verdict sbi_legacy_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	enum legacy_call call = (enum legacy_call)vcpu->arch.regs.x[17];

	(void)fid;
	switch (call) {
	case LEGACY_SET_TIMER:
		return set_timer(vcpu);
	case LEGACY_CONSOLE_PUTCHAR:
		sbi_console_byte(vcpu, sbi_arg(vcpu, 0));
		return answer(vcpu, 0);
	case LEGACY_CONSOLE_GETCHAR:
		return answer(vcpu, -1);
	case LEGACY_CLEAR_IPI:
		riscv64_clear_soft(vcpu);
		return answer(vcpu, 0);
	case LEGACY_SEND_IPI:
	case LEGACY_REMOTE_FENCE_I:
	case LEGACY_REMOTE_SFENCE_VMA:
	case LEGACY_REMOTE_SFENCE_VMA_ASID:
		return send_to_mask(vcpu, call);
	case LEGACY_SHUTDOWN:
		return run_system_down(vcpu, false);
	}
	return answer(vcpu, SBI_ERR_NOT_SUPPORTED);
}
