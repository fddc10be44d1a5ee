/* SPDX-License-Identifier: Apache-2.0 */
#include "paging.h"
#include "test.h"

#define TABLES	  96
#define SATP_MODE 60
#define SATP_ASID 44

extern uint64_t page_table[512];

static uint64_t tables[TABLES][512] __attribute__((aligned(PAGE_SIZE)));
static unsigned used;

static uint64_t *new_table(void)
{
	if (used == TABLES) {
		print("FAIL no table left\n");
		test_abort();
	}
	return tables[used++];
}

static uint64_t pte(uint64_t pa, uint64_t flags)
{
	return pa >> 12 << 10 | flags;
}

static uint64_t *table_of(uint64_t entry)
{
	return (uint64_t *)(entry >> 10 << 12);
}

/* The first table of each further level has the one below for both halves of the address space. */
struct paging paging_new(unsigned sv)
{
	struct paging p = { new_table(), sv };

	for (unsigned i = 0; i < 512; i++)
		p.root[i] = page_table[i];
	for (unsigned bits = 39; bits < sv; bits += 9) {
		uint64_t *upper = new_table();

		upper[0] = upper[511] = pte((uint64_t)p.root, PTE_V);
		p.root = upper;
	}
	return p;
}

void paging_map(const struct paging *p, uint64_t va, uint64_t pa, unsigned level, uint64_t flags)
{
	uint64_t *table = p->root, *entry;
	unsigned at = (p->sv - 12) / 9 - 1;

	for (;; at--) {
		entry = &table[va >> (12 + 9 * at) & 511];
		if (at == level)
			break;
		if (!(*entry & PTE_V))
			*entry = pte((uint64_t)new_table(), PTE_V);
		table = table_of(*entry);
	}
	*(volatile uint64_t *)entry = flags ? pte(pa, flags) : 0;
}

static bool use(const uint64_t *root, unsigned sv, unsigned asid)
{
	uint64_t mode = 8 + (sv - 39) / 9;
	uint64_t satp = mode << SATP_MODE | (uint64_t)asid << SATP_ASID | (uint64_t)root >> 12;

	csr_write(satp, satp);
	tlb_flush();
	return csr_read(satp) >> SATP_MODE == mode &&
	       (csr_read(satp) & ((1ul << SATP_ASID) - 1)) == (uint64_t)root >> 12;
}

bool paging_on(const struct paging *p, unsigned asid)
{
	return use(p->root, p->sv, asid);
}

void paging_start_tables(void)
{
	use(page_table, 39, 0);
}
