/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage-2 entries of the simulated CPU. Bit 0: valid; bit 1: a leaf; bits 8:2: the flags as they
 * are; bits 47:12: the host-physical address.
 */
#ifndef ARCH_STAGE2_H
#define ARCH_STAGE2_H

#include <axvm/config.h>
#include <axvm/types.h>

#define PTE_HPA_BITS 48

#define PTE_VALID	(UINT64_C(1) << 0)
#define PTE_LEAF	(UINT64_C(1) << 1)
#define PTE_FLAGS_SHIFT 2
#define PTE_HPA		UINT64_C(0x0000fffffffff000)
_Static_assert(((uint64_t)AXVM_MEM_ALL << PTE_FLAGS_SHIFT & PTE_HPA) == 0,
	       "flags below the address");

/* Whether an entry can grant exactly these rights. */
static inline bool pte_can_grant(uint32_t flags)
{
	(void)flags;
	return true;
}

static inline bool pte_valid(uint64_t pte)
{
	return pte & PTE_VALID;
}

/* Of a valid entry at the level whose entries span 1 << shift bytes. */
static inline bool pte_is_leaf(uint64_t pte, unsigned shift)
{
	(void)shift;
	return pte & PTE_LEAF;
}

static inline uint64_t pte_hpa(uint64_t pte)
{
	return pte & PTE_HPA;
}

static inline uint64_t pte_leaf(uint64_t hpa, unsigned shift, uint32_t flags)
{
	(void)shift;
	return hpa | PTE_VALID | PTE_LEAF | (uint64_t)flags << PTE_FLAGS_SHIFT;
}

/* The flags that pte_leaf() was given. */
static inline uint32_t pte_flags(uint64_t pte)
{
	return (uint32_t)(pte >> PTE_FLAGS_SHIFT) & AXVM_MEM_ALL;
}

static inline uint64_t pte_table(uint64_t hpa)
{
	return hpa | PTE_VALID;
}

/* A leaf that the CPU takes for invalid, with its address kept for software. */
static inline uint64_t pte_break(uint64_t pte)
{
	return pte & ~PTE_VALID;
}

/* Entries are written with release and read with acquire: nothing is left to do. */
static inline void pte_publish(void)
{
}

#endif
