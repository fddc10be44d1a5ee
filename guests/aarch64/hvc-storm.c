/* SPDX-License-Identifier: Apache-2.0 */
/* All CPUs make firmware calls as fast as they can, known and unknown, for `ms` milliseconds. */
#include "boot.h"
#include "cpu.h"
#include "psci.h"
#include "storm.h"

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

static void call(struct random *random)
{
	uint32_t function;
	uint64_t value;

	do {
		value = random_next(random);
		function = value & 1 ? 0x84000000u | (value >> 8 & 0x4000001f) :
				       (uint32_t)(value >> 32);
	} while (!harmless(function));
	if (boot_reference() || value & 2)
		hvc(function, value >> 16, random_next(random), random_next(random));
	else
		smc(function, value >> 16, random_next(random), random_next(random));
}

void guest_main(void)
{
	storm(NULL, call);
}
