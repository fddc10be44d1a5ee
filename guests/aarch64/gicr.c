/* SPDX-License-Identifier: Apache-2.0 */
/* The redistributors' registers. IHI 0069H, 12.10 and 12.11. */
#include "boot.h"
#include "gic.h"
#include "test.h"
#include "trap.h"

static void identification(unsigned cpu)
{
	uint64_t typer = read64(gicr(cpu) + GICR_TYPER);
	bool last = cpu == cpu_count() - 1;

	CHECK_EQ(typer >> 32, cpu_hwid(cpu), "CPU %u: affinity in GICR_TYPER", cpu);
	CHECK_EQ(typer >> 8 & 0xffff, cpu, "CPU %u: number in GICR_TYPER", cpu);
	CHECK_EQ(!!(typer & GICR_TYPER_LAST), last, "CPU %u: Last in GICR_TYPER", cpu);
	CHECK_EQ(read32(gicr(cpu) + GIC_PIDR2) >> 4 & 0xf, 3, "CPU %u: GICR_PIDR2", cpu);
	write64(gicr(cpu) + GICR_TYPER, 0);
	CHECK_EQ(read64(gicr(cpu) + GICR_TYPER), typer, "CPU %u: GICR_TYPER is read-only", cpu);
}

static void waker(void)
{
	uint64_t reg = gicr(0) + GICR_WAKER;

	CHECK_EQ(read32(reg) & 6, 0, "GICR_WAKER: awake");
	write32(reg, GICR_WAKER_PROCESSOR_SLEEP);
	CHECK(read32(reg) & GICR_WAKER_PROCESSOR_SLEEP, "GICR_WAKER: asked to sleep");
	CHECK(read32(reg) & GICR_WAKER_CHILDREN_ASLEEP, "GICR_WAKER: asleep");
	write32(reg, 0);
	CHECK_EQ(read32(reg) & 6, 0, "GICR_WAKER: awake again");
}

static void set_clear(unsigned cpu, const char *name, unsigned set, unsigned clear)
{
	uint64_t s = gicr(cpu) + GICR_SGI + set, c = gicr(cpu) + GICR_SGI + clear;

	write32(c, ~0u);
	CHECK_EQ(read32(s), 0, "CPU %u: %s: all clear", cpu, name);
	write32(s, 0x40000001);
	write32(s, 0x00400000);
	write32(s, 0);
	CHECK_EQ(read32(s), 0x40400001, "CPU %u: %s: ones set, zeros do nothing", cpu, name);
	CHECK_EQ(read32(c), 0x40400001, "CPU %u: %s: both registers agree", cpu, name);
	write32(c, 0x00000001);
	write32(c, 0);
	CHECK_EQ(read32(s), 0x40400000, "CPU %u: %s: ones clear", cpu, name);
	write32(c, ~0u);
	CHECK_EQ(read32(s), 0, "CPU %u: %s: clear again", cpu, name);
}

static void bits(unsigned cpu)
{
	set_clear(cpu, "enable", GIC_ISENABLER, GIC_ICENABLER);
	set_clear(cpu, "pending", GIC_ISPENDR, GIC_ICPENDR);
	set_clear(cpu, "active", GIC_ISACTIVER, GIC_ICACTIVER);
}

static void priorities(unsigned cpu)
{
	uint64_t reg = gicr(cpu) + GICR_SGI + GIC_IPRIORITYR;

	for (unsigned i = 0; i < 32; i += 4)
		write32(reg + i, 0x08101820 + i * 0x02020202);
	write8(reg + 27, 0xc8);
	CHECK_EQ(read32(reg) & 0xf8f8f8f8, 0x08101820, "CPU %u: SGI priorities", cpu);
	CHECK_EQ(read8(reg + 27) & 0xf8, 0xc8, "CPU %u: a PPI's priority as a byte", cpu);
	CHECK_EQ(read32(reg + 24) >> 24 & 0xf8, 0xc8, "CPU %u: the same in its word", cpu);
}

static void configuration(unsigned cpu)
{
	uint64_t reg = gicr(cpu) + GICR_SGI + GIC_ICFGR;
	uint32_t ppis = read32(reg + 4);

	write32(reg, 0);
	CHECK_EQ(read32(reg), 0xaaaaaaaa, "CPU %u: SGIs are edge-triggered for good", cpu);
	CHECK_EQ(ppis & 0x55555555, 0, "CPU %u: the lower bit of each PPI's field is zero", cpu);
	write32(reg + 4, ppis);
	CHECK_EQ(read32(reg + 4), ppis, "CPU %u: PPI configuration", cpu);
}

static void groups(unsigned cpu)
{
	uint64_t reg = gicr(cpu) + GICR_SGI;

	write32(reg + GIC_IGROUPR, ~0u);
	write32(reg + GIC_IGRPMODR, ~0u);
	CHECK_EQ(read32(reg + GIC_IGRPMODR), 0, "CPU %u: no group modifiers", cpu);
}

/* Private interrupts of this CPU, made pending by its registers. */
static void pending(void)
{
	gic_enable(5);
	gic_set_bit(GIC_ISPENDR, 5);
	CHECK_EQ(gic_ack(), 5, "an SGI through GICR_ISPENDR0");
	CHECK(gic_bit(GIC_ISACTIVER, 5), "is active");
	gic_eoi(5);
	CHECK(!gic_bit(GIC_ISACTIVER, 5), "is inactive after EOI");
	gic_enable(20);
	gic_set_bit(GIC_ISPENDR, 20);
	CHECK_EQ(gic_ack(), 20, "a PPI through GICR_ISPENDR0");
	gic_eoi(20);
	gic_set_bit(GIC_ISPENDR, 20);
	gic_set_bit(GIC_ICPENDR, 20);
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "cleared before it is taken");
	gic_disable(5);
	gic_disable(20);
}

static void sweep(unsigned cpu)
{
	unsigned faults = 0;

	for (unsigned offset = 0; offset < GICR_STRIDE; offset += 4) {
		trap_expect();
		read32(gicr(cpu) + offset);
		faults += trap_seen().count;
	}
	CHECK_EQ(faults, 0, "CPU %u: the whole redistributor can be read", cpu);
}

void guest_main(void)
{
	waker();
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
		identification(cpu);
		bits(cpu);
		priorities(cpu);
		configuration(cpu);
		groups(cpu);
		sweep(cpu);
	}
	pending();
	CHECK(trap_is_external(TRAP(read32(gicr(cpu_count()))), gicr(cpu_count())),
	      "behind the last redistributor: external abort");
}
