/* SPDX-License-Identifier: Apache-2.0 */
/* The generic timers: one passes through, one is emulated; a guest must see no difference. */
#include "timer.h"
#include "boot.h"
#include "clock.h"
#include "gic.h"
#include "irq.h"
#include "test.h"

#define LATE_US 2000000 /* an emulator on a busy machine */

struct timer {
	const char *name;
	unsigned intid;
	uint64_t (*now)(void);
	uint64_t (*read_ctl)(void);
	void (*write_ctl)(uint64_t);
	uint64_t (*read_cval)(void);
	void (*write_cval)(uint64_t);
	uint64_t (*read_tval)(void);
	void (*write_tval)(uint64_t);
};

#define ACCESSOR(timer, reg)                                                                       \
	static uint64_t timer##_read_##reg(void)                                                   \
	{                                                                                          \
		isb();                                                                             \
		return mrs(timer##_##reg##_el0);                                                   \
	}                                                                                          \
	static void timer##_write_##reg(uint64_t value)                                            \
	{                                                                                          \
		msr(timer##_##reg##_el0, value);                                                   \
		isb();                                                                             \
	}
ACCESSOR(cntv, ctl)
ACCESSOR(cntv, cval)
ACCESSOR(cntv, tval)
ACCESSOR(cntp, ctl)
ACCESSOR(cntp, cval)
ACCESSOR(cntp, tval)

static uint64_t physical_now(void)
{
	isb();
	return mrs(cntpct_el0);
}

#define TIMER(timer)                                                                               \
	timer##_read_ctl, timer##_write_ctl, timer##_read_cval, timer##_write_cval,                \
		timer##_read_tval, timer##_write_tval

static const struct timer virtual = { "virtual", TIMER_VIRTUAL_INTID, timer_now, TIMER(cntv) };
static const struct timer physical = { "physical", TIMER_PHYSICAL_INTID, physical_now,
				       TIMER(cntp) };

static void counters(void)
{
	uint64_t first = timer_now(), last = first, backwards = 0;

	CHECK(timer_us(first) < 10000000, "CNTVCT_EL0 starts near zero: %lu us", timer_us(first));
	CHECK(timer_us(physical_now()) < 10000000, "CNTPCT_EL0 starts near zero: %lu us",
	      timer_us(physical_now()));
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t now = timer_now();

		backwards += now < last;
		last = now;
	}
	CHECK_EQ(backwards, 0, "CNTVCT_EL0 does not go backwards");
	CHECK(last > first, "CNTVCT_EL0 goes on");
	uint64_t before = timer_now(), between = physical_now(), after = timer_now();
	CHECK(before <= between && between <= after, "both counters show the same time");
}

static void comparator(const struct timer *t)
{
	t->write_ctl(TIMER_IMASK);
	t->write_cval(0x123456789abcdef0);
	CHECK_EQ(t->read_cval(), 0x123456789abcdef0, "%s: CVAL is read back", t->name);
	uint64_t before = t->now();
	t->write_tval(1000000);
	uint64_t after = t->now();
	CHECK(t->read_cval() >= before + 1000000 && t->read_cval() <= after + 1000000,
	      "%s: TVAL sets CVAL from now", t->name);
	before = t->now();
	uint64_t left = t->read_tval();
	after = t->now();
	CHECK(left <= (uint32_t)(t->read_cval() - before) &&
		      left >= (uint32_t)(t->read_cval() - after),
	      "%s: TVAL reads what is left", t->name);
	before = t->now();
	t->write_tval((uint32_t)-1000);
	CHECK(t->read_cval() >= before - 1000 && t->read_cval() <= t->now() - 1000,
	      "%s: a negative TVAL", t->name);
	CHECK((int32_t)t->read_tval() < 0, "%s: TVAL reads negative once it is over", t->name);
}

static void status(const struct timer *t)
{
	t->write_cval(t->now() + timer_ticks(3600000000));
	t->write_ctl(TIMER_ENABLE | TIMER_IMASK);
	CHECK_EQ(t->read_ctl() & 7, TIMER_ENABLE | TIMER_IMASK, "%s: condition not met", t->name);
	t->write_cval(0);
	CHECK_EQ(t->read_ctl() & 7, TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS,
		 "%s: condition met, interrupt masked", t->name);
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "%s: masked, so no interrupt", t->name);
	t->write_cval(~0ull);
	CHECK_EQ(t->read_ctl() & 7, TIMER_ENABLE | TIMER_IMASK, "%s: condition not met any more",
		 t->name);
	t->write_ctl(TIMER_ENABLE);
	t->write_ctl(0);
	CHECK_EQ(t->read_ctl() & 3, 0, "%s: off", t->name);
}

