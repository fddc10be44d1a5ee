/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List registers: loading, saving, and keeping them in step with the state.
 *
 * While a vCPU is loaded, an interrupt is either in one of its list registers or in the banks.
 * vgic_save() folds all of them back, so that a vCPU that is not loaded has everything there.
 *
 * When not everything fits, the best pending interrupt always has a list register, then active ones
 * go first (the guest ends them soon), then further pending ones. NPIE tells when no pending one is
 * left; an active interrupt outside is ended by way of EOIcount (or ICC_DIR_EL1, trapped by TDIR).
 *
 * A level-triggered interrupt whose line is high asks for a maintenance interrupt at its end (EOI),
 * to look at the line again. A device lowers its line in an exit of its own before the guest ends
 * the interrupt, and that takes the request back: the usual case has no extra exit.
 *
 * The virtual timer's interrupt is bound to the physical one (HW): it stays active physically, and
 * so does not fire again, until the guest's own deactivation ends both. vtimer_held says that the
 * physical one is active on behalf of this vCPU; it moves with the vCPU from CPU to CPU.
 */
#include "vgic_ich.h"
#include "vgic_state.h"

/* The best few of a set of interrupts, best first. */
struct choice {
	unsigned num;
	uint16_t intid[VGIC_MAX_LRS];
	uint8_t prio[VGIC_MAX_LRS];
};

static bool vtimer_line(void)
{
	return (ich_read(CNTV_CTL) & 7) == 5; /* ISTATUS, not IMASK, ENABLE */
}

/* The guest has ended the timer's interrupt. hw: and so the physical one; else look at that. */
static void end_vtimer(struct vgic_vcpu *v, bool hw)
{
	if (hw)
		v->vtimer_held = false;
	else if (v->vtimer_held)
		v->refold = true;
}

/* A list register's state goes back into its bank; the list register itself is not touched. */
static void fold(struct axvm_vcpu *vcpu, unsigned slot, uint64_t lr)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;
	unsigned intid = v->lr_intid[slot];
	struct vgic_bank *bank = vgic_bank(vcpu, intid / 32);
	uint32_t bit = 1u << intid % 32;

	if (lr & ICH_LR_PENDING)
		bank->pend |= bit & bank->lr_latch;
	if (lr & ICH_LR_ACTIVE)
		bank->active |= bit & ~bank->lr_drop;
	if (!(lr & ICH_LR_STATE) && intid == VGIC_VTIMER_INTID)
		end_vtimer(v, v->lr_hw >> slot & 1);
	v->lr_used &= ~(1u << slot);
	v->lr_hw &= ~(1u << slot);
	v->lr_eoi &= ~(1u << slot);
	bank->in_lr &= ~bit;
	bank->lr_pend &= ~bit;
	bank->lr_active &= ~bit;
	bank->lr_latch &= ~bit;
	bank->lr_drop &= ~bit;
	if (bank->active & bit) {
		v->act[bank->number] |= bit;
		v->act_banks |= 1u << bank->number;
	}
	if (vgic_pending(bank) & bit)
		vgic_update(vcpu->vm, bank);
}

static void fold_all(struct axvm_vcpu *vcpu)
{
	for (uint32_t used = vcpu->arch.vgic.lr_used; used; used &= used - 1) {
		unsigned slot = __builtin_ctz(used);

		fold(vcpu, slot, ich_read_lr(slot));
	}
}

void vgic_lr_retire(struct axvm_vcpu *vcpu)
{
	uint32_t empty = vcpu->arch.vgic.lr_used;

	uint32_t ended;

	if (!empty)
		return;
	ich_barrier();
	ended = empty & ich_read(ICH_EISR);
	for (empty &= ich_read(ICH_ELRSR) | ended; empty; empty &= empty - 1)
		fold(vcpu, __builtin_ctz(empty), 0);
	for (; ended; ended &= ended - 1) /* takes back the maintenance interrupt */
		ich_write_lr(__builtin_ctz(ended), 0);
}

static void forget_active(struct vgic_vcpu *v, struct vgic_bank *bank, uint32_t bit)
{
	bank->active &= ~bit;
	v->act[bank->number] &= ~bit;
	if (!v->act[bank->number])
		v->act_banks &= ~(1u << bank->number);
}

