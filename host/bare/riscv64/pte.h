/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of Sv39 and Sv48 tables (Privileged Architecture, Virtual Memory System). */
#ifndef BARE_RISCV64_PTE_H
#define BARE_RISCV64_PTE_H

#include "mmu.h"

#define PTE_V	0x01ull
#define PTE_R	0x02ull
#define PTE_W	0x04ull
#define PTE_X	0x08ull
#define PTE_A	0x40ull
#define PTE_D	0x80ull
#define PTE_PPN 0x003ffffffffffc00ull

/* What is cached is a matter of the address, not of the table. */
static const uint64_t pte_rights_of[] = {
	[MMU_NONE] = 0,
	[MMU_CODE] = PTE_R | PTE_X | PTE_A,
	[MMU_RODATA] = PTE_R | PTE_A,
	[MMU_DATA] = PTE_R | PTE_W | PTE_A | PTE_D,
	[MMU_DEVICE] = PTE_R | PTE_W | PTE_A | PTE_D,
};

/* The first address that tables with this root cannot translate: virtual addresses above are
 * negative ones. */
static inline uint64_t pte_limit(unsigned root_level)
{
	return 1ull << (47 - 9 * root_level);
}

static inline uint64_t pte_leaf(unsigned level, uint64_t address, uint64_t rights)
{
	return address >> 2 | rights | PTE_V;
}

static inline uint64_t pte_table(uint64_t table)
{
	return table >> 2 | PTE_V;
}

static inline bool pte_is_table(uint64_t pte)
{
	return (pte & (PTE_V | PTE_R | PTE_W | PTE_X)) == PTE_V;
}

static inline uint64_t pte_address(uint64_t pte)
{
	return (pte & PTE_PPN) << 2;
}

static inline uint64_t pte_rights(uint64_t pte)
{
	return pte & ~(PTE_PPN | PTE_V);
}

#endif
