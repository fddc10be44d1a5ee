/* SPDX-License-Identifier: Apache-2.0 */
#include "timer.h"
#include "boot.h"
#include "isa.h"
#include "sbi.h"
#include <libfdt.h>

static uint64_t deadline[MAX_CPUS];

static uint64_t read_hz(void)
{
	const void *tree = boot_dtb();
	int node = tree ? fdt_path_offset(tree, "/cpus") : -1, len = 0;
	const fdt32_t *hz = node < 0 ? NULL : fdt_getprop(tree, node, "timebase-frequency", &len);

	return hz && len == 4 ? fdt32_ld(hz) : 10000000;
}

uint64_t timer_hz(void)
{
	static volatile uint64_t hz;

	if (!hz)
		hz = read_hz();
	return hz;
}

bool timer_has_sstc(void)
{
	static volatile enum { UNKNOWN, NO, YES } has;

	if (has == UNKNOWN)
		has = isa_has("sstc") && !boot_arg("timer", 0) ? YES : NO;
	return has == YES;
}

void timer_set(uint64_t when)
{
	deadline[cpu_id()] = when;
	if (timer_has_sstc())
		csr_write(0x14d, when);
	else
		sbi_call(SBI_TIME, SBI_TIME_SET_TIMER, when, 0, 0, 0, 0);
}

void timer_stop(void)
{
	timer_set(~0ull);
}

bool timer_due(void)
{
	return timer_now() >= deadline[cpu_id()];
}
