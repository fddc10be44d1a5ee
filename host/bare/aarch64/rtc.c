/* SPDX-License-Identifier: Apache-2.0 */
#include "rtc.h"

#include "arch.h"
#include "sysreg.h"

#include <libfdt.h>

#define RTCDR 0x000 /* seconds */

static char *regs;

void rtc_probe(const void *fdt)
{
	int node = dt_find(fdt, "arm,pl031");
	uint64_t base, size;

	if (node >= 0 && dt_enabled(fdt, node) && dt_reg(fdt, node, 0, &base, &size))
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
