/* SPDX-License-Identifier: Apache-2.0 */
#include "rtc.h"

#include "arch.h"
#include "dt/tree.h"
#include "mmio.h"

#define RTCDR 0x000 /* seconds */

static char *regs;

void rtc_probe(const void *fdt)
{
	uint64_t base, size;

	if (dt_device(fdt, "arm,pl031", &base, &size) >= 0)
		regs = (char *)(uintptr_t)base;
}

uint64_t rtc_base(void)
{
	return (uintptr_t)regs;
}

uint64_t isa_wall_clock(void)
{
	return regs ? mmio_read32(regs + RTCDR) : 0;
}
