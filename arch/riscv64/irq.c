/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU's interrupts. hvip is in the CPU while the vCPU is bound, and only its owner writes it:
 * others leave a word and notify. The guest itself takes VSSIP back.
 */
#include "host.h"

void riscv64_set_external(struct axvm_vcpu *vcpu, bool level)
{
	if (__atomic_load_n(&vcpu->arch.external, __ATOMIC_RELAXED) == level)
		return;
	__atomic_store_n(&vcpu->arch.external, level, __ATOMIC_RELAXED);
	vcpu_notify(vcpu, VCPU_REQ_IRQ);
}

void riscv64_send_soft(struct axvm_vcpu *vcpu)
{
	__atomic_store_n(&vcpu->arch.soft, 1, __ATOMIC_RELAXED);
	vcpu_notify(vcpu, VCPU_REQ_IRQ);
}

void riscv64_raise_soft(struct axvm_vcpu *vcpu)
{
	(void)vcpu;
	csr_set(hvip, HVIP_VSSIP);
}

void riscv64_clear_soft(struct axvm_vcpu *vcpu)
{
	__atomic_store_n(&vcpu->arch.soft, 0, __ATOMIC_RELAXED);
	csr_clear(hvip, HVIP_VSSIP);
}

/* hvip with what others have left. */
static uint64_t merge(struct arch_vcpu *a, uint64_t hvip)
{
	hvip &= ~HVIP_VSEIP;
	if (__atomic_load_n(&a->external, __ATOMIC_RELAXED))
		hvip |= HVIP_VSEIP;
	if (__atomic_load_n(&a->soft, __ATOMIC_RELAXED) &&
	    __atomic_exchange_n(&a->soft, 0, __ATOMIC_RELAXED))
		hvip |= HVIP_VSSIP;
	return hvip;
}

void riscv64_irq_sync(struct axvm_vcpu *vcpu)
{
	uint64_t old = csr_read(hvip), hvip = merge(&vcpu->arch, old);

	if (hvip != old)
		csr_write(hvip, hvip);
}

void riscv64_irq_load(struct axvm_vcpu *vcpu)
{
	csr_write(hvip, merge(&vcpu->arch, vcpu->arch.hvip));
}

void riscv64_irq_save(struct axvm_vcpu *vcpu)
{
	vcpu->arch.hvip = csr_read(hvip);
}

/* Also for a vCPU that is about to halt: what is in the CPU has been saved by then. */
bool arch_vcpu_irq_pending(const struct axvm_vcpu *vcpu)
{
	const struct arch_vcpu *a = &vcpu->arch;
	uint64_t pending = a->hvip & (HVIP_VSSIP | HVIP_VSTIP);

	if (__atomic_load_n(&a->soft, __ATOMIC_RELAXED))
		pending |= HVIP_VSSIP;
	if (__atomic_load_n(&a->external, __ATOMIC_RELAXED) || aia_vcpu_pending(vcpu))
		pending |= HVIP_VSEIP;
	/* vsie has the bits of the supervisor's places, one below. */
	return pending >> 1 & a->vs.vsie;
}
