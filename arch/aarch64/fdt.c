/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AArch64 part of the guest's device tree. Bindings: Linux's Documentation/devicetree/bindings:
 * arm/cpus.yaml, arm/psci.yaml, timer/arm,arch_timer.yaml, interrupt-controller/arm,gic-v3.yaml.
 */
#include "arch.h"
#include "fdt_build.h"
#include <libfdt.h>

/* Interrupt cells: kind, number, trigger. */
#define GIC_SPI		     0u
#define GIC_PPI		     1u
#define IRQ_TYPE_EDGE_RISING 1u
#define IRQ_TYPE_LEVEL_HIGH  4u

static int put_cpus(const struct axvm *vm, void *fdt)
{
	FDT_TRY(fdt_begin_cpus(fdt));
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		FDT_TRY(fdt_begin_cpu(&vm->vcpus[i], fdt, "arm,armv8"));
		FDT_TRY(fdt_property_string(fdt, "enable-method", "psci"));
		FDT_TRY(fdt_end_node(fdt));
	}
	return fdt_end_node(fdt);
}

static int put_psci(void *fdt)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	FDT_TRY(fdt_begin_node(fdt, "psci"));
	FDT_TRY(fdt_property(fdt, "compatible", compatible, sizeof(compatible)));
	FDT_TRY(fdt_property_string(fdt, "method", "hvc"));
	return fdt_end_node(fdt);
}

/* Secure and non-secure physical, virtual, hypervisor timer. Virtual ones never stop. */
static int put_timer(void *fdt)
{
	static const uint32_t interrupts[] = {
		GIC_PPI, 13, IRQ_TYPE_LEVEL_HIGH, GIC_PPI, 14, IRQ_TYPE_LEVEL_HIGH,
		GIC_PPI, 11, IRQ_TYPE_LEVEL_HIGH, GIC_PPI, 10, IRQ_TYPE_LEVEL_HIGH,
	};

	FDT_TRY(fdt_begin_node(fdt, "timer"));
	FDT_TRY(fdt_property_string(fdt, "compatible", "arm,armv8-timer"));
	FDT_TRY(fdt_put_cells(fdt, "interrupts", interrupts, 12));
	FDT_TRY(fdt_property(fdt, "always-on", "", 0));
	return fdt_end_node(fdt);
}

/* ---- GICv3 ---- */

static unsigned device_count(const struct axvm *vm, uint32_t emu_type)
{
	unsigned num = 0;

	for (uint32_t i = 0; i < vm->config.emu_device_num; i++)
		num += vm->config.emu_devices[i].emu_type == emu_type;
	return num;
}

/* Adds base and length of every device of a type. */
static fdt64_t *add_ranges(const struct axvm *vm, uint32_t emu_type, fdt64_t *reg)
{
	for (uint32_t i = 0; i < vm->config.emu_device_num; i++) {
		const struct axvm_emu_device *d = &vm->config.emu_devices[i];

		if (d->emu_type != emu_type)
			continue;
		*reg++ = cpu_to_fdt64(d->base_gpa);
		*reg++ = cpu_to_fdt64(d->length);
	}
	return reg;
}

/* The distributor, then all regions of redistributors. */
static int put_gic_reg(struct axvm *vm, void *fdt)
{
	fdt64_t reg[2 * AXVM_MAX_EMU_DEVICES];
	fdt64_t *end = add_ranges(vm, AXVM_EMU_GICR, add_ranges(vm, AXVM_EMU_GICD, reg));

	return fdt_property(fdt, "reg", reg, (int)((end - reg) * (ptrdiff_t)sizeof(*reg)));
}

static int put_gic(struct axvm *vm, void *fdt)
{
	unsigned regions = device_count(vm, AXVM_EMU_GICR);

	if (device_count(vm, AXVM_EMU_GICD) != 1 || regions == 0)
		return 0;
	FDT_TRY(fdt_begin_node(fdt, "interrupt-controller"));
	FDT_TRY(fdt_property_string(fdt, "compatible", "arm,gic-v3"));
	FDT_TRY(fdt_property_u32(fdt, "#interrupt-cells", 3));
	FDT_TRY(fdt_property(fdt, "interrupt-controller", "", 0));
	FDT_TRY(put_gic_reg(vm, fdt));
	if (regions > 1)
		FDT_TRY(fdt_property_u32(fdt, "#redistributor-regions", regions));
	FDT_TRY(fdt_property_u32(fdt, "phandle", FDT_INTC_PHANDLE));
	return fdt_end_node(fdt);
}

int arch_fdt_describe(struct axvm *vm, void *fdt)
{
	FDT_TRY(put_cpus(vm, fdt));
	FDT_TRY(put_psci(fdt));
	FDT_TRY(put_gic(vm, fdt));
	return put_timer(fdt);
}

int arch_fdt_interrupt(const struct axvm *vm, void *fdt, uint32_t irq_id, bool edge)
{
	const uint32_t type = edge ? IRQ_TYPE_EDGE_RISING : IRQ_TYPE_LEVEL_HIGH;
	const uint32_t cells[] = { GIC_SPI, irq_id, type };

	(void)vm;
	return fdt_put_cells(fdt, "interrupts", cells, 3);
}
