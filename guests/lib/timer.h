/* SPDX-License-Identifier: Apache-2.0 */
/* The generic timer of the CPU. Ticks are counts of CNTVCT_EL0. */
#ifndef TIMER_H
#define TIMER_H

#include "cpu.h"

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

static inline uint64_t timer_ticks(uint64_t us)
{
	return mrs(cntfrq_el0) * us / 1000000;
}

static inline uint64_t timer_us(uint64_t ticks)
{
	return ticks * 1000000 / mrs(cntfrq_el0);
}

/* Waits, awake, at most so long until a condition holds; its value then. */
#define wait_for(cond, us)                                                                         \
	({                                                                                         \
		uint64_t wait_end_ = timer_now() + timer_ticks(us);                                \
		bool wait_met_;                                                                    \
		while (!(wait_met_ = (cond)) && timer_now() < wait_end_)                           \
			cpu_relax();                                                               \
		wait_met_;                                                                         \
	})

static inline void delay_us(uint64_t us)
{
	wait_for(false, us);
}

#endif
