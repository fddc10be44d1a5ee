/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's memory: regions, all or nothing, and copying. */
#include "arch.h"
#include "aspace.h"
#include "shape.h"
#include "sim_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define RWX (AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE)

struct fixture {
	struct sim_host sim;
	struct arena arena;
	struct stage2_geometry geo;
	struct aspace as;
};

static size_t synced;

/* Of the architecture: what was written is cleaned out of the caches. */
void arch_sync_guest_memory(void *p, size_t len)
{
	(void)p;
	synced += len;
}

void arch_clear_guest_memory(void *p, size_t len)
{
	memset(p, 0, len);
	synced += len;
}

static void no_flush(void *ctx, uint64_t gpa, uint64_t size, bool tables)
{
	(void)ctx;
	(void)gpa;
	(void)size;
	(void)tables;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct stage2_tlb tlb = { no_flush, NULL };

	sim_host_init(&f->sim);
	arena_init(&f->arena, &f->sim.hal);
	shape_init(&f->geo);
	assert_int_equal(aspace_init(&f->as, &f->sim.hal, &f->arena, &f->geo, tlb), AXVM_OK);
	synced = 0;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	aspace_fini(&f->as);
	arena_free(&f->arena);
	sim_host_fini(&f->sim);
	free(f);
	return 0;
}

static enum axvm_error add(struct fixture *f, uint64_t gpa, uint64_t size, uint32_t flags,
			   uint32_t map_type)
{
	const struct axvm_memory_region region = { gpa, size, flags, map_type };

	return aspace_add_region(&f->as, &region, false);
}

static uint64_t leaf_size(struct fixture *f, uint64_t gpa)
{
	struct stage2_leaf leaf;

	return aspace_find(&f->as, axvm_gpa(gpa), &leaf) ? leaf.left : 0;
}

/* ---- Regions ---- */

static void large_leaves(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, 0x40000000, 64 * MIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	assert_int_equal(leaf_size(f, 0x40000000), 2 * MIB);
	assert_int_equal(f->as.ram_bytes, 64 * MIB);
	/* one table of level 2 below the root, nothing else */
	assert_int_equal(f->as.s2.table_num, f->geo.root_frames + 1);
}

