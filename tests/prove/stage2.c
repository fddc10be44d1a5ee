/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: from any valid tables, one map, unmap or protect of any range leaves valid tables that
 * say what they should. Since the empty tables of stage2_init() are valid, the same holds after any
 * number of changes. In particular:
 *   - every page is found where it was mapped, with the rights it was given, and no other page is;
 *   - prepare sets aside exactly the frames that the change takes, and leaves everything as it was
 *     when one cannot be had;
 *   - no frame is lost, freed twice, or used after it was freed; no table is empty;
 *   - every leaf's host address is aligned as hardware wants it.
 * Bounds: LEVELS levels of 1 << BITS entries; descriptors of AArch64; any host address and rights.
 */
#include "prove.h"
#include <axvm/config.h>
#include <axvm/hal.h>
#include <string.h>

#define ENTRIES (1u << BITS)
#define PAGES	(1u << (BITS * LEVELS))
#define FRAMES	(sizeof(frames) / sizeof(frames[0]))
#define BASE	UINT64_C(0x100000)
#define PAGE	((uint64_t)AXVM_PAGE_SIZE)

/* A frame has as few entries as the geometry needs, and is an object of its own. */
static uint64_t f0[ENTRIES], f1[ENTRIES], f2[ENTRIES];
#if LEVELS == 3
static uint64_t f3[ENTRIES], f4[ENTRIES], f5[ENTRIES], f6[ENTRIES];
static uint64_t *const frames[] = { f0, f1, f2, f3, f4, f5, f6 };
#else
static uint64_t *const frames[] = { f0, f1, f2 };
#endif
static bool used[FRAMES];
static uint32_t live;

static void *frame_clear(void *frame, size_t size)
{
	PROVE(size == PAGE, "whole frames are cleared");
	for (unsigned i = 0; i < ENTRIES; i++)
		((uint64_t *)frame)[i] = 0;
	return frame;
}

#define memset(frame, zero, size) frame_clear(frame, size)
#include "../../core/stage2.c"
#undef memset

/* ---- A host with just enough memory, which may refuse any of it ---- */

static enum axvm_error alloc_frame(struct axvm_hal *hal, axvm_hpa_t *out)
{
	uint32_t n = 0;

	if (nondet_bool())
		return AXVM_ERR_NO_MEMORY;
	while (n < FRAMES && used[n])
		n++;
	PROVE(n < FRAMES, "no more frames are taken than the tables can need");
	used[n] = true;
	live++;
	*out = axvm_hpa(BASE + PAGE * n);
	return AXVM_OK;
}

static void dealloc_frame(struct axvm_hal *hal, axvm_hpa_t hpa)
{
	uint64_t n = (hpa.v - BASE) >> AXVM_PAGE_SHIFT;

	PROVE(n < FRAMES && used[n], "only a frame in use is freed");
	used[n] = false;
	live--;
}

static void *phys_to_virt(struct axvm_hal *hal, axvm_hpa_t hpa)
{
	uint64_t n = (hpa.v - BASE) >> AXVM_PAGE_SHIFT;

	PROVE(n < FRAMES && used[n], "a table lies in a frame that is in use");
	for (unsigned i = 0; i < FRAMES; i++)
		if (i == n)
			return frames[i];
	return NULL;
}

static axvm_hpa_t virt_to_phys(struct axvm_hal *hal, const void *p)
{
	uint32_t n = 0;

	while (n < FRAMES && frames[n] != p)
		n++;
	return axvm_hpa(BASE + PAGE * n);
}

static void flush_nothing(void *ctx, uint64_t gpa, uint64_t size, bool tables)
{
}

static struct axvm_hal hal = {
	.alloc_frame = alloc_frame,
	.dealloc_frame = dealloc_frame,
	.phys_to_virt = phys_to_virt,
	.virt_to_phys = virt_to_phys,
};

static const struct stage2_geometry geo = {
	.levels = LEVELS,
	.level = {
#if LEVELS == 3
		{ 12 + 2 * BITS, BITS, true },
#endif
		{ 12 + BITS, BITS, true },
		{ 12, BITS, true },
	},
	.gpa_bits = 12 + LEVELS * BITS,
	.root_frames = 1,
};

static struct stage2 s2 = { .hal = &hal, .geo = &geo, .tlb.flush = flush_nothing, .root.v = BASE };

/* ---- Any valid tables, and what they say ---- */

static struct page {
	bool mapped;
	uint64_t hpa;
	uint32_t flags;
} model[PAGES];

static uint32_t any_flags(void)
{
	return nondet_u8() & AXVM_MEM_ALL;
}

static uint64_t any_hpa(uint64_t size)
{
	uint64_t hpa = nondet_u64();

	ASSUME((hpa & (size - 1)) == 0 && hpa < (UINT64_C(1) << 47));
	return hpa;
}

static void model_set(uint64_t first, uint64_t num, struct page page)
{
	for (uint64_t i = 0; i < num; i++) {
		model[first + i] = page;
		page.hpa += PAGE;
	}
}

