/* SPDX-License-Identifier: Apache-2.0 */
#include "mem.h"

#include "board.h"
#include "frames.h"
#include "host.h"
#include "lock.h"
#include "log.h"

#include <string.h>

static struct spinlock lock;
static struct frames frames;
static uint64_t total;

static void span(uint64_t *lo, uint64_t *hi)
{
	*lo = UINT64_MAX;
	*hi = 0;
	for (size_t i = 0; i < board.memory_num; i++) {
		const struct board_range *bank = &board.memory[i];

		total += bank->size;
		if (bank->base < *lo)
			*lo = bank->base;
		if (bank->base + bank->size > *hi)
			*hi = bank->base + bank->size;
	}
	*lo &= ~(uint64_t)(FRAME_SIZE - 1);
}

/* The highest place of a bank that is not reserved; 0: none. */
static uint64_t place_in(const struct board_range *bank, uint64_t size)
{
	uint64_t at = bank->base + bank->size;
	bool moved = true;

	while (moved) {
		if (at - bank->base < size)
			return 0;
		at = (at - size) & ~(uint64_t)(FRAME_SIZE - 1);
		moved = at < bank->base;
		if (moved)
			return 0;
		for (size_t i = 0; i < board.reserved_num && !moved; i++) {
			const struct board_range *r = &board.reserved[i];

			moved = at < r->base + r->size && r->base < at + size;
			if (moved)
				at = r->base < bank->base ? bank->base : r->base;
		}
	}
	return at;
}

static uint64_t place(uint64_t size)
{
	for (size_t i = 0; i < board.memory_num; i++) {
		uint64_t at = place_in(&board.memory[i], size);

		if (at)
			return at;
	}
	host_fail("too little memory: no room for the table of page frames");
}

void mem_init(void)
{
	uint64_t lo, hi, meta, meta_size;
	size_t num;

	span(&lo, &hi);
	num = (size_t)((hi - lo) / FRAME_SIZE);
	meta_size = frames_meta_size(num);
	meta = place(meta_size);
	frames_init(&frames, lo, num, (void *)(uintptr_t)meta);
	for (size_t i = 0; i < board.memory_num; i++)
		frames_add(&frames, board.memory[i].base, board.memory[i].size);
	for (size_t i = 0; i < board.reserved_num; i++)
		frames_reserve(&frames, board.reserved[i].base, board.reserved[i].size);
	frames_reserve(&frames, meta, meta_size);
}

uint64_t mem_free(void)
{
	return (uint64_t)frames.free * FRAME_SIZE;
}

uint64_t mem_total(void)
{
	return total;
}

enum axvm_error mem_alloc(size_t count, uint64_t align, axvm_hpa_t *out)
{
	bool ok;

	spin_lock(&lock);
	ok = frames_alloc(&frames, count, align, &out->v);
	spin_unlock(&lock);
	return ok ? AXVM_OK : AXVM_ERR_NO_MEMORY;
}

void mem_dealloc(axvm_hpa_t first, size_t count)
{
	bool ok;

	spin_lock(&lock);
	ok = frames_free(&frames, first.v, count);
	spin_unlock(&lock);
	if (!ok)
		log_line(AXVM_LOG_ERROR, "%zu frames at 0x%llx freed that were not in use", count,
			 (unsigned long long)first.v);
}

enum axvm_error mem_take(axvm_hpa_t base, uint64_t size)
{
	bool ok;

	if (size == 0 || size % FRAME_SIZE || base.v % FRAME_SIZE)
		return AXVM_ERR_INVALID_INPUT;
	if (!board_is_ram(base.v, size))
		return AXVM_ERR_NOT_FOUND;
	spin_lock(&lock);
	ok = frames_take(&frames, base.v, (size_t)(size / FRAME_SIZE));
	spin_unlock(&lock);
	return ok ? AXVM_OK : AXVM_ERR_RESOURCE_BUSY;
}

static size_t frames_of(size_t size)
{
	return (size + FRAME_SIZE - 1) / FRAME_SIZE;
}

void *mem_zalloc(size_t size)
{
	axvm_hpa_t at;

	if (mem_alloc(frames_of(size), FRAME_SIZE, &at) != AXVM_OK)
		return NULL;
	return memset((void *)(uintptr_t)at.v, 0, frames_of(size) * FRAME_SIZE);
}

void mem_zfree(void *p, size_t size)
{
	mem_dealloc(axvm_hpa((uintptr_t)p), frames_of(size));
}
