/* SPDX-License-Identifier: Apache-2.0 */
/* The timer, by stimecmp (Sstc) where there is one and by SBI; and the counter. */
#include "timer.h"
#include "boot.h"
#include "clock.h"
#include "irq.h"
#include "isa.h"
#include "sbi.h"
#include "test.h"
#include "trap.h"

#define LATE_US 2000000 /* an emulator on a busy machine */

struct timer {
	const char *name;
	void (*set)(uint64_t when);
};

static void set_stimecmp(uint64_t when)
{
	csr_write(0x14d, when);
}

static void set_sbi(uint64_t when)
{
	sbi_call(SBI_TIME, SBI_TIME_SET_TIMER, when, 0, 0, 0, 0);
}

static void set_legacy(uint64_t when)
{
	sbi_call(SBI_LEGACY_SET_TIMER, 0, when, 0, 0, 0, 0);
}

static const struct timer timers[] = {
	{ "stimecmp", set_stimecmp },
	{ "SBI", set_sbi },
	{ "legacy SBI", set_legacy },
};

static bool pending(void)
{
	return csr_read(sip) & SI_TIMER;
}

static void counter(void)
{
	uint64_t first = timer_now(), last = first, backwards = 0;

	CHECK(timer_us(first) < 10000000, "time starts near zero: %lu us", timer_us(first));
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t now = timer_now();

		backwards += now < last;
		last = now;
	}
	CHECK_EQ(backwards, 0, "time does not go backwards");
	CHECK(wait_for(timer_now() > first, LATE_US), "time goes on");
	CHECK(trap_is(TRAP(asm volatile("csrw 0xc01, zero")), CAUSE_ILLEGAL), "time is read-only");
}

/* It is pending from its time on, whether enabled or not, until another is set. */
static void status(const struct timer *t)
{
	t->set(timer_now() + timer_ticks(3600000000));
	CHECK(!pending(), "%s: not pending before its time", t->name);
	t->set(0);
	CHECK(wait_for(pending(), LATE_US), "%s: a time that is over is pending at once", t->name);
	delay_us(1000);
	CHECK(pending(), "%s: it stays", t->name);
	csr_clear(sip, SI_TIMER);
	CHECK(pending(), "%s: sip.STIP is read-only", t->name);
	t->set(~0ull);
	CHECK(!pending(), "%s: setting it again takes it back", t->name);
	t->set(timer_now() + timer_ticks(2000));
	CHECK(wait_for(pending(), LATE_US), "%s: pending when the time comes", t->name);
	t->set(timer_now() + timer_ticks(3600000000));
	CHECK(!pending(), "%s: taken back by a later time", t->name);
	t->set(~0ull);
}

static const struct timer *firing;
static volatile unsigned fired;
static volatile uint64_t fired_at;

static void handle(unsigned irq)
{
	if (irq != IRQ_TIMER)
		return;
	fired_at = timer_now();
	firing->set(~0ull);
	fired++;
}

/* Not early, and not much later. */
static void punctual(const struct timer *t, bool asleep)
{
	const char *how = asleep ? "asleep" : "awake";
	unsigned early = 0, lost = 0;
	uint64_t worst = 0;

	firing = t;
	irq_handler = handle;
	irq_on(IRQ_TIMER);
	for (unsigned i = 1; i <= 20 && !lost; i++) {
		uint64_t due = timer_now() + timer_ticks(2000 + i * 100);

		fired = 0;
		t->set(due);
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
	irq_off(IRQ_TIMER);
	CHECK_EQ(lost, 0, "%s, %s: twenty times on time (latest by %lu us)", t->name, how,
		 timer_us(worst));
	CHECK_EQ(early, 0, "%s, %s: never early", t->name, how);
}

/* Firmware and the register are one timer. */
static void one_timer(void)
{
	set_stimecmp(timer_now() + timer_ticks(3600000000));
	set_sbi(0);
	CHECK(wait_for(pending(), LATE_US), "SBI sets stimecmp");
	set_stimecmp(~0ull);
	CHECK(!pending(), "stimecmp takes back what SBI set");
	set_sbi(0x123456789abc);
	CHECK_EQ(csr_read(0x14d), 0x123456789abc, "stimecmp reads what SBI set");
	set_stimecmp(~0ull);
}

void guest_main(void)
{
	counter();
	for (unsigned i = !timer_has_sstc(); i < sizeof(timers) / sizeof(*timers); i++) {
		status(&timers[i]);
		punctual(&timers[i], false);
		punctual(&timers[i], true);
	}
	if (timer_has_sstc())
		one_timer();
	if (cpu_count() > 1)
		clock_across_cpus();
}
