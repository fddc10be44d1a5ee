/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RISC-V part of the guest's device tree. Bindings: Linux's Documentation/devicetree/bindings:
 * riscv/cpus.yaml, interrupt-controller/riscv,cpu-intc.yaml, sifive,plic-1.0.0.yaml,
 * riscv,aplic.yaml, riscv,imsics.yaml.
 */
#include "fdt_build.h"
#include "host.h"
#include <libfdt.h>

#define IRQ_TYPE_EDGE_RISING 1u
#define IRQ_TYPE_LEVEL_HIGH  4u

/* The hart's own interrupts: what PLIC, APLIC or IMSIC are parents of. */
static int put_cpu_intc(const struct axvm_vcpu *vcpu, void *fdt)
{
	FDT_TRY(fdt_begin_node(fdt, "interrupt-controller"));
	FDT_TRY(fdt_property_string(fdt, "compatible", "riscv,cpu-intc"));
	FDT_TRY(fdt_property_u32(fdt, "#interrupt-cells", 1));
	FDT_TRY(fdt_property(fdt, "interrupt-controller", "", 0));
	FDT_TRY(fdt_property_u32(fdt, "phandle", RISCV64_CPU_PHANDLE(vcpu->id)));
	/* Its own, so that it does not have the root's: that one is behind this. */
	FDT_TRY(fdt_property_u32(fdt, "interrupt-parent", RISCV64_CPU_PHANDLE(vcpu->id)));
	return fdt_end_node(fdt);
}

static int put_cpu(struct axvm *vm, const struct axvm_vcpu *vcpu, void *fdt)
{
	FDT_TRY(fdt_begin_cpu(vcpu, fdt, "riscv"));
	FDT_TRY(fdt_property_string(fdt, "status", "okay"));
	FDT_TRY(riscv64_fdt_isa(vm, fdt));
	FDT_TRY(put_cpu_intc(vcpu, fdt));
	return fdt_end_node(fdt);
}

static int put_cpus(struct axvm *vm, void *fdt)
{
	FDT_TRY(fdt_begin_cpus(fdt));
	FDT_TRY(fdt_property_u32(fdt, "timebase-frequency", (uint32_t)riscv64_host.timebase_hz));
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		FDT_TRY(put_cpu(vm, &vm->vcpus[i], fdt));
	return fdt_end_node(fdt);
}

int arch_fdt_describe(struct axvm *vm, void *fdt)
{
	FDT_TRY(put_cpus(vm, fdt));
	if (vm->arch.aia)
		return aia_fdt(vm, fdt);
	return vm->arch.plic.present ? plic_fdt(vm, fdt) : 0;
}

/* The PLIC knows levels only. */
int arch_fdt_interrupt(const struct axvm *vm, void *fdt, uint32_t irq_id, bool edge)
{
	const uint32_t cells[] = { irq_id, edge ? IRQ_TYPE_EDGE_RISING : IRQ_TYPE_LEVEL_HIGH };

	return fdt_put_cells(fdt, "interrupts", cells, vm->arch.aia ? 2 : 1);
}
