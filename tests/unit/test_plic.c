/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's PLIC, natively: its registers are reached through the bus as a guest does. The last
 * test compares it with a naive model under random operations.
 */
#include "plic_model.h"
#include <libfdt.h>

static int setup(void **state)
{
	start(2);
	return 0;
}

static void enable(unsigned cpu, unsigned irq, unsigned prio)
{
	uint64_t reg = ENABLE(cpu) + irq / 32 * 4;

	wr(PRIORITY(irq), prio);
	wr(reg, rd(reg) | 1u << irq % 32);
}

static void test_init_refuses(void **state)
{
	assert_int_equal(build(CPUS, 0x207fff), AXVM_ERR_INVALID_INPUT);
	assert_false(plic_irq_valid(&vm, 1));
	assert_int_equal(build(CPUS, 0x208000), AXVM_OK);
	assert_true(plic_irq_valid(&vm, 1) && plic_irq_valid(&vm, 1023));
	assert_false(plic_irq_valid(&vm, 0) || plic_irq_valid(&vm, 1024));
	vm.config.interrupt_mode = AXVM_INTERRUPT_NONE;
	vm.bus.num = 0;
	vm.arch.plic.present = false;
	assert_int_equal(plic_vm_init(&vm, NULL), AXVM_OK);
	assert_int_equal(vm.bus.num, 0);
	plic_set_line(&vm, 5, true);
	plic_inject(&vm, 5);
	plic_vm_reset(&vm);
	assert_int_equal(vm.arch.plic.line[0] | vm.arch.plic.ranks, 0);
}

static void test_registers_keep_their_bits(void **state)
{
	for (unsigned irq = 1; irq < SOURCES; irq++) {
		wr(PRIORITY(irq), irq);
		assert_int_equal(rd(PRIORITY(irq)), irq & 7);
	}
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		for (unsigned word = 0; word < 32; word++) {
			wr(ENABLE(cpu) + 4 * word, UINT32_MAX - cpu - word);
			assert_int_equal(rd(ENABLE(cpu) + 4 * word),
					 (UINT32_MAX - cpu - word) & (word ? UINT32_MAX : ~1u));
		}
		wr(THRESHOLD(cpu), 0xfffffff0 + 5 + cpu);
		assert_int_equal(rd(THRESHOLD(cpu)), 5 + cpu);
	}
}

static void test_what_does_not_exist_reads_zero(void **state)
{
	const uint64_t none[] = {
		PRIORITY(0),	   PLIC + 0x1080,   PLIC + 0x1ffc,
		PLIC + 0x2000,		      /* M-mode of the first hart */
		PLIC + 0x2100,	   ENABLE(2), /* of a hart that is not there */
		PLIC + 0x1f1ffc,   PLIC + 0x1f2000, PLIC + 0x1ffffc,
		PLIC + 0x200000,   PLIC + 0x200004, CLAIM(0) + 4,
		CLAIM(1) + 0xff8,  THRESHOLD(2),    CLAIM(2),
		PLIC + LENGTH - 4,
	};

	plic_inject(&vm, 1);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		wr(none[i], UINT32_MAX);
		assert_int_equal(rd(none[i]), 0);
	}
	assert_int_equal(rd(PENDING(1)), 2);
	assert_int_equal(vm.arch.plic.external, 0);
}

static void test_only_words(void **state)
{
	const unsigned widths[] = { 1, 2, 8 };

	wr(PRIORITY(1), 7);
	for (unsigned i = 0; i < 3; i++) {
		wr_width(PRIORITY(1), widths[i], 3);
		assert_int_equal(rd_width(PRIORITY(1), widths[i]), 0);
	}
	wr(PRIORITY(1) + 2, 3);
	assert_int_equal(rd(PRIORITY(1) + 2), 0);
	assert_int_equal(rd(PRIORITY(1)), 7);
}

static void test_pending_is_read_only(void **state)
{
	plic_inject(&vm, 33);
	wr(PENDING(33), 0);
	assert_int_equal(rd(PENDING(33)), 2);
	wr(PENDING(33), 4);
	assert_int_equal(rd(PENDING(33)), 2);
}

static void test_claim_and_complete(void **state)
{
	enable(0, 10, 1);
	assert_false(external[0]);
	plic_set_line(&vm, 10, true);
	assert_true(external[0]);
	assert_false(external[1]);
	assert_int_equal(rd(CLAIM(0)), 10);
	assert_false(external[0]);
	assert_int_equal(rd(PENDING(10)), 0);
	assert_int_equal(rd(CLAIM(0)), 0);
	plic_set_line(&vm, 10, false);
	wr(CLAIM(0), 10);
	assert_false(external[0]);
}

