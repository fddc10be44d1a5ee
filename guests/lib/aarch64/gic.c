/* SPDX-License-Identifier: Apache-2.0 */
#include "gic.h"

#define ICC_SRE_SRE 1u

unsigned gic_limit(void)
{
	return 32 * ((gicd_read(GICD_TYPER) & 0x1f) + 1);
}

static void wait_rwp(void)
{
	while (gicd_read(GICD_CTLR) & GICD_CTLR_RWP)
		cpu_relax();
}

void gic_init(void)
{
	gicd_write(GICD_CTLR, GICD_CTLR_ARE);
	wait_rwp();
	for (unsigned i = GIC_FIRST_SPI; i < gic_limit(); i += 32) {
		gicd_write(GIC_ICENABLER + i / 8, ~0u);
		gicd_write(GIC_ICPENDR + i / 8, ~0u);
		gicd_write(GIC_IGROUPR + i / 8, ~0u);
	}
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
	wait_rwp();
	gic_init_cpu();
}

static void wake_redistributor(uint64_t base)
{
	write32(base + GICR_WAKER, read32(base + GICR_WAKER) & ~GICR_WAKER_PROCESSOR_SLEEP);
	while (read32(base + GICR_WAKER) & GICR_WAKER_CHILDREN_ASLEEP)
		cpu_relax();
}

void gic_init_cpu(void)
{
	uint64_t base = gicr(cpu_id());

	wake_redistributor(base);
	write32(base + GICR_SGI + GIC_ICENABLER, ~0u);
	write32(base + GICR_SGI + GIC_ICPENDR, ~0u);
	write32(base + GICR_SGI + GIC_ICACTIVER, ~0u);
	write32(base + GICR_SGI + GIC_IGROUPR, ~0u);
	msr(ICC_SRE_EL1, mrs(ICC_SRE_EL1) | ICC_SRE_SRE);
	isb();
	msr(ICC_BPR1_EL1, 0);
	msr(ICC_IGRPEN1_EL1, 1);
	gic_set_pmr(0xff);
}

static uint64_t frame_of(unsigned intid)
{
	return intid < GIC_FIRST_SPI ? gicr(cpu_id()) + GICR_SGI : GICD_BASE;
}

uint64_t gic_bit_reg(unsigned group, unsigned intid)
{
	return frame_of(intid) + group + intid / 32 * 4;
}

bool gic_bit(unsigned group, unsigned intid)
{
	return read32(gic_bit_reg(group, intid)) >> intid % 32 & 1;
}

void gic_set_bit(unsigned group, unsigned intid)
{
	write32(gic_bit_reg(group, intid), 1u << intid % 32);
}

void gic_set_priority(unsigned intid, uint8_t priority)
{
	write8(frame_of(intid) + GIC_IPRIORITYR + intid, priority);
}

void gic_route(unsigned intid, uint64_t mpidr)
{
	write64(GICD_BASE + GICD_IROUTER + intid * 8, mpidr);
}

void gic_enable(unsigned intid)
{
	gic_set_priority(intid, GIC_PRIORITY);
	if (intid >= GIC_FIRST_SPI)
		gic_route(intid, cpu_hwid(cpu_id()));
	gic_set_bit(GIC_ISENABLER, intid);
	dsb();
}

void gic_disable(unsigned intid)
{
	gic_set_bit(GIC_ICENABLER, intid);
	wait_rwp();
}

void gic_set_edge(unsigned intid, bool edge)
{
	uint64_t reg = frame_of(intid) + GIC_ICFGR + intid / 16 * 4;
	uint32_t bit = 2u << intid % 16 * 2;

	write32(reg, edge ? read32(reg) | bit : read32(reg) & ~bit);
}

/* IHI 0069H, 12.2.20: Aff3, RS, Aff2, INTID, Aff1, target list of Aff0 */
void gic_sgi(uint64_t mpidr, unsigned intid)
{
	uint64_t aff0 = mpidr & 0xff, aff1 = mpidr >> 8 & 0xff;
	uint64_t aff2 = mpidr >> 16 & 0xff, aff3 = mpidr >> 32 & 0xff;

	gic_sgi_raw(aff3 << 48 | (aff0 / 16) << 44 | aff2 << 32 | (uint64_t)intid << 24 |
		    aff1 << 16 | 1ull << aff0 % 16);
}

void gic_sgi_others(unsigned intid)
{
	gic_sgi_raw(1ull << 40 | (uint64_t)intid << 24);
}
