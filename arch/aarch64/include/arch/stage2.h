/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage-2 descriptors of VMSAv8-64 with the 4 KiB granule (Arm ARM DDI 0487, D8.3). Pure, so that
 * the walker runs with them on any machine.
 */
#ifndef ARCH_STAGE2_H
#define ARCH_STAGE2_H

#include <axvm/config.h>
#include <axvm/types.h>

#define PTE_HPA_BITS 48

#define PTE_VALID	  (UINT64_C(1) << 0)
#define PTE_TABLE_OR_PAGE (UINT64_C(1) << 1) /* clear: a block */
#define PTE_MEMATTR_nGnRE (UINT64_C(0x1) << 2)
#define PTE_MEMATTR_NC	  (UINT64_C(0x5) << 2) /* inner and outer non-cacheable */
#define PTE_MEMATTR_WB	  (UINT64_C(0xf) << 2) /* inner and outer write-back */
#define PTE_MEMATTR	  (UINT64_C(0xf) << 2)
#define PTE_S2AP_READ	  (UINT64_C(1) << 6)
#define PTE_S2AP_WRITE	  (UINT64_C(1) << 7)
#define PTE_SH_INNER	  (UINT64_C(3) << 8)
#define PTE_AF		  (UINT64_C(1) << 10)
#define PTE_HPA		  UINT64_C(0x0000fffffffff000)
#define PTE_XN		  (UINT64_C(1) << 54)
/* Bits 58:55 are for software: flags that the hardware's fields do not carry. */
#define PTE_SOFT_USER	  (UINT64_C(1) << 55)
#define PTE_SOFT_UNCACHED (UINT64_C(1) << 56)
#define PTE_SOFT_SHARED	  (UINT64_C(1) << 57)

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
	return shift == AXVM_PAGE_SHIFT || !(pte & PTE_TABLE_OR_PAGE);
}

static inline uint64_t pte_hpa(uint64_t pte)
{
	return pte & PTE_HPA;
}

static inline uint64_t pte_memory_type(uint32_t flags)
{
	if (flags & AXVM_MEM_DEVICE)
		return PTE_MEMATTR_nGnRE;
	return (flags & AXVM_MEM_UNCACHED ? PTE_MEMATTR_NC : PTE_MEMATTR_WB) | PTE_SH_INNER;
}

static inline uint64_t pte_leaf(uint64_t hpa, unsigned shift, uint32_t flags)
{
	uint64_t pte = hpa | PTE_VALID | PTE_AF | pte_memory_type(flags);

	pte |= shift == AXVM_PAGE_SHIFT ? PTE_TABLE_OR_PAGE : 0;
	pte |= flags & AXVM_MEM_READ ? PTE_S2AP_READ : 0;
	pte |= flags & AXVM_MEM_WRITE ? PTE_S2AP_WRITE : 0;
	pte |= flags & AXVM_MEM_EXECUTE ? 0 : PTE_XN;
	pte |= flags & AXVM_MEM_USER ? PTE_SOFT_USER : 0;
	pte |= flags & AXVM_MEM_UNCACHED ? PTE_SOFT_UNCACHED : 0;
	pte |= flags & AXVM_MEM_SHARED ? PTE_SOFT_SHARED : 0;
	return pte;
}

/* The flags that pte_leaf() was given. */
static inline uint32_t pte_flags(uint64_t pte)
{
	uint32_t flags = 0;

	flags |= pte & PTE_S2AP_READ ? AXVM_MEM_READ : 0;
	flags |= pte & PTE_S2AP_WRITE ? AXVM_MEM_WRITE : 0;
	flags |= pte & PTE_XN ? 0 : AXVM_MEM_EXECUTE;
	flags |= pte & PTE_SOFT_USER ? AXVM_MEM_USER : 0;
	flags |= pte & PTE_SOFT_UNCACHED ? AXVM_MEM_UNCACHED : 0;
	flags |= pte & PTE_SOFT_SHARED ? AXVM_MEM_SHARED : 0;
	flags |= (pte & PTE_MEMATTR) == PTE_MEMATTR_nGnRE ? AXVM_MEM_DEVICE : 0;
	return flags;
}

static inline uint64_t pte_table(uint64_t hpa)
{
	return hpa | PTE_VALID | PTE_TABLE_OR_PAGE;
}

/* A leaf that the hardware takes for invalid, with its address kept for software. */
static inline uint64_t pte_break(uint64_t pte)
{
	return pte & ~PTE_VALID;
}

/* Earlier writes to tables are seen by every table walk that sees a later one. */
static inline void pte_publish(void)
{
#ifdef __aarch64__
	__asm__ volatile("dsb ishst" ::: "memory");
#endif
}

#endif
