/* SPDX-License-Identifier: Apache-2.0 */
/* What harts have by the board's device tree, and what of it a guest sees in its own. */
#include "../../arch/riscv64/host.h"
#include "fdt_build.h"
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TREE_SIZE (256 * 1024)

struct axvm_riscv64_host riscv64_host = { .timebase_hz = 10000000 };

/* The interrupt controllers' own nodes are their files' matter. */
int plic_fdt(struct axvm *vm, void *fdt)
{
	(void)vm;
	FDT_TRY(fdt_begin_node(fdt, "plic"));
	return fdt_end_node(fdt);
}

int aia_fdt(struct axvm *vm, void *fdt)
{
	(void)vm;
	FDT_TRY(fdt_begin_node(fdt, "aia"));
	return fdt_end_node(fdt);
}

/* ---- A board ---- */

struct hart {
	const char *list; /* riscv,isa-extensions: names with a '|' behind each; NULL: none */
	const char *isa;
	const char *mmu;
	const char *status;
	uint32_t block; /* size for CBOM and CBOZ; 0: none */
};

static uint64_t tree[TREE_SIZE / 8];

static void put_list(const char *list)
{
	char buf[1024];
	size_t len = strlen(list);

	for (size_t i = 0; i < len; i++)
		buf[i] = list[i] == '|' ? '\0' : list[i];
	fdt_property(tree, "riscv,isa-extensions", buf, (int)len);
}

static void put_hart(const struct hart *hart, unsigned n)
{
	char name[] = "cpu@0";

	name[4] = (char)('0' + n);
	fdt_begin_node(tree, name);
	fdt_property_string(tree, "device_type", "cpu");
	fdt_property_u32(tree, "reg", n);
	if (hart->list)
		put_list(hart->list);
	if (hart->isa)
		fdt_property_string(tree, "riscv,isa", hart->isa);
	if (hart->mmu)
		fdt_property_string(tree, "mmu-type", hart->mmu);
	if (hart->status)
		fdt_property_string(tree, "status", hart->status);
	if (hart->block) {
		fdt_property_u32(tree, "riscv,cbom-block-size", hart->block);
		fdt_property_u32(tree, "riscv,cboz-block-size", hart->block);
	}
	fdt_end_node(tree);
}

static void board(const struct hart *harts, unsigned num)
{
	fdt_create(tree, TREE_SIZE);
	fdt_finish_reservemap(tree);
	fdt_begin_node(tree, "");
	fdt_begin_node(tree, "cpus");
	fdt_begin_node(tree, "cpu-map");
	fdt_end_node(tree);
	for (unsigned i = 0; i < num; i++)
		put_hart(&harts[i], i);
	fdt_end_node(tree);
	fdt_end_node(tree);
	assert_int_equal(fdt_finish(tree), 0);
	riscv64_isa_init(tree);
}

static void one_hart(const char *list, const char *isa)
{
	const struct hart hart = { .list = list, .isa = isa, .block = 64 };

	board(&hart, 1);
}

/* ---- A guest ---- */

static struct axvm vm;
static struct axvm_vcpu vcpus[AXVM_MAX_VCPUS];
static uint64_t guest[TREE_SIZE / 8];

static const void *describe(uint32_t vcpu_num)
{
	vm.vcpus = vcpus;
	vm.vcpu_num = vcpu_num;
	for (uint32_t i = 0; i < vcpu_num; i++) {
		vcpus[i].id = i;
		vcpus[i].phys_id = i;
	}
	fdt_create(guest, TREE_SIZE);
	fdt_finish_reservemap(guest);
	fdt_begin_node(guest, "");
	assert_int_equal(arch_fdt_describe(&vm, guest), 0);
	fdt_end_node(guest);
	assert_int_equal(fdt_finish(guest), 0);
	assert_int_equal(fdt_check_full(guest, fdt_totalsize(guest)), 0);
	return guest;
}

static const void *property(const char *path, const char *name, int *len)
{
	int node = fdt_path_offset(guest, path);

	assert_true(node >= 0);
	return fdt_getprop(guest, node, name, len);
}

static uint32_t cell(const char *path, const char *name, int i)
{
	int len;
	const fdt32_t *p = property(path, name, &len);

	assert_non_null(p);
	assert_true(len >= 4 * (i + 1));
	return fdt32_ld(p + i);
}

