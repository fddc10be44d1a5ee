/* SPDX-License-Identifier: Apache-2.0 */
#include "storm.h"
#include "boot.h"
#include "irq.h"
#include "test.h"
#include "timer.h"

static volatile uint64_t end; /* 0 until all CPUs run */
static volatile unsigned done[MAX_CPUS];
static void (*prepare_cpu)(void);
static void (*do_once)(struct random *random);

static void rage(void)
{
	struct random random = { cpu_id() + 1 };

	if (prepare_cpu) {
		prepare_cpu();
		irq_enable();
	}
	while (!end)
		cpu_relax();
	while (timer_now() < end) {
		do_once(&random);
		done[cpu_id()]++;
	}
	irq_disable();
}

void storm(void (*prepare)(void), void (*once)(struct random *random))
{
	prepare_cpu = prepare;
	do_once = once;
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_start(cpu, rage), "CPU %u started", cpu);
	end = timer_now() + timer_ticks(boot_arg("ms", 1500) * 1000);
	rage();
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_wait_off(cpu), "CPU %u off after %u", cpu, done[cpu]);
	CHECK(done[0] > 0, "CPU 0: %u", done[0]);
}
