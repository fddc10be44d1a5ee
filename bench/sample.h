/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdint.h>

/* One for each CPU; vectors.S knows its layout. */
struct bench_sample {
	uint64_t time;	/* of the counter, at the handler's start */
	uint32_t count; /* interrupts so far */
	uint64_t saved;
};

/* Takes an interrupt with as few instructions as possible; switches the timer's off. */
extern char bench_vectors[];

#endif
