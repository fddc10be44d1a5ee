/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

/* TPIDR_EL0 points to one; vectors.S knows its layout. */
struct bench_sample {
	uint64_t time;	/* CNTVCT_EL0 at the handler's start */
	uint32_t count; /* interrupts so far */
};

/* Takes an interrupt with as few instructions as possible; switches the virtual timer off. */
extern char bench_vectors[];

#endif
