/* SPDX-License-Identifier: Apache-2.0 */
/* All CPUs wait for interrupts, `ms` milliseconds; then power off. */
#include "boot.h"
#include "irq.h"
#include "test.h"
#include "timer.h"

static void sleep_for_ever(void)
{
	for (;;)
		wfi();
}

void guest_main(void)
{
	unsigned wakes = 0;

	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_start(cpu, sleep_for_ever), "CPU %u started", cpu);
	irq_on(IRQ_TIMER);
	timer_set(timer_now() + timer_ticks(boot_arg("ms", 1000) * 1000));
	while (!timer_due()) {
		wfi();
		wakes++;
	}
	timer_stop();
	CHECK(wakes >= 1, "slept, and woke %u times", wakes);
}
