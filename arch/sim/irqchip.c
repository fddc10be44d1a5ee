/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated interrupt controller. Numbers below 32 are each vCPU's own; the others go to vCPU
 * 0. An injected interrupt stays until it is claimed, a line's as long as the line is high.
 */
#include "diag.h"
#include "host.h"

#define PRIVATE_IRQS 32u
_Static_assert(AXVM_SIM_IRQS == IRQSET_SIZE, "one bit each");

bool arch_irq_valid(const struct axvm *vm, uint32_t irq)
{
	(void)vm;
	return irq < AXVM_SIM_IRQS;
}

uint32_t arch_device_irq(uint32_t irq_id)
{
	return irq_id < AXVM_SIM_IRQS - PRIVATE_IRQS ? PRIVATE_IRQS + irq_id : AXVM_SIM_IRQS;
}

void arch_irq_inject(struct axvm_vcpu *vcpu, uint32_t irq)
{
	struct axvm_vcpu *target = irq < PRIVATE_IRQS ? vcpu : &vcpu->vm->vcpus[0];

	irqset_set(&target->arch.pending, irq);
	vcpu_notify(target, VCPU_REQ_IRQ);
}

void arch_irq_set_line(struct axvm *vm, uint32_t irq, bool level)
{
	struct axvm_vcpu *target = &vm->vcpus[0];

	if (!level) {
		irqset_clear(&target->arch.lines, irq);
		return;
	}
	irqset_set(&target->arch.lines, irq);
	vcpu_notify(target, VCPU_REQ_IRQ);
}

bool arch_vcpu_irq_pending(const struct axvm_vcpu *vcpu)
{
	return irqset_any(&vcpu->arch.pending) || irqset_any(&vcpu->arch.lines);
}

/* IRQSET_NONE is above every number. */
uint32_t sim_irq_claim(struct axvm_vcpu *vcpu)
{
	uint32_t line = irqset_lowest(&vcpu->arch.lines);
	uint32_t irq = irqset_lowest(&vcpu->arch.pending);

	if (irq > line)
		return line;
	return irq == IRQSET_NONE || irqset_clear(&vcpu->arch.pending, irq) ? irq : line;
}

/* ---- The places of the machine's own interrupt controller: they read as zero ---- */

static uint64_t read_zero(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu)
{
	(void)opaque;
	(void)offset;
	(void)width;
	(void)vcpu;
	return 0;
}

static void write_ignored(void *opaque, uint64_t offset, unsigned width, uint64_t value,
			  struct axvm_vcpu *vcpu)
{
	(void)opaque;
	(void)offset;
	(void)width;
	(void)value;
	(void)vcpu;
}

enum axvm_error sim_irqchip_init(struct axvm *vm, struct axvm_diag *diag)
{
	enum axvm_error err = AXVM_OK;

	for (uint32_t i = 0; err == AXVM_OK && i < vm->config.emu_device_num; i++) {
		const struct axvm_emu_device *d = &vm->config.emu_devices[i];
		const struct bus_range range = {
			.base = d->base_gpa,
			.length = d->length,
			.read = read_zero,
			.write = write_ignored,
		};

		if (d->emu_type != AXVM_EMU_GICD && d->emu_type != AXVM_EMU_GICR)
			continue;
		err = bus_add(&vm->bus, &range);
		if (err != AXVM_OK) {
			diag_set(diag, err, "overlaps another device");
			diag_where_entry(diag, "devices.emu_devices", i, NULL);
		}
	}
	return err;
}
