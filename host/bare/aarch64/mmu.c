/* SPDX-License-Identifier: Apache-2.0 */
#include "mmu.h"

#include "board.h"
#include "start.h"
#include "sysreg.h"

#include <string.h>

#define PAGE_SIZE 4096u

/* Descriptor bits (Arm ARM D8.3): AttrIndx, AP, SH, AF, XN. AP[1] is RES1 at EL2. */
#define DESC_TABLE  0x3ull
#define DESC_BLOCK  0x1ull
#define DESC_PAGE   0x3ull
#define DESC_TYPE   0x3ull
#define DESC_DEVICE (1ull << 2)
#define DESC_AP1    (1ull << 6)
#define DESC_RO	    (1ull << 7)
#define DESC_SH	    (3ull << 8)
#define DESC_AF	    (1ull << 10)
#define DESC_PXN    (1ull << 53)
#define DESC_XN	    (1ull << 54)
#define DESC_ADDR   0x0000fffffffff000ull

#define SCTLR_WXN (1ull << 19)

struct mmu_regs mmu_regs;

static const uint64_t attr_bits[] = {
	[MMU_NONE] = 0,
	[MMU_CODE] = DESC_AF | DESC_SH | DESC_AP1 | DESC_RO,
	[MMU_RODATA] = DESC_AF | DESC_SH | DESC_AP1 | DESC_RO | DESC_XN,
	[MMU_DATA] = DESC_AF | DESC_SH | DESC_AP1 | DESC_XN,
	[MMU_DEVICE] = DESC_AF | DESC_AP1 | DESC_XN | DESC_DEVICE,
};

static struct {
	uint64_t *root;
	char *next; /* free pages of the pool: up to mmu_pool_end */
	bool failed;
} tables;

static uint64_t *table_new(void)
{
	char *table = tables.next ? tables.next : mmu_pool;

	if (table == mmu_pool_end) {
		tables.failed = true;
		return NULL;
	}
	tables.next = table + PAGE_SIZE;
	return memset(table, 0, PAGE_SIZE);
}

static uint64_t level_size(unsigned level)
{
	return 1ull << (39 - 9 * level);
}

static uint64_t leaf(unsigned level, uint64_t addr, uint64_t bits)
{
	return bits ? addr | bits | (level == 3 ? DESC_PAGE : DESC_BLOCK) : 0;
}

/* The table below an entry; a block becomes a table of smaller ones with the same rights. */
static uint64_t *table_below(uint64_t *entry, unsigned level)
{
	uint64_t old = *entry, step = level_size(level + 1);
	uint64_t *table;

	if ((old & DESC_TYPE) == DESC_TABLE)
		return (uint64_t *)(uintptr_t)(old & DESC_ADDR);
	table = table_new();
	if (!table)
		return NULL;
	for (unsigned i = 0; old && i < 512; i++)
		table[i] = leaf(level + 1, (old & DESC_ADDR) + i * step,
				old & ~(DESC_ADDR | DESC_TYPE));
	*entry = (uintptr_t)table | DESC_TABLE;
	return table;
}

static void map_level(uint64_t *table, unsigned level, uint64_t addr, uint64_t end, uint64_t bits)
{
	uint64_t size = level_size(level);

	while (table && addr < end) {
		uint64_t *entry = &table[addr / size % 512];
		uint64_t next = (addr | (size - 1)) + 1;

		if (next > end)
			next = end;
		if (level > 0 && next - addr == size)
			*entry = leaf(level, addr, bits);
		else
			map_level(table_below(entry, level), level + 1, addr, next, bits);
		addr = next;
	}
}

void mmu_map(uint64_t base, uint64_t size, enum mmu_attr attr)
{
	uint64_t end = (base + size + PAGE_SIZE - 1) & DESC_ADDR;

	if (!tables.root)
		tables.root = table_new();
	map_level(tables.root, 0, base & DESC_ADDR, end, attr_bits[attr]);
}

void mmu_map_device(uint64_t base, uint64_t size)
{
	mmu_map(base, size, MMU_DEVICE);
	board_keep(base, size);
}

bool mmu_enable(void)
{
	if (tables.failed)
		return false;
	mmu_regs.mair = read_sysreg(mair_el2);
	mmu_regs.tcr = read_sysreg(tcr_el2);
	mmu_regs.ttbr = (uintptr_t)tables.root;
	mmu_regs.sctlr = read_sysreg(sctlr_el2) | SCTLR_WXN;
	mmu_clean(&mmu_regs, sizeof(mmu_regs));
	mmu_switch(&mmu_regs);
	return true;
}

void mmu_unused(uint64_t *base, uint64_t *size)
{
	*base = (uintptr_t)tables.next;
	*size = (uint64_t)(mmu_pool_end - tables.next);
}

void mmu_boot_device(uint64_t base)
{
	uint64_t *root = (uint64_t *)(void *)boot_tables, *table;
	uint64_t *entry = &root[base >> 39 & 511];

	if (*entry == 0) {
		/* The last of the six: start.S needs four below the root at most. */
		table = (uint64_t *)(void *)(boot_tables_end - PAGE_SIZE);
		*entry = (uintptr_t)table | DESC_TABLE;
	}
	table = (uint64_t *)(uintptr_t)(*entry & DESC_ADDR);
	entry = &table[base >> 30 & 511];
	if (*entry == 0) /* AP[1] would open it to EL0 when this runs at EL1 */
		*entry = (base & ~(level_size(1) - 1)) | DESC_BLOCK | DESC_AF | DESC_DEVICE |
			 DESC_PXN | DESC_XN;
	__asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}

void mmu_clean(const void *p, uint64_t size)
{
	uint64_t line = 4ull << (read_sysreg(ctr_el0) >> 16 & 0xf);

	for (uintptr_t at = (uintptr_t)p & ~(line - 1); at < (uintptr_t)p + size; at += line)
		__asm__ volatile("dc cvac, %0" ::"r"(at) : "memory");
	__asm__ volatile("dsb sy" ::: "memory");
}
