/* SPDX-License-Identifier: Apache-2.0 */
/* What the core needs of the CPU in the middle of its own code. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

/* In a loop that waits for another CPU. */
static inline void arch_cpu_relax(void)
{
#ifdef __aarch64__
	__asm__ volatile("yield" ::: "memory");
#endif
}

#endif
