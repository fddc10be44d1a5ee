/* SPDX-License-Identifier: Apache-2.0 */
/* With a counter of 1 GHz and -icount shift=0 a tick is one instruction. */
#ifndef BENCH_ARCH_H
#define BENCH_ARCH_H

#include "gic.h"
#include "sample.h"
#include "timer.h"

static inline uint64_t bench_now(void)
{
	return timer_now();
}

static inline uint64_t bench_at(uint64_t ticks)
{
	return ticks;
}

static inline uint64_t bench_edge(uint64_t ticks)
{
	return timer_now() + ticks;
}

static inline void bench_turn(void)
{
	cpu_relax();
}

static inline void bench_calibrate(void)
{
}

/* TPIDR_EL0 points to the sample. */
static inline void bench_listen(struct bench_sample *sample)
{
	msr(tpidr_el0, sample);
	msr(vbar_el1, bench_vectors);
	isb();
	gic_enable(1);
	gic_enable(TIMER_VIRTUAL_INTID);
	irq_enable();
}

static inline uint64_t bench_target(unsigned cpu)
{
	uint64_t mpidr = cpu_hwid(cpu);

	return (mpidr & 0xff00) << 8 | 1ull << 24 | 1ull << (mpidr & 0xf);
}

static inline void bench_ipi(uint64_t target)
{
	msr(ICC_SGI1R_EL1, target);
}

static inline void bench_arm(uint64_t ticks)
{
	msr(cntv_cval_el0, ticks);
	msr(cntv_ctl_el0, TIMER_ENABLE);
}

#endif
