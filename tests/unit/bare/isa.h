/* SPDX-License-Identifier: Apache-2.0 */
/* The instruction set that host/bare sees in unit tests: the test sets counter and CPU. */
#ifndef TEST_BARE_ISA_H
#define TEST_BARE_ISA_H

#include <stdint.h>

struct isa_cpu {
	uint64_t unused;
};

extern uint64_t test_ticks;
extern void *test_cpu;

static inline uint64_t isa_ticks(void)
{
	return test_ticks;
}

static inline void *isa_this_cpu(void)
{
	return test_cpu;
}

static inline void isa_relax(void)
{
}

#endif