/* Three sizes of leaf as on the machine, the largest 16 MiB instead of 1 GiB to spare memory. */
static void largest_leaf(void **state)
{
	struct fixture *f = *state;

	f->as.geo.level[0].shift = 24;
	f->as.geo.level[1].bits = 3;
	f->as.geo.gpa_bits = 34;
	assert_int_equal(add(f, 0x40000000, 18 * MIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	assert_int_equal(leaf_size(f, 0x40000000), 16 * MIB);
	assert_int_equal(leaf_size(f, 0x41000000), 2 * MIB);
	/* up to the boundary in smaller ones */
	assert_int_equal(add(f, 0x50e00000, 18 * MIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	assert_int_equal(leaf_size(f, 0x50e00000), 2 * MIB);
	assert_int_equal(leaf_size(f, 0x51000000), 16 * MIB);
	f->sim.worst_align = 2 * MIB;
	assert_int_equal(add(f, 0x60000000, 16 * MIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	assert_true(leaf_size(f, 0x60000000) >= 2 * MIB);
}

static void odd_start_is_aligned_with_the_host(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, 0x40000000 + 4 * KIB, 8 * MIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	assert_int_equal(leaf_size(f, 0x40001000), 4 * KIB);
	assert_int_equal(leaf_size(f, 0x40200000), 2 * MIB);
	assert_int_equal(leaf_size(f, 0x40600000), 2 * MIB);
	assert_int_equal(leaf_size(f, 0x40800000), 4 * KIB);
	assert_int_equal(leaf_size(f, 0x40801000), 0);
}

static void host_with_small_pieces_only(void **state)
{
	struct fixture *f = *state;

	f->sim.largest = 700; /* frames: 2 MiB fits, 4 MiB does not */
	assert_int_equal(add(f, 0x40000000, 10 * MIB + 4 * KIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	assert_int_equal(leaf_size(f, 0x40400000), 2 * MIB);
	assert_int_equal(f->as.ram_bytes, 10 * MIB + 4 * KIB);
	f->sim.largest = 3;
	assert_int_equal(add(f, 0x50000000, 2 * MIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	assert_true(leaf_size(f, 0x50000000) != 0);
	assert_true(leaf_size(f, 0x501ff000) != 0);
	f->sim.largest = SIZE_MAX;
	f->sim.worst_align = 4096;
	assert_int_equal(add(f, 0x60000000, 64 * MIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	assert_true(stage2_all_mapped(&f->as.s2, 0x60000000, 64 * MIB));
}

static void lesson_30_memory_is_zeroed(void **state)
{
	static const uint8_t zero[4096];
	struct fixture *f = *state;
	uint8_t page[4096];

	assert_int_equal(add(f, 0x40000000, 4 * MIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	assert_int_equal(add(f, SIM_RAM_BASE + GIB, 64 * KIB, RWX, AXVM_MAP_IDENTICAL), AXVM_OK);
	assert_int_equal(synced, 4 * MIB + 64 * KIB); /* seen with caches off too */
	for (uint64_t at = 0x40000000; at < 0x40400000; at += 4096) {
		assert_int_equal(aspace_read(&f->as, axvm_gpa(at), page, 4096), AXVM_OK);
		assert_memory_equal(page, zero, 4096);
	}
	for (uint64_t at = 0; at < 64 * KIB; at += 4096) {
		assert_int_equal(aspace_read(&f->as, axvm_gpa(SIM_RAM_BASE + GIB + at), page, 4096),
				 AXVM_OK);
		assert_memory_equal(page, zero, 4096);
	}
}

static void lesson_31_every_failing_allocation_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	uint32_t tables = f->as.s2.table_num;
	enum axvm_error err = AXVM_ERR_NO_MEMORY;
	size_t before, i;

	/* a neighbour that the region's leaves would merge with, and room for chunk records */
	assert_int_equal(add(f, 0x40000000, 4 * KIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	f->sim.largest = 512;
	tables = f->as.s2.table_num;
	before = f->sim.frames_used - f->arena.bytes / AXVM_PAGE_SIZE;
	for (i = 0; err != AXVM_OK; i++) {
		assert_true(i < 1000);
		f->sim.fail_after = i;
		err = add(f, 0x40001000, 8 * MIB, RWX, AXVM_MAP_ALLOC);
		if (err == AXVM_OK)
			break;
		assert_int_equal(err, AXVM_ERR_NO_MEMORY);
		assert_int_equal(f->sim.frames_used - f->arena.bytes / AXVM_PAGE_SIZE, before);
		assert_int_equal(f->as.s2.table_num, tables);
		assert_int_equal(f->as.ram_bytes, 4 * KIB);
		assert_false(stage2_any_mapped(&f->as.s2, 0x40001000, 8 * MIB));
		assert_int_equal(leaf_size(f, 0x40000000), 4 * KIB);
	}
	assert_true(i > 4);
	f->sim.fail_after = SIZE_MAX;
	assert_true(stage2_all_mapped(&f->as.s2, 0x40000000, 8 * MIB + 4 * KIB));
}

static void lesson_01_taken_identical_memory_is_refused(void **state)
{
	struct fixture *f = *state;
	uint64_t at = SIM_RAM_BASE + GIB;
	size_t before;

	assert_int_equal(add(f, at, 2 * MIB, RWX, AXVM_MAP_IDENTICAL), AXVM_OK);
	assert_int_equal(add(f, at, 2 * MIB, RWX, AXVM_MAP_IDENTICAL), AXVM_ERR_ALREADY_EXISTS);
	before = f->sim.frames_used;
	/* another VM, or the host, has the memory: nothing is mapped over it */
	assert_int_equal(aspace_unmap(&f->as, axvm_gpa(at), 2 * MIB), AXVM_OK);
	assert_int_equal(add(f, at, 2 * MIB, RWX, AXVM_MAP_IDENTICAL), AXVM_ERR_RESOURCE_BUSY);
	assert_false(stage2_any_mapped(&f->as.s2, at, 2 * MIB));
	assert_int_equal(add(f, 0x1000, 4 * KIB, RWX, AXVM_MAP_IDENTICAL), AXVM_ERR_NOT_FOUND);
	assert_true(f->sim.frames_used <= before);
}

static void lesson_32_reserved_memory_is_a_host_address(void **state)
{
	struct fixture *f = *state;
	uint64_t at = SIM_RAM_BASE + 2 * GIB;
	struct stage2_leaf leaf;
	uint8_t byte = 0;

	assert_int_equal(add(f, at, 2 * MIB, RWX, AXVM_MAP_RESERVED), AXVM_OK);
	assert_true(aspace_find(&f->as, axvm_gpa(at), &leaf));
	assert_int_equal(leaf.hpa.v, at);
	/* what the platform has put there stays */
	assert_int_equal(aspace_read(&f->as, axvm_gpa(at + 5), &byte, 1), AXVM_OK);
	assert_int_equal(byte, SIM_POISON);
}

static void bad_regions(void **state)
{
	struct fixture *f = *state;
	uint64_t top = UINT64_C(1) << SHAPE_GPA_BITS;

	assert_int_equal(add(f, 0x40000800, 4 * KIB, RWX, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(add(f, 0x40000000, 100, RWX, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(add(f, 0x40000000, 0, RWX, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(add(f, top, 4 * KIB, RWX, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(add(f, top - 4 * KIB, 8 * KIB, RWX, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(add(f, 4 * KIB, UINT64_MAX - 4095, RWX, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(add(f, 0x40000000, 4 * KIB, 0x80 | RWX, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(add(f, 0x40000000, 4 * KIB, AXVM_MEM_USER, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(f->as.ram_bytes, 0);
}

/* ---- Mapping while running ---- */

static void map_and_unmap(void **state)
{
	struct fixture *f = *state;
	axvm_gpa_t gpa = axvm_gpa(0x90000000);
	uint64_t top = UINT64_C(1) << PTE_HPA_BITS;

	assert_int_equal(aspace_map(&f->as, gpa, axvm_hpa(0x1000), 4 * MIB, RWX), AXVM_OK);
	assert_int_equal(aspace_map(&f->as, axvm_gpa(0x903ff000), axvm_hpa(0), 8 * KIB, RWX),
			 AXVM_ERR_ALREADY_EXISTS);
	assert_int_equal(aspace_unmap(&f->as, gpa, 4 * MIB + 4 * KIB), AXVM_ERR_NOT_FOUND);
	assert_true(stage2_all_mapped(&f->as.s2, gpa.v, 4 * MIB));
	assert_int_equal(aspace_unmap(&f->as, gpa, 4 * MIB), AXVM_OK);
	assert_int_equal(aspace_unmap(&f->as, gpa, 4 * MIB), AXVM_ERR_NOT_FOUND);
	assert_int_equal(aspace_unmap(&f->as, axvm_gpa(1), 4 * MIB), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(aspace_unmap(&f->as, gpa, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(aspace_map(&f->as, gpa, axvm_hpa(0x800), 4 * KIB, RWX),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(aspace_map(&f->as, gpa, axvm_hpa(top - 4 * KIB), 8 * KIB, RWX),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(f->as.s2.table_num, f->geo.root_frames);
}

static void unmap_without_memory_changes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, 0x40000000, 2 * MIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	f->sim.fail_after = 0;
	assert_int_equal(aspace_unmap(&f->as, axvm_gpa(0x40001000), 4 * KIB), AXVM_ERR_NO_MEMORY);
	assert_int_equal(leaf_size(f, 0x40000000), 2 * MIB);
	f->sim.fail_after = SIZE_MAX;
	assert_int_equal(aspace_unmap(&f->as, axvm_gpa(0x40001000), 4 * KIB), AXVM_OK);
	assert_int_equal(leaf_size(f, 0x40001000), 0);
	assert_int_equal(leaf_size(f, 0x40002000), 4 * KIB);
}

/* ---- Copying ---- */

static void copies_cross_pieces(void **state)
{
	struct fixture *f = *state;
	uint8_t out[12 * 1024], in[12 * 1024];
	axvm_gpa_t at = axvm_gpa(0x40000ffd);

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + i / 256);
	assert_int_equal(add(f, 0x40002000, 8 * KIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	assert_int_equal(add(f, 0x40000000, 8 * KIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	synced = 0;
	assert_int_equal(aspace_write(&f->as, at, out, sizeof(out)), AXVM_OK);
	assert_int_equal(synced, sizeof(out));
	assert_int_equal(aspace_read(&f->as, at, in, sizeof(in)), AXVM_OK);
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(aspace_read(&f->as, axvm_gpa(0), in, 0), AXVM_OK);
}

static void lesson_29_nothing_is_copied_past_the_end(void **state)
{
	struct fixture *f = *state;
	uint8_t buf[16], before[16];

	memset(buf, 0x77, sizeof(buf));
	memcpy(before, buf, sizeof(buf));
	assert_int_equal(add(f, 0x40000000, 4 * KIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	assert_int_equal(aspace_write(&f->as, axvm_gpa(0x40000ff8), buf, 16),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(aspace_read(&f->as, axvm_gpa(0x40000ff8), buf, 16),
			 AXVM_ERR_INVALID_INPUT);
	assert_memory_equal(buf, before, sizeof(buf));
	assert_int_equal(aspace_read(&f->as, axvm_gpa(0x40000ff8), buf, 8), AXVM_OK);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(buf[i], 0);
	assert_int_equal(aspace_read(&f->as, axvm_gpa(UINT64_MAX - 3), buf, 8),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(aspace_read(&f->as, axvm_gpa(0x40000000), buf, SIZE_MAX),
			 AXVM_ERR_INVALID_INPUT);
}

static void rights_are_needed(void **state)
{
	struct fixture *f = *state;
	uint8_t byte = 1;

	assert_int_equal(add(f, 0x1000, 4 * KIB, AXVM_MEM_READ, AXVM_MAP_ALLOC), AXVM_OK);
	assert_int_equal(add(f, 0x2000, 4 * KIB, AXVM_MEM_EXECUTE, AXVM_MAP_ALLOC), AXVM_OK);
	assert_int_equal(aspace_map(&f->as, axvm_gpa(0x3000), axvm_hpa(0x9000000), 4 * KIB,
				    RWX | AXVM_MEM_DEVICE),
			 AXVM_OK);
	assert_int_equal(aspace_write(&f->as, axvm_gpa(0x1000), &byte, 1), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(aspace_read(&f->as, axvm_gpa(0x1000), &byte, 1), AXVM_OK);
	assert_int_equal(aspace_read(&f->as, axvm_gpa(0x2000), &byte, 1), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(aspace_write(&f->as, axvm_gpa(0x2000), &byte, 1), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(aspace_read(&f->as, axvm_gpa(0x3000), &byte, 1), AXVM_ERR_INVALID_INPUT);
}

static void lesson_10_image_load_region(void **state)
{
	struct fixture *f = *state;
	struct axvm_host_piece pieces[4];
	size_t num = 4;

	assert_int_equal(aspace_pieces(&f->as, axvm_gpa(0x40000000), 4 * KIB, pieces, &num),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(num, 0);
	assert_int_equal(add(f, 0x40000000, 6 * MIB, RWX, AXVM_MAP_ALLOC), AXVM_OK);
	num = 4;
	assert_int_equal(aspace_pieces(&f->as, axvm_gpa(0x40000800), 5 * MIB, pieces, &num),
			 AXVM_OK);
	assert_int_equal(num, 1); /* leaves that touch are one piece */
	assert_int_equal(pieces[0].size, 5 * MIB);
	num = 0;
	assert_int_equal(aspace_pieces(&f->as, axvm_gpa(0x40000800), 5 * MIB, pieces, &num),
			 AXVM_ERR_NO_MEMORY);
	num = 4;
	assert_int_equal(aspace_pieces(&f->as, axvm_gpa(0x40000000), 7 * MIB, pieces, &num),
			 AXVM_ERR_INVALID_INPUT);
}

/* ---- The arena ---- */

/* What a page of a window leads to is the architecture's business; the tables are there for ever.
 */
static void windows(void **state)
{
	struct fixture *f = *state;
	const axvm_gpa_t gpa = axvm_gpa(0x28000000), second = axvm_gpa(0x28001000);
	const axvm_hpa_t device = axvm_hpa(0x24001000);
	struct stage2_leaf leaf;
	uint8_t byte;

	assert_int_equal(aspace_add_window(&f->as, axvm_gpa(0x800), 4 * KIB),
			 AXVM_ERR_INVALID_INPUT);
	f->sim.fail_after = 2; /* its record, and one of two tables */
	assert_int_equal(aspace_add_window(&f->as, gpa, 8 * KIB), AXVM_ERR_NO_MEMORY);
	f->sim.fail_after = SIZE_MAX;
	assert_int_equal(f->as.s2.table_num, f->geo.root_frames);
	assert_int_equal(aspace_add_window(&f->as, gpa, 8 * KIB), AXVM_OK);
	assert_int_equal(f->as.ram_bytes, 0);
	assert_false(aspace_any_mapped(&f->as, gpa, 8 * KIB));
	assert_false(aspace_has_host_pages(&f->as, axvm_hpa(gpa.v), 64 * KIB, false));

	f->sim.fail_after = 0;
	aspace_window_point(&f->as, second, device);
	assert_true(aspace_find(&f->as, second, &leaf));
	assert_int_equal(leaf.hpa.v, device.v);
	assert_int_equal(leaf.flags, AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_DEVICE);
	assert_false(aspace_any_mapped(&f->as, gpa, 4 * KIB));
	assert_true(aspace_has_host_pages(&f->as, device, 4 * KIB, false));
	assert_int_equal(aspace_read(&f->as, second, &byte, 1), AXVM_ERR_INVALID_INPUT);
	aspace_window_shut(&f->as, second);
	assert_false(aspace_any_mapped(&f->as, gpa, 8 * KIB));
	f->sim.fail_after = SIZE_MAX;

	/* Also after all of the host's changes have been undone. */
	assert_int_equal(aspace_map(&f->as, axvm_gpa(0x28002000), device, 4 * KIB, RWX), AXVM_OK);
	aspace_window_point(&f->as, gpa, device);
	assert_int_equal(aspace_restore(&f->as), AXVM_OK);
	assert_false(aspace_any_mapped(&f->as, gpa, 64 * KIB));
	f->sim.fail_after = 0;
	aspace_window_point(&f->as, gpa, device);
	assert_true(aspace_any_mapped(&f->as, gpa, 4 * KIB));
	f->sim.fail_after = SIZE_MAX;
}

static void arena_alignment_and_room(void **state)
{
	struct fixture *f = *state;
	size_t before = f->sim.frames_used;

	for (size_t align = 1; align <= 4096; align *= 2) {
		uint8_t *p = arena_alloc(&f->arena, 100, align);

		assert_int_equal((uintptr_t)p % align, 0);
		for (size_t i = 0; i < 100; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, 100);
	}
	assert_non_null(arena_alloc(&f->arena, 100000, 64));
	assert_null(arena_alloc(&f->arena, SIZE_MAX, 64));
	assert_null(arena_alloc(&f->arena, SIZE_MAX - 4096, 1));
	assert_int_equal(f->arena.bytes / AXVM_PAGE_SIZE, f->sim.frames_used - before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(large_leaves, setup, teardown),
		cmocka_unit_test_setup_teardown(largest_leaf, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_start_is_aligned_with_the_host, setup,
						teardown),
		cmocka_unit_test_setup_teardown(host_with_small_pieces_only, setup, teardown),
		cmocka_unit_test_setup_teardown(lesson_30_memory_is_zeroed, setup, teardown),
		cmocka_unit_test_setup_teardown(lesson_31_every_failing_allocation_leaves_nothing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(lesson_01_taken_identical_memory_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(lesson_32_reserved_memory_is_a_host_address, setup,
						teardown),
		cmocka_unit_test_setup_teardown(bad_regions, setup, teardown),
		cmocka_unit_test_setup_teardown(map_and_unmap, setup, teardown),
		cmocka_unit_test_setup_teardown(unmap_without_memory_changes_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(copies_cross_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(lesson_29_nothing_is_copied_past_the_end, setup,
						teardown),
		cmocka_unit_test_setup_teardown(rights_are_needed, setup, teardown),
		cmocka_unit_test_setup_teardown(lesson_10_image_load_region, setup, teardown),
		cmocka_unit_test_setup_teardown(windows, setup, teardown),
		cmocka_unit_test_setup_teardown(arena_alignment_and_room, setup, teardown),
	};

	return cmocka_run_group_tests_name("aspace", tests, NULL, NULL);
}
