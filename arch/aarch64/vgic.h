/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's GICv3: distributor and redistributors emulated, the CPU interface by the hardware's
 * virtual interface (list registers). Arm IHI 0069, chapters 8, 11 and 12.
 */
#ifndef AARCH64_VGIC_H
#define AARCH64_VGIC_H

#include "arch.h"

/* Interrupt numbers that every guest of this machine has. */
#define VGIC_VTIMER_INTID 27u
#define VGIC_PTIMER_INTID 30u
#define VGIC_SPI_BASE	  32u

/* After vm->vcpus are there: adds GICD and GICR (from config.emu_devices) to vm->bus, with every
 * register in its reset state. A VM whose configuration has neither (or interrupt_mode none) gets
 * no interrupt controller. INVALID_INPUT: one of the two is missing, or too short for the vCPUs. */
enum axvm_error vgic_vm_init(struct axvm *vm, struct axvm_diag *diag);
/* Power-on state of the distributor and all redistributors. No vCPU runs. */
void vgic_vm_reset(struct axvm *vm);
/* Power-on state of one vCPU's CPU interface; not loaded. Its redistributor keeps its state, as it
 * does where the CPU alone is switched off and on. */
void vgic_vcpu_reset(struct axvm_vcpu *vcpu);

/* Once per physical CPU: reads ICH_VTR_EL2. */
void vgic_hardware_enable(void);

/* Owner. The virtual CPU interface moves into the hardware, and back. Between them the list
 * registers belong to the hardware. The guest's virtual timer is off in the hardware (CNTV_CTL_EL0)
 * before vgic_save() and goes back there after vgic_load(), since the physical timer interrupt's
 * active state moves with them. */
void vgic_load(struct axvm_vcpu *vcpu);
void vgic_save(struct axvm_vcpu *vcpu);
/* Owner, loaded: takes in what the guest did to the list registers and fills them again. Called
 * before an entry when VCPU_REQ_IRQ was set, and for a maintenance interrupt. */
void vgic_sync(struct axvm_vcpu *vcpu);
/* Owner, loaded: a trapped write to ICC_DIR_EL1 (while ICH_HCR_EL2.TDIR is set, which vgic does
 * only when more interrupts are active than list registers exist). */
void vgic_dir(struct axvm_vcpu *vcpu, uint64_t value);
/* cpu.c: makes a private interrupt of this CPU active, or not, in the physical redistributor
 * (GICR_ISACTIVER0, GICR_ICACTIVER0). Called by vgic_load(). */
void aarch64_ppi_set_active(uint32_t intid, bool active);

/* Owner, loaded: a write to ICC_SGI1R_EL1, ICC_ASGI1R_EL1 (group 1) or ICC_SGI0R_EL1 (group 0). */
void vgic_sgi(struct axvm_vcpu *vcpu, uint64_t value, unsigned group);
/* Owner, loaded: the physical virtual-timer interrupt `pintid` is active on this CPU (priority
 * dropped, not deactivated): it becomes pending in the guest as INTID 27 with the hardware bit set,
 * so that the guest's own deactivation deactivates it. */
void vgic_vtimer_fired(struct axvm_vcpu *vcpu, uint32_t pintid);
/* Owner, or not running: level of a private interrupt (the emulated physical timer). */
void vgic_set_ppi(struct axvm_vcpu *vcpu, uint32_t intid, bool level);

/* Any context. */
bool vgic_irq_valid(const struct axvm *vm, uint32_t intid);
void vgic_inject(struct axvm_vcpu *vcpu, uint32_t intid); /* edge; an SPI follows its routing */
void vgic_set_line(struct axvm *vm, uint32_t intid, bool level); /* SPI */
bool vgic_irq_pending(const struct axvm_vcpu *vcpu); /* the guest would take one if it ran */

#endif
