/* SPDX-License-Identifier: Apache-2.0 */
/* The distributor's registers. IHI 0069H, 12.9. */
#include "boot.h"
#include "gic.h"
#include "test.h"
#include "trap.h"

static unsigned words; /* of 32 interrupts each, the first of which belongs to redistributors */

static void identification(void)
{
	uint32_t typer = gicd_read(GICD_TYPER);

	words = (typer & 0x1f) + 1;
	CHECK(words >= 2, "GICD_TYPER %#x: there are SPIs", typer);
	CHECK((typer >> 19 & 0x1f) >= 9, "GICD_TYPER: at least 10 bits of interrupt id");
	CHECK_EQ(gicd_read(GIC_PIDR2) >> 4 & 0xf, 3, "GICD_PIDR2: GICv3");
	gicd_write(GICD_TYPER, 0);
	CHECK_EQ(gicd_read(GICD_TYPER), typer, "GICD_TYPER is read-only");
	uint32_t iidr = gicd_read(GICD_IIDR);
	gicd_write(GICD_IIDR, ~iidr);
	CHECK_EQ(gicd_read(GICD_IIDR), iidr, "GICD_IIDR is read-only");
	gicd_write(GIC_PIDR2, 0);
	CHECK_EQ(gicd_read(GIC_PIDR2) >> 4 & 0xf, 3, "GICD_PIDR2 is read-only");
}

static void control(void)
{
	uint32_t ctlr = gicd_read(GICD_CTLR);

	CHECK(ctlr & GICD_CTLR_ARE, "affinity routing is on");
	CHECK(ctlr & GICD_CTLR_GRP1, "group 1 is on");
	gicd_write(GICD_CTLR, 0);
	CHECK(gicd_read(GICD_CTLR) & GICD_CTLR_ARE, "affinity routing cannot be turned off");
	CHECK(!(gicd_read(GICD_CTLR) & GICD_CTLR_GRP1), "group 1 can be turned off");
	gicd_write(GICD_CTLR, ctlr);
	CHECK_EQ(gicd_read(GICD_CTLR), ctlr, "and on again");
}

/* One pair of write-1-to-set and write-1-to-clear registers, on every word of SPIs. */
static void set_clear(const char *name, unsigned set, unsigned clear)
{
	for (unsigned i = 1; i < words; i++) {
		unsigned s = set + i * 4, c = clear + i * 4;

		if (i == 31) /* INTIDs 1020 to 1023 are not SPIs */
			break;
		gicd_write(c, ~0u);
		CHECK_EQ(gicd_read(s), 0, "%s word %u: all clear", name, i);
		gicd_write(s, 0x80010001);
		gicd_write(s, 0x00000100);
		gicd_write(s, 0);
		CHECK_EQ(gicd_read(s), 0x80010101, "%s word %u: ones set, zeros do not", name, i);
		CHECK_EQ(gicd_read(c), 0x80010101, "%s word %u: both registers agree", name, i);
		gicd_write(c, 0x00010000);
		gicd_write(c, 0);
		CHECK_EQ(gicd_read(s), 0x80000101, "%s word %u: ones clear", name, i);
		gicd_write(c, ~0u);
		CHECK_EQ(gicd_read(s), 0, "%s word %u: clear again", name, i);
	}
}

static void bits(void)
{
	set_clear("enable", GIC_ISENABLER, GIC_ICENABLER);
	set_clear("pending", GIC_ISPENDR, GIC_ICPENDR);
	set_clear("active", GIC_ISACTIVER, GIC_ICACTIVER);
}

/* Words and bytes; at least the upper 5 bits of each priority exist in a single-security GIC. */
static void priorities(void)
{
	uint64_t reg = GICD_BASE + GIC_IPRIORITYR + 32;

	write32(reg, 0x80f01008);
	CHECK_EQ(read32(reg) & 0xf8f8f8f8, 0x80f01008, "priorities as a word");
	CHECK_EQ(read8(reg + 0) & 0xf8, 0x08, "byte 0 of it");
	CHECK_EQ(read8(reg + 3) & 0xf8, 0x80, "byte 3 of it");
	write8(reg + 2, 0x40);
	CHECK_EQ(read32(reg) & 0xf8f8f8f8, 0x80401008, "a byte changes only itself");
	write32(GICD_BASE + GIC_IPRIORITYR + words * 32 - 8, 0x10203040);
	CHECK_EQ(gicd_read(GIC_IPRIORITYR + words * 32 - 8) & 0xf8f8f8f8, 0x10203040,
		 "priorities of the last SPIs");
}

