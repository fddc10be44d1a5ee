/* SPDX-License-Identifier: Apache-2.0 */
/* RISC-V Platform-Level Interrupt Controller Specification, 1.0. */
#ifndef PLIC_H
#define PLIC_H

#include "cpu.h"

#define PLIC_BASE 0x0c000000ull
#define PLIC_SIZE 0x600000ull

#define PLIC_PRIORITY  0x000000ull
#define PLIC_PENDING   0x001000ull
#define PLIC_ENABLE    0x002000ull
#define PLIC_ENABLES   0x80ull /* of a context */
#define PLIC_THRESHOLD 0x200000ull
#define PLIC_CLAIM     0x200004ull
#define PLIC_CONTEXT   0x1000ull

/* S-mode of a CPU; one before it is M-mode. */
static inline unsigned plic_context(unsigned cpu)
{
	return (unsigned)cpu_hwid(cpu) * 2 + 1;
}

static inline uint64_t plic_priority(unsigned line)
{
	return PLIC_BASE + PLIC_PRIORITY + line * 4ull;
}

static inline uint64_t plic_pending(unsigned line)
{
	return PLIC_BASE + PLIC_PENDING + line / 32 * 4ull;
}

static inline uint64_t plic_enable(unsigned context, unsigned line)
{
	return PLIC_BASE + PLIC_ENABLE + context * PLIC_ENABLES + line / 32 * 4ull;
}

static inline uint64_t plic_threshold(unsigned context)
{
	return PLIC_BASE + PLIC_THRESHOLD + context * PLIC_CONTEXT;
}

static inline uint64_t plic_claim(unsigned context)
{
	return PLIC_BASE + PLIC_CLAIM + context * PLIC_CONTEXT;
}

/* Whether a line is enabled for a context, and to change that; one that is has priority 1. */
bool plic_enabled(unsigned context, unsigned line);
void plic_set_enabled(unsigned context, unsigned line, bool on);

void plic_init_cpu(void);

#endif
