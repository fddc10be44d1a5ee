/* SPDX-License-Identifier: Apache-2.0 */
#include "frames.h"

#include <string.h>

#define WORD_BITS 64u
#define NONE	  SIZE_MAX

static size_t words_for(size_t bits)
{
	return (bits + WORD_BITS - 1) / WORD_BITS;
}

/* Bits [lo, hi) of a word; hi - lo is 1 to 64. */
static uint64_t bits_between(size_t lo, size_t hi)
{
	return (~0ull >> (WORD_BITS - (hi - lo))) << lo;
}

static void bit_assign(uint64_t *map, size_t i, bool value)
{
	uint64_t bit = 1ull << (i % WORD_BITS);

	if (value)
		map[i / WORD_BITS] |= bit;
	else
		map[i / WORD_BITS] &= ~bit;
}

size_t frames_meta_size(size_t num)
{
	size_t words = words_for(num);

	return (words + 2 * words_for(words)) * sizeof(uint64_t);
}

void frames_init(struct frames *f, uint64_t base, size_t num, void *meta)
{
	size_t words = words_for(num);

	memset(meta, 0xff, frames_meta_size(num));
	*f = (struct frames){ .base = base, .num = num, .hint = num, .used = meta };
	f->any = f->used + words;
	f->full = f->any + words_for(words);
}

static void word_changed(struct frames *f, size_t w)
{
	bit_assign(f->any, w, f->used[w] != 0);
	bit_assign(f->full, w, f->used[w] == ~0ull);
}

/* Sets or clears bits [lo, hi), and keeps the count of free frames. */
static void assign_range(struct frames *f, size_t lo, size_t hi, bool used)
{
	while (lo < hi) {
		size_t w = lo / WORD_BITS;
		size_t end = (w + 1) * WORD_BITS < hi ? (w + 1) * WORD_BITS : hi;
		uint64_t mask = bits_between(lo % WORD_BITS, end - w * WORD_BITS);
		uint64_t before = f->used[w];

		f->used[w] = used ? before | mask : before & ~mask;
		f->free += (size_t)__builtin_popcountll(before);
		f->free -= (size_t)__builtin_popcountll(f->used[w]);
		word_changed(f, w);
		lo = end;
	}
}

/* The frame numbers of an address range, cut to the span. `outward`: partial frames count. */
static bool clip(const struct frames *f, uint64_t base, uint64_t size, bool outward, size_t *lo,
		 size_t *hi)
{
	uint64_t span_end = f->base + f->num * FRAME_SIZE;
	uint64_t end = size > UINT64_MAX - base ? UINT64_MAX : base + size;

	if (end <= f->base || base >= span_end)
		return false;
	base = base < f->base ? 0 : base - f->base;
	end = (end > span_end ? span_end : end) - f->base;
	*lo = (size_t)((outward ? base : base + FRAME_SIZE - 1) / FRAME_SIZE);
	*hi = (size_t)((outward ? end + FRAME_SIZE - 1 : end) / FRAME_SIZE);
	return *lo < *hi;
}

void frames_add(struct frames *f, uint64_t base, uint64_t size)
{
	size_t lo, hi;

	if (!clip(f, base, size, false, &lo, &hi))
		return;
	assign_range(f, lo, hi, false);
	if (lo < f->hint)
		f->hint = lo;
}

void frames_reserve(struct frames *f, uint64_t base, uint64_t size)
{
	size_t lo, hi;

	if (size != 0 && clip(f, base, size, true, &lo, &hi))
		assign_range(f, lo, hi, true);
}

/* The last word before `w` that has a frame in use (or free), or NONE. */
static size_t last_word(const struct frames *f, size_t w, bool used)
{
	while (w > 0) {
		size_t s = (w - 1) / WORD_BITS;
		uint64_t bits = (used ? f->any[s] : ~f->full[s]) &
				bits_between(0, w - s * WORD_BITS);

		if (bits)
			return s * WORD_BITS + 63 - (size_t)__builtin_clzll(bits);
		w = s * WORD_BITS;
	}
	return NONE;
}

static uint64_t word_bits(const struct frames *f, size_t w, bool used)
{
	return used ? f->used[w] : ~f->used[w];
}

/* The last frame before `hi` that is in use (or free), or NONE. */
static size_t last_frame(const struct frames *f, size_t hi, bool used)
{
	size_t w = hi / WORD_BITS;
	uint64_t bits = 0;

	if (hi % WORD_BITS)
		bits = word_bits(f, w, used) & bits_between(0, hi % WORD_BITS);
	if (!bits) {
		w = last_word(f, w, used);
		if (w == NONE)
			return NONE;
		bits = word_bits(f, w, used);
	}
	return w * WORD_BITS + 63 - (size_t)__builtin_clzll(bits);
}

static bool run_is_free(const struct frames *f, size_t lo, size_t count, size_t *used)
{
	*used = last_frame(f, lo + count, true);
	return *used == NONE || *used < lo;
}

/* The highest aligned run of free frames, or NONE. */
static size_t find_run(const struct frames *f, size_t count, uint64_t align)
{
	size_t end = f->num;

	while (end >= count) {
		uint64_t addr = (f->base + (end - count) * FRAME_SIZE) & ~(align - 1);
		size_t lo, used;

		if (addr < f->base)
			return NONE;
		lo = (size_t)((addr - f->base) / FRAME_SIZE);
		if (run_is_free(f, lo, count, &used))
			return lo;
		used = last_frame(f, used, false);
		if (used == NONE)
			return NONE;
		end = used + 1;
	}
	return NONE;
}

/* The lowest free frame, or NONE. */
static size_t find_single(struct frames *f)
{
	size_t words = words_for(f->num);
	size_t w = f->hint / WORD_BITS;

	while (w < words) {
		uint64_t open = ~f->full[w / WORD_BITS] >> (w % WORD_BITS);

		if (open) {
			w += (size_t)__builtin_ctzll(open);
			break;
		}
		w = (w / WORD_BITS + 1) * WORD_BITS;
	}
	f->hint = w < words ? w * WORD_BITS + (size_t)__builtin_ctzll(~f->used[w]) : f->num;
	return w < words ? f->hint : NONE;
}

bool frames_alloc(struct frames *f, size_t count, uint64_t align, uint64_t *out)
{
	size_t i;

	if (count == 0 || count > f->free || align < FRAME_SIZE || (align & (align - 1)))
		return false;
	i = count == 1 && align == FRAME_SIZE ? find_single(f) : find_run(f, count, align);
	if (i == NONE)
		return false;
	assign_range(f, i, i + count, true);
	*out = f->base + i * FRAME_SIZE;
	return true;
}

static bool inside(const struct frames *f, uint64_t base, size_t count)
{
	return base % FRAME_SIZE == 0 && base >= f->base && count != 0 && count <= f->num &&
	       (base - f->base) / FRAME_SIZE <= f->num - count;
}

bool frames_take(struct frames *f, uint64_t base, size_t count)
{
	size_t lo, used;

	if (!inside(f, base, count))
		return false;
	lo = (size_t)((base - f->base) / FRAME_SIZE);
	if (!run_is_free(f, lo, count, &used))
		return false;
	assign_range(f, lo, lo + count, true);
	return true;
}

bool frames_free(struct frames *f, uint64_t base, size_t count)
{
	size_t lo, open;

	if (!inside(f, base, count))
		return false;
	lo = (size_t)((base - f->base) / FRAME_SIZE);
	open = last_frame(f, lo + count, false);
	if (open != NONE && open >= lo)
		return false;
	assign_range(f, lo, lo + count, false);
	if (lo < f->hint)
		f->hint = lo;
	return true;
}
