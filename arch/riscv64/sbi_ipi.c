/* SPDX-License-Identifier: Apache-2.0 */
/* SBI's IPI and RFENCE (chapters 7 and 8): what one hart sends to others. */
#include "sbi.h"

enum ipi_function {
	IPI_SEND,
};

enum rfence_function {
	RFENCE_FENCE_I,
	RFENCE_SFENCE_VMA,
	RFENCE_SFENCE_VMA_ASID,
	/* those with HFENCE are for hypervisors, which no guest is */
};

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
	for (uint32_t i = 0; targets >> i; i++) {
		struct axvm_vcpu *target = &vcpu->vm->vcpus[i];

		if (!(targets >> i & 1))
			continue;
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
static bool is_everything(const struct sbi_fence *fence)
{
	return fence->size == UINT64_MAX || (fence->start == 0 && fence->size == 0);
}

enum sbi_error sbi_send_fence(struct axvm_vcpu *vcpu, axvm_cpu_mask_t targets,
			      const struct sbi_fence *fence)
{
	bool code = fence->event == SBI_EVENT_FENCE_I_SENT;
	bool all = code || is_everything(fence);

	if (!all && fence->size && fence->start + (fence->size - 1) < fence->start)
		return SBI_ERR_INVALID_ADDRESS;
	for (uint32_t i = 0; targets >> i; i++) {
		if (!(targets >> i & 1))
			continue;
		sbi_count(vcpu, fence->event);
		count_received(&vcpu->vm->vcpus[i], fence->event + 1);
	}
	riscv64_remote_fence(vcpu, targets, code ? RISCV64_FENCE_I : RISCV64_FENCE_VMA,
			     all ? 0 : fence->start, all ? UINT64_MAX : fence->size, fence->asid);
	return SBI_SUCCESS;
}

enum run_verdict sbi_rfence_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	struct sbi_fence fence = { .start = sbi_arg(vcpu, 2),
				   .size = sbi_arg(vcpu, 3),
				   .asid = UINT64_MAX };
	axvm_cpu_mask_t targets;

	switch (fid) {
	case RFENCE_FENCE_I:
		fence.event = SBI_EVENT_FENCE_I_SENT;
		break;
	case RFENCE_SFENCE_VMA:
		fence.event = SBI_EVENT_SFENCE_VMA_SENT;
		break;
	case RFENCE_SFENCE_VMA_ASID:
		fence.event = SBI_EVENT_SFENCE_VMA_ASID_SENT;
		fence.asid = sbi_arg(vcpu, 4) & SBI_ASID_MASK;
		break;
	default:
		return sbi_done(vcpu, SBI_ERR_NOT_SUPPORTED);
	}
	if (!sbi_targets(vcpu, sbi_arg(vcpu, 0), sbi_arg(vcpu, 1), &targets))
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	return sbi_done(vcpu, sbi_send_fence(vcpu, targets, &fence));
}
