/* SPDX-License-Identifier: Apache-2.0 */
/* APLIC and IMSIC of a VM: building them, and their nodes in its device tree. */
#include "aia.h"
#include "device_config.h"
#include "fdt_build.h"
#include <libfdt.h>

#define IMSIC_PHANDLE		 FDT_ARCH_PHANDLES
#define HART_SUPERVISOR_EXTERNAL 9u

/* A multiple of this is where the pages begin: guests compute harts' addresses with OR (AIA 3.6).
 */
static uint64_t imsic_align(const struct axvm *vm)
{
	uint64_t size = AXVM_PAGE_SIZE;

	while (size < (uint64_t)vm->vcpu_num * AXVM_PAGE_SIZE)
		size *= 2;
	return size;
}

static enum axvm_error add_aplic(struct axvm *vm, const struct axvm_emu_device *aplic,
				 struct axvm_diag *diag)
{
	struct bus_range range = { .base = aplic->base_gpa,
				   .length = APLIC_SIZE,
				   .read = aplic_read,
				   .write = aplic_write,
				   .opaque = vm };

	if (aplic->length < APLIC_SIZE)
		return device_config_refuse(diag, "the APLIC needs 16 KiB", "length",
					    aplic->length);
	return bus_add(&vm->bus, &range);
}

static enum axvm_error add_imsic(struct axvm *vm, const struct axvm_emu_device *imsic,
				 struct axvm_diag *diag)
{
	uint64_t length = (uint64_t)vm->vcpu_num * AXVM_PAGE_SIZE;
	struct bus_range range = { .base = imsic->base_gpa,
				   .length = length,
				   .read = imsic_read,
				   .write = imsic_write,
				   .opaque = vm };
	enum axvm_error err;

	if (imsic->length < length)
		return device_config_refuse(diag, "the IMSIC needs 4 KiB per vCPU", "length",
					    imsic->length);
	if (imsic->base_gpa % imsic_align(vm))
		return device_config_refuse(diag, "the IMSIC must be aligned to all of its pages",
					    "base_gpa", imsic->base_gpa);
	vm->arch.imsic.base = imsic->base_gpa;
	err = bus_add(&vm->bus, &range);
	return err ? err : aspace_add_window(&vm->aspace, axvm_gpa(imsic->base_gpa), length);
}

enum axvm_error aia_vm_init(struct axvm *vm, struct axvm_diag *diag)
{
	const struct axvm_emu_device *aplic = device_config_find(&vm->config, AXVM_EMU_APLIC);
	const struct axvm_emu_device *imsic = device_config_find(&vm->config, AXVM_EMU_IMSIC);
	enum axvm_error err;

	if (!aplic || !imsic)
		return device_config_refuse(diag, "APLIC and IMSIC need each other", "emu_type",
					    aplic ? AXVM_EMU_APLIC : AXVM_EMU_IMSIC);
	if (!imsic_available()) {
		diag_set(diag, AXVM_ERR_UNSUPPORTED,
			 "the board has no IMSIC with guest interrupt files: use a PLIC");
		diag_where(diag, "devices.emu_devices");
		return AXVM_ERR_UNSUPPORTED;
	}
	err = add_aplic(vm, aplic, diag);
	return err ? err : add_imsic(vm, imsic, diag);
}

void aia_vm_fini(struct axvm *vm)
{
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		imsic_vcpu_release(&vm->vcpus[i]);
}

void aia_vm_reset(struct axvm *vm)
{
	aplic_vm_reset(vm);
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		aia_vcpu_reset(&vm->vcpus[i]);
}

bool aia_irq_valid(const struct axvm *vm, uint32_t irq)
{
	return irq >= 1 && irq <= APLIC_SOURCES;
}

/* ---- Device tree: interrupt-controller/riscv,imsics.yaml and riscv,aplic.yaml ---- */

static int put_harts(const struct axvm *vm, void *fdt)
{
	uint32_t cells[2 * AXVM_MAX_VCPUS], *at = cells;

	for (uint32_t n = 0; n < vm->vcpu_num; n++) {
		*at++ = RISCV64_CPU_PHANDLE(n);
		*at++ = HART_SUPERVISOR_EXTERNAL;
	}
	return fdt_put_cells(fdt, "interrupts-extended", cells, 2 * vm->vcpu_num);
}

static int put_imsics(const struct axvm *vm, void *fdt)
{
	static const char compatible[] = "qemu,imsics\0riscv,imsics";

	FDT_TRY(fdt_begin_node(fdt, "imsics"));
	FDT_TRY(fdt_property(fdt, "compatible", compatible, sizeof(compatible)));
	FDT_TRY(fdt_put_reg(fdt, vm->arch.imsic.base, (uint64_t)vm->vcpu_num * AXVM_PAGE_SIZE));
	FDT_TRY(fdt_property(fdt, "interrupt-controller", "", 0));
	FDT_TRY(fdt_property_u32(fdt, "#interrupt-cells", 0));
	FDT_TRY(fdt_property(fdt, "msi-controller", "", 0));
	FDT_TRY(fdt_property_u32(fdt, "#msi-cells", 0));
	FDT_TRY(put_harts(vm, fdt));
	FDT_TRY(fdt_property_u32(fdt, "riscv,num-ids", IMSIC_IDS));
	FDT_TRY(fdt_property_u32(fdt, "phandle", IMSIC_PHANDLE));
	return fdt_end_node(fdt);
}

static int put_aplic(const struct axvm *vm, void *fdt)
{
	static const char compatible[] = "qemu,aplic\0riscv,aplic";
	const struct axvm_emu_device *aplic = device_config_find(&vm->config, AXVM_EMU_APLIC);

	FDT_TRY(fdt_begin_node(fdt, "interrupt-controller"));
	FDT_TRY(fdt_property(fdt, "compatible", compatible, sizeof(compatible)));
	FDT_TRY(fdt_put_reg(fdt, aplic->base_gpa, APLIC_SIZE));
	FDT_TRY(fdt_property(fdt, "interrupt-controller", "", 0));
	FDT_TRY(fdt_property_u32(fdt, "#interrupt-cells", 2));
	FDT_TRY(fdt_property_u32(fdt, "#address-cells", 0));
	FDT_TRY(fdt_property_u32(fdt, "msi-parent", IMSIC_PHANDLE));
	FDT_TRY(fdt_property_u32(fdt, "riscv,num-sources", APLIC_SOURCES));
	FDT_TRY(fdt_property_u32(fdt, "phandle", FDT_INTC_PHANDLE));
	return fdt_end_node(fdt);
}

int aia_fdt(struct axvm *vm, void *fdt)
{
	FDT_TRY(put_imsics(vm, fdt));
	return put_aplic(vm, fdt);
}
