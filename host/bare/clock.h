/* SPDX-License-Identifier: Apache-2.0 */
/* Time in nanoseconds since the counter was 0, without a division. */
#ifndef BARE_CLOCK_H
#define BARE_CLOCK_H

#include <stdint.h>

/* value * mult >> shift. */
struct clock_ratio {
	uint64_t mult;
	unsigned shift;
};

/* num / den to 62 significant bits; neither is 0. */
struct clock_ratio clock_ratio(uint64_t num, uint64_t den);

static inline uint64_t clock_scale(struct clock_ratio ratio, uint64_t value)
{
	return (uint64_t)((unsigned __int128)value * ratio.mult >> ratio.shift);
}

/* Before the other calls. */
void clock_init(uint64_t ticks_per_second);
uint64_t clock_now(void);
/* The first tick at which clock_now() is not below `nanos`. */
uint64_t clock_ticks_at(uint64_t nanos);

#endif
