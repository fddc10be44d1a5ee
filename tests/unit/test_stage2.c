/* SPDX-License-Identifier: Apache-2.0 */
/* Stage-2 tables against a naive model: one entry per page in an array. */
#include "shape.h"
#include "sim_host.h"
#include "stage2.h"
#include <axvm/config.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define RWX (AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE)

/* What the hardware may remember: the entries that were valid when a CPU last walked. */
struct tlb_entry {
	uint64_t *at;
	uint64_t value;
};

struct fixture {
	struct sim_host sim;
	struct stage2_geometry geo;
	struct stage2 s2;
	unsigned flushes;
	uint64_t flushed; /* bytes */
	bool flushed_tables;
	struct tlb_entry *tlb;
	size_t tlb_num, tlb_max;
};

/* ---- A TLB that checks break-before-make ---- */

static void tlb_remember(struct fixture *f, uint64_t *at)
{
	if (f->tlb_num == f->tlb_max) {
		f->tlb_max = f->tlb_max ? 2 * f->tlb_max : 1024;
		f->tlb = realloc(f->tlb, f->tlb_max * sizeof(*f->tlb));
		assert_non_null(f->tlb);
	}
	f->tlb[f->tlb_num++] = (struct tlb_entry){ at, *at };
}

static void tlb_walk(struct fixture *f, unsigned level, uint64_t *table)
{
	unsigned num = 1u << f->geo.level[level].bits, shift = f->geo.level[level].shift;

	for (unsigned i = 0; i < num; i++) {
		if (!pte_valid(table[i]))
			continue;
		tlb_remember(f, &table[i]);
		if (!pte_is_leaf(table[i], shift))
			tlb_walk(f, level + 1,
				 f->sim.hal.phys_to_virt(&f->sim.hal, axvm_hpa(pte_hpa(table[i]))));
	}
}

/* The CPUs have used everything that is mapped now. */
static void tlb_fill(struct fixture *f)
{
	f->tlb_num = 0;
	tlb_walk(f, 0, f->sim.hal.phys_to_virt(&f->sim.hal, f->s2.root));
}

/*
 * At a flush every remembered entry is as it was or invalid: one that has become a different valid
 * entry was not broken first. Their tables are still allocated (phys_to_virt checks).
 */
static void tlb_flush(void *ctx, uint64_t gpa, uint64_t size, bool tables)
{
	struct fixture *f = ctx;

	assert_true((gpa | size) % AXVM_PAGE_SIZE == 0 && size != 0);
	for (size_t i = 0; i < f->tlb_num; i++) {
		axvm_hpa_t at = f->sim.hal.virt_to_phys(&f->sim.hal, f->tlb[i].at);

		f->sim.hal.phys_to_virt(&f->sim.hal, at);
		if (pte_valid(*f->tlb[i].at))
			assert_int_equal(*f->tlb[i].at, f->tlb[i].value);
	}
	f->flushes++;
	f->flushed += size;
	f->flushed_tables |= tables;
	tlb_fill(f);
}

/* After a change no entry that a CPU may remember says anything else than memory does. */
static void tlb_check(struct fixture *f)
{
	for (size_t i = 0; i < f->tlb_num; i++)
		assert_int_equal(*f->tlb[i].at, f->tlb[i].value);
}

/* ---- Set-up ---- */

static void open_stage2(struct fixture *f)
{
	struct stage2_tlb tlb = { tlb_flush, f };

	sim_host_init(&f->sim);
	shape_init(&f->geo);
	assert_int_equal(stage2_init(&f->s2, &f->sim.hal, &f->geo, tlb), AXVM_OK);
}

static void close_stage2(struct fixture *f)
{
	stage2_fini(&f->s2);
	sim_host_fini(&f->sim);
	free(f->tlb);
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	open_stage2(*state);
	return 0;
}

static int teardown(void **state)
{
	close_stage2(*state);
	free(*state);
	return 0;
}

