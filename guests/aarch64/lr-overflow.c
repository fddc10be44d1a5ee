/* SPDX-License-Identifier: Apache-2.0 */
/* More interrupts than a GIC has list registers; priorities, masking, preemption, nesting. */
#include "boot.h"
#include "gic.h"
#include "irq.h"
#include "test.h"
#include "timer.h"

#define FIRST 40u
#define MAX   48u

static unsigned num;

static uint8_t priority_of(unsigned i)
{
	return (uint8_t)((i * 5 % 29) << 3); /* 0x00 to 0xe0, several times each */
}

static void raise(void)
{
	for (unsigned i = 0; i < num; i++) {
		gic_enable(FIRST + i);
		gic_set_priority(FIRST + i, priority_of(i));
		gic_set_bit(GIC_ISPENDR, FIRST + i);
	}
	dsb();
}

static void lower(void)
{
	for (unsigned i = 0; i < num; i++)
		gic_disable(FIRST + i);
}

/* Taken by reading ICC_IAR1_EL1, in the order of priorities. */
static void in_order(void)
{
	unsigned taken = 0, disorder = 0, twice = 0, last = 0, intid;
	bool seen[MAX] = { 0 };

	raise();
	while ((intid = gic_ack()) != GIC_SPURIOUS && taken <= num) {
		unsigned i = intid - FIRST;

		if (i >= num || seen[i]) {
			twice++;
			break;
		}
		seen[i] = true;
		disorder += priority_of(i) < last;
		last = priority_of(i);
		taken++;
		gic_eoi(intid);
	}
	CHECK_EQ(taken, num, "all of %u pending interrupts are taken", num);
	CHECK_EQ(disorder, 0, "by priority");
	CHECK_EQ(twice, 0, "none twice, none that was not raised");
	lower();
}

static volatile unsigned handled;

static void count_one(unsigned intid)
{
	if (intid >= FIRST && intid < FIRST + num)
		handled++;
}

/* The same as exceptions. */
static void by_exception(void)
{
	handled = 0;
	irq_handler = count_one;
	raise();
	irq_enable();
	wait_for(handled >= num, 3000000);
	irq_disable();
	irq_handler = NULL;
	CHECK_EQ(handled, num, "all of %u by exceptions", num);
	lower();
}

/* Taken all, completed only then: more active interrupts than list registers. */
static void all_active(void)
{
	unsigned intids[16], taken = 0, active = 0, again = 0;
	unsigned want = num < 16 ? num : 16;

	for (unsigned i = 0; i < want; i++) {
		gic_enable(FIRST + i);
		gic_set_priority(FIRST + i, (uint8_t)(0xf0 - i * 8));
		gic_set_bit(GIC_ISPENDR, FIRST + i);
		dsb();
		unsigned intid = gic_ack(); /* each preempts the one before */
		if (intid != FIRST + i)
			break;
		intids[taken++] = intid;
	}
	CHECK_EQ(taken, want, "%u interrupts nest", want);
	CHECK_EQ(mrs(ICC_RPR_EL1) & 0xff, 0xf0 - (taken - 1) * 8, "running priority");
	for (unsigned i = 0; i < taken; i++)
		active += gic_bit(GIC_ISACTIVER, intids[i]);
	CHECK_EQ(active, taken, "all of them are active");
	for (unsigned i = 0; i < taken; i++)
		gic_set_bit(GIC_ISPENDR, intids[i]);
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "active ones do not come again");
	while (taken)
		gic_eoi(intids[--taken]);
	CHECK_EQ(mrs(ICC_RPR_EL1) & 0xff, 0xff, "idle priority after all EOIs");
	while (again <= want && gic_ack() != GIC_SPURIOUS) {
		gic_eoi(FIRST + want - 1 - again);
		again++;
	}
	CHECK_EQ(again, want, "they come again after EOI");
	lower();
}

static void pend(unsigned intid, uint8_t priority)
{
	gic_enable(intid);
	gic_set_priority(intid, priority);
	gic_set_bit(GIC_ISPENDR, intid);
	dsb();
}

