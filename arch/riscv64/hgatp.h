/* SPDX-License-Identifier: Apache-2.0 */
/* The shape of G-stage tables and the register that tells the hardware, from one source. */
#ifndef RISCV64_HGATP_H
#define RISCV64_HGATP_H

#include "stage2.h"

/* hgatp.MODE (Privileged Architecture, "Hypervisor Guest Address Translation and Protection"). */
enum hgatp_mode {
	HGATP_BARE = 0,
	HGATP_SV39X4 = 8,
	HGATP_SV48X4 = 9,
	HGATP_SV57X4 = 10,
};

#define HGATP_MODE_SHIFT 60
#define HGATP_VMID_SHIFT 44
#define HGATP_VMID_MASK	 UINT64_C(0x3fff)
#define HGATP_PPN	 UINT64_C(0x00000fffffffffff)

/*
 * Fills *geo for the smallest of the modes that a CPU offers (bit n of `modes`: mode n): even
 * Sv39x4 spans more than a guest machine has, and each further level costs a step in every walk.
 * Result: that mode; HGATP_BARE, *geo as it was: there is none.
 */
enum hgatp_mode hgatp_geometry(uint32_t modes, struct stage2_geometry *geo);

static inline uint64_t hgatp_value(enum hgatp_mode mode, uint32_t vmid, uint64_t root_hpa)
{
	return (uint64_t)mode << HGATP_MODE_SHIFT | (vmid & HGATP_VMID_MASK) << HGATP_VMID_SHIFT |
	       (root_hpa >> AXVM_PAGE_SHIFT & HGATP_PPN);
}

#endif
