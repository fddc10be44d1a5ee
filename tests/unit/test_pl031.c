/* SPDX-License-Identifier: Apache-2.0 */
/* The PL031 against its manual (DDI 0224, chapter 3). */
#include "fake_device.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	DR = 0x00,
	MR = 0x04,
	LR = 0x08,
	CR = 0x0c,
	IMSC = 0x10,
	RIS = 0x14,
	MIS = 0x18,
	ICR = 0x1c,
};

#define SECOND UINT64_C(1000000000)
#define WALL   1700000000u

static int setup(void **state)
{
	struct fake_device *f = malloc(sizeof(*f));

	fake_device_init(f);
	f->wall = WALL;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fake_device_fini(*state);
	free(*state);
	return 0;
}

static void counts_wall_clock_seconds(void **state)
{
	struct fake_device *f = *state;

	assert_int_equal(fake_read(f, DR), WALL);
	fake_device_advance(f, SECOND - 1);
	assert_int_equal(fake_read(f, DR), WALL);
	fake_device_advance(f, 1);
	assert_int_equal(fake_read(f, DR), WALL + 1);
	f->wall++; /* the host's rounding must not show */
	assert_int_equal(fake_read(f, DR), WALL + 1);
	assert_int_equal(fake_read(f, CR), 1);
}

static void load_sets_the_counter(void **state)
{
	struct fake_device *f = *state;

	fake_device_advance(f, 100 * SECOND);
	fake_write(f, LR, 5000);
	assert_int_equal(fake_read(f, DR), 5000);
	assert_int_equal(fake_read(f, LR), 5000);
	fake_device_advance(f, 7 * SECOND);
	assert_int_equal(fake_read(f, DR), 5007);
	fake_write(f, DR, 1);
	assert_int_equal(fake_read(f, DR), 5007);
}

static void match_in_the_future(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, IMSC, 1);
	fake_write(f, MR, WALL + 10);
	assert_int_equal(fake_read(f, IMSC), 1);
	assert_int_equal(fake_read(f, MR), WALL + 10);
	assert_int_equal(f->deadline, 10 * SECOND);
	fake_device_advance(f, 9 * SECOND);
	assert_int_equal(fake_read(f, RIS), 0);
	fake_device_advance(f, SECOND); /* no access: the timer alone */
	assert_true(f->irq);
	assert_int_equal(fake_read(f, MIS), 1);
	fake_write(f, ICR, 1);
	assert_false(f->irq);
	fake_device_advance(f, 5 * SECOND);
	assert_int_equal(fake_read(f, RIS), 0); /* it does not match again */
}

static void match_is_seen_by_an_access(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, MR, WALL + 3);
	f->now = 4 * SECOND; /* a host without timer */
	assert_int_equal(fake_read(f, RIS), 1);
	assert_int_equal(fake_read(f, MIS), 0);
	assert_false(f->irq);
	fake_write(f, IMSC, 1);
	assert_true(f->irq);
	fake_write(f, IMSC, 0);
	assert_false(f->irq);
}

static void match_now_and_in_the_past(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, MR, WALL);
	assert_int_equal(fake_read(f, RIS), 1);
	fake_write(f, ICR, 1);
	fake_write(f, MR, WALL - 1); /* 2^32 - 1 seconds from now */
	assert_int_equal(fake_read(f, RIS), 0);
	assert_int_equal(f->deadline, UINT32_MAX * SECOND);
	fake_device_advance(f, 1000 * SECOND);
	assert_int_equal(fake_read(f, RIS), 0);
}

static void load_moves_the_match(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, MR, WALL + 1000);
	fake_write(f, LR, WALL + 995);
	assert_int_equal(f->deadline, 5 * SECOND);
	fake_device_advance(f, 5 * SECOND);
	assert_int_equal(fake_read(f, RIS), 1);
}

static void counter_wraps(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, LR, UINT32_MAX);
	fake_write(f, MR, 1);
	fake_device_advance(f, SECOND);
	assert_int_equal(fake_read(f, DR), 0);
	assert_int_equal(fake_read(f, RIS), 0);
	fake_device_advance(f, SECOND);
	assert_int_equal(fake_read(f, RIS), 1);
}

static void no_match_before_one_is_asked_for(void **state)
{
	struct fake_device *f = *state;

	f->wall = 0;
	fake_write(f, IMSC, 1);
	assert_int_equal(fake_read(f, DR), 0);
	assert_int_equal(fake_read(f, RIS), 0);
	assert_int_equal(f->deadline, UINT64_MAX);
}

static void lesson_42_read_only_registers_keep_their_values(void **state)
{
	static const uint8_t want[8] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
	struct fake_device *f = *state;

	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(fake_read(f, 0xfe0 + 4 * i), want[i]);
	assert_int_equal(fake_read(f, 0x20), 0);
	assert_int_equal(fake_read(f, 0xfe1), 0);
	assert_int_equal(fake_read(f, 0x1000), 0);
	fake_write(f, 0x20, 1);
	fake_write(f, CR, 0);
	assert_int_equal(fake_read(f, CR), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts_wall_clock_seconds, setup, teardown),
		cmocka_unit_test_setup_teardown(load_sets_the_counter, setup, teardown),
		cmocka_unit_test_setup_teardown(match_in_the_future, setup, teardown),
		cmocka_unit_test_setup_teardown(match_is_seen_by_an_access, setup, teardown),
		cmocka_unit_test_setup_teardown(match_now_and_in_the_past, setup, teardown),
		cmocka_unit_test_setup_teardown(load_moves_the_match, setup, teardown),
		cmocka_unit_test_setup_teardown(counter_wraps, setup, teardown),
		cmocka_unit_test_setup_teardown(no_match_before_one_is_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(lesson_42_read_only_registers_keep_their_values,
						setup, teardown),
	};

	return cmocka_run_group_tests_name("pl031", tests, NULL, NULL);
}
