/* SPDX-License-Identifier: Apache-2.0 */
/* The list registers: few of them for many interrupts, and vCPUs that leave their CPUs. */
#include "vgic_model.h"

/* The whole way of an SGI to itself: one list register written, no notice, no maintenance. */
static void test_self_sgi_is_cheap(void **state)
{
	for (unsigned k = 0; k < 20; k++) {
		cpus[0].lr_writes = 0;
		self = 0;
		vgic_sgi(&vcpus[0], sgi_value(1, 1, 0), 1);
		assert_int_equal(vcpus[0].request, 0);
		assert_int_equal(cpus[0].lr_writes, 1);
		assert_int_equal(ack_any(0), 1);
		assert_int_equal(eoi(0, 1), 0);
	}
	assert_int_equal(notified[0], 0);
}

/* More than fit: the best go first, whatever the order they came in, and the rest follow. */
static void lesson_19_more_interrupts_than_list_registers(void **state)
{
	unsigned last = 0;

	for (unsigned i = 0; i < 20; i++)
		enable_spi(64 + i, (i * 7 % 20) * 8, 0);
	wr32(GICD + ISPENDR + 8, 0xfffff);
	for (unsigned i = 0; i < 20; i++) {
		unsigned intid = ack_any(0);

		assert_in_range(intid, 64, 83);
		assert_true(rd(0, GICD + IPRIORITYR + intid, 1) >= last);
		last = rd(0, GICD + IPRIORITYR + intid, 1);
		eoi(0, intid);
	}
	assert_int_equal(ack_any(0), SPURIOUS);
	assert_int_equal(cpus[0].reg[ICH_HCR], ICH_HCR_EN);
}

/* Deeper nesting than there are list registers. */
static void lesson_19_deeper_nesting_than_list_registers(void **state)
{
	start(2);
	for (unsigned i = 0; i < 10; i++)
		enable_spi(64 + i, (20 - i) * 8, 0);
	for (unsigned i = 0; i < 10; i++) {
		wr32(GICD + ISPENDR + 8, 1u << i);
		assert_int_equal(ack_any(0), 64 + i);
	}
	assert_int_equal(rd32(GICD + ISACTIVER + 8), 0x3ff);
	leave(0);
	run_on(0);
	for (unsigned i = 10; i-- > 0;) {
		assert_int_equal(ack_any(0), SPURIOUS);
		eoi(0, 64 + i);
		assert_int_equal(rd32(GICD + ISACTIVER + 8), (1u << i) - 1);
	}
	assert_int_equal(cpus[0].reg[ICH_HCR], ICH_HCR_EN);
}

/* An active interrupt that is pending again does not keep better ones out of the list registers. */
static void test_overflow_again(void **state)
{
	start(2);
	enable_spi(67, 0x40, 0);
	enable_spi(68, 0x30, 0);
	enable_spi(69, 0x38, 0);
	wr32(GICD + ISPENDR + 8, 1u << 3);
	assert_int_equal(ack_any(0), 67);
	wr32(GICD + ISPENDR + 8, 7u << 3);
	assert_int_equal(ack_any(0), 68);
	eoi(0, 68);
	assert_int_equal(ack_any(0), 69);
	eoi(0, 69);
	assert_int_equal(ack_any(0), SPURIOUS);
	eoi(0, 67);
	assert_int_equal(ack_any(0), 67);
	eoi(0, 67);
	assert_int_equal(ack_any(0), SPURIOUS);
}

static void test_overflow_again_by_sgi(void **state)
{
	start(2);
	wr(0, SGI(0) + IPRIORITYR + 5, 1, 0x40);
	enable_spi(68, 0x30, 0);
	enable_spi(69, 0x38, 0);
	send_sgi(0, sgi_value(5, 1, 0), 1);
	assert_int_equal(ack_any(0), 5);
	wr32(GICD + ISPENDR + 8, 3u << 4);
	send_sgi(0, sgi_value(5, 1, 0), 1);
	assert_int_equal(ack_any(0), 68);
	eoi(0, 68);
	assert_int_equal(ack_any(0), 69);
	eoi(0, 69);
	eoi(0, 5);
	assert_int_equal(ack_any(0), 5);
}

