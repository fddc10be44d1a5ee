/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zeroed memory for the parts of one VM, taken from the host in frames and given back all at once:
 * building a VM can fail at any step, and freeing the arena undoes every allocation.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <axvm/hal.h>

struct arena_chunk;

struct arena {
	struct axvm_hal *hal;
	struct arena_chunk *chunks;
	uint64_t bytes; /* taken from the host */
};

void arena_init(struct arena *arena, struct axvm_hal *hal);
/* Zeroed, aligned to `align` (a power of two, at most 4096). NULL: no memory. */
void *arena_alloc(struct arena *arena, size_t size, size_t align);
void arena_free(struct arena *arena);

#endif