/* Each change uses exactly what was prepared. */
static void do_map(struct fixture *f, uint64_t gpa, uint64_t hpa, uint64_t size, uint32_t flags)
{
	assert_false(stage2_any_mapped(&f->s2, gpa, size));
	assert_int_equal(stage2_prepare_map(&f->s2, gpa, axvm_hpa(hpa), size), AXVM_OK);
	tlb_fill(f);
	stage2_map(&f->s2, gpa, axvm_hpa(hpa), size, flags);
	tlb_check(f);
	assert_int_equal(f->s2.spare_num, 0);
	assert_null(f->s2.spare);
	assert_int_equal(f->s2.table_num, f->sim.frames_used);
}

static void do_unmap(struct fixture *f, uint64_t gpa, uint64_t size)
{
	assert_true(stage2_all_mapped(&f->s2, gpa, size));
	assert_int_equal(stage2_prepare_change(&f->s2, gpa, size), AXVM_OK);
	tlb_fill(f);
	stage2_unmap(&f->s2, gpa, size);
	tlb_check(f);
	assert_int_equal(f->s2.spare_num, 0);
	assert_int_equal(f->s2.table_num, f->sim.frames_used);
	assert_false(stage2_any_mapped(&f->s2, gpa, size));
}

static void do_protect(struct fixture *f, uint64_t gpa, uint64_t size, uint32_t flags)
{
	assert_int_equal(stage2_prepare_change(&f->s2, gpa, size), AXVM_OK);
	tlb_fill(f);
	stage2_protect(&f->s2, gpa, size, flags);
	tlb_check(f);
	assert_int_equal(f->s2.spare_num, 0);
	assert_int_equal(f->s2.table_num, f->sim.frames_used);
}

static void expect_leaf(struct fixture *f, uint64_t gpa, uint64_t hpa, uint64_t left,
			uint32_t flags)
{
	struct stage2_leaf leaf;

	assert_true(stage2_find(&f->s2, gpa, &leaf));
	assert_int_equal(leaf.hpa.v, hpa);
	assert_int_equal(leaf.left, left);
	assert_int_equal(leaf.flags, shape_keeps(flags));
}

/* ---- Leaves ---- */

static void largest_leaves(void **state)
{
	struct fixture *f = *state;

	/* 2 MiB - 4 KiB up to a boundary, 1 GiB, and 2 MiB + 4 KiB behind it */
	do_map(f, GIB - 2 * MIB + 4 * KIB, 3 * GIB - 2 * MIB + 4 * KIB, GIB + 4 * MIB, RWX);
	expect_leaf(f, GIB - 4 * KIB, 3 * GIB - 4 * KIB, 4 * KIB, RWX);
	expect_leaf(f, GIB, 3 * GIB, GIB, RWX);
	expect_leaf(f, 2 * GIB, 4 * GIB, 2 * MIB, RWX);
	expect_leaf(f, 2 * GIB + 2 * MIB, 4 * GIB + 2 * MIB, 4 * KIB, RWX);
	assert_false(stage2_any_mapped(&f->s2, GIB - 2 * MIB, 4 * KIB));
	/* the root, two tables below it, two below those */
	assert_int_equal(f->s2.table_num, f->geo.root_frames + 4);
}

static void misaligned_host_takes_pages(void **state)
{
	struct fixture *f = *state;

	do_map(f, 0, 4 * KIB, 4 * MIB, RWX);
	expect_leaf(f, 2 * MIB, 2 * MIB + 4 * KIB, 4 * KIB, RWX);
	do_unmap(f, 0, 4 * MIB);
	assert_int_equal(f->s2.table_num, f->geo.root_frames);
}

static void top_of_the_address_space(void **state)
{
	struct fixture *f = *state;
	uint64_t top = UINT64_C(1) << f->geo.gpa_bits;
	struct stage2_leaf leaf;

	do_map(f, top - GIB, 0, GIB, RWX);
	expect_leaf(f, top - 4 * KIB, GIB - 4 * KIB, 4 * KIB, RWX);
	assert_false(stage2_find(&f->s2, top, &leaf));
	assert_false(stage2_find(&f->s2, UINT64_MAX, &leaf));
	assert_false(stage2_all_mapped(&f->s2, top - GIB, 2 * GIB));
	assert_true(stage2_all_mapped(&f->s2, top - GIB, GIB));
	do_unmap(f, top - GIB, GIB);
}

