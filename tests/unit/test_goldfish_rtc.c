/* SPDX-License-Identifier: Apache-2.0 */
/* The Goldfish real-time clock against its description and QEMU's hw/rtc/goldfish_rtc. */
#include "fake_device.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	TIME_LOW = 0x00,
	TIME_HIGH = 0x04,
	ALARM_LOW = 0x08,
	ALARM_HIGH = 0x0c,
	IRQ_ENABLED = 0x10,
	CLEAR_ALARM = 0x14,
	ALARM_STATUS = 0x18,
	CLEAR_INTERRUPT = 0x1c,
};

#define SECOND UINT64_C(1000000000)
#define WALL   UINT64_C(1700000000)

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

static uint64_t time_of(struct fake_device *f)
{
	uint64_t low = fake_read(f, TIME_LOW);

	return (uint64_t)fake_read(f, TIME_HIGH) << 32 | low;
}

static void alarm_at(struct fake_device *f, uint64_t when)
{
	fake_write(f, ALARM_HIGH, (uint32_t)(when >> 32));
	fake_write(f, ALARM_LOW, (uint32_t)when);
}

static void set_time(struct fake_device *f, uint64_t when)
{
	fake_write(f, TIME_HIGH, (uint32_t)(when >> 32));
	fake_write(f, TIME_LOW, (uint32_t)when);
}

static void counts_nanoseconds_of_the_wall_clock(void **state)
{
	struct fake_device *f = *state;

	assert_true(time_of(f) == WALL * SECOND);
	fake_device_advance(f, 12345);
	assert_true(time_of(f) == WALL * SECOND + 12345);
	f->wall++; /* the host's rounding must not show */
	assert_true(time_of(f) == WALL * SECOND + 12345);
}

static void the_low_half_latches_the_high_one(void **state)
{
	struct fake_device *f = *state;
	uint64_t before = WALL * SECOND;

	assert_int_equal(fake_read(f, TIME_LOW), (uint32_t)before);
	fake_device_advance(f, UINT64_C(5) << 32);
	assert_int_equal(fake_read(f, TIME_HIGH), before >> 32);
	fake_read(f, TIME_LOW);
	assert_int_equal(fake_read(f, TIME_HIGH), (before >> 32) + 5);
}

static void the_time_can_be_set(void **state)
{
	struct fake_device *f = *state;

	fake_device_advance(f, 77 * SECOND);
	set_time(f, 1000 * SECOND);
	assert_true(time_of(f) == 1000 * SECOND);
	fake_device_advance(f, 3);
	assert_true(time_of(f) == 1000 * SECOND + 3);
}

static void an_alarm_in_the_future(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, IRQ_ENABLED, 0xffffffff);
	assert_int_equal(fake_read(f, IRQ_ENABLED), 1);
	alarm_at(f, (WALL + 10) * SECOND);
	assert_int_equal(fake_read(f, ALARM_LOW), (uint32_t)((WALL + 10) * SECOND));
	assert_int_equal(fake_read(f, ALARM_HIGH), (WALL + 10) * SECOND >> 32);
	assert_int_equal(fake_read(f, ALARM_STATUS), 1);
	assert_true(f->deadline == 10 * SECOND);
	fake_device_advance(f, 10 * SECOND - 1);
	assert_false(f->irq);
	fake_device_advance(f, 1); /* no access: the timer alone */
	assert_true(f->irq);
	assert_int_equal(fake_read(f, ALARM_STATUS), 0);
	fake_write(f, CLEAR_INTERRUPT, 1);
	assert_false(f->irq);
	fake_device_advance(f, 5 * SECOND);
	fake_read(f, TIME_LOW);
	assert_false(f->irq); /* it does not come again */
}

static void an_alarm_in_the_past_is_due_at_once(void **state)
{
	struct fake_device *f = *state;

	alarm_at(f, WALL * SECOND - 1);
	assert_int_equal(fake_read(f, ALARM_STATUS), 0);
	assert_false(f->irq);
	fake_write(f, IRQ_ENABLED, 1); /* it has waited for this */
	assert_true(f->irq);
	fake_write(f, IRQ_ENABLED, 0);
	assert_false(f->irq);
}

static void an_alarm_is_seen_by_an_access(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, IRQ_ENABLED, 1);
	alarm_at(f, (WALL + 3) * SECOND);
	f->now = 4 * SECOND; /* a host without timer */
	assert_int_equal(fake_read(f, ALARM_STATUS), 0);
	assert_true(f->irq);
}

static void a_cancelled_alarm_does_not_come(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, IRQ_ENABLED, 1);
	alarm_at(f, (WALL + 3) * SECOND);
	fake_write(f, CLEAR_ALARM, 1);
	assert_int_equal(fake_read(f, ALARM_STATUS), 0);
	assert_true(f->deadline == UINT64_MAX);
	fake_device_advance(f, 9 * SECOND);
	fake_read(f, TIME_LOW);
	assert_false(f->irq);
}

static void a_new_time_moves_the_alarm(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, IRQ_ENABLED, 1);
	alarm_at(f, (WALL + 1000) * SECOND);
	set_time(f, (WALL + 995) * SECOND);
	assert_true(f->deadline == 5 * SECOND);
	fake_device_advance(f, 5 * SECOND);
	assert_true(f->irq);
}

static void lesson_39_no_alarm_is_too_far(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, IRQ_ENABLED, 1);
	fake_device_advance(f, SECOND);
	alarm_at(f, UINT64_MAX);
	assert_int_equal(fake_read(f, ALARM_STATUS), 1);
	assert_false(f->irq);
	set_time(f, 0);
	assert_true(f->deadline == UINT64_MAX); /* further away than time goes */
	fake_device_advance(f, 1000 * SECOND);
	assert_false(f->irq);
	set_time(f, UINT64_MAX - 7);
	fake_device_advance(f, 7);
	assert_true(f->irq);
	fake_device_advance(f, 1);
	assert_true(time_of(f) == 0);
}

static void no_alarm_before_one_is_asked_for(void **state)
{
	struct fake_device *f = *state;

	f->wall = 0;
	fake_write(f, IRQ_ENABLED, 1);
	assert_true(time_of(f) == 0);
	assert_false(f->irq);
	assert_true(f->deadline == UINT64_MAX);
	assert_int_equal(fake_read(f, ALARM_STATUS), 0);
}

static void lesson_42_read_only_registers_keep_their_values(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, ALARM_STATUS, 1);
	assert_int_equal(fake_read(f, ALARM_STATUS), 0);
	for (uint64_t offset = 0x20; offset < 0x1000; offset += 4) {
		fake_write(f, offset, UINT32_MAX);
		assert_int_equal(fake_read(f, offset), 0);
	}
	fake_write(f, TIME_LOW + 1, 0);
	assert_int_equal(fake_read(f, TIME_LOW + 1), 0);
	assert_true(time_of(f) == WALL * SECOND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_nanoseconds_of_the_wall_clock),
		TEST(the_low_half_latches_the_high_one),
		TEST(the_time_can_be_set),
		TEST(an_alarm_in_the_future),
		TEST(an_alarm_in_the_past_is_due_at_once),
		TEST(an_alarm_is_seen_by_an_access),
		TEST(a_cancelled_alarm_does_not_come),
		TEST(a_new_time_moves_the_alarm),
		TEST(lesson_39_no_alarm_is_too_far),
		TEST(no_alarm_before_one_is_asked_for),
		TEST(lesson_42_read_only_registers_keep_their_values),
	};

	return cmocka_run_group_tests_name("goldfish_rtc", tests, NULL, NULL);
}
