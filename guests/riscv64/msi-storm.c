/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Harts send each other messages through the IMSIC, first one at a time, then as fast as they can
 * for `ms` milliseconds: none is lost. More harts than CPUs, and than guest interrupt files, see
 * theirs change hands.
 */
#include "aia.h"
#include "boot.h"
#include "irq.h"
#include "random.h"
#include "test.h"
#include "timer.h"

#define FIRST	   100u /* message of hart 0 to another; hart n: FIRST + n */
#define ROUNDS	   300u
#define TIMEOUT_US 20000000 /* of a board that others slow down */

static volatile unsigned sent[MAX_CPUS][MAX_CPUS], got[MAX_CPUS][MAX_CPUS];
static volatile bool begun, over, ended, listening[MAX_CPUS];
static struct random randoms[MAX_CPUS];

static unsigned any(unsigned below)
{
	return (unsigned)random_below(&randoms[cpu_id()], below);
}

static void message(unsigned cpu, unsigned id)
{
	mb();
	write32(imsic_page(cpu), id);
}

static void clear_file(void)
{
	aia_init_cpu();
	for (unsigned id = FIRST; id < FIRST + cpu_count(); id++)
		imsic_set_bit(IMSIC_EIE, id, true);
}

static void count(unsigned irq)
{
	unsigned from = irq - IRQ_EXTERNALS - FIRST;

	if (irq == IRQ_TIMER)
		timer_stop();
	else if (from < cpu_count())
		got[from][cpu_id()]++;
}

static void send_to(unsigned cpu)
{
	sent[cpu_id()][cpu]++;
	message(cpu, FIRST + cpu_id());
}

static bool arrived(unsigned cpu)
{
	return got[cpu_id()][cpu] == sent[cpu_id()][cpu];
}

/* Nothing but a message ends its sleep. */
static void sleeper(void)
{
	clear_file();
	listening[cpu_id()] = true;
	while (!over) {
		irq_disable();
		wfi();
		irq_enable();
	}
}

static void wakes(void)
{
	unsigned missing = 0;

	CHECK(cpu_start(1, sleeper), "hart 1 starts");
	wait_for(listening[1], TIMEOUT_US);
	for (unsigned n = 0; n < ROUNDS && !missing; n++) {
		send_to(1);
		missing += !wait_for(arrived(1), TIMEOUT_US);
		delay_us(any(200));
	}
	CHECK_EQ(missing, 0, "%u messages wake a hart", ROUNDS);
	over = true;
	send_to(1);
	CHECK(cpu_wait_off(1), "hart 1 is off");
	over = false;
	listening[1] = false;
}

/* Takes messages without an interrupt. */
static void watcher(void)
{
	clear_file();
	listening[1] = true;
	while (!over) {
		if (aia_claim() == FIRST)
			got[0][1]++;
		cpu_relax();
	}
}

static void taking(void)
{
	unsigned missing = 0;

	cpu_start(1, watcher);
	wait_for(listening[1], TIMEOUT_US);
	for (unsigned n = 0; n < ROUNDS && !missing; n++) {
		send_to(1);
		missing += !wait_for(arrived(1), TIMEOUT_US);
	}
	CHECK_EQ(missing, 0, "%u messages to a hart that runs", ROUNDS);
	over = true;
	CHECK(cpu_wait_off(1), "hart 1 is off");
	over = false;
}

/* ---- All harts at once: no message is lost ---- */

static unsigned lost[MAX_CPUS];

static void nap(void)
{
	timer_set(timer_now() + timer_ticks(any(500)));
	wfi();
}

static void listen(void)
{
	clear_file();
	irq_on(IRQ_TIMER);
	irq_enable();
	listening[cpu_id()] = true;
}

static void storm(void)
{
	unsigned self = cpu_id();

	listen();
	while (!begun)
		cpu_relax();
	while (!over) {
		unsigned to = any(cpu_count());

		if (arrived(to))
			send_to(to);
		else if (any(8) == 0)
			nap();
	}
	for (unsigned to = 0; to < cpu_count(); to++)
		lost[self] += !wait_for(arrived(to), TIMEOUT_US);
	listening[self] = false;
	while (!ended) /* for the others' last ones */
		cpu_relax();
	irq_disable();
	timer_stop();
}

static void all_to_all(void)
{
	uint64_t end = timer_now() + timer_ticks(1000 * boot_arg("ms", 500));
	unsigned missing = 0, total = 0, few = 0;

	for (unsigned cpu = 1; cpu < cpu_count(); cpu++) {
		listening[cpu] = false;
		CHECK(cpu_start(cpu, storm), "hart %u starts", cpu);
		wait_for(listening[cpu], TIMEOUT_US);
	}
	listen();
	begun = true;
	while (timer_now() < end) {
		unsigned to = any(cpu_count());

		if (arrived(to))
			send_to(to);
	}
	over = true;
	for (unsigned to = 0; to < cpu_count(); to++)
		missing += !wait_for(arrived(to), TIMEOUT_US);
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		wait_for(!listening[cpu], cpu_count() * TIMEOUT_US);
	ended = true;
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		cpu_wait_off(cpu);
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
		unsigned from = 0;

		missing += lost[cpu];
		for (unsigned to = 0; to < cpu_count(); to++)
			from += sent[cpu][to];
		few += from == 0;
		total += from;
	}
	CHECK_EQ(missing, 0, "all messages arrive");
	CHECK_EQ(few, 0, "every hart sent some; %u in all", total);
}

void guest_main(void)
{
	if (!aia_present() || cpu_count() < 2) {
		CHECK(false, "needs an IMSIC and two harts");
		return;
	}
	irq_handler = count;
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		randoms[cpu].state = cpu + 1;
	wakes();
	taking();
	all_to_all();
}
