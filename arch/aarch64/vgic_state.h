/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the guest's interrupt controller.
 *
 * Every change happens under vgic_vm.lock in three steps: change the words of a bank, vgic_update()
 * the bank, and vgic_changed() for interrupts that a list register holds. Both collect in
 * vgic_vm.kick whom it concerns; vgic_unlock() tells them.
 */
#ifndef AARCH64_VGIC_STATE_H
#define AARCH64_VGIC_STATE_H

#include "vgic.h"

#define VGIC_VTIMER_BIT (1u << VGIC_VTIMER_INTID)

/* What the virtual CPU interface of this machine offers. */
struct vgic_hardware {
	uint32_t lrs; /* mask of the list registers */
	uint8_t lr_num;
	uint8_t apr_num;  /* ICH_AP0R<n> and as many ICH_AP1R<n> */
	uint8_t pre_bits; /* of preemption */
	uint8_t prio_mask;
	bool tdir; /* ICH_HCR_EL2.TDIR exists */
};
extern struct vgic_hardware vgic_hw;

static inline struct vgic_vm *vgic_of(struct axvm *vm)
{
	return &vm->arch.vgic;
}

static inline struct vgic_vcpu *vgic_cpu(struct axvm *vm, unsigned cpu)
{
	return &vm->vcpus[cpu].arch.vgic;
}

static inline struct vgic_bank *vgic_bank(struct axvm_vcpu *vcpu, unsigned number)
{
	return number ? &vgic_of(vcpu->vm)->spi[number - 1] : &vcpu->arch.vgic.bank;
}

/* Pending outside of list registers. */
static inline uint32_t vgic_pending(const struct vgic_bank *bank)
{
	return bank->pend | (bank->line & ~bank->edge);
}

/* Would be delivered if they were pending. */
static inline uint32_t vgic_deliverable(const struct vgic_vm *g, const struct vgic_bank *bank)
{
	return bank->enabled & ((bank->group & g->group1_on) | (~bank->group & g->group0_on));
}

static inline void vgic_lock(struct axvm *vm)
{
	lock_take(&vgic_of(vm)->lock);
}
/* Drops the lock, and tells vgic_vm.kick. */
void vgic_tell(struct axvm *vm, struct axvm_vcpu *self);
/* self: the vCPU whose trap this is (loaded), or NULL. Its own list registers are brought up to
 * date at once; the others concerned are notified. */
static inline void vgic_unlock(struct axvm *vm, struct axvm_vcpu *self)
{
	if (vgic_of(vm)->kick)
		vgic_tell(vm, self);
	else
		lock_drop(&vgic_of(vm)->lock);
}

/* Finds out again which interrupts of a bank can be delivered. */
void vgic_update(struct axvm *vm, struct vgic_bank *bank);
/* Those of `bits` that are in list registers: their vCPUs have to look at them again. */
void vgic_changed(struct axvm *vm, struct vgic_bank *bank, uint32_t bits);
/* Their priorities are different: also what waits for a list register may now deserve one. */
void vgic_reordered(struct axvm *vm, struct vgic_bank *bank, uint32_t bits);
/* Before pending or active state is used: what self's list registers say becomes known; other
 * vCPUs are asked, and the answer is there when they have left their guest. */
void vgic_learn(struct axvm *vm, struct vgic_bank *bank, struct axvm_vcpu *self);
/* Active state outside of list registers. */
void vgic_set_active(struct axvm *vm, struct vgic_bank *bank, uint32_t bits);
void vgic_clear_active(struct axvm *vm, struct vgic_bank *bank, uint32_t bits);
void vgic_clear_pending(struct axvm *vm, struct vgic_bank *bank, uint32_t bits);
void vgic_set_pending(struct axvm *vm, struct vgic_bank *bank, uint32_t bits);
/* Level of an input; a rise of an edge-triggered one makes it pending. */
void vgic_set_level(struct axvm *vm, struct vgic_bank *bank, uint32_t bit, bool level);
/* Routing of interrupt i of a bank of SPIs, from its affinity and `any`. */
void vgic_route(struct axvm *vm, struct vgic_bank *bank, unsigned i);
/* GICD_CTLR.EnableGrp0, 1. */
void vgic_enable_groups(struct axvm *vm, bool group0, bool group1);
/* GICR_WAKER.ProcessorSleep. */
void vgic_set_asleep(struct axvm *vm, unsigned cpu, bool asleep);

/* Owner, loaded, lock held: list registers follow the state. full: all of them are folded into the
 * state and chosen anew, else only what is free is filled. */
void vgic_lr_sync(struct axvm_vcpu *vcpu);
void vgic_lr_resort(struct axvm_vcpu *vcpu);
/*
 * Owner, loaded, lock held. The short way for what comes again and again, SGIs and the timer:
 * private edge i becomes pending straight in a list register. hw: bits that bind it to a physical
 * interrupt, or 0. false: it is not as simple as that.
 */
bool vgic_lr_quick(struct axvm_vcpu *vcpu, unsigned i, uint64_t hw);
/* Takes in list registers that the guest has emptied. */
void vgic_lr_retire(struct axvm_vcpu *vcpu);
/* Priority of the highest active one, 0x100 for none; live: in this CPU's registers. */
unsigned vgic_lr_running(const struct vgic_vcpu *v, bool live);
/* The guest would take a pending interrupt of this priority and group. */
bool vgic_lr_takes(uint64_t vmcr, unsigned running, uint8_t prio, unsigned group);
/* The guest would take one that is in a list register of this CPU. */
bool vgic_lr_pending(const struct vgic_vcpu *v, uint64_t vmcr, unsigned running);

/* Registers that exist for every bank, at the same offsets in GICD and in GICR's SGI frame. */
uint64_t vgic_bank_read(struct axvm_vcpu *self, struct vgic_bank *bank, uint64_t offset,
			unsigned width);
void vgic_bank_write(struct axvm_vcpu *self, struct vgic_bank *bank, uint64_t offset,
		     unsigned width, uint64_t value);
#define VGIC_IGROUPR	    0x080u
#define VGIC_IPRIORITYR	    0x400u
#define VGIC_IPRIORITYR_END 0x800u
#define VGIC_ICFGR	    0xc00u
#define VGIC_ICFGR_END	    0xd00u

/* The bank that such an offset belongs to; VGIC_BANKS: it is none of these registers. */
static inline unsigned vgic_bank_of(uint64_t offset)
{
	if (offset < VGIC_IPRIORITYR)
		return offset < VGIC_IGROUPR ? VGIC_BANKS : offset % 0x80 / 4;
	if (offset < VGIC_IPRIORITYR_END)
		return (offset - VGIC_IPRIORITYR) / 32;
	if (offset >= VGIC_ICFGR && offset < VGIC_ICFGR_END)
		return (offset - VGIC_ICFGR) / 8;
	return VGIC_BANKS;
}
/* Peripheral and component identification: PIDR4 at 0xffd0 to CIDR3 at 0xfffc. */
uint32_t vgic_id(uint64_t offset, uint8_t part);

uint64_t vgic_dist_read(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu);
void vgic_dist_write(void *opaque, uint64_t offset, unsigned width, uint64_t value,
		     struct axvm_vcpu *vcpu);
uint64_t vgic_redist_read(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu);
void vgic_redist_write(void *opaque, uint64_t offset, unsigned width, uint64_t value,
		       struct axvm_vcpu *vcpu);

#endif