static void test_level_comes_again_at_completion(void **state)
{
	enable(0, 10, 1);
	plic_set_line(&vm, 10, true);
	assert_int_equal(rd(CLAIM(0)), 10);
	wr(CLAIM(0), 10);
	assert_true(external[0]);
	assert_int_equal(rd(CLAIM(0)), 10);
	plic_set_line(&vm, 10, false);
	plic_set_line(&vm, 10, true); /* the gateway is closed */
	assert_int_equal(rd(PENDING(10)), 0);
	plic_set_line(&vm, 10, false);
	wr(CLAIM(0), 10);
	assert_int_equal(rd(CLAIM(0)), 0);
	plic_set_line(&vm, 10, true);
	plic_set_line(&vm, 10, false); /* a request that was made stays */
	assert_int_equal(rd(CLAIM(0)), 10);
}

static void test_an_edge_in_service_is_kept(void **state)
{
	enable(0, 40, 2);
	plic_inject(&vm, 40);
	plic_inject(&vm, 40); /* one request */
	assert_int_equal(rd(CLAIM(0)), 40);
	assert_int_equal(rd(CLAIM(0)), 0);
	plic_inject(&vm, 40);
	assert_int_equal(rd(PENDING(40)), 0);
	wr(CLAIM(0), 40);
	assert_int_equal(rd(CLAIM(0)), 40);
	wr(CLAIM(0), 40);
	assert_int_equal(rd(CLAIM(0)), 0);
}

static void test_priorities_order_claims(void **state)
{
	enable(1, 500, 7);
	enable(1, 3, 1);
	enable(1, 900, 7);
	enable(1, 4, 1);
	for (unsigned i = 0; i < 4; i++)
		plic_inject(&vm, (const unsigned[]){ 4, 900, 3, 500 }[i]);
	assert_int_equal(rd(CLAIM(1)), 500);
	assert_int_equal(rd(CLAIM(1)), 900);
	wr(PRIORITY(4), 2); /* of one that is pending */
	assert_int_equal(rd(CLAIM(1)), 4);
	wr(PRIORITY(3), 0);
	assert_false(external[1]);
	assert_int_equal(rd(PENDING(3)), 8);
	assert_int_equal(rd(CLAIM(1)), 0);
	wr(PRIORITY(3), 1);
	assert_true(external[1]);
}

static void test_threshold(void **state)
{
	enable(0, 7, 3);
	plic_inject(&vm, 7);
	assert_true(external[0]);
	wr(THRESHOLD(0), 3);
	assert_false(external[0]);
	wr(THRESHOLD(0), 2);
	assert_true(external[0]);
	wr(THRESHOLD(0), 7);
	assert_false(external[0]);
	assert_int_equal(rd(CLAIM(0)), 7); /* which the threshold has no part in */
}

static void test_two_contexts_take_one_source(void **state)
{
	enable(0, 9, 1);
	enable(1, 9, 1);
	plic_set_line(&vm, 9, true);
	assert_true(external[0] && external[1]);
	assert_int_equal(rd(CLAIM(1)), 9);
	assert_false(external[0] || external[1]);
	assert_int_equal(rd(CLAIM(0)), 0);
	wr(CLAIM(0), 9); /* any context that has it enabled completes it */
	assert_true(external[0] && external[1]);
}

static void test_completion_of_others_is_ignored(void **state)
{
	enable(0, 9, 1);
	plic_set_line(&vm, 9, true);
	assert_int_equal(rd(CLAIM(0)), 9);
	wr(CLAIM(1), 9); /* not enabled there */
	wr(CLAIM(0), 8);
	wr(CLAIM(0), 0);
	wr(CLAIM(0), 1024);
	wr(CLAIM(0), UINT32_MAX);
	assert_false(external[0]);
	wr(ENABLE(0), 0);
	wr(CLAIM(0), 9);
	wr(ENABLE(0), 1u << 9);
	assert_false(external[0]);
	wr(CLAIM(0), 9);
	assert_true(external[0]);
}

static void test_disabling_takes_the_interrupt_back(void **state)
{
	enable(0, 700, 1);
	plic_inject(&vm, 700);
	wr(ENABLE(0) + 700 / 32 * 4, 0);
	assert_false(external[0]);
	assert_int_equal(rd(CLAIM(0)), 0);
	wr(ENABLE(0) + 700 / 32 * 4, UINT32_MAX);
	assert_true(external[0]);
}