static void expect_isa(const char *want)
{
	int len;
	const char *isa;

	describe(1);
	isa = property("/cpus/cpu@0", "riscv,isa", &len);
	assert_non_null(isa);
	assert_int_equal(len, strlen(isa) + 1);
	assert_string_equal(isa, want);
}

static bool guest_sees(const char *name)
{
	int len;
	const char *list;

	describe(1);
	list = property("/cpus/cpu@0", "riscv,isa-extensions", &len);
	assert_non_null(list);
	assert_int_equal(list[len - 1], '\0');
	return fdt_stringlist_contains(list, len, name);
}

/* ---- Reading ---- */

static void names_in_a_list(void **state)
{
	(void)state;
	one_hart("i|m|a|f|d|c|h|zba|sstc|svpbmt|", NULL);
	assert_true(riscv64_has(RISCV64_EXT_F));
	assert_true(riscv64_has(RISCV64_EXT_D));
	assert_true(riscv64_has(RISCV64_EXT_SSTC));
	assert_true(riscv64_has(RISCV64_EXT_SVPBMT));
	assert_false(riscv64_has(RISCV64_EXT_V));
	assert_false(riscv64_has(RISCV64_EXT_SVNAPOT));
	expect_isa("rv64imafdc_sstc_svpbmt_zicsr_zifencei_zba");
	assert_true(guest_sees("zba"));
	assert_false(guest_sees("zbb"));
}

/* Names are whole: neither the beginning of one counts, nor one with more behind it. */
static void names_are_whole(void **state)
{
	(void)state;
	one_hart("ss|sst|sstc2|sstcx|zb|zbax|", NULL);
	expect_isa("rv64imac_zicsr_zifencei");
}

static void the_older_string(void **state)
{
	static const struct {
		const char *isa, *want;
	} cases[] = {
		{ "rv64imafdc_zba_sstc", "rv64imafdc_zicntr_sstc_zicsr_zifencei_zba" },
		{ "rv64gc", "rv64imafdc_zicntr_zicsr_zifencei" },
		{ "rv64imacb", "rv64imac_zicntr_zicsr_zifencei_zba_zbb_zbs" },
		{ "rv64i2p1m2p0a2p1f2p2d2p2c2p0_zicsr2p0_zba1p0_sstc1",
		  "rv64imafdc_zicntr_sstc_zicsr_zifencei_zba" },
		{ "rv64imafdcvzba_zbb", "rv64imafdcv_zicntr_zicsr_zifencei_zba_zbb" },
		{ "rv64imafdcsstc", "rv64imafdc_zicntr_sstc_zicsr_zifencei" },
		{ "rv64imac_zic64b_za64rs_za128rs",
		  "rv64imac_zicntr_zicsr_zifencei_zic64b_za64rs_za128rs" },
		{ "rv64imac__zba_", "rv64imac_zicntr_zicsr_zifencei_zba" },
		{ "rv64imac_xtheadba_zba", "rv64imac_zicntr_zicsr_zifencei_zba" },
		{ "rv32imafdc", "rv64imac_zicsr_zifencei" },
		{ "rv64", "rv64imac_zicntr_zicsr_zifencei" },
		{ "", "rv64imac_zicsr_zifencei" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		one_hart(NULL, cases[i].isa);
		expect_isa(cases[i].want);
	}
	/* The list counts where there are both. */
	one_hart("zba|", "rv64imafdcv_zbb");
	expect_isa("rv64imac_zicsr_zifencei_zba");
}

static void what_all_harts_have(void **state)
{
	static const struct hart harts[] = {
		{ .list = "f|d|v|zba|zicbom|zicboz|", .block = 64, .mmu = "riscv,sv57" },
		{ .list = "f|d|zba|zbb|zicbom|zicboz|", .block = 64, .mmu = "riscv,sv39" },
		{ .list = "f|d|zbb|zba|zicbom|", .block = 64, .mmu = "riscv,sv48" },
	};
	static const unsigned orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 0, 2 } };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct hart ordered[3];
		int len;

		for (unsigned k = 0; k < 3; k++)
			ordered[k] = harts[orders[i][k]];
		board(ordered, 3);
		expect_isa("rv64imafdc_zicbom_zicsr_zifencei_zba");
		assert_string_equal(property("/cpus/cpu@0", "mmu-type", &len), "riscv,sv39");
		assert_int_equal(cell("/cpus/cpu@0", "riscv,cbom-block-size", 0), 64);
		assert_null(property("/cpus/cpu@0", "riscv,cboz-block-size", &len));
	}
}