static void configuration(void)
{
	gicd_write(GIC_ICFGR + 8, 0xaaaaaaaa);
	CHECK_EQ(gicd_read(GIC_ICFGR + 8), 0xaaaaaaaa, "SPIs 32 to 47 edge-triggered");
	gicd_write(GIC_ICFGR + 8, 0x55555555);
	CHECK_EQ(gicd_read(GIC_ICFGR + 8), 0, "level-sensitive; the lower bit of each is zero");
	gicd_write(GIC_ICFGR + 12, 0x00000002);
	CHECK_EQ(gicd_read(GIC_ICFGR + 12), 2, "SPI 48 alone");
	gicd_write(GIC_ICFGR + 12, 0);
}

static void groups(void)
{
	uint32_t ones = 0xffff0000;

	gicd_write(GIC_IGROUPR + 4, ones);
	CHECK(gicd_read(GIC_IGROUPR + 4) == ones || gicd_read(GIC_IGROUPR + 4) == 0,
	      "groups can be written, or are hidden");
	gicd_write(GIC_IGROUPR + 4, ~0u);
	gicd_write(GIC_IGRPMODR + 4, ~0u);
	CHECK_EQ(gicd_read(GIC_IGRPMODR + 4), 0, "no group modifiers with one security state");
	CHECK_EQ(gicd_read(GIC_NSACR + 8), 0, "no GICD_NSACR");
}

#define IROUTER_BITS (MPIDR_AFFINITY | 1ull << 31)

static void routing(void)
{
	uint64_t reg = GICD_BASE + GICD_IROUTER + 33 * 8;

	write64(reg, 0);
	CHECK_EQ(read64(reg), 0, "route to 0.0.0.0");
	write64(reg, cpu_hwid(cpu_count() - 1));
	CHECK_EQ(read64(reg) & IROUTER_BITS, cpu_hwid(cpu_count() - 1), "route to the last CPU");
	write32(reg, 0);
	write32(reg + 4, 0);
	CHECK_EQ(read64(reg), 0, "two 32-bit halves");
	write32(reg, (uint32_t)cpu_hwid(cpu_count() - 1));
	CHECK_EQ(read32(reg), cpu_hwid(cpu_count() - 1), "the lower half alone");
	write64(reg, 1ull << 31);
	CHECK(read64(reg) == 1ull << 31 || read64(reg) == 0, "any CPU, or not offered");
	write64(reg, 0xff00ffffff);
	CHECK_EQ(read64(reg) & ~IROUTER_BITS, 0, "reserved bits are zero");
	write64(reg, 0);
}

/* IHI 0069H 12.9: what belongs to the redistributors is RES0 in the distributor with ARE. */
static void bank_zero(void)
{
	static const unsigned regs[] = {
		GIC_IGROUPR,   GIC_ISENABLER,  GIC_ICENABLER,  GIC_ISPENDR,	    GIC_ICPENDR,
		GIC_ISACTIVER, GIC_ICACTIVER,  GIC_IPRIORITYR, GIC_ICFGR,	    GIC_ICFGR + 4,
		GICD_SGIR,     GICD_CPENDSGIR, GICD_SPENDSGIR, GICD_ITARGETSR + 32,
	};

	for (unsigned i = 0; i < sizeof(regs) / sizeof(*regs); i++) {
		gicd_write(regs[i], ~0u);
		CHECK_EQ(gicd_read(regs[i]), 0, "offset %#x is zero and ignores writes", regs[i]);
	}
	CHECK_EQ(read32(gicr(0) + GICR_SGI + GIC_ISENABLER), 0,
		 "the redistributor has not seen it");
}

