/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include "isa.h"

#include <stdbool.h>

#define NANOS_PER_SECOND 1000000000u

static struct clock_ratio nanos_per_tick, ticks_per_nano;

/* Long division, one bit of the fraction after the other, until no more fit. */
struct clock_ratio clock_ratio(uint64_t num, uint64_t den)
{
	struct clock_ratio ratio = { .mult = num / den };
	uint64_t rest = num % den;

	while (ratio.mult < 1ull << 62 && ratio.shift < 96) {
		bool one = rest >= den - rest;

		ratio.mult = ratio.mult << 1 | one;
		rest = one ? rest - (den - rest) : rest << 1;
		ratio.shift++;
	}
	return ratio;
}

void clock_init(uint64_t ticks_per_second)
{
	nanos_per_tick = clock_ratio(NANOS_PER_SECOND, ticks_per_second);
	ticks_per_nano = clock_ratio(ticks_per_second, NANOS_PER_SECOND);
}

uint64_t clock_now(void)
{
	return clock_scale(nanos_per_tick, isa_ticks());
}

uint64_t clock_ticks_at(uint64_t nanos)
{
	uint64_t ticks = clock_scale(ticks_per_nano, nanos);

	while (clock_scale(nanos_per_tick, ticks) < nanos)
		ticks++;
	return ticks;
}
