/* SPDX-License-Identifier: Apache-2.0 */
/* What the core needs of the CPU in the middle of its own code. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

/* In a loop that waits for another CPU: the PAUSE hint (Zihintpause), which every hart takes. */
static inline void arch_cpu_relax(void)
{
#ifdef __riscv
	__asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" ::: "memory");
#endif
}

#endif