static void forget_ready(struct vgic_vcpu *v, struct vgic_bank *bank, uint32_t bit)
{
	bank->ready &= ~bit;
	v->ready[bank->number] &= ~bit;
	if (!v->ready[bank->number])
		__atomic_store_n(&v->ready_banks, v->ready_banks & ~(1u << bank->number),
				 __ATOMIC_RELAXED);
}

static uint64_t take_pending(struct vgic_bank *bank, uint32_t bit)
{
	bank->lr_pend |= bit;
	bank->lr_latch |= bank->pend & bit;
	bank->pend &= ~bit;
	return ICH_LR_PENDING;
}

/* How many of each group's are there, and at most what is kept of them. */
static unsigned apr_num(void)
{
	return vgic_hw.apr_num < VGIC_APRS ? vgic_hw.apr_num : VGIC_APRS;
}

/* How the end of an interrupt is noticed: by the physical interrupt, by an exit, or not at all. */
static uint64_t end_of(struct vgic_vcpu *v, struct vgic_bank *bank, unsigned slot, uint32_t bit,
		       bool again)
{
	bool vtimer = bank->number == 0 && bit == VGIC_VTIMER_BIT && v->vtimer_held;

	/* A hardware interrupt cannot be pending and active (IHI 0069, ICH_LR<n>_EL2.State). */
	if (vtimer && !again) {
		v->lr_hw |= 1u << slot;
		return vgic_lr_hw(v->vtimer_pintid);
	}
	if (!vtimer && !(vgic_pending(bank) & bit))
		return 0;
	v->lr_eoi |= 1u << slot;
	return ICH_LR_EOI;
}

/*
 * Moves an interrupt from its bank into a free list register. An active one that is pending again
 * stays so in its bank when it now belongs to another vCPU, or when others wait outside (crowded):
 * at its end it goes to that vCPU, or is weighed against the others.
 */
static void place(struct axvm_vcpu *vcpu, unsigned slot, struct vgic_bank *bank, unsigned i,
		  bool crowded)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;
	uint32_t bit = 1u << i;
	uint64_t lr = (uint64_t)bank->prio[i] << ICH_LR_PRIO | (bank->number * 32u + i);
	bool active = bank->active & bit;
	bool pending = vgic_pending(bank) & vgic_deliverable(vgic_of(vcpu->vm), bank) & bit;

	if (bank->group & bit)
		lr |= ICH_LR_GROUP;
	if (active) {
		lr |= ICH_LR_ACTIVE;
		bank->lr_active |= bit;
		forget_active(v, bank, bit);
	} else {
		forget_ready(v, bank, bit);
	}
	if (pending && !(active && (crowded || bank->target[i] != vcpu->id)))
		lr |= take_pending(bank, bit);
	lr |= end_of(v, bank, slot, bit, active && pending);
	bank->in_lr |= bit;
	bank->owner[i] = vcpu->id;
	v->lr_used |= 1u << slot;
	v->lr_intid[slot] = bank->number * 32u + i;
	if (!bank->number)
		v->lr_of[i] = slot;
	ich_write_lr(slot, lr);
}

/* Pending in the list register that it has: one of the first, or the call would cost more. */
static bool place_again(struct vgic_vcpu *v, unsigned i)
{
	struct vgic_bank *bank = &v->bank;
	unsigned slot = v->lr_of[i];
	uint64_t lr;

	if (slot >= 4)
		return false;
	lr = ich_read_lr(slot);
	if ((lr & ICH_LR_STATE && lr & ICH_LR_HW) || (lr & ICH_LR_ACTIVE && v->ready_banks))
		return false;
	ich_write_lr(slot, lr | ICH_LR_PENDING);
	bank->pend &= ~(1u << i);
	bank->lr_pend |= 1u << i;
	bank->lr_latch |= 1u << i;
	return true;
}