/* The software-set pending state of a level-sensitive interrupt stays until it is taken. */
static void pending(void)
{
	gic_enable(40);
	gic_set_edge(40, false);
	gic_set_bit(GIC_ISPENDR, 40);
	CHECK(gic_bit(GIC_ISPENDR, 40), "set pending by software");
	CHECK_EQ(gic_ack(), 40, "and taken");
	CHECK(!gic_bit(GIC_ISPENDR, 40) && gic_bit(GIC_ISACTIVER, 40), "active, not pending");
	gic_set_bit(GIC_ISPENDR, 40);
	CHECK(gic_bit(GIC_ISPENDR, 40) && gic_bit(GIC_ISACTIVER, 40), "active and pending");
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "not taken twice while it is active");
	gic_eoi(40);
	CHECK_EQ(gic_ack(), 40, "taken again after EOI");
	gic_eoi(40);
	CHECK(!gic_bit(GIC_ISPENDR, 40) && !gic_bit(GIC_ISACTIVER, 40), "idle at the end");
	gic_set_bit(GIC_ISPENDR, 40);
	gic_set_bit(GIC_ICPENDR, 40);
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "cleared by software before it is taken");
	gic_disable(40);
	gic_set_bit(GIC_ISPENDR, 40);
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "not taken while it is disabled");
	gic_set_bit(GIC_ISENABLER, 40);
	CHECK_EQ(gic_ack(), 40, "taken when it is enabled");
	gic_eoi(40);
	gic_disable(40);
}

/* Software activates and deactivates. */
static void activation(void)
{
	gic_enable(41);
	gic_set_bit(GIC_ISACTIVER, 41);
	gic_set_bit(GIC_ISPENDR, 41);
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "an interrupt that software made active waits");
	gic_set_bit(GIC_ICACTIVER, 41);
	CHECK_EQ(gic_ack(), 41, "and comes when software makes it inactive");
	gic_eoi(41);
	gic_disable(41);
}

/* Where GICD_TYPER.MBIS says so, a write makes an SPI pending (IHI 0069H, 12.9.36). */
static void messages(void)
{
	if (!(gicd_read(GICD_TYPER) & GICD_TYPER_MBIS))
		return;
	gic_set_edge(43, true);
	gic_enable(43);
	gicd_write(GICD_SETSPI_NSR, 43);
	CHECK_EQ(gic_ack(), 43, "GICD_SETSPI_NSR");
	gic_eoi(43);
	gicd_write(GICD_SETSPI_NSR, 43);
	gicd_write(GICD_CLRSPI_NSR, 43);
	gicd_write(GICD_SETSPI_NSR, 3);
	gicd_write(GICD_SETSPI_NSR, 1023);
	CHECK(!gic_bit(GIC_ISPENDR, 3), "GICD_SETSPI_NSR is for SPIs only");
	gic_set_bit(GIC_ICPENDR, 43);
	gic_disable(43);
	gic_set_edge(43, false);
}

static void group_enable(void)
{
	gic_enable(42);
	gicd_write(GICD_CTLR, GICD_CTLR_ARE);
	gic_set_bit(GIC_ISPENDR, 42);
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "nothing comes while GICD_CTLR disables the group");
	gicd_write(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
	CHECK_EQ(gic_ack(), 42, "it comes when the group is enabled");
	gic_eoi(42);
	gic_disable(42);
}

/* Every word and every odd width: values do not matter, only that nothing faults or dies. */
static void sweep(void)
{
	unsigned faults = 0;

	for (unsigned offset = 0; offset < GICD_SIZE; offset += 4) {
		trap_expect();
		read32(GICD_BASE + offset);
		read16(GICD_BASE + offset);
		read8(GICD_BASE + offset + 3);
		if (offset % 8 == 0)
			read64(GICD_BASE + offset);
		if (boot_reference()) /* QEMU lets some widths fault */
			faults += trap_seen().count > 3;
		else
			faults += trap_seen().count;
	}
	CHECK_EQ(faults, 0, "the whole distributor can be read");
}

void guest_main(void)
{
	identification();
	control();
	bits();
	priorities();
	configuration();
	groups();
	routing();
	bank_zero();
	pending();
	activation();
	messages();
	group_enable();
	sweep();
}