static void lesson_16_flags_are_honoured_exactly(void **state)
{
	struct fixture *f = *state;

	for (uint32_t flags = 0; flags <= AXVM_MEM_ALL; flags++) {
		uint32_t all = AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE;
		uint32_t other = AXVM_MEM_ALL & ~flags;

		assert_int_equal(shape_rights(pte_leaf(0x12345000, AXVM_PAGE_SHIFT, flags)),
				 pte_can_grant(flags) ? flags & all : 0);
		if (!pte_can_grant(flags) || !pte_can_grant(other))
			continue;
		do_map(f, flags * 2 * MIB, 0, 2 * MIB, flags);
		expect_leaf(f, flags * 2 * MIB, 0, 2 * MIB, flags);
		do_protect(f, flags * 2 * MIB, 4 * KIB, other);
		expect_leaf(f, flags * 2 * MIB, 0, 4 * KIB, other);
		expect_leaf(f, flags * 2 * MIB + 4 * KIB, 4 * KIB, 4 * KIB, flags);
	}
}

/* Whatever its flags a leaf is none of a table's pointers, and one that is broken is nothing. */
static void leaves_and_tables_differ(void **state)
{
	(void)state;
	for (uint32_t flags = 0; flags <= AXVM_MEM_ALL; flags++) {
		for (unsigned shift = 12; shift <= 30; shift += 9) {
			uint64_t leaf = pte_leaf(UINT64_C(0xc0000000), shift, flags);

			assert_true(!pte_valid(leaf) || pte_is_leaf(leaf, shift));
			assert_int_equal(pte_valid(leaf), pte_can_grant(flags));
			assert_int_equal(pte_hpa(leaf), 0xc0000000);
			assert_false(pte_valid(pte_break(leaf)));
			assert_int_equal(pte_hpa(pte_break(leaf)), 0xc0000000);
			assert_true(pte_break(leaf) != 0);
		}
	}
	assert_true(pte_valid(pte_table(0x1000)));
	assert_false(pte_is_leaf(pte_table(0x1000), 21));
	assert_int_equal(pte_hpa(pte_table(0x12345000)), 0x12345000);
}

/* ---- Split and merge ---- */

static void split_and_merge(void **state)
{
	struct fixture *f = *state;
	unsigned tables = f->s2.table_num;

	do_map(f, GIB, 2 * GIB, GIB, RWX);
	assert_int_equal(f->s2.table_num, tables);
	do_protect(f, GIB + 6 * MIB, 4 * KIB, AXVM_MEM_READ);
	assert_int_equal(f->s2.table_num, tables + 2);
	expect_leaf(f, GIB + 6 * MIB, 2 * GIB + 6 * MIB, 4 * KIB, AXVM_MEM_READ);
	expect_leaf(f, GIB + 6 * MIB + 4 * KIB, 2 * GIB + 6 * MIB + 4 * KIB, 4 * KIB, RWX);
	expect_leaf(f, GIB + 4 * MIB, 2 * GIB + 4 * MIB, 2 * MIB, RWX);
	do_protect(f, GIB + 6 * MIB, 4 * KIB, RWX);
	expect_leaf(f, GIB, 2 * GIB, GIB, RWX);
	assert_int_equal(f->s2.table_num, tables);
}

