/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distributor: one security state (DS), affinity routing always on (ARE), no LPIs. Registers
 * that exist only without affinity routing (ITARGETSR, SGIR, SPENDSGIR) and unknown ones read as
 * zero and ignore writes (IHI 0069, 12.8).
 */
#include "vgic_state.h"

#define GICD_CTLR	 0x0000u
#define GICD_TYPER	 0x0004u
#define GICD_IIDR	 0x0008u
#define GICD_SETSPI_NSR	 0x0040u
#define GICD_CLRSPI_NSR	 0x0048u
#define GICD_IROUTER	 0x6000u
#define GICD_IROUTER_END 0x8000u
#define GICD_PIDR4	 0xffd0u

#define CTLR_GRP0    (1u << 0)
#define CTLR_GRP1    (1u << 1)
#define CTLR_ARE     (1u << 4)
#define CTLR_DS	     (1u << 6)
#define TYPER_MBIS   (1u << 16)
#define TYPER_IDBITS (9u << 19) /* 10 bits of INTID */
#define TYPER_A3V    (1u << 24)
#define TYPER_RSS    (1u << 26)
#define IROUTER_ANY  (1ull << 31)
#define IMPLEMENTER  0x43bu

static uint32_t read_ctlr(const struct vgic_vm *g)
{
	return CTLR_ARE | CTLR_DS | (g->group0_on & CTLR_GRP0) | (g->group1_on & CTLR_GRP1);
}

static uint64_t read_router(const struct vgic_bank *bank, unsigned i)
{
	uint64_t affinity = bank->affinity[i];

	return (affinity & 0xff000000) << 8 | (affinity & 0xffffff) |
	       (bank->any >> i & 1 ? IROUTER_ANY : 0);
}

/* NULL: no such SPI. */
static struct vgic_bank *router_bank(struct vgic_vm *g, unsigned intid)
{
	if (intid < VGIC_SPI_BASE || intid >= g->intid_end)
		return NULL;
	return &g->spi[intid / 32 - 1];
}

static uint64_t read_routers(struct vgic_vm *g, uint64_t offset, unsigned width)
{
	unsigned intid = (offset - GICD_IROUTER) / 8;
	struct vgic_bank *bank = router_bank(g, intid);
	uint64_t value;

	if (!bank || width < 4 || offset & (width - 1))
		return 0;
	value = read_router(bank, intid % 32) >> (offset % 8 * 8);
	return width == 8 ? value : (uint32_t)value;
}

static void write_router(struct axvm *vm, struct vgic_bank *bank, unsigned i, uint64_t value)
{
	bank->affinity[i] = (value >> 8 & 0xff000000) | (value & 0xffffff);
	bank->any = (bank->any & ~(1u << i)) | (value & IROUTER_ANY ? 1u << i : 0);
	vgic_route(vm, bank, i);
}

static void write_routers(struct axvm_vcpu *self, uint64_t offset, unsigned width, uint64_t value)
{
	unsigned intid = (offset - GICD_IROUTER) / 8;
	struct vgic_bank *bank = router_bank(vgic_of(self->vm), intid);
	unsigned shift = offset % 8 * 8;
	uint64_t mask = (width == 8 ? UINT64_MAX : UINT32_MAX) << shift;

	if (!bank || width < 4 || offset & (width - 1))
		return;
	vgic_lock(self->vm);
	value = (read_router(bank, intid % 32) & ~mask) | (value << shift & mask);
	write_router(self->vm, bank, intid % 32, value);
	vgic_unlock(self->vm, self);
}

static uint64_t read_head(const struct vgic_vm *g, uint64_t offset)
{
	switch (offset) {
	case GICD_CTLR:
		return read_ctlr(g);
	case GICD_TYPER:
		return TYPER_RSS | TYPER_A3V | TYPER_IDBITS | TYPER_MBIS | (g->bank_num - 1u);
	case GICD_IIDR:
		return IMPLEMENTER;
	default:
		return 0;
	}
}

/* Apart, so that the short way to TYPER saves no registers. */
static __attribute__((noinline)) uint64_t read_rest(struct axvm_vcpu *self, uint64_t offset,
						    unsigned width)
{
	struct vgic_vm *g = vgic_of(self->vm);
	unsigned n = vgic_bank_of(offset);

	if (n > 0 && n < g->bank_num)
		return vgic_bank_read(self, &g->spi[n - 1], offset, width);
	if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END)
		return read_routers(g, offset, width);
	return offset >= GICD_PIDR4 && width == 4 ? vgic_id(offset, 0x92) : 0;
}

uint64_t vgic_dist_read(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu)
{
	if (offset >= VGIC_IGROUPR)
		return read_rest(vcpu, offset, width);
	return width == 4 ? read_head(vgic_of(opaque), offset) : 0;
}

static void write_ctlr(struct axvm_vcpu *self, uint32_t value)
{
	vgic_lock(self->vm);
	vgic_enable_groups(self->vm, value & CTLR_GRP0, value & CTLR_GRP1);
	vgic_unlock(self->vm, self);
}

/* Message-based SPIs: a message sets or clears a level, or raises an edge. */
static void write_message(struct axvm_vcpu *self, uint32_t intid, bool set)
{
	struct vgic_bank *bank = router_bank(vgic_of(self->vm), intid);
	uint32_t bit = 1u << intid % 32;

	if (!bank)
		return;
	vgic_lock(self->vm);
	if (!(bank->edge & bit))
		vgic_set_level(self->vm, bank, bit, set);
	else if (set)
		vgic_set_pending(self->vm, bank, bit);
	else
		vgic_clear_pending(self->vm, bank, bit);
	vgic_unlock(self->vm, self);
}

/* GICD_SETSPI_SR and CLRSPI_SR do nothing with one security state. */
static void write_head(struct axvm_vcpu *self, uint64_t offset, unsigned width, uint32_t value)
{
	if (width != 4 && width != 2)
		return;
	if (offset == GICD_SETSPI_NSR || offset == GICD_CLRSPI_NSR)
		write_message(self, value & (width == 2 ? 0xffff : 0x1fff),
			      offset == GICD_SETSPI_NSR);
	else if (offset == GICD_CTLR && width == 4)
		write_ctlr(self, value);
}

void vgic_dist_write(void *opaque, uint64_t offset, unsigned width, uint64_t value,
		     struct axvm_vcpu *vcpu)
{
	struct vgic_vm *g = vgic_of(opaque);
	unsigned n = vgic_bank_of(offset);

	if (n > 0 && n < g->bank_num)
		vgic_bank_write(vcpu, &g->spi[n - 1], offset, width, value);
	else if (offset < VGIC_IGROUPR)
		write_head(vcpu, offset, width, value);
	else if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END)
		write_routers(vcpu, offset, width, value);
}
