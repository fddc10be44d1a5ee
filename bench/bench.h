/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmarks of each architecture share. */
#ifndef BENCH_H
#define BENCH_H

#include "sample.h"
#include <stdint.h>
/*
 * Of the architecture:
 *   bench_now()             instructions executed
 *   bench_at(ticks)         the same when the timer's counter comes to `ticks`
 *   bench_edge(ticks)       what the timer's counter will be so long after this returns
 *   bench_turn()            in a loop that waits for the other CPU
 *   bench_calibrate()       called once, before
 *   bench_listen(sample)    this CPU's interrupts go to bench_vectors
 *   bench_target(cpu)       what bench_ipi() takes
 *   bench_ipi(target)
 *   bench_arm(ticks)        the timer
 */
#include <bench_arch.h>

#define BENCH_ROUNDS 200
#define BENCH_WARM   10 /* rounds that make what is made on first use */

struct bench_result {
	uint64_t sum, max, num;
};

/* Net of reading the counter. */
void bench_add(struct bench_result *result, uint64_t ticks);
/* "bench NAME AVERAGE MAXIMUM" */
void bench_report(const char *name, const struct bench_result *result);

#define BENCH_TIMED(...)                                                                           \
	({                                                                                         \
		uint64_t timed_start_ = bench_now();                                               \
		__VA_ARGS__;                                                                       \
		bench_now() - timed_start_;                                                        \
	})

#define BENCH_MEASURE(name, setup, ...)                                                            \
	do {                                                                                       \
		struct bench_result result_ = { 0 };                                               \
		for (unsigned i = 0; i < BENCH_ROUNDS + BENCH_WARM; i++) {                         \
			setup;                                                                     \
			uint64_t ticks_ = BENCH_TIMED(__VA_ARGS__);                                \
			if (i >= BENCH_WARM)                                                       \
				bench_add(&result_, ticks_);                                       \
		}                                                                                  \
		bench_report(name, &result_);                                                      \
	} while (0)

/* The architecture's own operations: on one CPU; with CPU 1 awake, which takes its interrupts. */
void bench_traps(void);
void bench_pair(void);
/* From the tick that is due to the handler's first instruction. */
void bench_lateness(const char *name, void (*arm)(uint64_t ticks));

#endif