static void map_merges_with_what_is_there(void **state)
{
	struct fixture *f = *state;

	do_map(f, 0, GIB, MIB, RWX);
	expect_leaf(f, 0, GIB, 4 * KIB, RWX);
	do_map(f, MIB, GIB + MIB, MIB, RWX);
	expect_leaf(f, 0, GIB, 2 * MIB, RWX);
	assert_true(f->flushed_tables);
	/* not when flags or addresses differ */
	do_map(f, 2 * MIB, GIB + 2 * MIB, MIB, RWX);
	do_map(f, 3 * MIB, GIB + 3 * MIB, MIB, AXVM_MEM_READ);
	expect_leaf(f, 2 * MIB, GIB + 2 * MIB, 4 * KIB, RWX);
	do_map(f, 4 * MIB, GIB + 4 * MIB, MIB, RWX);
	do_map(f, 5 * MIB, GIB + 6 * MIB, MIB, RWX);
	expect_leaf(f, 4 * MIB, GIB + 4 * MIB, 4 * KIB, RWX);
}

static void unmap_middle_of_a_block(void **state)
{
	struct fixture *f = *state;

	do_map(f, 0, 0, 2 * GIB, RWX);
	do_unmap(f, GIB - 4 * KIB, 8 * KIB); /* both neighbours split to pages */
	assert_int_equal(f->s2.table_num, f->geo.root_frames + 4);
	expect_leaf(f, GIB - 8 * KIB, GIB - 8 * KIB, 4 * KIB, RWX);
	expect_leaf(f, GIB + 4 * KIB, GIB + 4 * KIB, 4 * KIB, RWX);
	expect_leaf(f, GIB + 2 * MIB, GIB + 2 * MIB, 2 * MIB, RWX);
	do_unmap(f, 0, GIB - 4 * KIB);
	do_unmap(f, GIB + 4 * KIB, GIB - 4 * KIB);
	assert_int_equal(f->s2.table_num, f->geo.root_frames);
}

static void unmap_flushes_before_tables_are_freed(void **state)
{
	struct fixture *f = *state;

	do_map(f, 0, 4 * KIB, 2 * MIB, RWX);
	f->flushes = 0;
	f->flushed_tables = false;
	do_unmap(f, 0, 2 * MIB);
	assert_int_equal(f->flushes, 1);
	assert_true(f->flushed_tables);
}

/* ---- Running out of memory ---- */

static void prepare_is_all_or_nothing(void **state)
{
	struct fixture *f = *state;
	size_t before = f->sim.frames_used;

	/* level 2 and level 3 below the boundary; level 2 and two of level 3 above it */
	for (size_t i = 0; i <= 5; i++) {
		f->sim.fail_after = i;
		assert_int_equal(stage2_prepare_map(&f->s2, GIB - 4 * KIB, axvm_hpa(4 * KIB),
						    2 * MIB + 8 * KIB),
				 i < 5 ? AXVM_ERR_NO_MEMORY : AXVM_OK);
		stage2_unprepare(&f->s2);
		assert_int_equal(f->sim.frames_used, before);
		assert_false(stage2_any_mapped(&f->s2, 0, 4 * GIB));
	}
}

static void split_without_memory_changes_nothing(void **state)
{
	struct fixture *f = *state;

	do_map(f, 0, 0, GIB, RWX);
	for (size_t i = 0; i < 2; i++) {
		f->sim.fail_after = i;
		assert_int_equal(stage2_prepare_change(&f->s2, 4 * KIB, 4 * KIB),
				 AXVM_ERR_NO_MEMORY);
		expect_leaf(f, 0, 0, GIB, RWX);
		assert_int_equal(f->s2.table_num, f->sim.frames_used);
	}
	f->sim.fail_after = SIZE_MAX;
}

static void init_without_memory(void **state)
{
	struct fixture *f = *state;
	struct stage2_tlb tlb = { tlb_flush, f };
	struct stage2 other = { 0 };

	f->sim.fail_after = 0;
	assert_int_equal(stage2_init(&other, &f->sim.hal, &f->geo, tlb), AXVM_ERR_NO_MEMORY);
	stage2_fini(&other);
	f->sim.fail_after = SIZE_MAX;
}

static void fini_frees_mapped_tables(void **state)
{
	struct fixture *f = *state;

	do_map(f, 4 * KIB, 0, 3 * GIB, RWX); /* teardown counts what is left */
	assert_true(f->s2.table_num > 1000);
}