/* Harts that firmware keeps for itself are none. */
static void harts_that_do_not_run(void **state)
{
	static const struct hart harts[] = {
		{ .list = "zbb|", .status = "disabled" },
		{ .list = "f|d|zba|", .status = "okay" },
		{ .list = "zbc|", .status = "fail" },
		{ .list = "f|d|zba|", .status = "ok" },
	};

	(void)state;
	board(harts, 4);
	expect_isa("rv64imafdc_zicsr_zifencei_zba");
}

static void block_sizes(void **state)
{
	struct hart harts[] = {
		{ .list = "zicbom|zicboz|", .block = 64 },
		{ .list = "zicbom|zicboz|", .block = 128 },
	};

	(void)state;
	board(harts, 1);
	assert_true(riscv64_has(RISCV64_EXT_ZICBOM) && riscv64_has(RISCV64_EXT_ZICBOZ));
	board(harts, 2); /* no program could know which */
	assert_false(riscv64_has(RISCV64_EXT_ZICBOM) || riscv64_has(RISCV64_EXT_ZICBOZ));
	harts[0].block = 0;
	board(harts, 1);
	assert_false(riscv64_has(RISCV64_EXT_ZICBOM) || riscv64_has(RISCV64_EXT_ZICBOZ));
}

static void trees_that_say_nothing(void **state)
{
	static const char odd[] = { 'f', '\0', '\0', 'd', '\0', 's', 's', 't', 'c' };

	(void)state;
	one_hart("f|", NULL);
	riscv64_isa_init(NULL);
	assert_false(riscv64_has(RISCV64_EXT_F));
	expect_isa("rv64imac_zicsr_zifencei");
	board(NULL, 0);
	expect_isa("rv64imac_zicsr_zifencei");
	one_hart("f|", NULL);
	fdt_set_magic(tree, 0);
	riscv64_isa_init(tree);
	assert_false(riscv64_has(RISCV64_EXT_F));
	/* empty names, and one without its end */
	one_hart(NULL, NULL);
	assert_int_equal(fdt_open_into(tree, tree, TREE_SIZE), 0);
	assert_int_equal(fdt_setprop(tree, fdt_path_offset(tree, "/cpus/cpu@0"),
				     "riscv,isa-extensions", odd, sizeof(odd)),
			 0);
	riscv64_isa_init(tree);
	expect_isa("rv64imafdc_sstc_zicsr_zifencei");
}

/* ---- What guests get ---- */