static uint64_t any_leaf(unsigned level, uint64_t first)
{
	uint64_t span = UINT64_C(1) << geo.level[level].shift;
	struct page page = { true, any_hpa(span), any_flags() };

	model_set(first, span >> AXVM_PAGE_SHIFT, page);
	return pte_leaf(page.hpa, geo.level[level].shift, page.flags);
}

/* The table in frame n, of a level, whose first page is `first`; the k-th table below frame n lies
 * in frame n * ENTRIES + 1 + k. Result: whether it has any entry. */
static bool any_table(unsigned level, unsigned n, uint64_t first)
{
	bool any = false;

	used[n] = true;
	live++;
	for (unsigned k = 0; k < ENTRIES; k++) {
		uint64_t at = first + ((uint64_t)k << geo.level[level].shift >> AXVM_PAGE_SHIFT);
		uint8_t kind = nondet_u8();

		ASSUME(kind < (level + 1 < LEVELS ? 3 : 2));
		if (kind == 1)
			frames[n][k] = any_leaf(level, at);
		if (kind == 2) {
			frames[n][k] = pte_table(BASE + PAGE * (n * ENTRIES + 1 + k));
			ASSUME(any_table(level + 1, n * ENTRIES + 1 + k, at));
		}
		any |= kind != 0;
	}
	return any;
}

/* ---- One change ---- */

static bool model_all(uint64_t first, uint64_t num, bool mapped)
{
	bool all = true;

	for (uint64_t i = 0; i < num; i++)
		all &= model[first + i].mapped == mapped;
	return all;
}

static bool map(uint64_t first, uint64_t num)
{
	struct page page = { true, any_hpa(PAGE), any_flags() };

	if (stage2_prepare_map(&s2, first * PAGE, axvm_hpa(page.hpa), num * PAGE) != AXVM_OK)
		return false;
	stage2_map(&s2, first * PAGE, axvm_hpa(page.hpa), num * PAGE, page.flags);
	model_set(first, num, page);
	return true;
}

static bool unmap(uint64_t first, uint64_t num)
{
	if (stage2_prepare_change(&s2, first * PAGE, num * PAGE) != AXVM_OK)
		return false;
	stage2_unmap(&s2, first * PAGE, num * PAGE);
	model_set(first, num, (struct page){ 0 });
	return true;
}

static bool protect(uint64_t first, uint64_t num)
{
	uint32_t flags = any_flags();

	if (stage2_prepare_change(&s2, first * PAGE, num * PAGE) != AXVM_OK)
		return false;
	stage2_protect(&s2, first * PAGE, num * PAGE, flags);
	for (uint64_t i = 0; i < num; i++)
		model[first + i].flags = flags;
	return true;
}

/* ---- The result ---- */

static void leaf_aligned(unsigned level, uint64_t entry)
{
	if (entry_is_leaf(&s2, level, entry))
		PROVE((pte_hpa(entry) & (span_of(&s2, level) - 1)) == 0, "leaves are aligned");
}

/* Of the table and all below it: how many there are. */
static uint32_t tables_valid(unsigned level, uint64_t *table)
{
	uint32_t num = 1;

	PROVE(level == 0 || !table_empty(&s2, level, table), "no table is empty");
	for (unsigned i = 0; i < ENTRIES; i++) {
		leaf_aligned(level, table[i]);
		if (level + 1 < LEVELS && entry_is_table(&s2, level, table[i]))
			num += tables_valid(level + 1, entries_at(&s2, pte_hpa(table[i])));
	}
	return num;
}

static void frames_counted(void)
{
	PROVE(tables_valid(0, root_of(&s2)) == live && live == s2.table_num, "no frame is lost");
	PROVE(s2.spare_num == 0 && !s2.spare, "prepare counted exactly");
}

static void says_what_it_should(void)
{
	uint64_t page = nondet_u64(), offset = nondet_u64();
	struct stage2_leaf leaf;
	bool found;

	ASSUME(page < PAGES && offset < PAGE);
	found = stage2_find(&s2, page * PAGE + offset, &leaf);
	PROVE(found == model[page].mapped, "what is mapped is found, and nothing else");
	if (!found)
		return;
	PROVE(leaf.hpa.v == model[page].hpa + offset, "at the host address it was mapped to");
	PROVE(leaf.flags == model[page].flags, "with the rights it was given");
}

void harness(void)
{
	uint32_t before;
	bool done;

	any_table(0, 0, 0);
	s2.table_num = before = live;
	ASSUME(model_all(FIRST, NUM, CHANGE != map));
	PROVE(CHANGE == map ? !stage2_any_mapped(&s2, FIRST * PAGE, NUM * PAGE) :
			      stage2_all_mapped(&s2, FIRST * PAGE, NUM * PAGE),
	      "the owner sees that the range is free, or mapped");
	done = CHANGE(FIRST, NUM);
	PROVE(done || live == before, "what was set aside in vain is given back");
	frames_counted();
	says_what_it_should();
}
