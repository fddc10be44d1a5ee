/* SPDX-License-Identifier: Apache-2.0 */
/* The G-stage tables of RISC-V, for tests of what serves every architecture. */
#ifndef TESTS_UNIT_SHAPE_H
#define TESTS_UNIT_SHAPE_H

#include "../../../arch/riscv64/hgatp.h"
#include <arch/stage2.h>

#define SHAPE_GPA_BITS 41

static inline void shape_init(struct stage2_geometry *geo)
{
	stage2_pbmt = true;
	hgatp_geometry(1u << HGATP_SV39X4, geo);
}

/* The flags that an entry says again: without USER, and a device is not cached anyway. */
static inline uint32_t shape_keeps(uint32_t flags)
{
	uint32_t lost = AXVM_MEM_USER | (flags & AXVM_MEM_DEVICE ? AXVM_MEM_UNCACHED : 0);

	return flags & ~lost;
}

/* What the hardware allows with a leaf: AXVM_ACCESS_*. U, A, and for writing D must be set; W
 * without R is reserved. */
static inline uint32_t shape_rights(uint64_t pte)
{
	uint32_t rights = 0;

	if ((pte & 0x51) != 0x51 || (pte & 6) == 4)
		return 0;
	rights |= pte & 2 ? AXVM_ACCESS_READ : 0;
	rights |= (pte & 0x84) == 0x84 ? AXVM_ACCESS_WRITE : 0;
	rights |= pte & 8 ? AXVM_ACCESS_EXECUTE : 0;
	return rights;
}

#endif