static void guests_get_what_is_listed(void **state)
{
	static const char *const hidden[] = { "h",	 "smaia", "ssaia",   "smstateen",
					      "zkr",	 "ssnpm", "zicfiss", "sscofpmf",
					      "xvendor", "zcmt",  "smepmp" };

	(void)state;
	one_hart("i|m|a|f|d|c|h|smaia|ssaia|smstateen|zkr|ssnpm|zicfiss|sscofpmf|xvendor|zcmt|"
		 "smepmp|zbs|",
		 NULL);
	assert_true(riscv64_has(RISCV64_EXT_SMSTATEEN));
	assert_true(riscv64_has(RISCV64_EXT_SSCOFPMF));
	for (unsigned i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		assert_false(guest_sees(hidden[i]));
	expect_isa("rv64imafdc_zicsr_zifencei_zbs");
	vm.arch.aia = true;
	assert_true(guest_sees("ssaia"));
	assert_false(guest_sees("smaia"));
	vm.arch.aia = false;
}

/* What S-mode sees of Smstateen has a name of its own, and hstateen0 comes with it. */
static void state_enables_by_either_name(void **state)
{
	(void)state;
	one_hart("i|", NULL);
	assert_false(riscv64_has(RISCV64_EXT_SMSTATEEN));
	one_hart("i|ssstateen|", NULL);
	assert_true(riscv64_has(RISCV64_EXT_SMSTATEEN));
	assert_false(guest_sees("ssstateen"));
	one_hart(NULL, "rv64imafdc_ssstateen");
	assert_true(riscv64_has(RISCV64_EXT_SMSTATEEN));
}

/* Registers that the world switch leaves alone are no guest's. */
static void units_that_do_not_move(void **state)
{
	(void)state;
	one_hart("f|zfh|zfa|zve32x|zvbb|", NULL);
	expect_isa("rv64imac_zicsr_zifencei");
	one_hart("f|d|zfh|zve32x|zvbb|", NULL);
	expect_isa("rv64imafdc_zicsr_zifencei_zfh");
	one_hart("f|d|v|zfh|zve32x|zvbb|", NULL);
	expect_isa("rv64imafdcv_zicsr_zifencei_zfh_zvbb_zve32x");
}

static void henvcfg_bits(void **state)
{
	static const struct {
		const char *list;
		uint64_t bits;
	} cases[] = {
		{ "i|", 0 },
		{ "sstc|", UINT64_C(1) << 63 },
		{ "svpbmt|", UINT64_C(1) << 62 },
		{ "svadu|", UINT64_C(1) << 61 },
		/* CBIE 1: what a guest invalidates is written back first; others' data lies there
		 */
		{ "zicbom|", 1 << 6 | 1 << 4 },
		{ "zicboz|", 1 << 7 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		one_hart(cases[i].list, NULL);
		assert_int_equal(riscv64_henvcfg(), cases[i].bits);
	}
}

/* Where the tree has both, hardware's updating of A and D is off until somebody asks firmware. */
static void svade_before_svadu(void **state)
{
	(void)state;
	one_hart("svade|svadu|", NULL);
	assert_true(guest_sees("svade"));
	assert_false(guest_sees("svadu"));
	assert_int_equal(riscv64_henvcfg(), 0);
	one_hart("svadu|", NULL);
	assert_true(guest_sees("svadu"));
}

static void many_harts(void **state)
{
	(void)state;
	one_hart("f|d|", NULL);
	describe(64);
	assert_int_equal(cell("/cpus", "timebase-frequency", 0), 10000000);
	for (unsigned i = 0; i < 64; i++) {
		char path[] = "/cpus/cpu@00/interrupt-controller";
		int len;

		path[10] = "0123456789abcdef"[i >> 4];
		path[11] = "0123456789abcdef"[i & 15];
		if (i < 16)
			memmove(path + 10, path + 11, sizeof(path) - 11);
		assert_int_equal(cell(path, "phandle", 0), RISCV64_CPU_PHANDLE(i));
		assert_string_equal(property(path, "compatible", &len), "riscv,cpu-intc");
		assert_int_equal(cell(path, "#interrupt-cells", 0), 1);
	}
}

static void interrupt_controllers_and_cells(void **state)
{
	int len;

	(void)state;
	vm.arch.plic.present = false;
	describe(1);
	assert_true(fdt_path_offset(guest, "/plic") < 0);
	assert_true(fdt_path_offset(guest, "/aia") < 0);
	vm.arch.plic.present = true;
	describe(1);
	assert_true(fdt_path_offset(guest, "/plic") >= 0);
	for (unsigned aia = 0; aia < 2; aia++) {
		vm.arch.aia = aia;
		describe(1);
		assert_int_equal(fdt_path_offset(guest, "/aia") >= 0, aia);
		fdt_create(guest, TREE_SIZE);
		fdt_finish_reservemap(guest);
		fdt_begin_node(guest, "");
		assert_int_equal(arch_fdt_interrupt(&vm, guest, 10, true), 0);
		fdt_end_node(guest);
		fdt_finish(guest);
		assert_int_equal(cell("/", "interrupts", 0), 10);
		property("/", "interrupts", &len);
		assert_int_equal(len, aia ? 8 : 4);
		if (aia)
			assert_int_equal(cell("/", "interrupts", 1), 1);
	}
	vm.arch.aia = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_in_a_list),
		cmocka_unit_test(names_are_whole),
		cmocka_unit_test(the_older_string),
		cmocka_unit_test(what_all_harts_have),
		cmocka_unit_test(harts_that_do_not_run),
		cmocka_unit_test(block_sizes),
		cmocka_unit_test(trees_that_say_nothing),
		cmocka_unit_test(guests_get_what_is_listed),
		cmocka_unit_test(state_enables_by_either_name),
		cmocka_unit_test(units_that_do_not_move),
		cmocka_unit_test(henvcfg_bits),
		cmocka_unit_test(svade_before_svadu),
		cmocka_unit_test(many_harts),
		cmocka_unit_test(interrupt_controllers_and_cells),
	};

	return cmocka_run_group_tests_name("isa", tests, NULL, NULL);
}
