/* SPDX-License-Identifier: Apache-2.0 */
/* All CPUs make firmware calls as fast as they can, known and unknown, for `ms` milliseconds. */
#include "boot.h"
#include "cpu.h"
#include "psci.h"
#include "random.h"
#include "test.h"
#include "timer.h"

static volatile uint64_t end; /* 0 until all CPUs run */
static volatile unsigned made[MAX_CPUS];

/* Calls that end the VM or this CPU, or that wait, are left out. */
static bool harmless(uint32_t function)
{
	switch (function & ~(1u << 30)) {
	case PSCI_CPU_SUSPEND32:
	case PSCI_CPU_OFF:
	case PSCI_CPU_ON32:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_SYSTEM_RESET2_32:
	case 0x8400000c: /* CPU_FREEZE */
	case 0x8400000d: /* CPU_DEFAULT_SUSPEND */
	case 0x8400000e: /* SYSTEM_SUSPEND */
		return false;
	default:
		return true;
	}
}

static void storm(void)
{
	struct random random = { cpu_id() + 1 };

	while (!end)
		cpu_relax();
	while (timer_now() < end) {
		uint64_t value = random_next(&random);
		uint32_t function = value & 1 ? 0x84000000u | (value >> 8 & 0x4000001f) :
						(uint32_t)(value >> 32);

		if (!harmless(function))
			continue;
		if (boot_reference() || value & 2)
			hvc(function, value >> 16, random_next(&random), random_next(&random));
		else
			smc(function, value >> 16, random_next(&random), random_next(&random));
		made[cpu_id()]++;
	}
}

void guest_main(void)
{
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_start(cpu, storm), "CPU %u started", cpu);
	end = timer_now() + timer_ticks(boot_arg("ms", 1500) * 1000);
	storm();
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_wait_off(cpu), "CPU %u off after %u calls", cpu, made[cpu]);
	CHECK(made[0] > 0, "CPU 0 made %u calls", made[0]);
}
