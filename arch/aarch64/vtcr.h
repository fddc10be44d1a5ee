/* SPDX-License-Identifier: Apache-2.0 */
/* The shape of stage-2 tables and the register that tells the hardware, from one source. */
#ifndef AARCH64_VTCR_H
#define AARCH64_VTCR_H

#include "stage2.h"

/*
 * Fills *geo and gives VTCR_EL2 that agrees with it, from ID_AA64MMFR0_EL1 and ID_AA64MMFR1_EL1.
 * 4 KiB granule, start at level 1 with concatenated root tables where it takes them.
 */
uint64_t stage2_vtcr_from(uint64_t mmfr0, uint64_t mmfr1, struct stage2_geometry *geo);

/* VTCR_EL2 of this machine. */
uint64_t aarch64_vtcr(void);

#endif
