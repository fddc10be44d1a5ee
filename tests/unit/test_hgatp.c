/* SPDX-License-Identifier: Apache-2.0 */
/* hgatp and the shape of the tables, for every set of modes that a CPU may offer. */
#include "../../arch/riscv64/hgatp.h"
#include <arch/stage2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RWX	  (AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE)
#define SV39X4	  (1u << 8)
#define SV48X4	  (1u << 9)
#define SV57X4	  (1u << 10)
#define PBMT(pte) ((pte) >> 61)
#define UNTOUCHED 0x5a

/* Levels and guest-physical bits that the hardware derives from MODE (Table "Encoding of hgatp
 * MODE field"). */
static const struct {
	uint32_t modes;
	enum hgatp_mode mode;
	unsigned levels, gpa_bits;
} offers[] = {
	{ SV39X4, HGATP_SV39X4, 3, 41 },
	{ SV39X4 | SV48X4, HGATP_SV39X4, 3, 41 },
	{ SV39X4 | SV48X4 | SV57X4, HGATP_SV39X4, 3, 41 },
	{ SV48X4, HGATP_SV48X4, 4, 50 },
	{ SV48X4 | SV57X4, HGATP_SV48X4, 4, 50 },
	{ SV57X4, HGATP_SV57X4, 5, 59 },
	{ UINT32_MAX, HGATP_SV39X4, 3, 41 },
};

#define OFFER_NUM (sizeof(offers) / sizeof(offers[0]))

static void lesson_15_levels_agree_with_the_register(void **state)
{
	struct stage2_geometry geo;

	(void)state;
	for (unsigned i = 0; i < OFFER_NUM; i++) {
		assert_int_equal(hgatp_geometry(offers[i].modes, &geo), offers[i].mode);
		assert_int_equal(geo.levels, offers[i].levels);
		assert_int_equal(geo.gpa_bits, offers[i].gpa_bits);
		assert_int_equal(geo.root_frames, 4);
		assert_int_equal(geo.level[0].bits, 11);
		assert_int_equal(geo.level[0].shift + geo.level[0].bits, geo.gpa_bits);
	}
}

static void geometry_is_whole(void **state)
{
	struct stage2_geometry geo;

	(void)state;
	for (unsigned i = 0; i < OFFER_NUM; i++) {
		hgatp_geometry(offers[i].modes, &geo);
		for (unsigned k = 0; k + 1 < geo.levels; k++)
			assert_int_equal(geo.level[k].shift,
					 geo.level[k + 1].shift + geo.level[k + 1].bits);
		assert_int_equal(geo.level[geo.levels - 1].shift, 12);
		for (unsigned k = 0; k < geo.levels; k++)
			assert_int_equal(geo.level[k].leaf, geo.level[k].shift <= 30);
		assert_int_equal(8u << geo.level[0].bits, geo.root_frames * 4096u);
	}
}

static void no_mode_at_all(void **state)
{
	static const uint32_t modes[] = { 0, 1, 0xff, 0xfffff800 };
	struct stage2_geometry geo;

	(void)state;
	memset(&geo, UNTOUCHED, sizeof(geo));
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(hgatp_geometry(modes[i], &geo), HGATP_BARE);
		assert_int_equal(geo.levels, UNTOUCHED);
	}
}

static void register_value(void **state)
{
	(void)state;
	assert_int_equal(hgatp_value(HGATP_SV39X4, 0, 0), UINT64_C(8) << 60);
	assert_int_equal(hgatp_value(HGATP_SV57X4, 0x3fff, UINT64_C(0x80204000)),
			 UINT64_C(0xa3fff00000080204));
	/* no field reaches into another */
	assert_int_equal(hgatp_value(HGATP_SV48X4, 0xffffc001, UINT64_C(0xff80000080204000)),
			 UINT64_C(9) << 60 | UINT64_C(1) << 44 | UINT64_C(0x80000080204));
}

static void memory_types(void **state)
{
	(void)state;
	stage2_pbmt = true;
	assert_int_equal(PBMT(pte_leaf(0, 12, RWX)), 0);
	assert_int_equal(PBMT(pte_leaf(0, 12, RWX | AXVM_MEM_UNCACHED)), 1);
	assert_int_equal(PBMT(pte_leaf(0, 12, RWX | AXVM_MEM_DEVICE)), 2);
	assert_int_equal(PBMT(pte_leaf(0, 12, RWX | AXVM_MEM_DEVICE | AXVM_MEM_UNCACHED)), 2);
	/* Without Svpbmt the bits are reserved. A device stays known as one. */
	stage2_pbmt = false;
	for (uint32_t flags = 0; flags <= AXVM_MEM_ALL; flags++) {
		uint32_t soft = AXVM_MEM_DEVICE | AXVM_MEM_SHARED;

		assert_int_equal(pte_leaf(UINT64_C(0xfffffffffff000), 12, flags) >> 54, 0);
		assert_int_equal(pte_flags(pte_leaf(0, 12, flags)) & soft, flags & soft);
	}
}

/* In a pointer to a table everything but V and the PPN is 0. */
static void table_pointers(void **state)
{
	(void)state;
	assert_int_equal(pte_table(UINT64_C(0x80204000)), 0x80204 << 10 | 1);
	assert_int_equal(pte_hpa(pte_table(UINT64_C(0xfffffffffff000))),
			 UINT64_C(0xfffffffffff000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lesson_15_levels_agree_with_the_register),
		cmocka_unit_test(geometry_is_whole),
		cmocka_unit_test(no_mode_at_all),
		cmocka_unit_test(register_value),
		cmocka_unit_test(memory_types),
		cmocka_unit_test(table_pointers),
	};

	return cmocka_run_group_tests_name("hgatp", tests, NULL, NULL);
}
