/* SPDX-License-Identifier: Apache-2.0 */
/* A lock between CPUs, taken with interrupts as they are. */
#ifndef LOCK_H
#define LOCK_H

#include "cpu.h"

struct lock {
	volatile unsigned held;
};

static inline void lock_take(struct lock *lock)
{
	while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
}

static inline void lock_drop(struct lock *lock)
{
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

#endif
