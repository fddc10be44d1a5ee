/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of each size, in each mode of satp that the hart has; ASIDs; bare. */
#include "boot.h"
#include "isa.h"
#include "machine.h"
#include "paging.h"
#include "test.h"
#include "trap.h"

static uint64_t page[2][PAGE_SIZE / 8] __attribute__((aligned(PAGE_SIZE)));

static const char *const sizes[] = { "4 KiB", "2 MiB", "1 GiB", "512 GiB", "256 TiB" };

/* Where a leaf of that level can show page[0], and where in it that is. */
static uint64_t leaf_base(unsigned level)
{
	return (uint64_t)page[0] & ~((PAGE_SIZE << 9 * level) - 1);
}

/* In the upper half, where the start has nothing. */
static uint64_t window(unsigned sv, unsigned level)
{
	return ~0ul << (sv - 1) | ((3ul << (sv - 4)) & ~((PAGE_SIZE << 9 * level) - 1));
}

static void each_size(const struct paging *p)
{
	unsigned levels = (p->sv - 12) / 9;

	for (unsigned level = 0; level < levels; level++) {
		uint64_t base = leaf_base(level), va = window(p->sv, level);
		uint64_t at = va + ((uint64_t)page[0] - base), value = 0x1000 * p->sv + level;

		paging_map(p, va, base, level, PTE_RW);
		tlb_flush_page(at);
		page[0][1] = value;
		CHECK(TRAP(value = read64(at + 8)).count == 0 && value == page[0][1], "Sv%u: %s",
		      p->sv, sizes[level]);
		CHECK_EQ(TRAP(write64(at, ~value)).count, 0, "Sv%u: %s: store", p->sv,
			 sizes[level]);
		CHECK_EQ(page[0][0], ~value, "Sv%u: %s: it is there", p->sv, sizes[level]);
		paging_map(p, va, base, level, 0);
		tlb_flush_page(at);
		CHECK(trap_is_at(TRAP(read64(at)), CAUSE_LOAD_PAGE, at), "Sv%u: %s: gone", p->sv,
		      sizes[level]);
	}
}

/* A leaf of a larger size has to begin at a multiple of it. */
static void misaligned(const struct paging *p)
{
	uint64_t va = window(p->sv, 1);

	paging_map(p, va, RAM_BASE + PAGE_SIZE, 1, PTE_RW);
	tlb_flush();
	CHECK(trap_is_at(TRAP(read64(va)), CAUSE_LOAD_PAGE, va), "Sv%u: misaligned 2 MiB", p->sv);
	paging_map(p, va, 0, 1, 0);
	tlb_flush();
}

static void in_mode(unsigned sv)
{
	struct paging p = paging_new(sv);
	bool has = paging_on(&p, 0);

	CHECK_EQ(has, isa_sv() >= sv, "Sv%u, as the tree says", sv);
	if (has) {
		each_size(&p);
		misaligned(&p);
	}
	paging_start_tables();
}

/* The same address in two address spaces, with no fence between. */
static void address_spaces(void)
{
	struct paging a = paging_new(39), b = paging_new(39);
	uint64_t va = window(39, 0);
	unsigned bad = 0;

	paging_map(&a, va, (uint64_t)page[0], 0, PTE_RW);
	paging_map(&b, va, (uint64_t)page[1], 0, PTE_RW);
	page[0][0] = 0xaaaa;
	page[1][0] = 0xbbbb;
	paging_on(&a, 1);
	uint64_t satp_a = csr_read(satp);
	if (!(satp_a >> 44 & 0xffff)) {
		print("guest: no ASIDs\n");
		paging_start_tables();
		return;
	}
	paging_on(&b, 2);
	uint64_t satp_b = csr_read(satp);
	for (unsigned i = 0; i < 100; i++) {
		csr_write(satp, satp_a);
		bad += read64(va) != 0xaaaa;
		csr_write(satp, satp_b);
		bad += read64(va) != 0xbbbb;
	}
	CHECK_EQ(bad, 0, "two address spaces by ASID");
	paging_start_tables();
}

static void bare(void)
{
	page[0][2] = 0x1234;
	csr_write(satp, 0);
	tlb_flush();
	uint64_t value = read64((uint64_t)&page[0][2]);
	struct trap trap = TRAP(read64(RAM_BASE + boot_ram_size()));
	paging_start_tables();
	CHECK_EQ(value, 0x1234, "without translation");
	CHECK(trap_is_at(trap, CAUSE_LOAD_ACCESS, RAM_BASE + boot_ram_size()),
	      "without translation: nothing behind RAM");
}

/* Mode 7 does not exist: satp stays as it is. */
static void no_mode(void)
{
	uint64_t before = csr_read(satp);

	csr_write(satp, 7ul << 60 | before >> 20);
	CHECK_EQ(csr_read(satp), before, "a mode that does not exist changes nothing");
}

void guest_main(void)
{
	in_mode(39);
	in_mode(48);
	in_mode(57);
	address_spaces();
	bare();
	no_mode();
}
