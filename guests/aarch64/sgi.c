/* SPDX-License-Identifier: Apache-2.0 */
/* Software-generated interrupts in every target form. Needs two CPUs or more. */
#include "boot.h"
#include "gic.h"
#include "irq.h"
#include "psci.h"
#include "test.h"
#include "timer.h"

#define TIMEOUT_US   3000000
#define ICC_CTLR_RSS (1u << 18)

static void listen(void)
{
	for (unsigned i = 0; i < 16; i++)
		gic_enable(i);
	irq_enable();
	for (;;)
		wfi();
}

static bool arrives(unsigned cpu, unsigned sgi, unsigned want)
{
	return wait_for(irq_count[cpu][sgi] >= want, TIMEOUT_US);
}

/* So long that a stray interrupt would have come. */
static void settle(void)
{
	delay_us(20000);
}

static void to_each(void)
{
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++) {
		gic_sgi(cpu_hwid(cpu), 1);
		CHECK(arrives(cpu, 1, 1), "to CPU %u (affinity %#lx)", cpu, cpu_hwid(cpu));
	}
	settle();
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		CHECK_EQ(irq_count[cpu][1], cpu != 0, "CPU %u got its own only", cpu);
}

/* One register write with several bits in its list; targets that do not exist are ignored. */
static void to_list(void)
{
	unsigned missed = 0, wrong = 0;

	gic_sgi_raw(2ull << 24 | 0xfffe);
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		if (cpu_hwid(cpu) < 16)
			missed += !arrives(cpu, 2, 1);
	settle();
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		wrong += irq_count[cpu][2] != (cpu && cpu_hwid(cpu) < 16);
	CHECK_EQ(missed, 0, "a list reaches all it names");
	CHECK_EQ(wrong, 0, "a list reaches only those");
}

/* Affinities and ranges without a CPU: no effect, no harm. */
static void to_nobody(void)
{
	gic_sgi_raw(3ull << 24); /* an empty list */
	if (mrs(ICC_CTLR_EL1) & ICC_CTLR_RSS)
		gic_sgi_raw(0xfull << 44 | 3ull << 24 | 0xffff); /* RS 15 */
	gic_sgi_raw(0xffull << 16 | 3ull << 24 | 0xffff);	 /* Aff1 255 */
	gic_sgi_raw(0xffull << 32 | 3ull << 24 | 0xffff);	 /* Aff2 255 */
	gic_sgi_raw(0xffull << 48 | 3ull << 24 | 0xffff);	 /* Aff3 255 */
	settle();
	unsigned stray = 0;
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		stray += irq_count[cpu][3];
	CHECK_EQ(stray, 0, "CPUs that do not exist");
}

static void to_others(void)
{
	unsigned missed = 0;

	gic_sgi_others(4);
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		missed += !arrives(cpu, 4, 1);
	CHECK_EQ(missed, 0, "all but self: all others");
	settle();
	CHECK_EQ(irq_count[0][4], 0, "all but self: not self");
	/* the list and the affinity are ignored in this form */
	gic_sgi_raw(1ull << 40 | 0xffull << 16 | 0xf000);
	CHECK(arrives(cpu_count() - 1, 0, 1), "all but self ignores the list");
}

static void to_self(void)
{
	gic_enable(6);
	irq_enable();
	gic_sgi(cpu_hwid(0), 6);
	CHECK(arrives(0, 6, 1), "to self");
	irq_disable();
	gic_sgi(cpu_hwid(0), 6);
	gic_sgi(cpu_hwid(0), 6);
	CHECK(gic_bit(GIC_ISPENDR, 6), "pending while interrupts are masked");
	CHECK_EQ(gic_ack(), 6, "acknowledged");
	gic_eoi(6);
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "sent twice while pending comes once");
	gic_sgi(cpu_hwid(0), 6);
	CHECK_EQ(gic_ack(), 6, "acknowledged again");
	gic_sgi(cpu_hwid(0), 6);
	CHECK(gic_bit(GIC_ISPENDR, 6) && gic_bit(GIC_ISACTIVER, 6), "active and pending");
	gic_eoi(6);
	CHECK_EQ(gic_ack(), 6, "sent while active comes after EOI");
	gic_eoi(6);
}

static void all_ids(void)
{
	unsigned missed = 0, last = cpu_count() - 1;

	for (unsigned i = 7; i < 16; i++)
		gic_sgi(cpu_hwid(last), i);
	for (unsigned i = 7; i < 16; i++)
		missed += !arrives(last, i, 1);
	CHECK_EQ(missed, 0, "nine different SGIs at once");
}

/* The pending state of another CPU, through its redistributor. */
static void remote_pending(void)
{
	unsigned last = cpu_count() - 1, before = irq_count[last][1];

	write32(gicr(last) + GICR_SGI + GIC_ISPENDR, 1u << 1);
	CHECK(arrives(last, 1, before + 1), "GICR_ISPENDR0 of another CPU");
}

/* There and back many times: none is lost. */
static void many(void)
{
	unsigned last = cpu_count() - 1, before = irq_count[last][1], lost = 0;

	for (unsigned i = 1; i <= 1000 && !lost; i++) {
		gic_sgi(cpu_hwid(last), 1);
		lost += !arrives(last, 1, before + i);
	}
	CHECK_EQ(lost, 0, "a thousand, one after the other");
}

void guest_main(void)
{
	unsigned missing = 0;

	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		missing += !cpu_start(cpu, listen);
	if (!CHECK(cpu_count() > 1 && !missing, "%u CPUs", cpu_count()))
		return;
	to_each();
	to_list();
	to_nobody();
	to_others();
	to_self();
	all_ids();
	remote_pending();
	many();
}
