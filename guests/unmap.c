/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that the hypervisor takes away and brings back while every CPU uses it (its boot argument
 * axvm.selftest=unmap, which names what stands where): a CPU finds the newest contents or takes an
 * external abort, never what was there before.
 */
#include "../host/bare/selftest.h"
#include "boot.h"
#include "cpu.h"
#include "machine.h"
#include "test.h"
#include "timer.h"
#include "trap.h"

#define LAST (SELFTEST_UNMAP_FRESH + SELFTEST_UNMAP_ROUNDS - 1)
#define WORD (RAM_BASE + SELFTEST_OFFSET)
#define NOTE 8 /* offset of a word that the CPUs write */

static struct seen {
	volatile uint64_t newest;
	volatile unsigned changes, aborts, stale, other;
} seen[MAX_CPUS];

/* Only a fresh frame, of this round or a later one, may follow. */
static void found(struct seen *s, uint64_t word)
{
	s->changes += word > s->newest;
	s->stale += word < s->newest || word == SELFTEST_UNMAP_STALE;
	if (word > s->newest)
		s->newest = word;
}

static void look(struct seen *s)
{
	uint64_t word = 0;
	struct trap trap = TRAP(word = read64(WORD));

	if (!trap.count)
		found(s, word);
	else if (trap_is_external(trap, WORD))
		s->aborts++;
	else
		s->other++;
	trap = TRAP(write64(WORD + NOTE, word));
	s->other += trap.count && !trap_is_external(trap, WORD + NOTE);
}

static void watch(void)
{
	struct seen *s = &seen[cpu_id()];
	uint64_t end = timer_now() + timer_ticks(boot_arg("ms", 20000) * 1000);

	while (s->newest != LAST && timer_now() < end)
		look(s);
}

void guest_main(void)
{
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_start(cpu, watch), "CPU %u started", cpu);
	write64(WORD, SELFTEST_READY);
	watch();
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_wait_off(cpu), "CPU %u is off", cpu);
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
		struct seen *s = &seen[cpu];

		CHECK_EQ(s->newest, LAST, "CPU %u: the last contents", cpu);
		CHECK(s->changes > SELFTEST_UNMAP_ROUNDS / 2, "CPU %u: saw %u of %u", cpu,
		      s->changes, SELFTEST_UNMAP_ROUNDS);
		CHECK(s->aborts > 0, "CPU %u: %u aborts between", cpu, s->aborts);
		CHECK_EQ(s->stale, 0, "CPU %u: stale contents", cpu);
		CHECK_EQ(s->other, 0, "CPU %u: other exceptions", cpu);
	}
}
