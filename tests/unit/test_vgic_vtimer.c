/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual timer's interrupt, which a physical one is behind. */
#include "vgic_model.h"

static void test_vtimer(void **state)
{
	for (unsigned k = 0; k < 3; k++) {
		fire_timer(1);
		assert_int_equal(ack_any(1), 27);
		assert_true(cpus[1].timer_active);
		cpus[1].timer_line = false;
		assert_int_equal(eoi(1, 27), 0);
		assert_false(cpus[1].timer_active);
	}
	assert_int_equal(notified[1], 0);
}

static void test_vtimer_moves(void **state)
{
	fire_timer(1);
	leave(1);
	assert_false(cpus[1].timer_active);
	assert_true(vgic_irq_pending(&vcpus[1]));
	run_on(1);
	assert_true(cpus[1].timer_active);
	assert_int_equal(ack_any(1), 27);
	leave(1);
	assert_false(cpus[1].timer_active);
	run_on(1);
	assert_true(cpus[1].timer_active);
	cpus[1].timer_line = false;
	eoi(1, 27);
	assert_false(cpus[1].timer_active);
	leave(1);
	run_on(1);
	assert_false(cpus[1].timer_active);
}

/* Whatever takes the interrupt away from the guest lets the physical one go, or it never fires. */
static void test_vtimer_let_go(void **state)
{
	fire_timer(1);
	wr(1, SGI(1) + ICPENDR, 4, 1u << 27);
	assert_false(cpus[1].timer_active);
	fire_timer(1); /* the line is still high */
	assert_int_equal(ack_any(1), 27);
	wr(0, SGI(1) + ICACTIVER, 4, 1u << 27);
	enter_all();
	assert_false(cpus[1].timer_active);
	drop_priority(1);
	wr(1, SGI(1) + ICENABLER, 4, 1u << 27);
	fire_timer(1);
	assert_true(cpus[1].timer_active);
	assert_int_equal(rd(1, SGI(1) + ISPENDR, 4), 1u << 27);
	cpus[1].timer_line = false; /* the guest has moved its deadline */
	assert_int_equal(rd(1, SGI(1) + ISPENDR, 4), 0);
	assert_false(cpus[1].timer_active);
}

static void test_vtimer_again_by_software(void **state)
{
	fire_timer(1);
	assert_int_equal(ack_any(1), 27);
	cpus[1].timer_line = false;
	wr(1, SGI(1) + ISPENDR, 4, 1u << 27);
	eoi(1, 27);
	assert_int_equal(ack_any(1), 27);
	eoi(1, 27);
	assert_int_equal(ack_any(1), SPURIOUS);
	assert_false(cpus[1].timer_active);
	fire_timer(1);
	assert_int_equal(ack_any(1), 27);
	cpus[1].timer_line = false;
	eoi(1, 27);
	/* The physical one comes on top of one by software: the guest's end is the end of both. */
	wr(1, SGI(1) + ISPENDR, 4, 1u << 27);
	fire_timer(1);
	assert_int_equal(ack_any(1), 27);
	cpus[1].timer_line = false;
	eoi(1, 27);
	assert_false(cpus[1].timer_active);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_vtimer, vgic_setup),
		cmocka_unit_test_setup(test_vtimer_moves, vgic_setup),
		cmocka_unit_test_setup(test_vtimer_let_go, vgic_setup),
		cmocka_unit_test_setup(test_vtimer_again_by_software, vgic_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
