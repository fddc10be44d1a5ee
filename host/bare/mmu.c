/* SPDX-License-Identifier: Apache-2.0 */
#include "mmu.h"

#include "arch.h"
#include "boot.h"
#include "pte.h"

#include <string.h>

#define PAGE_SIZE 4096u

static struct {
	uint64_t *root;
	unsigned root_level;
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

/* The table below an entry; a block becomes a table of smaller ones with the same rights. */
static uint64_t *table_below(uint64_t *entry, unsigned level)
{
	uint64_t old = *entry, step = level_size(level + 1);
	uint64_t *table;

	if (pte_is_table(old))
		return (uint64_t *)(uintptr_t)pte_address(old);
	table = table_new();
	if (!table)
		return NULL;
	for (unsigned i = 0; old && i < 512; i++)
		table[i] = pte_leaf(level + 1, pte_address(old) + i * step, pte_rights(old));
	*entry = pte_table((uintptr_t)table);
	return table;
}

static void map_level(uint64_t *table, unsigned level, uint64_t addr, uint64_t end, uint64_t rights)
{
	uint64_t size = level_size(level);

	while (table && addr < end) {
		uint64_t *entry = &table[addr / size % 512];
		uint64_t next = (addr | (size - 1)) + 1;

		if (next > end)
			next = end;
		if (level > 0 && next - addr == size)
			*entry = rights ? pte_leaf(level, addr, rights) : 0;
		else
			map_level(table_below(entry, level), level + 1, addr, next, rights);
		addr = next;
	}
}

void mmu_map(uint64_t base, uint64_t size, enum mmu_attr attr)
{
	uint64_t end = (base + size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1ull);

	if (!tables.root) {
		tables.root = table_new();
		tables.root_level = isa_mmu_root_level(tables.root);
	}
	if (base > end || end > pte_limit(tables.root_level))
		tables.failed = true;
	else
		map_level(tables.root, tables.root_level, base & ~(PAGE_SIZE - 1ull), end,
			  pte_rights_of[attr]);
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
	isa_mmu_enable(tables.root);
	return true;
}

void mmu_unused(uint64_t *base, uint64_t *size)
{
	*base = (uintptr_t)tables.next;
	*size = (uint64_t)(mmu_pool_end - tables.next);
}
