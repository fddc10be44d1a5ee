/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of the host that start.S does not clear. CPU 0's stack comes first, so that a board with
 * hardly any memory can say so. */
#include "slot.h"

#define MMU_POOL_PAGES 64

	.section .noinit, "aw", %nobits
	.p2align 12
	.globl cpu_slots, mmu_pool, mmu_pool_end
cpu_slots:
	.skip CPU_SLOTS * CPU_SLOT_SIZE
mmu_pool:
	.skip MMU_POOL_PAGES * 4096
mmu_pool_end:
