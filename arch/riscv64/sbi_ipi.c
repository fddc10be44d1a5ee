/* SPDX-License-Identifier: Apache-2.0 */
/* SBI's IPI and RFENCE (chapters 7 and 8): what one hart sends to others. */
#include "sbi.h"

enum ipi_function {
	IPI_SEND,
};

#define ASID_MASK 0xffffu /* of the bits that an address space identifier may have */

bool sbi_targets(const struct axvm_vcpu *vcpu, uint64_t mask, uint64_t base, axvm_cpu_mask_t *out)
{
	const struct axvm *vm = vcpu->vm;
	uint64_t found = 0;

	*out = UINT64_MAX >> (AXVM_MAX_VCPUS - vm->vcpu_num);
	if (base == UINT64_MAX)
		return true;
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		uint64_t offset = vm->vcpus[i].phys_id - base;

		if (offset < 64 && mask >> offset & 1)
			found |= UINT64_C(1) << offset;
		else
			*out &= ~(UINT64_C(1) << i);
	}
	return found == mask;
}

static void count_received(struct axvm_vcpu *target, enum sbi_event event)
{
	__atomic_add_fetch(&target->arch.sbi.events[event], 1, __ATOMIC_RELAXED);
}

void sbi_send_ipi(struct axvm_vcpu *vcpu, axvm_cpu_mask_t targets)
{
	for (; targets; targets &= targets - 1) {
		struct axvm_vcpu *target = &vcpu->vm->vcpus[__builtin_ctzll(targets)];

		sbi_count(vcpu, SBI_EVENT_IPI_SENT);
		count_received(target, SBI_EVENT_IPI_RECEIVED);
		if (target == vcpu)
			riscv64_raise_soft(vcpu);
		else
			riscv64_send_soft(target);
	}
}

enum run_verdict sbi_ipi_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	axvm_cpu_mask_t targets;

	if (fid != IPI_SEND)
		return sbi_done(vcpu, SBI_ERR_NOT_SUPPORTED);
	if (!sbi_targets(vcpu, sbi_arg(vcpu, 0), sbi_arg(vcpu, 1), &targets))
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	sbi_send_ipi(vcpu, targets);
	return sbi_done(vcpu, SBI_SUCCESS);
}

/* Start and size both 0, or the largest size, mean everything (chapter 8). */
static bool is_everything(uint64_t start, uint64_t size)
{
	return size == UINT64_MAX || (start == 0 && size == 0);
}

static void count_fences(struct axvm_vcpu *vcpu, axvm_cpu_mask_t targets, enum sbi_fence kind)
{
	unsigned sent = SBI_EVENT_FENCE_I_SENT + 2 * kind;

	for (; targets; targets &= targets - 1) {
		sbi_count(vcpu, sent);
		count_received(&vcpu->vm->vcpus[__builtin_ctzll(targets)], sent + 1);
	}
}

enum sbi_error sbi_send_fence(struct axvm_vcpu *vcpu, axvm_cpu_mask_t targets, enum sbi_fence kind,
			      const uint64_t range[3])
{
	uint64_t start = range[0], size = range[1], asid = UINT64_MAX;
	enum riscv64_fence what = RISCV64_FENCE_VMA;

	if (kind == SBI_FENCE_I)
		what = RISCV64_FENCE_I;
	if (kind == SBI_FENCE_VMA_ASID)
		asid = range[2] & ASID_MASK;
	if (kind == SBI_FENCE_I || is_everything(start, size)) {
		start = 0;
		size = UINT64_MAX;
	} else if (size && start + (size - 1) < start) {
		return SBI_ERR_INVALID_ADDRESS;
	}
	count_fences(vcpu, targets, kind);
	riscv64_remote_fence(vcpu, targets, what, start, size, asid);
	return SBI_SUCCESS;
}

enum run_verdict sbi_rfence_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	const uint64_t range[] = { sbi_arg(vcpu, 2), sbi_arg(vcpu, 3), sbi_arg(vcpu, 4) };
	axvm_cpu_mask_t targets;

	if (fid >= SBI_FENCE_NUM)
		return sbi_done(vcpu, SBI_ERR_NOT_SUPPORTED);
	if (!sbi_targets(vcpu, sbi_arg(vcpu, 0), sbi_arg(vcpu, 1), &targets))
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	return sbi_done(vcpu, sbi_send_fence(vcpu, targets, (enum sbi_fence)fid, range));
}
