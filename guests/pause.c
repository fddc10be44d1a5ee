/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hypervisor pauses the VM for long (its boot argument axvm.selftest=pause) while one CPU reads
 * the counter without end and another sleeps by its timer: neither may see the time pass.
 */
#include "../host/bare/selftest.h"
#include "boot.h"
#include "irq.h"
#include "machine.h"
#include "test.h"
#include "timer.h"

#define SLEEP_US 20000

/* Beside the word that starts the test; the host looks at it while the VM is paused. */
static volatile uint64_t *const counts = (uint64_t *)(RAM_BASE + SELFTEST_OFFSET + 8);

static volatile uint64_t longest_sleep;
static volatile bool end;

static void sleeper(void)
{
	irq_on(IRQ_TIMER);
	while (!end) {
		uint64_t start = timer_now(), slept;

		timer_set(start + timer_ticks(SLEEP_US));
		while (!timer_due())
			wfi();
		slept = timer_us(timer_now() - start);
		longest_sleep = slept > longest_sleep ? slept : longest_sleep;
		timer_stop();
		counts[1]++;
	}
}

void guest_main(void)
{
	volatile uint64_t *word = (uint64_t *)(RAM_BASE + SELFTEST_OFFSET);
	uint64_t limit = SELFTEST_PAUSE_MILLIS * 1000 / 2, longest = 0, last;

	counts[0] = counts[1] = 0;
	CHECK(cpu_start(1, sleeper), "CPU 1 started");
	*word = SELFTEST_READY;
	last = timer_now();
	while (*word != SELFTEST_PAUSE_DONE) {
		uint64_t now = timer_now();

		longest = now - last > longest ? now - last : longest;
		last = now;
		counts[0]++;
	}
	end = true;
	CHECK(cpu_wait_off(1), "CPU 1 is off");
	longest = timer_us(longest);
	CHECK(longest < limit, "the counter moves by at most %llu us", (unsigned long long)longest);
	CHECK(longest_sleep < limit, "a sleep of %u us takes at most %llu", SLEEP_US,
	      (unsigned long long)longest_sleep);
	CHECK(counts[0] > 1000 && counts[1] > SELFTEST_PAUSE_ROUNDS, "both ran");
}