/* Another vCPU's SGI has not reached the list registers yet when the vCPU sends the same itself. */
static void test_sgi_from_two(void **state)
{
	self = 1;
	vgic_sgi(&vcpus[1], sgi_value(5, 1, 0), 1);
	self = 0;
	vgic_sgi(&vcpus[0], sgi_value(5, 1, 0), 1);
	assert_int_equal(ack_any(0), 5);
	send_sgi(0, sgi_value(5, 1, 0), 1);
	assert_int_equal(ack_any(0), SPURIOUS);
	eoi(0, 5);
	assert_int_equal(ack_any(0), 5);
	eoi(0, 5);
	assert_int_equal(ack_any(0), SPURIOUS);
}

static void test_trapped_dir(void **state)
{
	start(1);
	wr32(GICD + ISACTIVER + 8, 0xff);
	assert_true(cpus[0].reg[ICH_HCR] & ICH_HCR_TDIR);
	for (unsigned i = 0; i < 8; i++) {
		self = 0;
		vgic_dir(&vcpus[0], 64 + i);
		assert_int_equal(rd32(GICD + ISACTIVER + 8), 0xff & ~((2u << i) - 1));
	}
	vgic_dir(&vcpus[0], 5000);
	assert_int_equal(cpus[0].reg[ICH_HCR], ICH_HCR_EN);
}

static void test_active_set_and_cleared(void **state)
{
	enable_spi(70, 0x40, 1);
	wr32(GICD + ISACTIVER + 8, 1u << 6);
	wr32(GICD + ISPENDR + 8, 1u << 6);
	enter_all();
	assert_int_equal(ack_any(1), SPURIOUS);
	wr32(GICD + ICACTIVER + 8, 1u << 6);
	enter_all();
	assert_int_equal(ack_any(1), 70);
	assert_int_equal(rd32(GICD + ISACTIVER + 8), 0); /* last known; asks vCPU 1 */
	enter_all();
	assert_int_equal(rd32(GICD + ISACTIVER + 8), 1u << 6);
	wr32(GICD + ICACTIVER + 8, 1u << 6);
	assert_int_equal(rd32(GICD + ISACTIVER + 8), 0);
	enter_all();
	assert_int_equal(rd32(GICD + ISACTIVER + 8), 0);
}

/* Pending and active interrupts go with a vCPU that leaves its CPU. */
static void test_save_and_load(void **state)
{
	enable_spi(40, 0x80, 1);
	enable_spi(41, 0x40, 1);
	set_line(40, true);
	assert_int_equal(ack_any(1), 40);
	set_line(41, true);
	leave(1);
	assert_true(vgic_irq_pending(&vcpus[1]));
	assert_int_equal(rd32(GICD + ISACTIVER + 4), 1u << 8);
	set_line(41, false);
	self = 0;
	assert_false(vgic_irq_pending(&vcpus[1]));
	set_line(41, true);
	self = 1;
	memset(cpus[1].reg, 0, sizeof(cpus[1].reg));
	run_on(1);
	assert_int_equal(ack_any(1), 41);
	eoi(1, 41);
	set_line(41, false);
	set_line(40, false);
	eoi(1, 40);
	assert_int_equal(ack_any(1), SPURIOUS);
}

static void test_idle_save_writes_nothing(void **state)
{
	cpus[1].lr_writes = 0;
	leave(1);
	run_on(1);
	assert_int_equal(cpus[1].lr_writes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_self_sgi_is_cheap, vgic_setup),
		cmocka_unit_test_setup(lesson_19_more_interrupts_than_list_registers, vgic_setup),
		cmocka_unit_test_setup(lesson_19_deeper_nesting_than_list_registers, vgic_setup),
		cmocka_unit_test_setup(test_overflow_again, vgic_setup),
		cmocka_unit_test_setup(test_overflow_again_by_sgi, vgic_setup),
		cmocka_unit_test_setup(test_sgi_from_two, vgic_setup),
		cmocka_unit_test_setup(test_trapped_dir, vgic_setup),
		cmocka_unit_test_setup(test_active_set_and_cleared, vgic_setup),
		cmocka_unit_test_setup(test_save_and_load, vgic_setup),
		cmocka_unit_test_setup(test_idle_save_writes_nothing, vgic_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
