/* SPDX-License-Identifier: Apache-2.0 */
/* All CPUs wait for interrupts, `ms` milliseconds; then power off. */
#include "boot.h"
#include "gic.h"
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
	gic_enable(TIMER_VIRTUAL_INTID);
	msr(cntv_cval_el0, timer_now() + timer_ticks(boot_arg("ms", 1000) * 1000));
	msr(cntv_ctl_el0, TIMER_ENABLE);
	isb();
	while (!(mrs(cntv_ctl_el0) & TIMER_ISTATUS)) {
		wfi();
		wakes++;
	}
	msr(cntv_ctl_el0, 0);
	CHECK(wakes >= 1, "slept, and woke %u times", wakes);
}