/* ---- Random changes against the model ---- */

#define MODEL_PAGES 4096u /* 16 MiB around a 1 GiB boundary */
#define MODEL_BASE  (GIB - 8 * MIB)

struct page {
	bool mapped;
	uint64_t hpa;
	uint32_t flags;
};

static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % limit;
}

static void model_compare(struct fixture *f, const struct page *model)
{
	for (uint32_t i = 0; i < MODEL_PAGES; i++) {
		struct stage2_leaf leaf;
		uint64_t gpa = MODEL_BASE + i * 4 * KIB;
		bool found = stage2_find(&f->s2, gpa, &leaf);

		assert_int_equal(found, model[i].mapped);
		if (!found)
			continue;
		assert_int_equal(leaf.hpa.v, model[i].hpa);
		assert_int_equal(leaf.flags, shape_keeps(model[i].flags));
	}
}

static uint32_t model_run(const struct page *model, uint32_t first, uint32_t max, bool mapped)
{
	uint32_t num = 0;

	while (num < max && first + num < MODEL_PAGES && model[first + num].mapped == mapped)
		num++;
	return num;
}

static void model_set(struct page *model, uint32_t first, uint32_t num, struct page to)
{
	for (uint32_t i = first; i < first + num; i++) {
		model[i] = to;
		to.hpa += 4 * KIB;
	}
}

/* Mostly what identity mapping gives, so that merging has something to do. */
static void random_change(struct fixture *f, struct page *model)
{
	static const uint32_t all_flags[] = { RWX, RWX, RWX, AXVM_MEM_READ, RWX | AXVM_MEM_USER };
	uint32_t align = random_below(3) ? 1 : 512;
	uint32_t first = random_below(MODEL_PAGES) / align * align;
	uint32_t max = 1 + random_below(random_below(2) ? 1600 : 16);
	uint32_t flags = all_flags[random_below(5)], what = random_below(3);
	uint32_t num = model_run(model, first, max, what != 0);
	uint64_t gpa = MODEL_BASE + first * 4 * KIB, size = num * 4 * KIB;
	uint64_t hpa = random_below(4) ? gpa : random_below(1000) * 4 * KIB;

	if (num == 0)
		return;
	if (what == 0) {
		do_map(f, gpa, hpa, size, flags);
		model_set(model, first, num, (struct page){ true, hpa, flags });
	} else if (what == 1) {
		do_unmap(f, gpa, size);
		for (uint32_t i = first; i < first + num; i++)
			model[i].mapped = false;
	} else {
		do_protect(f, gpa, size, flags);
		for (uint32_t i = first; i < first + num; i++)
			model[i].flags = flags;
	}
}

/* No table could be a leaf, and none is empty. */
static void expect_minimal(struct fixture *f, const struct page *model)
{
	for (uint32_t i = 0; i < MODEL_PAGES; i += 512) {
		bool whole = model[i].hpa % (2 * MIB) == 0;
		struct stage2_leaf leaf;

		for (uint32_t j = i; j < i + 512; j++)
			whole &= model[j].mapped &&
				 shape_keeps(model[j].flags) == shape_keeps(model[i].flags) &&
				 model[j].hpa == model[i].hpa + (j - i) * 4 * KIB;
		if (whole) {
			assert_true(stage2_find(&f->s2, MODEL_BASE + i * 4 * KIB, &leaf));
			assert_int_equal(leaf.left, 2 * MIB);
		}
	}
}

/* ---- Pages that change while vCPUs run ---- */

