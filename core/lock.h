/* SPDX-License-Identifier: Apache-2.0 */
/* A ticket spinlock. Fair, so that no vCPU of a VM can starve the others. */
#ifndef CORE_LOCK_H
#define CORE_LOCK_H

#include <arch/cpu.h>
#include <stdint.h>

struct lock {
	uint16_t next;
	uint16_t owner;
};

static inline void lock_take(struct lock *l)
{
	uint16_t ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
		arch_cpu_relax();
}

static inline void lock_drop(struct lock *l)
{
	__atomic_store_n(&l->owner, (uint16_t)(l->owner + 1), __ATOMIC_RELEASE);
}

#endif
