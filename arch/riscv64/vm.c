/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM has on this architecture: a VMID, its interrupt controller, its time. */
#include "device_config.h"
#include "hgatp.h"
#include "host.h"
#include "vmid.h"
#include <string.h>

/* A CPU without VMIDs has the number 0 for all VMs. */
static enum axvm_error take_vmid(struct axvm *vm, struct axvm_diag *diag)
{
	uint32_t num = riscv64_vmid_num(), vmid = 0;
	enum hgatp_mode mode;
	struct stage2_geometry geo;

	if (num > 1)
		vmid = vmid_take(num);
	if (num > 1 && !vmid) {
		diag_set(diag, AXVM_ERR_RESOURCE_BUSY, "no VMID is left: end another VM first");
		return AXVM_ERR_RESOURCE_BUSY;
	}
	mode = hgatp_geometry(riscv64_hgatp_modes(), &geo);
	vm->arch.has_vmid = true;
	vm->arch.hgatp = hgatp_value(mode, vmid, vm->aspace.s2.root.v);
	return AXVM_OK;
}

enum axvm_error arch_vm_init(struct axvm *vm, struct axvm_diag *diag)
{
	enum axvm_error err = take_vmid(vm, diag);

	if (err != AXVM_OK)
		return err;
	/* The VMID's last owner may have left translations behind. */
	arch_stage2_flush(vm, 0, UINT64_MAX, true);
	err = units_vm_init(vm);
	if (err != AXVM_OK)
		return err;
	vm->arch.aia = device_config_find(&vm->config, AXVM_EMU_APLIC) ||
		       device_config_find(&vm->config, AXVM_EMU_IMSIC);
	return vm->arch.aia ? aia_vm_init(vm, diag) : plic_vm_init(vm, diag);
}

void arch_vm_fini(struct axvm *vm)
{
	uint32_t vmid = vm->arch.hgatp >> HGATP_VMID_SHIFT & HGATP_VMID_MASK;

	if (!vm->arch.has_vmid)
		return;
	if (vm->arch.aia)
		aia_vm_fini(vm);
	if (vmid)
		vmid_give(vmid);
	vm->arch.has_vmid = false;
}

void arch_vm_reset(struct axvm *vm)
{
	if (vm->arch.aia)
		aia_vm_reset(vm);
	else
		plic_vm_reset(vm);
	/* As after power-on, no CPU holds a translation of the guest's own tables. */
	arch_stage2_flush(vm, 0, UINT64_MAX, true);
	memset(vm->arch.last_ran, 0, sizeof(vm->arch.last_ran));
}

void arch_vm_boot(struct axvm *vm)
{
	vm->arch.htimedelta = -csr_read(time);
}

void arch_vm_pause(struct axvm *vm)
{
	vm->arch.paused_at = csr_read(time);
}

void arch_vm_resume(struct axvm *vm)
{
	vm->arch.htimedelta -= csr_read(time) - vm->arch.paused_at;
}

bool arch_irq_valid(const struct axvm *vm, uint32_t irq)
{
	return vm->arch.aia ? aia_irq_valid(vm, irq) : plic_irq_valid(vm, irq);
}

void arch_irq_inject(struct axvm_vcpu *vcpu, uint32_t irq)
{
	if (vcpu->vm->arch.aia)
		aia_inject(vcpu->vm, irq);
	else
		plic_inject(vcpu->vm, irq);
}

void arch_irq_set_line(struct axvm *vm, uint32_t irq, bool level)
{
	if (vm->arch.aia)
		aia_set_line(vm, irq, level);
	else
		plic_set_line(vm, irq, level);
}

uint32_t arch_device_irq(uint32_t irq_id)
{
	return irq_id;
}
