/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers with one bit, two bits or a byte per interrupt. GICD has them for SPIs, the SGI frame
 * of GICR for SGIs and PPIs, at the same offsets (IHI 0069, 12.8 and 12.11). With one security
 * state IGRPMODR and NSACR read as zero.
 */
#include "vgic_state.h"
#include <string.h>

enum bank_reg { /* offset / 0x80 */
		IGROUPR = VGIC_IGROUPR / 0x80,
		ISENABLER,
		ICENABLER,
		ISPENDR,
		ICPENDR,
		ISACTIVER,
		ICACTIVER,
};

static uint32_t read_pending(struct axvm_vcpu *self, struct vgic_bank *bank)
{
	uint32_t value;

	vgic_lock(self->vm);
	vgic_learn(self->vm, bank, self);
	value = vgic_pending(bank) | bank->lr_pend;
	vgic_unlock(self->vm, self);
	return value;
}

static uint32_t read_active(struct axvm_vcpu *self, struct vgic_bank *bank)
{
	uint32_t value;

	vgic_lock(self->vm);
	vgic_learn(self->vm, bank, self);
	value = bank->active | bank->lr_active;
	vgic_unlock(self->vm, self);
	return value;
}

static uint32_t read_word(struct axvm_vcpu *self, struct vgic_bank *bank, unsigned reg)
{
	switch (reg) {
	case IGROUPR:
		return bank->group;
	case ISENABLER:
	case ICENABLER:
		return bank->enabled;
	case ISPENDR:
	case ICPENDR:
		return read_pending(self, bank);
	default:
		return read_active(self, bank);
	}
}

static uint32_t read_priority(const struct vgic_bank *bank, unsigned i, unsigned width)
{
	uint32_t value = 0;

	memcpy(&value, &bank->prio[i], width);
	return value;
}

/* Bit n of 16 goes to bit 2n + 1, and back. */
static uint32_t spread(uint32_t x)
{
	x = (x | x << 8) & 0x00ff00ff;
	x = (x | x << 4) & 0x0f0f0f0f;
	x = (x | x << 2) & 0x33333333;
	return ((x | x << 1) & 0x55555555) << 1;
}

static uint32_t gather(uint32_t x)
{
	x = x >> 1 & 0x55555555;
	x = (x | x >> 1) & 0x33333333;
	x = (x | x >> 2) & 0x0f0f0f0f;
	x = (x | x >> 4) & 0x00ff00ff;
	return (x | x >> 8) & 0xffff;
}

uint64_t vgic_bank_read(struct axvm_vcpu *self, struct vgic_bank *bank, uint64_t offset,
			unsigned width)
{
	if (offset & (width - 1))
		return 0;
	if (offset >= VGIC_IPRIORITYR && offset < VGIC_IPRIORITYR_END)
		return width == 1 || width == 4 ? read_priority(bank, offset % 32, width) : 0;
	if (width != 4)
		return 0;
	if (offset >= VGIC_ICFGR)
		return spread(bank->edge >> (offset % 8 * 4) & 0xffff);
	return read_word(self, bank, offset / 0x80);
}

static void write_word(struct axvm_vcpu *self, struct vgic_bank *bank, unsigned reg, uint32_t bits)
{
	struct axvm *vm = self->vm;

	if (reg >= ISPENDR)
		vgic_learn(vm, bank, self);
	switch (reg) {
	case IGROUPR:
		bits ^= bank->group;
		bank->group ^= bits & bank->valid;
		break;
	case ISENABLER:
		bits &= ~bank->enabled & bank->valid;
		bank->enabled |= bits;
		break;
	case ICENABLER:
		bits &= bank->enabled;
		bank->enabled &= ~bits;
		break;
	case ISPENDR:
		vgic_set_pending(vm, bank, bits & bank->valid);
		return;
	case ICPENDR:
		vgic_clear_pending(vm, bank, bits & bank->valid);
		return;
	case ISACTIVER:
		vgic_set_active(vm, bank, bits & bank->valid);
		return;
	default:
		vgic_clear_active(vm, bank, bits & bank->valid);
		return;
	}
	vgic_changed(vm, bank, bits);
	vgic_update(vm, bank);
}

static void write_priority(struct axvm_vcpu *self, struct vgic_bank *bank, unsigned i,
			   unsigned width, uint32_t value)
{
	for (unsigned k = 0; k < width; k++)
		if (bank->valid >> (i + k) & 1)
			bank->prio[i + k] = (value >> 8 * k) & vgic_hw.prio_mask;
	vgic_reordered(self->vm, bank, (width == 1 ? 1u : 0xfu) << i);
}

/* SGIs stay edge-triggered. */
static void write_config(struct axvm_vcpu *self, struct vgic_bank *bank, unsigned shift,
			 uint32_t value)
{
	uint32_t mask = bank->valid & 0xffffu << shift;

	if (bank->number == 0)
		mask &= 0xffff0000;
	bank->edge = (bank->edge & ~mask) | (gather(value) << shift & mask);
	vgic_changed(self->vm, bank, mask);
	vgic_update(self->vm, bank);
}

void vgic_bank_write(struct axvm_vcpu *self, struct vgic_bank *bank, uint64_t offset,
		     unsigned width, uint64_t value)
{
	bool priority = offset >= VGIC_IPRIORITYR && offset < VGIC_IPRIORITYR_END;

	if ((width != 4 && !(priority && width == 1)) || offset & (width - 1))
		return;
	vgic_lock(self->vm);
	if (priority)
		write_priority(self, bank, offset % 32, width, value);
	else if (offset >= VGIC_ICFGR)
		write_config(self, bank, offset % 8 * 4, value);
	else
		write_word(self, bank, offset / 0x80, value);
	vgic_unlock(self->vm, self);
}

uint32_t vgic_id(uint64_t offset, uint8_t part)
{
	/* GICv3 of Arm's design; PIDR2's upper half is the architecture's version. */
	const uint8_t id[12] = { 0x44, 0, 0, 0, part, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

	return offset % 4 ? 0 : id[(offset - 0xffd0) / 4];
}