static void test_reset(void **state)
{
	enable(0, 9, 1);
	enable(1, 1023, 7);
	plic_set_line(&vm, 9, true);
	plic_inject(&vm, 1023);
	assert_int_equal(rd(CLAIM(1)), 1023);
	plic_vm_reset(&vm);
	assert_false(external[0] || external[1]);
	assert_int_equal(rd(PRIORITY(9)) | rd(ENABLE(0)) | rd(PENDING(9)), 0);
	enable(1, 1023, 7);
	plic_inject(&vm, 1023); /* its gateway is open again */
	assert_int_equal(rd(CLAIM(1)), 1023);
}

static void assert_cells(const void *fdt, int node, const char *name, const uint32_t *want, int num)
{
	int len;
	const fdt32_t *cells = fdt_getprop(fdt, node, name, &len);

	assert_int_equal(len, num * 4);
	for (int i = 0; i < num; i++)
		assert_int_equal(fdt32_to_cpu(cells[i]), want[i]);
}

/* The PLIC's node in the tree that is made now. */
static int describe(const void **tree)
{
	static char fdt[1024];

	assert_int_equal(fdt_create(fdt, sizeof(fdt)), 0);
	assert_int_equal(fdt_finish_reservemap(fdt), 0);
	assert_int_equal(fdt_begin_node(fdt, ""), 0);
	assert_int_equal(plic_fdt(&vm, fdt), 0);
	assert_int_equal(fdt_end_node(fdt) | fdt_finish(fdt), 0);
	*tree = fdt;
	return fdt_node_offset_by_phandle(fdt, FDT_INTC_PHANDLE);
}

static void test_device_tree(void **state)
{
	const uint32_t reg[] = { 0, PLIC, 0, LENGTH };
	const uint32_t contexts[] = { 0x100, UINT32_MAX, 0x100, 9, 0x101, UINT32_MAX, 0x101, 9 };
	const void *fdt;
	int node = describe(&fdt);

	assert_true(node > 0);
	assert_int_equal(fdt_node_check_compatible(fdt, node, "sifive,plic-1.0.0"), 0);
	assert_int_equal(fdt_node_check_compatible(fdt, node, "riscv,plic0"), 0);
	assert_cells(fdt, node, "reg", reg, 4);
	assert_cells(fdt, node, "interrupts-extended", contexts, 8);
	assert_non_null(fdt_getprop(fdt, node, "interrupt-controller", NULL));
}

static void test_device_tree_promises_what_is_wired(void **state)
{
	const void *fdt;
	int node = describe(&fdt);

	assert_cells(fdt, node, "riscv,ndev", &(uint32_t){ 95 }, 1);
	vm.config.ivc_channel_num = 1;
	vm.config.ivc_channels[0].irq_id = 200;
	node = describe(&fdt);
	assert_cells(fdt, node, "riscv,ndev", &(uint32_t){ 200 }, 1);
}

static void test_against_a_naive_model(void **state)
{
	uint32_t seed = 1;

	for (unsigned round = 0; round < 64; round++) {
		start(1 + round % CPUS);
		for (unsigned step = 0; step < 500; step++) {
			seed = seed * 1664525 + 1013904223;
			any_operation(seed >> 8, seed >> 16, seed >> 3);
			compare(round % 8 == 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_init_refuses, setup),
		cmocka_unit_test_setup(test_registers_keep_their_bits, setup),
		cmocka_unit_test_setup(test_what_does_not_exist_reads_zero, setup),
		cmocka_unit_test_setup(test_only_words, setup),
		cmocka_unit_test_setup(test_pending_is_read_only, setup),
		cmocka_unit_test_setup(test_claim_and_complete, setup),
		cmocka_unit_test_setup(test_level_comes_again_at_completion, setup),
		cmocka_unit_test_setup(test_an_edge_in_service_is_kept, setup),
		cmocka_unit_test_setup(test_priorities_order_claims, setup),
		cmocka_unit_test_setup(test_threshold, setup),
		cmocka_unit_test_setup(test_two_contexts_take_one_source, setup),
		cmocka_unit_test_setup(test_completion_of_others_is_ignored, setup),
		cmocka_unit_test_setup(test_disabling_takes_the_interrupt_back, setup),
		cmocka_unit_test_setup(test_reset, setup),
		cmocka_unit_test_setup(test_device_tree, setup),
		cmocka_unit_test_setup(test_device_tree_promises_what_is_wired, setup),
		cmocka_unit_test_setup(test_against_a_naive_model, setup),
	};

	return cmocka_run_group_tests_name("plic", tests, NULL, NULL);
}
