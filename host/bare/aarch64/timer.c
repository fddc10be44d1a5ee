/* SPDX-License-Identifier: Apache-2.0 */
#include "timer.h"

#include "arch.h"
#include "dt/tree.h"
#include "gic.h"
#include "sysreg.h"

/* Order of the node's interrupts: EL3, EL1 physical, EL1 virtual, EL2 physical. */
#define DT_VIRT 2
#define DT_HYP	3

static uint32_t virt_intid, hyp_intid;

static bool is_ppi(uint32_t intid)
{
	return intid >= 16 && intid < 32;
}

const char *timer_probe(const void *fdt)
{
	int node = dt_find(fdt, "arm,armv8-timer");

	if (node < 0)
		node = dt_find(fdt, "arm,armv7-timer");
	if (node >= 0) {
		virt_intid = gic_dt_intid(fdt, node, DT_VIRT);
		hyp_intid = gic_dt_intid(fdt, node, DT_HYP);
	}
	if (!is_ppi(virt_intid) || !is_ppi(hyp_intid) || virt_intid == hyp_intid)
		return "the device tree has no timer with virtual and EL2 interrupts";
	return isa_ticks_per_second() ? NULL : "the firmware has not set the timer's frequency";
}

void timer_init_cpu(void)
{
	isa_alarm_off();
}

uint32_t timer_hyp_intid(void)
{
	return hyp_intid;
}

uint32_t timer_virt_intid(void)
{
	return virt_intid;
}

uint64_t isa_ticks_per_second(void)
{
	return read_sysreg(cntfrq_el0);
}

void isa_alarm_set(uint64_t ticks)
{
	write_sysreg(cnthp_cval_el2, ticks);
	write_sysreg(cnthp_ctl_el2, 1);
	isb();
}

void isa_alarm_off(void)
{
	write_sysreg(cnthp_ctl_el2, 0);
	isb();
}