static void masking(void)
{
	gic_set_pmr(0x80);
	pend(FIRST, 0x80);
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "priority 0x80 does not pass mask 0x80");
	CHECK_EQ(mrs(ICC_HPPIR1_EL1) & 0xffffff, FIRST, "but it is the highest pending");
	gic_set_pmr(0x88);
	CHECK_EQ(gic_ack(), FIRST, "it passes mask 0x88");
	gic_eoi(FIRST);
	gic_set_pmr(0xff);
	msr(ICC_IGRPEN1_EL1, 0);
	isb();
	gic_set_bit(GIC_ISPENDR, FIRST);
	dsb();
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "nothing while ICC_IGRPEN1_EL1 is off");
	msr(ICC_IGRPEN1_EL1, 1);
	isb();
	CHECK_EQ(gic_ack(), FIRST, "it comes when it is on");
	gic_eoi(FIRST);
	gic_disable(FIRST);
}

static void preemption(void)
{
	pend(FIRST, 0x80);
	CHECK_EQ(gic_ack(), FIRST, "an interrupt of priority 0x80");
	pend(FIRST + 1, 0x80);
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "equal priority does not preempt");
	pend(FIRST + 2, 0x60);
	CHECK_EQ(gic_ack(), FIRST + 2, "higher priority preempts");
	CHECK_EQ(mrs(ICC_RPR_EL1) & 0xff, 0x60, "running priority 0x60");
	gic_eoi(FIRST + 2);
	CHECK_EQ(mrs(ICC_RPR_EL1) & 0xff, 0x80, "running priority 0x80 again");
	gic_eoi(FIRST);
	CHECK_EQ(gic_ack(), FIRST + 1, "then the one that waited");
	gic_eoi(FIRST + 1);
}

/* ICC_BPR1_EL1 6: only bits 7 and 6 of a priority decide about preemption (IHI 0069H, 4.8.4). */
static void binary_point(void)
{
	msr(ICC_BPR1_EL1, 6);
	isb();
	pend(FIRST, 0xb0);
	CHECK_EQ(gic_ack(), FIRST, "an interrupt of priority 0xb0");
	pend(FIRST + 1, 0x88);
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "0x88 is of the same preemption group with BPR 6");
	pend(FIRST + 2, 0x70);
	CHECK_EQ(gic_ack(), FIRST + 2, "0x70 is of a higher group");
	gic_eoi(FIRST + 2);
	gic_eoi(FIRST);
	CHECK_EQ(gic_ack(), FIRST + 1, "then the one that waited");
	gic_eoi(FIRST + 1);
	msr(ICC_BPR1_EL1, 0);
	isb();
}

/* ICC_CTLR_EL1.EOImode: dropping the priority and deactivating are two steps. */
static void split_eoi(void)
{
	msr(ICC_CTLR_EL1, mrs(ICC_CTLR_EL1) | 2);
	isb();
	pend(FIRST, 0x80);
	CHECK_EQ(gic_ack(), FIRST, "EOImode 1: an interrupt");
	gic_eoi(FIRST);
	CHECK_EQ(mrs(ICC_RPR_EL1) & 0xff, 0xff, "EOImode 1: EOIR drops the priority");
	CHECK(gic_bit(GIC_ISACTIVER, FIRST), "EOImode 1: EOIR leaves it active");
	msr(ICC_DIR_EL1, FIRST);
	isb();
	CHECK(!gic_bit(GIC_ISACTIVER, FIRST), "EOImode 1: DIR deactivates it");
	msr(ICC_CTLR_EL1, mrs(ICC_CTLR_EL1) & ~2ull);
	isb();
	lower();
}

void guest_main(void)
{
	num = gic_limit() - FIRST < MAX ? gic_limit() - FIRST : MAX;
	if (num > 1020 - FIRST)
		num = 1020 - FIRST;
	if (!CHECK(num >= 20, "%u SPIs", num))
		return;
	for (unsigned i = 0; i < num; i++)
		gic_set_edge(FIRST + i, true);
	in_order();
	by_exception();
	all_active();
	masking();
	preemption();
	binary_point();
	split_eoi();
	in_order();
}
