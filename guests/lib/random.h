/* SPDX-License-Identifier: Apache-2.0 */
/* xorshift64*: the same numbers for the same seed, everywhere. */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state; /* not 0 */
};

static inline uint64_t random_next(struct random *random)
{
	uint64_t x = random->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	random->state = x;
	return x * 0x2545f4914f6cdd1dull;
}

static inline uint64_t random_below(struct random *random, uint64_t limit)
{
	return (random_next(random) >> 11) % limit;
}

#endif
