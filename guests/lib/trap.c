/* SPDX-License-Identifier: Apache-2.0 */
#include "trap.h"

static struct {
	bool expected;
	struct trap seen;
} traps[MAX_CPUS];

void trap_expect(void)
{
	traps[cpu_id()].seen = (struct trap){ 0 };
	traps[cpu_id()].expected = true;
	asm volatile("" ::: "memory");
}

struct trap trap_seen(void)
{
	asm volatile("" ::: "memory");
	traps[cpu_id()].expected = false;
	return traps[cpu_id()].seen;
}

bool trap_record(struct trap seen)
{
	struct trap *trap = &traps[cpu_id()].seen;

	seen.count = trap->count + 1;
	*trap = seen;
	return traps[cpu_id()].expected;
}
