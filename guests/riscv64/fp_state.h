/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FP_STATE_H
#define FP_STATE_H

#include "random.h"

#define FP_VECTOR_WORDS 512 /* 32 registers of up to 1,024 bits */

struct fp_state {
	uint64_t f[32];
	uint64_t fcsr;
	/* zero without V */
	uint64_t vl, vtype, vstart, vcsr;
	uint64_t v[FP_VECTOR_WORDS];
};

void fp_fill(struct fp_state *state, struct random *random);
void fp_load(const struct fp_state *state);
void fp_store(struct fp_state *state);

#endif
