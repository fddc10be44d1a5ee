/* SPDX-License-Identifier: Apache-2.0 */
/* With -icount shift=0 a cycle is one instruction, and a nanosecond. */
#ifndef BENCH_ARCH_H
#define BENCH_ARCH_H

#include "irq.h"
#include "sample.h"
#include "sbi.h"
#include "timer.h"

static inline uint64_t bench_now(void)
{
	return csr_read(cycle);
}

uint64_t bench_at(uint64_t ticks);

/*
 * A moment `ticks` from a step of the counter, right behind that: QEMU counts the nanoseconds
 * within a tick as lateness of a timer that is set in its middle.
 */
static inline uint64_t bench_edge(uint64_t ticks)
{
	uint64_t edge = timer_now() + 2, due = edge + ticks;

	while (timer_now() < edge)
		continue;
	return due;
}

/*
 * In a loop that waits for the other CPU. Under -icount PAUSE does not end this CPU's turn, but the
 * next timer does, whether somebody takes its interrupt or not.
 */
static inline void bench_turn(void)
{
	csr_write(0x14d, timer_now() + 1);
	cpu_relax();
}

void bench_calibrate(void);

/* sscratch points to the sample. */
static inline void bench_listen(struct bench_sample *sample)
{
	csr_write(sscratch, sample);
	csr_write(stvec, bench_vectors);
	irq_on(IRQ_IPI);
	irq_enable();
}

static inline uint64_t bench_target(unsigned cpu)
{
	return cpu_hwid(cpu);
}

static inline void bench_ipi(uint64_t hart)
{
	sbi_call(SBI_IPI, SBI_IPI_SEND, 1, hart, 0, 0, 0);
}

static inline void bench_arm(uint64_t ticks)
{
	csr_write(0x14d, ticks);
	csr_set(sie, SI_TIMER);
}

#endif
