/* SPDX-License-Identifier: Apache-2.0 */
/* A ticket spinlock. Fair, so that no vCPU of a VM can starve the others. */
#ifndef CORE_LOCK_H
#define CORE_LOCK_H

#include <arch/cpu.h>
#include <stdint.h>

/* Tickets are taken by adding to the whole word: RISC-V has no atomic addition to 16 bits. */
struct lock {
	union {
		uint32_t word;
		struct {
			uint16_t owner;
			uint16_t next; /* the upper half: every ISA here is little-endian */
		};
	};
};
#define LOCK_TICKET 0x10000u

static inline void lock_take(struct lock *l)
{
	uint32_t old = __atomic_fetch_add(&l->word, LOCK_TICKET, __ATOMIC_ACQUIRE);
	uint16_t ticket = (uint16_t)(old / LOCK_TICKET);

	if ((uint16_t)old == ticket)
		return;
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
		arch_cpu_relax();
}

static inline void lock_drop(struct lock *l)
{
	uint16_t owner = __atomic_load_n(&l->owner, __ATOMIC_RELAXED);

	__atomic_store_n(&l->owner, (uint16_t)(owner + 1), __ATOMIC_RELEASE);
}

#endif
