/* SPDX-License-Identifier: Apache-2.0 */
#include "rtc.h"

#include "arch.h"
#include "dt/tree.h"
#include "mmio.h"
#include "mmu.h"

#define TIME_LOW	 0x00 /* nanoseconds; reading it latches the upper half */
#define TIME_HIGH	 0x04
#define NANOS_PER_SECOND 1000000000u

static struct {
	uint64_t base, size; /* size 0: none */
} rtc;

void rtc_probe(const void *fdt)
{
	if (dt_device(fdt, "google,goldfish-rtc", &rtc.base, &rtc.size) < 0)
		rtc.size = 0;
}

void rtc_map(void)
{
	if (rtc.size)
		mmu_map_device(rtc.base, rtc.size);
}

uint64_t isa_wall_clock(void)
{
	const char *regs = (const char *)(uintptr_t)rtc.base;
	uint64_t low;

	if (!rtc.size)
		return 0;
	low = mmio_read32(regs + TIME_LOW);
	return ((uint64_t)mmio_read32(regs + TIME_HIGH) << 32 | low) / NANOS_PER_SECOND;
}