static bool taken(const struct timer *t, uint64_t us)
{
	unsigned got = GIC_SPURIOUS;

	wait_for((got = gic_ack()) != GIC_SPURIOUS, us);
	return got == t->intid;
}

static void level(const struct timer *t)
{
	t->write_cval(t->now());
	t->write_ctl(TIMER_ENABLE);
	CHECK(taken(t, LATE_US), "%s: a time that is over fires at once", t->name);
	CHECK(!taken(t, 10000), "%s: once while it is active", t->name);
	gic_eoi(t->intid);
	CHECK(taken(t, LATE_US), "%s: again after EOI while the condition holds", t->name);
	t->write_ctl(TIMER_ENABLE | TIMER_IMASK);
	gic_eoi(t->intid);
	CHECK(!taken(t, 10000), "%s: not after EOI when it is masked", t->name);
	t->write_ctl(TIMER_ENABLE);
	CHECK(taken(t, LATE_US), "%s: again when it is unmasked", t->name);
	t->write_cval(~0ull);
	gic_eoi(t->intid);
	CHECK(!taken(t, 10000), "%s: not when the comparator moved on", t->name);
	t->write_ctl(0);
}

static const struct timer *firing;
static volatile unsigned fired;
static volatile uint64_t fired_at;

static void handle(unsigned intid)
{
	if (intid != firing->intid)
		return;
	fired_at = firing->now();
	firing->write_ctl(0);
	fired++;
}

/* Not early, and not much later. */
static void punctual(const struct timer *t, bool asleep)
{
	unsigned early = 0, lost = 0;
	uint64_t worst = 0;

	firing = t;
	irq_handler = handle;
	for (unsigned i = 1; i <= 20 && !lost; i++) {
		uint64_t due = t->now() + timer_ticks(2000 + i * 100);

		fired = 0;
		t->write_cval(due);
		t->write_ctl(TIMER_ENABLE);
		if (asleep)
			wfi();
		irq_enable();
		lost += !wait_for(fired, LATE_US);
		irq_disable();
		early += fired && fired_at < due;
		if (fired && fired_at - due > worst)
			worst = fired_at - due;
	}
	irq_handler = NULL;
	const char *how = asleep ? "asleep" : "awake";
	CHECK_EQ(lost, 0, "%s, %s: twenty times on time (latest by %lu us)", t->name, how,
		 timer_us(worst));
	CHECK_EQ(early, 0, "%s, %s: never early", t->name, how);
}

static void each(const struct timer *t)
{
	gic_enable(t->intid);
	comparator(t);
	t->write_ctl(0);
	status(t);
	level(t);
	punctual(t, false);
	punctual(t, true);
	gic_disable(t->intid);
}

/* Both run out together; neither hides the other. */
static void both(void)
{
	unsigned first, second;

	gic_enable(virtual.intid);
	gic_enable(physical.intid);
	virtual.write_cval(0);
	physical.write_cval(0);
	virtual.write_ctl(TIMER_ENABLE);
	physical.write_ctl(TIMER_ENABLE);
	delay_us(1000);
	first = gic_ack();
	virtual.write_ctl(0);
	physical.write_ctl(0);
	CHECK(first == virtual.intid || first == physical.intid, "both due: one is taken");
	gic_eoi(first);
	virtual.write_ctl(first == virtual.intid ? 0 : TIMER_ENABLE);
	physical.write_ctl(first == physical.intid ? 0 : TIMER_ENABLE);
	wait_for((second = gic_ack()) != GIC_SPURIOUS, LATE_US);
	CHECK_EQ(first + second, virtual.intid + physical.intid, "both due: then the other");
	gic_eoi(second);
	virtual.write_ctl(0);
	physical.write_ctl(0);
}

void guest_main(void)
{
	counters();
	each(&virtual);
	each(&physical);
	both();
	if (cpu_count() > 1)
		clock_across_cpus();
}
