/* SPDX-License-Identifier: Apache-2.0 */
#include "fp_state.h"
#include "cpu.h"
#include "isa.h"

#define FCSR 0xffu
#define VCSR 0x7u
#define VTA  0x40u

void fp_load_scalar(const struct fp_state *state);
void fp_store_scalar(struct fp_state *state);
void fp_load_vector(const struct fp_state *state);
void fp_store_vector(struct fp_state *state);

static bool has_vector(void)
{
	static volatile enum { UNKNOWN, NO, YES } has;

	if (has == UNKNOWN)
		has = isa_has("v") && csr_read(0xc22) * 32 <= FP_VECTOR_WORDS * 8 ? YES : NO;
	return has == YES;
}

/* Elements of 8 to 64 bits, in groups of 1 to 8 registers; no more than there are. */
static void fill_vector(struct fp_state *state, struct random *random)
{
	uint64_t vlenb = csr_read(0xc22), sew = random_below(random, 4),
		 lmul = random_below(random, 4);

	state->vtype = VTA | sew << 3 | lmul;
	state->vl = random_below(random, (vlenb << lmul >> sew) + 1);
	state->vstart = 0;
	state->vcsr = random_next(random) & VCSR;
	for (uint64_t i = 0; i < vlenb * 32 / 8; i++)
		state->v[i] = random_next(random);
}

void fp_fill(struct fp_state *state, struct random *random)
{
	for (unsigned i = 0; i < 32; i++)
		state->f[i] = random_next(random);
	state->fcsr = random_next(random) & FCSR;
	if (has_vector())
		fill_vector(state, random);
}

void fp_load(const struct fp_state *state)
{
	fp_load_scalar(state);
	if (has_vector())
		fp_load_vector(state);
}

void fp_store(struct fp_state *state)
{
	fp_store_scalar(state);
	if (has_vector())
		fp_store_vector(state);
}
