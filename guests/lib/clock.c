/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"
#include "boot.h"
#include "test.h"
#include "timer.h"

#define LATE_US 2000000 /* an emulator on a busy machine */

static volatile uint64_t other_time;
static volatile bool asked;

static void tell_time(void)
{
	while (!asked)
		cpu_relax();
	other_time = timer_now();
	while (asked)
		cpu_relax();
}

void clock_across_cpus(void)
{
	if (!CHECK(cpu_start(1, tell_time), "CPU 1 started"))
		return;
	uint64_t before = timer_now();
	asked = true;
	CHECK(wait_for(other_time, LATE_US), "CPU 1 reads the counter");
	uint64_t after = timer_now();
	CHECK(before <= other_time && other_time <= after, "both CPUs have the same time");
	asked = false;
	CHECK(cpu_wait_off(1), "CPU 1 off");
}
