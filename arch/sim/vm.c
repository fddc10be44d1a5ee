/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM has on the simulated CPU: an interrupt controller and one port. */
#include "host.h"
#include <string.h>

static uint64_t port_read(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu)
{
	const struct axvm *vm = opaque;
	uint64_t value = 0;

	(void)vcpu;
	memcpy(&value, (const uint8_t *)&vm->arch.port + offset, width);
	return value;
}

static void port_write(void *opaque, uint64_t offset, unsigned width, uint64_t value,
		       struct axvm_vcpu *vcpu)
{
	struct axvm *vm = opaque;

	(void)vcpu;
	memcpy((uint8_t *)&vm->arch.port + offset, &value, width);
}

static enum axvm_error ports_add(struct axvm *vm)
{
	const struct bus_range range = {
		.base = AXVM_SIM_PORT,
		.length = sizeof(vm->arch.port),
		.locked = true,
		.read = port_read,
		.write = port_write,
		.opaque = vm,
	};

	return bus_add(&vm->ports, &range);
}

enum axvm_error arch_vm_init(struct axvm *vm, struct axvm_diag *diag)
{
	enum axvm_error err = ports_add(vm);

	return err == AXVM_OK ? sim_irqchip_init(vm, diag) : err;
}

void arch_vm_fini(struct axvm *vm)
{
	(void)vm;
}

void arch_vm_reset(struct axvm *vm)
{
	vm->arch.port = 0;
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		irqset_reset(&vm->vcpus[i].arch.pending);
		irqset_reset(&vm->vcpus[i].arch.lines);
	}
}

/* Guest time is the VM's, which the core keeps. */
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
