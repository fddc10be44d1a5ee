/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The porting contract: what an architecture backend implements for the core. One backend is linked
 * into an image. Besides these functions it provides three headers:
 *   <arch/cpu.h>     arch_cpu_relax()
 *   <arch/types.h>   struct arch_vcpu, struct arch_vm
 *   <arch/stage2.h>  the format of a stage-2 entry, as inline functions
 * "Owner" below: called on the physical CPU that is inside axvm_run_vcpu() for this vCPU.
 */
#ifndef CORE_ARCH_H
#define CORE_ARCH_H

#include "vm.h"

/* Whether this backend runs guests of an architecture. */
bool arch_supports(enum axvm_arch isa);

/* This CPU can virtualise. Any context. */
bool arch_has_hardware_support(void);
/* On each physical CPU before it runs a vCPU. UNSUPPORTED. */
enum axvm_error arch_hardware_enable(void);
bool arch_hardware_enabled(void);
void arch_hardware_disable(void);

/* The shape of stage-2 tables on this machine, always the same. Any context. */
void arch_stage2_geometry(struct stage2_geometry *out);
/* struct stage2_tlb for a VM; ctx is the VM. Complete on every CPU when it returns. */
void arch_stage2_flush(void *ctx, uint64_t gpa, uint64_t size, bool tables);
/* What the host has written here is seen by a guest that has its caches off, and by its instruction
 * fetches. Any context. */
void arch_sync_guest_memory(void *p, size_t len);
/* Clears whole frames; the same guests see the zeros. Any context. */
void arch_clear_guest_memory(void *p, size_t len);

/*
 * Building a VM, after its address space and before its devices: takes a VMID, builds the interrupt
 * controller, adds its ranges to the bus and its ports to vm->ports. arch_vm_fini() undoes it, also
 * after a failure in the middle, and bears being called for a VM that arch_vm_init() was never
 * called for.
 */
enum axvm_error arch_vm_init(struct axvm *vm, struct axvm_diag *diag);
void arch_vm_fini(struct axvm *vm);
/* Back to power-on: the interrupt controller. vCPUs follow when they are started. None runs. */
void arch_vm_reset(struct axvm *vm);
/* Guest time starts: called when the VM is booted. */
void arch_vm_boot(struct axvm *vm);
/* Guest time stands still, and goes on. No vCPU runs. */
void arch_vm_pause(struct axvm *vm);
void arch_vm_resume(struct axvm *vm);

/* Power-on state of a vCPU; vcpu->phys_id is set. Not running. */
void arch_vcpu_reset(struct axvm_vcpu *vcpu);
/* First program counter and first argument, which RISC-V has in a1: a0 is the hart's id. Not
 * running. */
void arch_vcpu_set_entry(struct axvm_vcpu *vcpu, uint64_t entry, uint64_t arg);
/* Owner. Makes this CPU ready for the vCPU, and the reverse; between them arch_vcpu_run(). */
void arch_vcpu_bind(struct axvm_vcpu *vcpu);
void arch_vcpu_unbind(struct axvm_vcpu *vcpu);
/*
 * Owner. Runs the guest, handling exits with the core's run_*() functions, until one of them says
 * RUN_LEAVE or the host is needed; fills vcpu->exit. Looks at vcpu->request before every entry.
 */
void arch_vcpu_run(struct axvm_vcpu *vcpu);

/* Owner, or not running. Writes a general-purpose register as an MMIO read's result would be. */
void arch_vcpu_set_gpr(struct axvm_vcpu *vcpu, unsigned reg, uint64_t value);
/* How many of them a guest has. */
extern const unsigned arch_gpr_num;
/* The same for the register that a hypercall leaves its result in. */
void arch_vcpu_set_return_value(struct axvm_vcpu *vcpu, uint64_t value);
/* An interrupt waits for this vCPU, so that it must not sleep. Any context. */
bool arch_vcpu_irq_pending(const struct axvm_vcpu *vcpu);
/* Owner, bound. The vCPU is about to sleep: asks the host for a wake-up when its timers expire.
 * false: one has expired already. */
bool arch_vcpu_prepare_halt(struct axvm_vcpu *vcpu);
/* Logs the guest's registers, one line at a time. Not running, or owner. */
void arch_vcpu_report(struct axvm_vcpu *vcpu);

/* Whether `irq` exists and can be injected. Any context. */
bool arch_irq_valid(const struct axvm *vm, uint32_t irq);
/* Makes it pending (edge), or sets a line's level; notifies the vCPU it goes to. Any context. */
void arch_irq_inject(struct axvm_vcpu *vcpu, uint32_t irq);
void arch_irq_set_line(struct axvm *vm, uint32_t irq, bool level);
/* The interrupt number of an emulated device's irq_id (AArch64: INTID of an SPI). */
uint32_t arch_device_irq(uint32_t irq_id);

/* The guest's device tree: nodes that only the architecture knows (CPUs, interrupt controller,
 * timer, firmware), and the cells of a device's interrupt. libfdt's errors pass through. */
#define FDT_INTC_PHANDLE 1u /* the interrupt controller's, the parent of every interrupt */
#define FDT_ARCH_PHANDLES                                                                          \
	0x10u /* from here on the architecture's own; below also axvm/device.h's */
int arch_fdt_describe(struct axvm *vm, void *fdt);
int arch_fdt_interrupt(const struct axvm *vm, void *fdt, uint32_t irq_id, bool edge);

#endif
