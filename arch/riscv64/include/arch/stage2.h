/* SPDX-License-Identifier: Apache-2.0 */
/*
 * G-stage entries of Sv39x4, Sv48x4 and Sv57x4 (Privileged Architecture, "Two-Stage Address
 * Translation" and "Sv39: Page-Based 39-bit Virtual-Memory System"). Pure, so that the walker runs
 * with them on any machine.
 */
#ifndef ARCH_STAGE2_H
#define ARCH_STAGE2_H

#include <axvm/config.h>
#include <axvm/types.h>

#define PTE_HPA_BITS 56

#define PTE_V	    (UINT64_C(1) << 0)
#define PTE_R	    (UINT64_C(1) << 1)
#define PTE_W	    (UINT64_C(1) << 2)
#define PTE_X	    (UINT64_C(1) << 3)
#define PTE_U	    (UINT64_C(1) << 4) /* every access of a guest counts as one of user mode */
#define PTE_A	    (UINT64_C(1) << 6)
#define PTE_D	    (UINT64_C(1) << 7)
#define PTE_PPN	    UINT64_C(0x003ffffffffffc00)
#define PTE_PBMT_NC (UINT64_C(1) << 61) /* Svpbmt: not cached, idempotent, weakly ordered */
#define PTE_PBMT_IO (UINT64_C(2) << 61) /* not cached, not idempotent, strongly ordered */
#define PTE_PBMT    (UINT64_C(3) << 61)
/* RSW, bits 9:8, is for software: flags that the hardware's fields do not carry. */
#define PTE_SOFT_SHARED (UINT64_C(1) << 8)
#define PTE_SOFT_DEVICE (UINT64_C(1) << 9)

#define PTE_PPN_TO_HPA 2 /* the PPN begins at bit 10, the page number of an address at bit 12 */

/*
 * The harts have Svpbmt. Without it the bits are reserved, and the board's own attributes of an
 * address (PMA) are all there is. Set before the first VM is built.
 */
extern bool stage2_pbmt;

/* Whether an entry can grant exactly these rights: W without R is reserved. */
static inline bool pte_can_grant(uint32_t flags)
{
	return (flags & AXVM_MEM_READ) || (flags & AXVM_MEM_EXECUTE && !(flags & AXVM_MEM_WRITE));
}

static inline bool pte_valid(uint64_t pte)
{
	return pte & PTE_V;
}

/* Of a valid entry at the level whose entries span 1 << shift bytes. */
static inline bool pte_is_leaf(uint64_t pte, unsigned shift)
{
	return shift == AXVM_PAGE_SHIFT || (pte & (PTE_R | PTE_W | PTE_X));
}

static inline uint64_t pte_hpa(uint64_t pte)
{
	return (pte & PTE_PPN) << PTE_PPN_TO_HPA;
}

static inline uint64_t pte_memory_type(uint32_t flags)
{
	if (!stage2_pbmt)
		return 0;
	if (flags & AXVM_MEM_DEVICE)
		return PTE_PBMT_IO;
	return flags & AXVM_MEM_UNCACHED ? PTE_PBMT_NC : 0;
}

/* Without rights that the hardware has it is not valid, so that it never points to a table. */
static inline uint64_t pte_leaf(uint64_t hpa, unsigned shift, uint32_t flags)
{
	uint64_t pte = hpa >> PTE_PPN_TO_HPA | PTE_U | PTE_A | pte_memory_type(flags);

	(void)shift;
	pte |= pte_can_grant(flags) ? PTE_V : 0;
	pte |= flags & AXVM_MEM_READ ? PTE_R : 0;
	pte |= flags & AXVM_MEM_WRITE ? PTE_W | PTE_D : 0;
	pte |= flags & AXVM_MEM_EXECUTE ? PTE_X : 0;
	pte |= flags & AXVM_MEM_SHARED ? PTE_SOFT_SHARED : 0;
	pte |= flags & AXVM_MEM_DEVICE ? PTE_SOFT_DEVICE : 0;
	return pte;
}

/* The flags that pte_leaf() was given, but for those that change nothing: USER, and UNCACHED where
 * the board's attributes decide. */
static inline uint32_t pte_flags(uint64_t pte)
{
	uint32_t flags = 0;

	flags |= pte & PTE_R ? AXVM_MEM_READ : 0;
	flags |= pte & PTE_W ? AXVM_MEM_WRITE : 0;
	flags |= pte & PTE_X ? AXVM_MEM_EXECUTE : 0;
	flags |= pte & PTE_SOFT_SHARED ? AXVM_MEM_SHARED : 0;
	flags |= pte & PTE_SOFT_DEVICE ? AXVM_MEM_DEVICE : 0;
	flags |= (pte & PTE_PBMT) == PTE_PBMT_NC ? AXVM_MEM_UNCACHED : 0;
	return flags;
}

/* In a pointer to a table A, D, U and PBMT are reserved. */
static inline uint64_t pte_table(uint64_t hpa)
{
	return hpa >> PTE_PPN_TO_HPA | PTE_V;
}

/* A leaf that the hardware takes for invalid, with its address kept for software. */
static inline uint64_t pte_break(uint64_t pte)
{
	return pte & ~PTE_V;
}

/* Earlier writes to tables are seen by every table walk that sees a later one. */
static inline void pte_publish(void)
{
#ifdef __riscv
	__asm__ volatile("fence w, w" ::: "memory");
#endif
}

#endif