/* Pending in a free list register: place() for the case without anything to weigh. */
static bool place_fresh(struct vgic_vcpu *v, unsigned i, uint64_t hw)
{
	struct vgic_bank *bank = &v->bank;
	uint32_t unused = vgic_hw.lrs & ~v->lr_used, bit = 1u << i;
	uint64_t lr = ICH_LR_PENDING | (uint64_t)bank->prio[i] << ICH_LR_PRIO | hw | i;
	unsigned slot;

	if (!unused || (vgic_pending(bank) | bank->active) & bit)
		return false;
	slot = __builtin_ctz(unused);
	if (bank->group & bit)
		lr |= ICH_LR_GROUP;
	if (hw)
		v->lr_hw |= 1u << slot;
	bank->in_lr |= bit;
	bank->lr_pend |= bit;
	bank->lr_latch |= bit;
	v->lr_used |= 1u << slot;
	v->lr_intid[slot] = i;
	v->lr_of[i] = slot;
	ich_write_lr(slot, lr);
	return true;
}

bool vgic_lr_quick(struct axvm_vcpu *vcpu, unsigned i, uint64_t hw)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;
	struct vgic_bank *bank = &v->bank;

	if (!(vgic_deliverable(vgic_of(vcpu->vm), bank) >> i & 1))
		return false;
	if (!(bank->in_lr >> i & 1))
		return place_fresh(v, i, hw);
	/* What is there may not have the hardware bit, if software made it pending. */
	return (!hw || v->lr_hw >> v->lr_of[i] & 1) && place_again(v, i);
}

/* false: not all that is ready has found a list register. */
static bool fill(struct axvm_vcpu *vcpu)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;

	while (v->ready_banks) {
		unsigned n = __builtin_ctz(v->ready_banks);
		uint32_t unused = vgic_hw.lrs & ~v->lr_used;

		if (!unused)
			return false;
		place(vcpu, __builtin_ctz(unused), vgic_bank(vcpu, n), __builtin_ctz(v->ready[n]),
		      false);
	}
	return true;
}

static void choose_one(struct choice *c, unsigned max, uint16_t intid, uint8_t prio)
{
	unsigned at;

	if (c->num < max)
		c->num++;
	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): max is not 0 */
	else if (c->prio[max - 1] <= prio)
		return;
	for (at = c->num - 1; at > 0 && c->prio[at - 1] > prio; at--) {
		c->prio[at] = c->prio[at - 1];
		c->intid[at] = c->intid[at - 1];
	}
	c->prio[at] = prio;
	c->intid[at] = intid;
}

static void choose(struct axvm_vcpu *vcpu, struct choice *c, uint32_t banks, const uint32_t *words)
{
	c->num = 0;
	for (; banks; banks &= banks - 1) {
		unsigned n = __builtin_ctz(banks);
		struct vgic_bank *bank = vgic_bank(vcpu, n);

		for (uint32_t bits = words[n]; bits; bits &= bits - 1) {
			unsigned i = __builtin_ctz(bits);

			choose_one(c, vgic_hw.lr_num, n * 32 + i, bank->prio[i]);
		}
	}
}

static void place_chosen(struct axvm_vcpu *vcpu, const struct choice *c, unsigned num, bool crowded)
{
	for (unsigned k = 0; k < num; k++) {
		unsigned slot = __builtin_ctz(vgic_hw.lrs & ~vcpu->arch.vgic.lr_used);

		place(vcpu, slot, vgic_bank(vcpu, c->intid[k] / 32), c->intid[k] % 32, crowded);
	}
}

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* All list registers are free. */
static void place_best(struct axvm_vcpu *vcpu)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;
	struct choice pending, active;
	unsigned lrs = vgic_hw.lr_num;
	unsigned num;

	choose(vcpu, &pending, v->ready_banks, v->ready);
	choose(vcpu, &active, v->act_banks, v->act);
	num = smaller(active.num, lrs - smaller(pending.num, 1));
	place_chosen(vcpu, &active, num, active.num + pending.num > lrs);
	place_chosen(vcpu, &pending, smaller(pending.num, lrs - num), false);
}

/* `num` ends of interrupts that were active outside of list registers: the guest ends the one of
 * the highest priority first. */
