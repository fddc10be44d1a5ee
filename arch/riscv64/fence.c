/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fences that one vCPU asks of others (SBI RFENCE). A guest's own SFENCE.VMA and FENCE.I reach only
 * the hart that it is on: so a vCPU that comes to another one fences there before it runs.
 */
#include "host.h"

/* Above this many pages it is quicker to forget everything. */
#define FENCE_PAGES_MAX 16u

/* How often the host has written guests' memory: code that a CPU may hold in its cache. */
static uint32_t code_written;
static uint32_t code_seen[AXVM_MAX_PCPUS];

static void fence_i(void)
{
	__asm__ volatile("fence.i" ::: "memory");
}

static void fence_vma(void)
{
	__asm__ volatile("hfence.vvma" ::: "memory");
}

static void fence_pages(uint64_t va, uint64_t size, uint64_t asid)
{
	uint64_t num = (size + (va & (AXVM_PAGE_SIZE - 1)) + AXVM_PAGE_SIZE - 1) / AXVM_PAGE_SIZE;

	for (; num > 0; num--, va += AXVM_PAGE_SIZE) {
		if (asid == UINT64_MAX)
			__asm__ volatile("hfence.vvma %0, zero" ::"r"(va) : "memory");
		else
			__asm__ volatile("hfence.vvma %0, %1" ::"r"(va), "r"(asid) : "memory");
	}
}

static void fence_here(enum riscv64_fence kind, uint64_t va, uint64_t size, uint64_t asid)
{
	if (kind & RISCV64_FENCE_I)
		fence_i();
	if (!(kind & RISCV64_FENCE_VMA))
		return;
	if (size <= (uint64_t)FENCE_PAGES_MAX * AXVM_PAGE_SIZE)
		fence_pages(va, size, asid);
	else
		fence_vma();
}

void riscv64_fence_sync(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;
	uint32_t kinds;

	if (!__atomic_load_n(&a->fences, __ATOMIC_RELAXED))
		return;
	kinds = __atomic_exchange_n(&a->fences, 0, __ATOMIC_SEQ_CST);
	fence_here((enum riscv64_fence)kinds, 0, UINT64_MAX, UINT64_MAX);
	__atomic_add_fetch(&a->fences_done, 1, __ATOMIC_SEQ_CST);
}

/*
 * Asks another vCPU. Result: it is in its guest, and has to be waited for. *done: of its
 * fences_done, read behind the request.
 */
static bool ask(struct axvm_vcpu *target, enum riscv64_fence kind, uint32_t *done)
{
	__atomic_or_fetch(&target->arch.fences, kind, __ATOMIC_SEQ_CST);
	*done = __atomic_load_n(&target->arch.fences_done, __ATOMIC_SEQ_CST);
	__atomic_or_fetch(&target->request, VCPU_REQ_IRQ, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&target->in_guest, __ATOMIC_SEQ_CST))
		return false; /* it looks at its requests before it enters */
	vcpu_notify(target, VCPU_REQ_IRQ);
	return true;
}

/*
 * Until the target has left its guest, or has taken the request. The second look of two that it
 * finishes after `done` has begun after that, whoever else asks it meanwhile.
 */
static bool answered(struct axvm_vcpu *target, enum riscv64_fence kind, uint32_t done)
{
	struct arch_vcpu *a = &target->arch;

	return !(__atomic_load_n(&a->fences, __ATOMIC_SEQ_CST) & kind) ||
	       __atomic_load_n(&a->fences_done, __ATOMIC_SEQ_CST) - done >= 2 ||
	       !__atomic_load_n(&target->in_guest, __ATOMIC_SEQ_CST);
}

void riscv64_remote_fence(struct axvm_vcpu *vcpu, axvm_cpu_mask_t targets, enum riscv64_fence kind,
			  uint64_t va, uint64_t size, uint64_t asid)
{
	struct axvm *vm = vcpu->vm;
	uint32_t done[AXVM_MAX_VCPUS];
	axvm_cpu_mask_t waiting = 0;

	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		struct axvm_vcpu *target = &vm->vcpus[i];

		if (!(targets >> i & 1))
			continue;
		if (target == vcpu)
			fence_here(kind, va, size, asid);
		else if (ask(target, kind, &done[i]))
			waiting |= (axvm_cpu_mask_t)1 << i;
	}
	while (waiting) {
		uint32_t i = (uint32_t)__builtin_ctzll(waiting);

		if (answered(&vm->vcpus[i], kind, done[i])) {
			waiting &= waiting - 1;
			continue;
		}
		riscv64_fence_sync(vcpu); /* of two that fence each other both go on */
		arch_cpu_relax();
	}
}

void riscv64_forget_invalid(void)
{
	__asm__ volatile("hfence.gvma" ::: "memory");
}

void riscv64_fence_bind(struct axvm_vcpu *vcpu, bool anew)
{
	uint32_t written = __atomic_load_n(&code_written, __ATOMIC_ACQUIRE);

	if (anew)
		fence_vma();
	if (anew || code_seen[vcpu->pcpu] != written)
		fence_i();
	code_seen[vcpu->pcpu] = written;
}

/* No CPU fetches what it has of before: each fences before it binds its next vCPU. */
void arch_sync_guest_memory(void *p, size_t len)
{
	(void)p;
	(void)len;
	__atomic_add_fetch(&code_written, 1, __ATOMIC_SEQ_CST);
}
