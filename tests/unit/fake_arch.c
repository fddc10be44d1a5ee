/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_arch.h"
#include "../../arch/aarch64/vtcr.h"
#include "arch.h"
#include <string.h>

#define MMFR0_PA40 2u

struct fake_arch fake_arch;

const unsigned arch_gpr_num = 31;

bool arch_supports(enum axvm_arch isa)
{
	return isa == AXVM_ARCH_AARCH64;
}

void fake_arch_reset(void)
{
	fake_arch = (struct fake_arch){ .hardware = true };
}

bool arch_has_hardware_support(void)
{
	return fake_arch.hardware;
}

enum axvm_error arch_hardware_enable(void)
{
	return fake_arch.hardware ? AXVM_OK : AXVM_ERR_UNSUPPORTED;
}

void arch_hardware_disable(void)
{
}

const struct stage2_geometry *arch_stage2_geometry(void)
{
	static struct stage2_geometry geo;

	stage2_vtcr_from(MMFR0_PA40, 0, &geo);
	return &geo;
}

void arch_stage2_flush(void *vm, uint64_t gpa, uint64_t size, bool tables)
{
	(void)vm;
	(void)gpa;
	(void)size;
	(void)tables;
}

void arch_sync_guest_memory(void *p, size_t len)
{
	(void)p;
	(void)len;
}

void arch_clear_guest_memory(void *p, size_t len)
{
	memset(p, 0, len);
}

enum axvm_error arch_vm_init(struct axvm *vm, struct axvm_diag *diag)
{
	(void)diag;
	vm->arch.has_vmid = true;
	fake_arch.vms++;
	return fake_arch.vm_error;
}

void arch_vm_fini(struct axvm *vm)
{
	fake_arch.vms -= vm->arch.has_vmid;
	vm->arch.has_vmid = false;
}

void arch_vm_reset(struct axvm *vm)
{
	(void)vm;
	fake_arch.resets++;
}

void arch_vm_boot(struct axvm *vm)
{
	(void)vm;
}

void arch_vm_pause(struct axvm *vm)
{
	(void)vm;
}

void arch_vm_resume(struct axvm *vm)
{
	(void)vm;
}

void arch_vcpu_set_return_value(struct axvm_vcpu *vcpu, uint64_t value)
{
	vcpu->arch.regs.x[0] = value;
}

void arch_vcpu_reset(struct axvm_vcpu *vcpu)
{
	vcpu->arch.regs = (struct arch_regs){ 0 };
}

void arch_vcpu_set_entry(struct axvm_vcpu *vcpu, uint64_t entry, uint64_t arg)
{
	vcpu->arch.regs.pc = entry;
	vcpu->arch.regs.x[0] = arg;
}

void arch_vcpu_bind(struct axvm_vcpu *vcpu)
{
	(void)vcpu;
}

void arch_vcpu_unbind(struct axvm_vcpu *vcpu)
{
	(void)vcpu;
}

void arch_vcpu_run(struct axvm_vcpu *vcpu)
{
	vcpu->exit.reason = AXVM_EXIT_PREEMPTED;
}

void arch_vcpu_set_gpr(struct axvm_vcpu *vcpu, unsigned reg, uint64_t value)
{
	if (reg < 31)
		vcpu->arch.regs.x[reg] = value;
}

bool arch_vcpu_irq_pending(const struct axvm_vcpu *vcpu)
{
	(void)vcpu;
	return false;
}

bool arch_vcpu_prepare_halt(struct axvm_vcpu *vcpu)
{
	(void)vcpu;
	return true;
}

void arch_vcpu_report(struct axvm_vcpu *vcpu)
{
	(void)vcpu;
}

bool arch_irq_valid(const struct axvm *vm, uint32_t irq)
{
	(void)vm;
	return irq < FAKE_IRQS;
}

void arch_irq_inject(struct axvm_vcpu *vcpu, uint32_t irq)
{
	(void)vcpu;
	(void)irq;
}

void arch_irq_set_line(struct axvm *vm, uint32_t irq, bool level)
{
	(void)vm;
	fake_arch.line[irq] = level;
	fake_arch.line_changes++;
}

uint32_t arch_device_irq(uint32_t irq_id)
{
	return 32 + irq_id;
}
