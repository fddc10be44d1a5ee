/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page frames: one bit each, and two summary bits per 64 of them, so that looking for one free
 * frame or for a run of hundreds of MiB reads little. Single frames come from the bottom, runs from
 * the top. Pure: the caller locks, and gives the memory for the bits.
 */
#ifndef BARE_FRAMES_H
#define BARE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_SIZE 4096u

struct frames {
	uint64_t base; /* address of frame 0 */
	size_t num;
	size_t free;
	size_t hint;	/* no frame below it is free */
	uint64_t *used; /* bit per frame */
	uint64_t *any;	/* bit per word of `used`: it is not 0 */
	uint64_t *full; /* bit per word of `used`: all ones */
};

/* Bytes for the bits of `num` frames; 8-byte aligned memory. */
size_t frames_meta_size(size_t num);
/* All frames of [base, base + num * 4096) in use; base is a multiple of 4096. */
void frames_init(struct frames *f, uint64_t base, size_t num, void *meta);

/* The whole frames inside the range become free; what lies outside the span is left out. */
void frames_add(struct frames *f, uint64_t base, uint64_t size);
/* Every frame that the range touches is in use from now on. */
void frames_reserve(struct frames *f, uint64_t base, uint64_t size);

/* `count` frames in a row at a multiple of `align` (a power of two, at least 4096). */
bool frames_alloc(struct frames *f, size_t count, uint64_t align, uint64_t *out);
/* Exactly these frames. False: unaligned, empty, outside, or one of them is in use. */
bool frames_take(struct frames *f, uint64_t base, size_t count);
/* False, and nothing is freed: outside, or one of them is free already. */
bool frames_free(struct frames *f, uint64_t base, size_t count);

#endif
