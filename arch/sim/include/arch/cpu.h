/* SPDX-License-Identifier: Apache-2.0 */
/* What the core needs of the CPU in the middle of its own code. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <axvm/sim.h>

/* In a loop that waits for another CPU: a thread, which may not be running at all. */
static inline void arch_cpu_relax(void)
{
	if (axvm_sim_relax)
		axvm_sim_relax();
}

#endif
