/* SPDX-License-Identifier: Apache-2.0 */
/* VTCR_EL2 and the shape of the tables, for every ID_AA64MMFR0_EL1.PARange. */
#include "../../arch/aarch64/vtcr.h"
#include <arch/stage2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint64_t field(uint64_t value, unsigned low, unsigned bits)
{
	return value >> low & ((UINT64_C(1) << bits) - 1);
}

/* First level and root tables that the hardware derives from VTCR_EL2 (4 KiB granule). */
static void hardware_view(uint64_t vtcr, unsigned *first_level, unsigned *root_tables)
{
	unsigned ipa_bits = 64 - (unsigned)field(vtcr, 0, 6);
	unsigned first = 2 - (unsigned)field(vtcr, 6, 2);
	unsigned one_table = 12 + 9 * (4 - first);

	*first_level = first;
	*root_tables = ipa_bits > one_table ? 1u << (ipa_bits - one_table) : 1;
}

static void lesson_15_levels_agree_with_the_register(void **state)
{
	(void)state;
	for (uint64_t parange = 0; parange < 16; parange++) {
		struct stage2_geometry geo;
		uint64_t vtcr = stage2_vtcr_from(parange, 0, &geo);
		unsigned first, roots;

		hardware_view(vtcr, &first, &roots);
		assert_int_equal(geo.gpa_bits, 64 - field(vtcr, 0, 6));
		assert_int_equal(geo.levels, 4 - first);
		assert_int_equal(geo.root_frames, roots);
		assert_true(roots <= 16);
		assert_int_equal(geo.level[0].shift + geo.level[0].bits, geo.gpa_bits);
	}
}

static void geometry_is_whole(void **state)
{
	(void)state;
	for (uint64_t parange = 0; parange < 16; parange++) {
		struct stage2_geometry geo;

		stage2_vtcr_from(parange, 0, &geo);
		for (unsigned i = 0; i + 1 < geo.levels; i++)
			assert_int_equal(geo.level[i].shift,
					 geo.level[i + 1].shift + geo.level[i + 1].bits);
		assert_int_equal(geo.level[geo.levels - 1].shift, 12);
		for (unsigned i = 0; i < geo.levels; i++)
			assert_int_equal(geo.level[i].leaf, geo.level[i].shift <= 30);
		assert_true(8u << geo.level[0].bits <= geo.root_frames * 4096u);
	}
}

static void address_sizes(void **state)
{
	static const struct {
		unsigned ipa_bits, ps;
	} want[8] = { { 32, 0 }, { 36, 1 }, { 40, 2 }, { 40, 3 },
		      { 40, 4 }, { 40, 5 }, { 40, 5 }, { 40, 5 } };

	(void)state;
	for (uint64_t parange = 0; parange < 8; parange++) {
		struct stage2_geometry geo;
		uint64_t vtcr = stage2_vtcr_from(0xfff0 | parange, 0, &geo);

		assert_int_equal(geo.gpa_bits, want[parange].ipa_bits);
		assert_int_equal(field(vtcr, 16, 3), want[parange].ps);
	}
}

static void attributes(void **state)
{
	struct stage2_geometry geo;
	uint64_t vtcr = stage2_vtcr_from(4, 0, &geo);

	(void)state;
	assert_int_equal(field(vtcr, 8, 2), 1);	 /* inner write-back, write-allocate */
	assert_int_equal(field(vtcr, 10, 2), 1); /* outer the same */
	assert_int_equal(field(vtcr, 12, 2), 3); /* inner shareable */
	assert_int_equal(field(vtcr, 14, 2), 0); /* 4 KiB */
	assert_int_equal(field(vtcr, 31, 1), 1); /* RES1 */
	assert_int_equal(vtcr >> 32, 0);
}

static void vmid_size(void **state)
{
	struct stage2_geometry geo;

	(void)state;
	assert_int_equal(field(stage2_vtcr_from(4, 0x00, &geo), 19, 1), 0);
	assert_int_equal(field(stage2_vtcr_from(4, 0x20, &geo), 19, 1), 1);
	assert_int_equal(field(stage2_vtcr_from(4, 0xf0f, &geo), 19, 1), 0);
}

#define RWX (AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE)

static void memory_types(void **state)
{
	(void)state;
	assert_int_equal(pte_leaf(0, 12, RWX) >> 2 & 0xf, 0xf);
	assert_int_equal(pte_leaf(0, 12, RWX | AXVM_MEM_UNCACHED) >> 2 & 0xf, 0x5);
	assert_int_equal(pte_leaf(0, 12, RWX | AXVM_MEM_DEVICE) >> 2 & 0xf, 0x1);
	assert_int_equal(pte_leaf(0, 12, RWX | AXVM_MEM_DEVICE | AXVM_MEM_UNCACHED) >> 2 & 0xf,
			 0x1);
	assert_int_equal(pte_leaf(0, 12, RWX) >> 8 & 3, 3);  /* inner shareable */
	assert_int_equal(pte_leaf(0, 12, RWX) >> 10 & 1, 1); /* access flag */
	assert_int_equal(pte_leaf(0, 12, RWX) & 3, 3);	     /* page */
	assert_int_equal(pte_leaf(0, 21, RWX) & 3, 1);	     /* block */
	assert_int_equal(pte_table(0x1000) & 3, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lesson_15_levels_agree_with_the_register),
		cmocka_unit_test(geometry_is_whole),
		cmocka_unit_test(address_sizes),
		cmocka_unit_test(attributes),
		cmocka_unit_test(vmid_size),
		cmocka_unit_test(memory_types),
	};

	return cmocka_run_group_tests_name("vtcr", tests, NULL, NULL);
}
