/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"
#include <string.h>

/* Lies at the start of the frames that it describes. */
struct arena_chunk {
	struct arena_chunk *next;
	axvm_hpa_t hpa;
	size_t frames;
	size_t used; /* bytes from the start, this header included */
};

void arena_init(struct arena *arena, struct axvm_hal *hal)
{
	*arena = (struct arena){ .hal = hal };
}

static struct arena_chunk *chunk_new(struct arena *arena, size_t bytes)
{
	size_t frames = bytes / AXVM_PAGE_SIZE + (bytes % AXVM_PAGE_SIZE != 0);
	struct axvm_hal *hal = arena->hal;
	struct arena_chunk *chunk;
	axvm_hpa_t hpa;

	if (hal->alloc_contiguous(hal, frames, AXVM_PAGE_SIZE, &hpa) != AXVM_OK)
		return NULL;
	chunk = hal->phys_to_virt(hal, hpa);
	memset(chunk, 0, frames * AXVM_PAGE_SIZE);
	*chunk = (struct arena_chunk){ arena->chunks, hpa, frames, sizeof(*chunk) };
	arena->chunks = chunk;
	arena->bytes += frames * AXVM_PAGE_SIZE;
	return chunk;
}

static void *chunk_take(struct arena_chunk *chunk, size_t size, size_t align)
{
	size_t start = (chunk->used + align - 1) & ~(align - 1);
	size_t end = chunk->frames * AXVM_PAGE_SIZE;

	if (start > end || size > end - start)
		return NULL;
	chunk->used = start + size;
	return (uint8_t *)chunk + start;
}

void *arena_alloc(struct arena *arena, size_t size, size_t align)
{
	struct arena_chunk *chunk;

	for (chunk = arena->chunks; chunk; chunk = chunk->next) {
		void *p = chunk_take(chunk, size, align);

		if (p)
			return p;
	}
	if (size > SIZE_MAX / 2)
		return NULL;
	chunk = chunk_new(arena, sizeof(*chunk) + align + size);
	return chunk ? chunk_take(chunk, size, align) : NULL;
}

void arena_free(struct arena *arena)
{
	struct axvm_hal *hal = arena->hal;

	while (arena->chunks) {
		struct arena_chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		hal->dealloc_contiguous(hal, chunk->hpa, chunk->frames);
	}
	arena->bytes = 0;
}
