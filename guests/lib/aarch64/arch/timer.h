/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual timer. */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include <arch/cpu.h>
#include <stdbool.h>

#define TIMER_VIRTUAL_INTID  27
#define TIMER_PHYSICAL_INTID 30

#define TIMER_ENABLE  (1u << 0)
#define TIMER_IMASK   (1u << 1)
#define TIMER_ISTATUS (1u << 2)

static inline uint64_t timer_now(void)
{
	isb();
	return mrs(cntvct_el0);
}

static inline uint64_t timer_hz(void)
{
	return mrs(cntfrq_el0);
}

static inline void timer_set(uint64_t when)
{
	msr(cntv_cval_el0, when);
	msr(cntv_ctl_el0, TIMER_ENABLE);
	isb();
}

static inline void timer_stop(void)
{
	msr(cntv_ctl_el0, 0);
	isb();
}

static inline bool timer_due(void)
{
	return mrs(cntv_ctl_el0) & TIMER_ISTATUS;
}

#endif