static void end_outside(struct axvm_vcpu *vcpu, unsigned num)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;
	struct choice active;

	if (!num)
		return;
	choose(vcpu, &active, v->act_banks, v->act);
	for (unsigned k = 0; k < smaller(num, active.num); k++) {
		struct vgic_bank *bank = vgic_bank(vcpu, active.intid[k] / 32);

		forget_active(v, bank, 1u << active.intid[k] % 32);
		vgic_update(vcpu->vm, bank);
	}
}

/* Everything is in the banks: the physical timer interrupt stays active only for a reason. */
static void settle_vtimer(struct axvm_vcpu *vcpu)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;
	struct vgic_bank *bank = &v->bank;

	if (!v->vtimer_held)
		return;
	if (v->loaded && !(bank->active & VGIC_VTIMER_BIT) && !vtimer_line()) {
		bank->pend &= ~VGIC_VTIMER_BIT;
		vgic_update(vcpu->vm, bank);
	}
	if ((bank->pend | bank->active) & VGIC_VTIMER_BIT)
		return;
	ich_write(ICC_DIR, v->vtimer_pintid);
	v->vtimer_held = false;
}

static void set_hcr(struct vgic_vcpu *v, uint64_t old)
{
	uint64_t hcr = ICH_HCR_EN;

	if (v->ready_banks)
		hcr |= ICH_HCR_NPIE;
	if (v->act_banks)
		hcr |= ICH_HCR_LRENPIE | (vgic_hw.tdir ? ICH_HCR_TDIR : 0);
	if (hcr != old)
		ich_write(ICH_HCR, hcr);
	v->hcr = hcr;
}

/* ICH_HCR_EL2, whose EOIcount is of interest only while something is active outside. */
static uint64_t read_hcr(const struct vgic_vcpu *v)
{
	return v->hcr & ICH_HCR_LRENPIE ? ich_read(ICH_HCR) : v->hcr;
}

static unsigned eoi_count(uint64_t hcr)
{
	return hcr >> ICH_HCR_EOICOUNT & 0x1f;
}

void vgic_lr_resort(struct axvm_vcpu *vcpu)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;
	uint64_t hcr = read_hcr(v);
	uint32_t stale = v->lr_used;

	fold_all(vcpu);
	end_outside(vcpu, eoi_count(hcr));
	settle_vtimer(vcpu);
	v->refold = false;
	place_best(vcpu);
	for (stale &= ~(uint32_t)v->lr_used; stale; stale &= stale - 1)
		ich_write_lr(__builtin_ctz(stale), 0);
	set_hcr(v, hcr);
}

/* Private interrupts that have come again while they are in list registers. */
static void bring_again(struct axvm_vcpu *vcpu)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;
	struct vgic_bank *bank = &v->bank;
	uint32_t bits = bank->pend & bank->in_lr & vgic_deliverable(vgic_of(vcpu->vm), bank);

	for (; bits; bits &= bits - 1)
		if (!place_again(v, __builtin_ctz(bits)))
			v->refold = true;
}

void vgic_lr_sync(struct axvm_vcpu *vcpu)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;

	if (v->refold || v->ready_banks || v->lr_eoi)
		vgic_lr_retire(vcpu);
	bring_again(vcpu);
	if (!v->lr_used && !v->vtimer_held)
		v->refold = false;
	if (v->refold || v->act_banks || v->hcr & ICH_HCR_LRENPIE || !fill(vcpu))
		vgic_lr_resort(vcpu);
	else
		set_hcr(v, v->hcr);
}

/* The vCPU itself needs no notice of what has just been done on its own CPU. */
static void unlock_quietly(struct axvm_vcpu *vcpu)
{
	vgic_of(vcpu->vm)->kick &= ~(1ull << vcpu->id);
	vgic_unlock(vcpu->vm, NULL);
}

void vgic_sync(struct axvm_vcpu *vcpu)
{
	vgic_lock(vcpu->vm);
	vgic_lr_sync(vcpu);
	unlock_quietly(vcpu);
}

void vgic_dir(struct axvm_vcpu *vcpu, uint64_t value)
{
	uint32_t intid = value & 0xffffff;

	if (!vgic_irq_valid(vcpu->vm, intid))
		return;
	vgic_lock(vcpu->vm);
	vgic_clear_active(vcpu->vm, vgic_bank(vcpu, intid / 32), 1u << intid % 32);
	vgic_unlock(vcpu->vm, vcpu);
}

