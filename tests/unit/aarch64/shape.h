/* SPDX-License-Identifier: Apache-2.0 */
/* The stage-2 tables of AArch64, for tests of what serves every architecture. */
#ifndef TESTS_UNIT_SHAPE_H
#define TESTS_UNIT_SHAPE_H

#include "../../../arch/aarch64/vtcr.h"
#include <arch/stage2.h>

#define SHAPE_GPA_BITS 40

static inline void shape_init(struct stage2_geometry *geo)
{
	stage2_vtcr_from(2, 0, geo); /* ID_AA64MMFR0_EL1.PARange: 40 bits */
}

/* The flags that an entry says again. */
static inline uint32_t shape_keeps(uint32_t flags)
{
	return flags;
}

/* What the hardware allows with an entry: AXVM_ACCESS_*. */
static inline uint32_t shape_rights(uint64_t pte)
{
	uint32_t rights = 0;

	if (!(pte & 1))
		return 0;
	rights |= pte >> 6 & 1 ? AXVM_ACCESS_READ : 0;
	rights |= pte >> 7 & 1 ? AXVM_ACCESS_WRITE : 0;
	rights |= pte >> 54 & 1 ? 0 : AXVM_ACCESS_EXECUTE;
	return rights;
}

#endif
