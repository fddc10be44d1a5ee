/* SPDX-License-Identifier: Apache-2.0 */
#include "timer.h"

#include "arch.h"
#include "csr.h"
#include "dt/tree.h"
#include "firmware.h"

static uint32_t frequency;
static bool sstc;

const char *timer_probe(const void *fdt)
{
	int node = fdt_path_offset(fdt, "/cpus");

	if (node < 0 || !dt_cell(fdt, node, "timebase-frequency", 0, &frequency) || !frequency)
		return "the device tree does not say the timer's frequency";
	sstc = csr_has_stimecmp();
	return sstc || firmware_has(SBI_TIME) ? NULL :
						"there is neither Sstc nor a timer of the firmware";
}

uint64_t isa_ticks_per_second(void)
{
	return frequency;
}

void isa_alarm_set(uint64_t ticks)
{
	if (sstc)
		csr_write(CSR_STIMECMP, ticks);
	else
		firmware_set_timer(ticks);
}

void isa_alarm_off(void)
{
	isa_alarm_set(UINT64_MAX);
}
