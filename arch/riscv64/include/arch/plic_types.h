/* SPDX-License-Identifier: Apache-2.0 */
/* State of the guest's PLIC: plain data. Source 0 does not exist. */
#ifndef ARCH_PLIC_TYPES_H
#define ARCH_PLIC_TYPES_H

#include "lock.h"
#include <axvm/types.h>

#define PLIC_SOURCES  1024u
#define PLIC_WORDS    (PLIC_SOURCES / 32)
#define PLIC_PRIO_MAX 7u
#define PLIC_RANKS    (PLIC_PRIO_MAX + 1)

/* A set of sources. */
struct plic_set {
	uint32_t word[PLIC_WORDS];
	uint32_t summary; /* bit n: word[n] is not 0 */
};

/* The S-mode context of a vCPU. */
struct plic_context {
	struct plic_set enabled;
	uint32_t threshold;
};

/* Changed under the lock; registers that are one word are read without it. */
struct plic_vm {
	struct lock lock;
	bool present;
	uint32_t ranks;			     /* bit r: pending[r] is not empty */
	uint64_t external;		     /* bit n: the external interrupt of vCPU n is on */
	struct plic_set pending[PLIC_RANKS]; /* by rank: PLIC_PRIO_MAX - priority */
	uint32_t line[PLIC_WORDS];
	uint32_t claimed[PLIC_WORDS]; /* and not yet completed: the gateway is closed */
	uint32_t latched[PLIC_WORDS]; /* an edge came meanwhile */
	uint8_t priority[PLIC_SOURCES];
	struct plic_context context[AXVM_MAX_VCPUS];
};

#endif
