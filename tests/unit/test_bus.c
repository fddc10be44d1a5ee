/* SPDX-License-Identifier: Apache-2.0 */
/* The device bus. */
#include "bus.h"
#include "sim_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
	struct sim_host sim;
	struct arena arena;
	struct bus bus;
};

static uint64_t last_offset, last_value;
static unsigned last_width;
static bool lock_was_held;

static uint64_t probe_read(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu)
{
	const struct bus_range *range = opaque;

	(void)vcpu;
	last_offset = offset;
	last_width = width;
	lock_was_held = range && range->lock.next != range->lock.owner;
	return 0x1122334455667788;
}

static void probe_write(void *opaque, uint64_t offset, unsigned width, uint64_t value,
			struct axvm_vcpu *vcpu)
{
	probe_read(opaque, offset, width, vcpu);
	last_value = value;
}

static struct bus_range range_at(uint64_t base, uint64_t length)
{
	return (struct bus_range){
		.base = base, .length = length, .read = probe_read, .write = probe_write
	};
}

static enum axvm_error add(struct fixture *f, uint64_t base, uint64_t length)
{
	const struct bus_range range = range_at(base, length);

	return bus_add(&f->bus, &range);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sim_host_init(&f->sim);
	arena_init(&f->arena, &f->sim.hal);
	assert_int_equal(bus_init(&f->bus, &f->arena, 4), AXVM_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(&f->arena);
	sim_host_fini(&f->sim);
	free(f);
	return 0;
}

static void empty_bus_has_nothing(void **state)
{
	struct fixture *f = *state;

	assert_null(bus_find(&f->bus, 0, 1));
	assert_null(bus_find(&f->bus, UINT64_MAX, 8));
	assert_false(bus_overlaps(&f->bus, 0, UINT64_MAX));
}

static void lesson_38_the_whole_access_or_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, 0x2000, 0x10), AXVM_OK);
	assert_int_equal(add(f, 0x1000, 0x10), AXVM_OK);
	assert_int_equal(add(f, 0x1010, 2), AXVM_OK);
	assert_int_equal(bus_find(&f->bus, 0x1000, 8)->base, 0x1000);
	assert_int_equal(bus_find(&f->bus, 0x100f, 1)->base, 0x1000);
	assert_null(bus_find(&f->bus, 0x100f, 2)); /* crosses into the next one */
	assert_null(bus_find(&f->bus, 0xfff, 2));
	assert_int_equal(bus_find(&f->bus, 0x1010, 2)->base, 0x1010);
	assert_null(bus_find(&f->bus, 0x1010, 4)); /* wider than the device */
	assert_null(bus_find(&f->bus, 0x1012, 1));
	assert_int_equal(bus_find(&f->bus, 0x2008, 8)->base, 0x2000);
	assert_null(bus_find(&f->bus, 0x200c, 8));
}

static void end_of_the_address_space(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, UINT64_MAX - 0xf, 0x10), AXVM_OK);
	assert_non_null(bus_find(&f->bus, UINT64_MAX - 7, 8));
	assert_null(bus_find(&f->bus, UINT64_MAX - 6, 8));
	assert_true(bus_overlaps(&f->bus, UINT64_MAX, 1));
	assert_int_equal(add(f, UINT64_MAX - 0xff, 0x101), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(add(f, 0x1000, 0), AXVM_ERR_INVALID_INPUT);
}

static void overlaps_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, 0x1000, 0x1000), AXVM_OK);
	assert_int_equal(add(f, 0x1000, 0x1000), AXVM_ERR_ALREADY_EXISTS);
	assert_int_equal(add(f, 0x1fff, 1), AXVM_ERR_ALREADY_EXISTS);
	assert_int_equal(add(f, 0xfff, 2), AXVM_ERR_ALREADY_EXISTS);
	assert_int_equal(add(f, 0, UINT64_MAX), AXVM_ERR_ALREADY_EXISTS);
	assert_int_equal(add(f, 0x2000, 1), AXVM_OK);
	assert_int_equal(add(f, 0xfff, 1), AXVM_OK);
	assert_false(bus_overlaps(&f->bus, 0x1000, 0));
	assert_false(bus_overlaps(&f->bus, 0x2001, 0x1000));
	assert_true(bus_overlaps(&f->bus, 0, 0x1000));
	assert_false(bus_overlaps(&f->bus, 0, 0xfff));
}

static void full_bus(void **state)
{
	struct fixture *f = *state;

	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(add(f, 0x1000 * i, 0x1000), AXVM_OK);
	assert_int_equal(add(f, 0x10000, 1), AXVM_ERR_NO_MEMORY);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(f->bus.ranges[i].base, 0x1000 * i);
}

static void accesses_reach_the_range(void **state)
{
	struct fixture *f = *state;
	struct bus_range *range;

	assert_int_equal(add(f, 0x1000, 0x1000), AXVM_OK);
	range = bus_find(&f->bus, 0x1234, 4);
	range->opaque = range;
	assert_int_equal(bus_read(range, 0x1234, 4, NULL), 0x1122334455667788);
	assert_int_equal(last_offset, 0x234);
	assert_int_equal(last_width, 4);
	assert_false(lock_was_held);
	range->locked = true;
	bus_write(range, 0x1fff, 1, 0x5a, NULL);
	assert_int_equal(last_offset, 0xfff);
	assert_int_equal(last_value, 0x5a);
	assert_true(lock_was_held);
	bus_read(range, 0x1000, 8, NULL);
	assert_true(lock_was_held);
	assert_int_equal(range->lock.next, range->lock.owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(empty_bus_has_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(lesson_38_the_whole_access_or_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(end_of_the_address_space, setup, teardown),
		cmocka_unit_test_setup_teardown(overlaps_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(full_bus, setup, teardown),
		cmocka_unit_test_setup_teardown(accesses_reach_the_range, setup, teardown),
	};

	return cmocka_run_group_tests_name("bus", tests, NULL, NULL);
}