static void load_lrs(struct axvm_vcpu *vcpu)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;

	vgic_lock(vcpu->vm);
	if (v->vtimer_held)
		aarch64_ppi_set_active(v->vtimer_pintid, true);
	vgic_lr_resort(vcpu);
	unlock_quietly(vcpu);
}

void vgic_load(struct axvm_vcpu *vcpu)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;

	ich_write(ICH_VMCR, v->vmcr);
	for (unsigned n = 0; n < apr_num(); n++) {
		ich_write(ICH_AP0R0 + n, v->ap0r[n]);
		ich_write(ICH_AP1R0 + n, v->ap1r[n]);
	}
	v->hcr = ICH_HCR_EN;
	ich_write(ICH_HCR, v->hcr);
	/* What becomes ready after this look comes with VCPU_REQ_IRQ. */
	if (__atomic_load_n(&v->ready_banks, __ATOMIC_RELAXED) | v->act_banks | v->vtimer_held)
		load_lrs(vcpu);
	v->loaded = ich_read(CPU_SELF);
}

static void save_lrs(struct axvm_vcpu *vcpu, uint64_t hcr)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;
	uint32_t stale;

	vgic_lock(vcpu->vm);
	stale = v->lr_used;
	fold_all(vcpu);
	end_outside(vcpu, eoi_count(hcr));
	for (; stale; stale &= stale - 1)
		ich_write_lr(__builtin_ctz(stale), 0);
	if (v->vtimer_held)
		ich_write(ICC_DIR, v->vtimer_pintid);
	v->refold = false;
	unlock_quietly(vcpu);
}

void vgic_save(struct axvm_vcpu *vcpu)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;
	uint64_t hcr = read_hcr(v);

	v->vmcr = ich_read(ICH_VMCR);
	for (unsigned n = 0; n < apr_num(); n++) {
		v->ap0r[n] = ich_read(ICH_AP0R0 + n);
		v->ap1r[n] = ich_read(ICH_AP1R0 + n);
	}
	if (v->lr_used || v->vtimer_held || hcr & ICH_HCR_LRENPIE)
		save_lrs(vcpu, hcr);
	v->loaded = 0;
	ich_write(ICH_HCR, 0);
}

unsigned vgic_lr_running(const struct vgic_vcpu *v, bool live)
{
	for (unsigned n = 0; n < apr_num(); n++) {
		uint32_t apr = live ? ich_read(ICH_AP0R0 + n) | ich_read(ICH_AP1R0 + n) :
				      v->ap0r[n] | v->ap1r[n];

		if (apr)
			return (n * 32 + __builtin_ctz(apr)) << (8 - vgic_hw.pre_bits);
	}
	return 0x100;
}

/* Bits of a priority that can preempt (IHI 0069, 4.8.5). */
static unsigned group_priority(uint64_t vmcr, uint8_t prio, unsigned group)
{
	unsigned shift = (vmcr >> ICH_VMCR_BPR0 & 7) + 1;

	if (group && !(vmcr & ICH_VMCR_CBPR))
		shift = vmcr >> ICH_VMCR_BPR1 & 7;
	return prio >> shift << shift;
}

bool vgic_lr_takes(uint64_t vmcr, unsigned running, uint8_t prio, unsigned group)
{
	return vmcr & (group ? ICH_VMCR_ENG1 : ICH_VMCR_ENG0) &&
	       prio < (vmcr >> ICH_VMCR_PMR & 0xff) && group_priority(vmcr, prio, group) < running;
}

bool vgic_lr_pending(const struct vgic_vcpu *v, uint64_t vmcr, unsigned running)
{
	for (uint32_t used = v->lr_used; used; used &= used - 1) {
		uint64_t lr = ich_read_lr(__builtin_ctz(used));

		if ((lr & ICH_LR_STATE) == ICH_LR_PENDING &&
		    vgic_lr_takes(vmcr, running, lr >> ICH_LR_PRIO, !!(lr & ICH_LR_GROUP)))
			return true;
	}
	return false;
}