static void open_pages_change_without_memory(void **state)
{
	struct fixture *f = *state;
	const uint64_t gpa = 640 * MIB, flags = AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_DEVICE;
	struct stage2_leaf leaf;
	uint32_t tables;

	assert_int_equal(stage2_prepare_map(&f->s2, gpa, axvm_hpa(gpa + 4 * KIB), 16 * KIB),
			 AXVM_OK);
	stage2_open(&f->s2, gpa, 16 * KIB);
	assert_int_equal(f->s2.spare_num, 0);
	tables = f->s2.table_num;
	assert_int_equal(tables, f->geo.root_frames + 2);
	assert_false(stage2_any_mapped(&f->s2, gpa, 16 * KIB));

	f->flushes = 0;
	tlb_fill(f);
	stage2_point(&f->s2, gpa + 4 * KIB, axvm_hpa(5 * GIB), flags);
	tlb_check(f);
	assert_int_equal(f->flushes, 0);
	expect_leaf(f, gpa + 4 * KIB, 5 * GIB, 4 * KIB, flags);
	assert_false(stage2_find(&f->s2, gpa, &leaf));
	tlb_fill(f);
	stage2_point(&f->s2, gpa + 4 * KIB, axvm_hpa(6 * GIB), flags);
	tlb_check(f); /* the old one was broken and flushed first */
	assert_int_equal(f->flushes, 1);
	expect_leaf(f, gpa + 4 * KIB, 6 * GIB, 4 * KIB, flags);
	stage2_shut(&f->s2, gpa + 4 * KIB);
	tlb_check(f);
	assert_int_equal(f->flushes, 2);
	assert_false(stage2_any_mapped(&f->s2, gpa, 16 * KIB));
	stage2_shut(&f->s2, gpa + 4 * KIB);
	assert_int_equal(f->flushes, 2);

	/* Neighbours in the same table come and go. */
	do_map(f, gpa + 16 * KIB, 7 * GIB, 16 * KIB, RWX);
	do_unmap(f, gpa + 16 * KIB, 16 * KIB);
	assert_int_equal(f->s2.table_num, tables);
	/* Where none has been opened nothing happens. */
	stage2_point(&f->s2, gpa + 16 * KIB, axvm_hpa(5 * GIB), flags);
	stage2_point(&f->s2, 0, axvm_hpa(5 * GIB), flags);
	do_map(f, 2 * GIB, 8 * GIB, 2 * MIB, RWX);
	stage2_point(&f->s2, 2 * GIB, axvm_hpa(5 * GIB), flags);
	expect_leaf(f, 2 * GIB, 8 * GIB, 2 * MIB, RWX);
	assert_false(stage2_any_mapped(&f->s2, 0, GIB));
}

static void random_against_model(void **state)
{
	struct fixture *f = *state;
	struct page *model = calloc(MODEL_PAGES, sizeof(*model));

	for (uint32_t seed = 1; seed <= 8; seed++) {
		random_state = seed;
		for (unsigned i = 0; i < 300; i++) {
			random_change(f, model);
			if (i % 10 == 0) {
				model_compare(f, model);
				expect_minimal(f, model);
			}
		}
		model_compare(f, model);
	}
	for (uint32_t i = 0; i < MODEL_PAGES; i++)
		if (model[i].mapped)
			do_unmap(f, MODEL_BASE + i * 4 * KIB, 4 * KIB);
	assert_int_equal(f->s2.table_num, f->geo.root_frames);
	free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(largest_leaves, setup, teardown),
		cmocka_unit_test_setup_teardown(misaligned_host_takes_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(top_of_the_address_space, setup, teardown),
		cmocka_unit_test_setup_teardown(lesson_16_flags_are_honoured_exactly, setup,
						teardown),
		cmocka_unit_test(leaves_and_tables_differ),
		cmocka_unit_test_setup_teardown(split_and_merge, setup, teardown),
		cmocka_unit_test_setup_teardown(map_merges_with_what_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(unmap_middle_of_a_block, setup, teardown),
		cmocka_unit_test_setup_teardown(unmap_flushes_before_tables_are_freed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(prepare_is_all_or_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(split_without_memory_changes_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(init_without_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(fini_frees_mapped_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(open_pages_change_without_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(random_against_model, setup, teardown),
	};

	return cmocka_run_group_tests_name("stage2", tests, NULL, NULL);
}
