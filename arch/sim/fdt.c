/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated CPU's part of the guest's device tree: for programs that look for devices. */
#include "arch.h"
#include "fdt_build.h"
#include <libfdt.h>

static int put_cpus(const struct axvm *vm, void *fdt)
{
	FDT_TRY(fdt_begin_cpus(fdt));
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		FDT_TRY(fdt_begin_cpu(&vm->vcpus[i], fdt, "axvm,sim"));
		FDT_TRY(fdt_end_node(fdt));
	}
	return fdt_end_node(fdt);
}

int arch_fdt_describe(struct axvm *vm, void *fdt)
{
	FDT_TRY(put_cpus(vm, fdt));
	FDT_TRY(fdt_begin_node(fdt, "interrupt-controller"));
	FDT_TRY(fdt_property_string(fdt, "compatible", "axvm,sim-intc"));
	FDT_TRY(fdt_property_u32(fdt, "#interrupt-cells", 1));
	FDT_TRY(fdt_property(fdt, "interrupt-controller", "", 0));
	FDT_TRY(fdt_property_u32(fdt, "phandle", FDT_INTC_PHANDLE));
	return fdt_end_node(fdt);
}

int arch_fdt_interrupt(const struct axvm *vm, void *fdt, uint32_t irq_id, bool edge)
{
	(void)vm;
	(void)edge;
	return fdt_property_u32(fdt, "interrupts", arch_device_irq(irq_id));
}
