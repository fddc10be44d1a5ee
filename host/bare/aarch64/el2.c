/* SPDX-License-Identifier: Apache-2.0 */
#include "el2.h"

#include "arch.h"
#include "pte.h"
#include "start.h"
#include "sysreg.h"

#define SCTLR_WXN (1ull << 19)
#define GIB	  (1ull << 30)

struct mmu_regs mmu_regs;

unsigned isa_mmu_root_level(uint64_t *empty)
{
	return 0;
}

void isa_mmu_enable(const uint64_t *root)
{
	mmu_regs.mair = read_sysreg(mair_el2);
	mmu_regs.tcr = read_sysreg(tcr_el2);
	mmu_regs.ttbr = (uintptr_t)root;
	mmu_regs.sctlr = read_sysreg(sctlr_el2) | SCTLR_WXN;
	el2_clean(&mmu_regs, sizeof(mmu_regs));
	mmu_switch(&mmu_regs);
}

void el2_boot_device(uint64_t base)
{
	uint64_t *root = (uint64_t *)(void *)boot_tables, *table;
	uint64_t *entry = &root[base >> 39 & 511];

	if (*entry == 0) {
		/* The last of the six: start.S needs four below the root at most. */
		table = (uint64_t *)(void *)(boot_tables_end - 4096);
		*entry = pte_table((uintptr_t)table);
	}
	table = (uint64_t *)(uintptr_t)pte_address(*entry);
	entry = &table[base >> 30 & 511];
	if (*entry == 0) /* AP[1] would open it to EL0 when this runs at EL1 */
		*entry = pte_leaf(1, base & ~(GIB - 1), DESC_AF | DESC_DEVICE | DESC_PXN | DESC_XN);
	__asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}

void el2_clean(const void *p, uint64_t size)
{
	uint64_t line = 4ull << (read_sysreg(ctr_el0) >> 16 & 0xf);

	for (uintptr_t at = (uintptr_t)p & ~(line - 1); at < (uintptr_t)p + size; at += line)
		__asm__ volatile("dc cvac, %0" ::"r"(at) : "memory");
	__asm__ volatile("dsb sy" ::: "memory");
}
