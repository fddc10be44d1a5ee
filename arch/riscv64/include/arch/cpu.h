/* SPDX-License-Identifier: Apache-2.0 */
/* What the core needs of the CPU in the middle of its own code. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

/* In a loop that waits for another CPU: the PAUSE hint (Zihintpause), which every hart takes. */
static inline void arch_cpu_relax(void)
{
#ifdef __riscv
	__asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" ::: "memory");
#endif
}

#ifdef __riscv
/* Products without carries (Zbc), for CRCs. */
#define ARCH_CLMUL
/* The harts have it. */
extern bool arch_has_clmul;

/* Bits 63 to 0. */
static inline uint64_t arch_clmul(uint64_t a, uint64_t b)
{
	uint64_t product;

	__asm__(".insn r 0x33, 1, 0x05, %0, %1, %2" : "=r"(product) : "r"(a), "r"(b));
	return product;
}

/* Bits 126 to 63. */
static inline uint64_t arch_clmulr(uint64_t a, uint64_t b)
{
	uint64_t product;

	__asm__(".insn r 0x33, 2, 0x05, %0, %1, %2" : "=r"(product) : "r"(a), "r"(b));
	return product;
}
#endif

#endif
