/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM has on this architecture: a VMID, its interrupt controller, its time. */
#include "host.h"
#include "vgic.h"
#include "vmid.h"
#include <string.h>

/* Eight bits are on every CPU. */
#define VMID_NUM   256u
#define VMID_SHIFT 48

enum axvm_error arch_vm_init(struct axvm *vm, struct axvm_diag *diag)
{
	uint32_t vmid = vmid_take(VMID_NUM);

	if (!vmid) {
		diag_set(diag, AXVM_ERR_RESOURCE_BUSY, "no VMID is left: end another VM first");
		return AXVM_ERR_RESOURCE_BUSY;
	}
	vm->arch.has_vmid = true;
	vm->arch.vttbr = (uint64_t)vmid << VMID_SHIFT | vm->aspace.s2.root.v;
	/* The VMID's last owner may have left translations behind. */
	arch_stage2_flush(vm, 0, UINT64_MAX, true);
	return vgic_vm_init(vm, diag);
}

void arch_vm_fini(struct axvm *vm)
{
	if (!vm->arch.has_vmid)
		return;
	vmid_give((uint32_t)(vm->arch.vttbr >> VMID_SHIFT));
	vm->arch.has_vmid = false;
}

void arch_vm_reset(struct axvm *vm)
{
	vgic_vm_reset(vm);
	/* As after power-on, no CPU holds a translation of the guest's own tables. */
	arch_stage2_flush(vm, 0, UINT64_MAX, true);
	memset(vm->arch.last_ran, 0, sizeof(vm->arch.last_ran));
}

void arch_vm_boot(struct axvm *vm)
{
	isb();
	vm->arch.cntvoff = read_sysreg(cntpct_el0);
}

void arch_vm_pause(struct axvm *vm)
{
	isb();
	vm->arch.paused_at = read_sysreg(cntpct_el0);
}

void arch_vm_resume(struct axvm *vm)
{
	isb();
	vm->arch.cntvoff += read_sysreg(cntpct_el0) - vm->arch.paused_at;
}

bool arch_irq_valid(const struct axvm *vm, uint32_t irq)
{
	return vgic_irq_valid(vm, irq);
}

void arch_irq_inject(struct axvm_vcpu *vcpu, uint32_t irq)
{
	vgic_inject(vcpu, irq);
}

void arch_irq_set_line(struct axvm *vm, uint32_t irq, bool level)
{
	vgic_set_line(vm, irq, level);
}

uint32_t arch_device_irq(uint32_t irq_id)
{
	return VGIC_SPI_BASE + irq_id;
}
