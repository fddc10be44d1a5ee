/* SPDX-License-Identifier: Apache-2.0 */
/* The timer of the CPU. Ticks are counts of its counter. */
#ifndef TIMER_H
#define TIMER_H

#include "cpu.h"
/*
 * Of the architecture:
 *   timer_now()       ticks
 *   timer_hz()        ticks of a second
 *   timer_set(when)   IRQ_TIMER is pending from that tick on, until the timer is set or stopped
 *   timer_stop()
 *   timer_due()       whether the time is over that the timer was set to
 */
#include <arch/timer.h>

static inline uint64_t timer_ticks(uint64_t us)
{
	return timer_hz() * us / 1000000;
}

static inline uint64_t timer_us(uint64_t ticks)
{
	return ticks * 1000000 / timer_hz();
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
