/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floating-point and vector registers of each CPU keep what was put there, over preemption by other
 * CPUs and VMs that do the same with other values (`seed`), over calls, waits and device accesses.
 */
#include "boot.h"
#include "firmware.h"
#include "fp_state.h"
#include "irq.h"
#include "random.h"
#include "test.h"
#include "timer.h"
#include "uart.h"

static volatile unsigned bad[MAX_CPUS], rounds[MAX_CPUS];
static volatile bool done[MAX_CPUS];
static volatile uint64_t end; /* 0 until all CPUs run */

/* Long enough to be preempted now and then; different exits in between. */
static void pass_time(struct random *random)
{
	switch (random_below(random, 8)) {
	case 0:
		delay_us(3000);
		break;
	case 1:
		firmware_call();
		break;
	case 2:
		uart_look();
		break;
	case 3:
		timer_set(timer_now() + timer_ticks(500));
		wfi();
		timer_stop();
		break;
	default:
		delay_us(random_below(random, 300));
	}
}

static unsigned differences(const struct fp_state *a, const struct fp_state *b)
{
	const uint64_t *x = (const uint64_t *)a, *y = (const uint64_t *)b;
	unsigned n = 0;

	for (unsigned i = 0; i < sizeof(*a) / sizeof(*x); i++)
		n += x[i] != y[i];
	return n;
}

static void hold(void)
{
	unsigned cpu = cpu_id();
	struct random random = { boot_arg("seed", 1) * 64 + cpu + 1 };
	struct fp_state want = { 0 }, got = { 0 };

	irq_on(IRQ_TIMER);
	while (!end)
		cpu_relax();
	do {
		fp_fill(&want, &random);
		fp_load(&want);
		pass_time(&random);
		fp_store(&got);
		bad[cpu] += differences(&want, &got);
		rounds[cpu]++;
	} while (timer_now() < end);
	done[cpu] = true;
}

void guest_main(void)
{
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_start(cpu, hold), "CPU %u started", cpu);
	end = timer_now() + timer_ticks(boot_arg("ms", 1500) * 1000);
	hold();
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
		CHECK(wait_for(done[cpu], 20000000), "CPU %u came to its end", cpu);
		CHECK(rounds[cpu] > 0, "CPU %u: %u rounds", cpu, rounds[cpu]);
		CHECK_EQ(bad[cpu], 0, "CPU %u: registers that changed", cpu);
	}
}
