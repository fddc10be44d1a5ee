/* SPDX-License-Identifier: Apache-2.0 */
/* All harts make SBI calls as fast as they can, known and unknown, for `ms` milliseconds. */
#include "boot.h"
#include "cpu.h"
#include "sbi.h"
#include "storm.h"
#include "trap.h"

static const uint32_t extensions[] = {
	SBI_LEGACY_SET_TIMER,
	SBI_LEGACY_GETCHAR,
	SBI_LEGACY_CLEAR_IPI,
	SBI_LEGACY_SEND_IPI,
	SBI_LEGACY_FENCE_I,
	SBI_LEGACY_FENCE_VMA,
	SBI_LEGACY_FENCE_VMA_ASID,
	SBI_BASE,
	SBI_TIME,
	SBI_IPI,
	SBI_RFENCE,
	SBI_HSM,
	SBI_PMU,
	SBI_DBCN,
	SBI_CPPC,
	0x0a415856,
};

/* Calls that end the VM or this hart, that wait, print, or have memory written are left out. */
static bool harmless(uint64_t extension, uint64_t function)
{
	switch (extension) {
	case SBI_LEGACY_PUTCHAR:
	case SBI_LEGACY_SHUTDOWN:
	case SBI_SRST:
	case SBI_SUSP:
	case SBI_STA:
		return false;
	case SBI_HSM:
		return function == SBI_HSM_STATUS || function > SBI_HSM_SUSPEND;
	case SBI_DBCN:
		return function != SBI_DBCN_WRITE_BYTE && function != SBI_DBCN_WRITE;
	case SBI_PMU:
		return function != SBI_PMU_SNAPSHOT;
	default:
		return true;
	}
}

static uint64_t argument(struct random *random)
{
	uint64_t value = random_next(random);

	return value & 1 ? value >> 1 : value >> (value >> 1 & 63);
}

static void call(struct random *random)
{
	uint64_t value, known, extension, function;

	do {
		value = random_next(random);
		known = extensions[(value >> 8) % (sizeof(extensions) / sizeof(*extensions))];
		extension = value & 3 ? known : argument(random);
		function = value & 4 ? value >> 16 & 7 : argument(random);
	} while (!harmless(extension, function));
	TRAP(sbi_call(extension, function, argument(random), argument(random), argument(random),
		      argument(random), argument(random)));
}

void guest_main(void)
{
	storm(NULL, call);
}
