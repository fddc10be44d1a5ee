/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FP_STATE_H
#define FP_STATE_H

#include "random.h"

struct fp_state {
	uint64_t q[64];
	uint64_t fpcr, fpsr;
};

#define FPCR_FZ_RMODE (0xfu << 22) /* DN left as it is; FZ, RMode: always implemented */
#define FPSR_FLAGS    0x0800009fu  /* QC, IDC, IXC, UFC, OFC, DZC, IOC */

static inline void fp_fill(struct fp_state *state, struct random *random)
{
	for (unsigned i = 0; i < 64; i++)
		state->q[i] = random_next(random);
	state->fpcr = random_next(random) & FPCR_FZ_RMODE;
	state->fpsr = random_next(random) & FPSR_FLAGS;
}

void fp_load(const struct fp_state *state);
void fp_store(struct fp_state *state);

#endif
