/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of EL2's stage 1 (Arm ARM D8.3). */
#ifndef BARE_AARCH64_PTE_H
#define BARE_AARCH64_PTE_H

#include "mmu.h"

#define DESC_TABLE  0x3ull
#define DESC_BLOCK  0x1ull
#define DESC_PAGE   0x3ull
#define DESC_TYPE   0x3ull
#define DESC_DEVICE (1ull << 2) /* AttrIndx 1 */
#define DESC_AP1    (1ull << 6) /* RES1 at EL2 */
#define DESC_RO	    (1ull << 7) /* AP[2] */
#define DESC_SH	    (3ull << 8)
#define DESC_AF	    (1ull << 10)
#define DESC_PXN    (1ull << 53)
#define DESC_XN	    (1ull << 54)
#define DESC_ADDR   0x0000fffffffff000ull

static const uint64_t pte_rights_of[] = {
	[MMU_NONE] = 0,
	[MMU_CODE] = DESC_AF | DESC_SH | DESC_AP1 | DESC_RO,
	[MMU_RODATA] = DESC_AF | DESC_SH | DESC_AP1 | DESC_RO | DESC_XN,
	[MMU_DATA] = DESC_AF | DESC_SH | DESC_AP1 | DESC_XN,
	[MMU_DEVICE] = DESC_AF | DESC_AP1 | DESC_XN | DESC_DEVICE,
};

/* The first address that tables with this root cannot translate. */
static inline uint64_t pte_limit(unsigned root_level)
{
	return 1ull << (48 - 9 * root_level);
}

static inline uint64_t pte_leaf(unsigned level, uint64_t address, uint64_t rights)
{
	return address | rights | (level == 3 ? DESC_PAGE : DESC_BLOCK);
}

static inline uint64_t pte_table(uint64_t table)
{
	return table | DESC_TABLE;
}

/* Of an entry above level 3. */
static inline bool pte_is_table(uint64_t pte)
{
	return (pte & DESC_TYPE) == DESC_TABLE;
}

static inline uint64_t pte_address(uint64_t pte)
{
	return pte & DESC_ADDR;
}

static inline uint64_t pte_rights(uint64_t pte)
{
	return pte & ~(DESC_ADDR | DESC_TYPE);
}

#endif
