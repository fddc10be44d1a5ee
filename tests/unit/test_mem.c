/* SPDX-License-Identifier: Apache-2.0 */
/* Page frames of the bare-metal host. No memory is behind them: only the bits are looked at. */
#include "frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BASE 0x40000000ull
#define MIB  0x100000ull
#define NUM  ((size_t)(512 * MIB / FRAME_SIZE))

static int setup(void **state)
{
	struct frames *f = malloc(sizeof(*f));

	frames_init(f, BASE, NUM, malloc(frames_meta_size(NUM)));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct frames *f = *state;

	free(f->used);
	free(f);
	return 0;
}

static void metadata_is_small(void **state)
{
	assert_true(frames_meta_size(NUM) <= NUM / 8 + NUM / 128);
}

static void nothing_is_free_before_it_was_added(void **state)
{
	struct frames *f = *state;
	uint64_t at;

	assert_false(frames_alloc(f, 1, FRAME_SIZE, &at));
	assert_false(frames_take(f, BASE, 1));
	assert_int_equal(f->free, 0);
}

static void only_whole_frames_are_added_and_touched_ones_reserved(void **state)
{
	struct frames *f = *state;

	frames_add(f, BASE + 1, 3 * FRAME_SIZE);
	assert_int_equal(f->free, 2);
	frames_add(f, 0, BASE + FRAME_SIZE);
	assert_int_equal(f->free, 3);
	frames_add(f, BASE + (NUM - 1) * FRAME_SIZE, UINT64_MAX);
	assert_int_equal(f->free, 4);
	frames_reserve(f, BASE + FRAME_SIZE + 1, FRAME_SIZE);
	assert_int_equal(f->free, 2);
	frames_reserve(f, BASE, 0);
	assert_int_equal(f->free, 2);
}

static void singles_come_from_the_bottom_and_run_out(void **state)
{
	struct frames *f = *state;
	uint64_t at;

	frames_add(f, BASE, 200 * FRAME_SIZE);
	for (size_t i = 0; i < 200; i++) {
		assert_true(frames_alloc(f, 1, FRAME_SIZE, &at));
		assert_int_equal(at, BASE + i * FRAME_SIZE);
	}
	assert_false(frames_alloc(f, 1, FRAME_SIZE, &at));
	assert_true(frames_free(f, BASE + 77 * FRAME_SIZE, 1));
	assert_true(frames_alloc(f, 1, FRAME_SIZE, &at));
	assert_int_equal(at, BASE + 77 * FRAME_SIZE);
}

static void a_run_is_aligned_and_whole(void **state)
{
	struct frames *f = *state;
	uint64_t at;

	frames_add(f, BASE, NUM * FRAME_SIZE);
	frames_reserve(f, BASE + 300 * MIB, FRAME_SIZE);
	assert_true(frames_alloc(f, 256 * MIB / FRAME_SIZE, 2 * MIB, &at));
	assert_int_equal(at, BASE + 44 * MIB);
	assert_false(frames_alloc(f, 256 * MIB / FRAME_SIZE, 2 * MIB, &at));
	assert_true(frames_alloc(f, 200 * MIB / FRAME_SIZE, 2 * MIB, &at));
	assert_int_equal(at, BASE + 312 * MIB);
	assert_true(frames_alloc(f, 1, 1024 * MIB, &at));
	assert_int_equal(at, BASE);
	assert_false(frames_alloc(f, 1, 1024 * MIB, &at));
}

static void absurd_requests_fail(void **state)
{
	struct frames *f = *state;
	uint64_t at;

	frames_add(f, BASE, NUM * FRAME_SIZE);
	assert_false(frames_alloc(f, 0, FRAME_SIZE, &at));
	assert_false(frames_alloc(f, NUM + 1, FRAME_SIZE, &at));
	assert_false(frames_alloc(f, SIZE_MAX, FRAME_SIZE, &at));
	assert_false(frames_alloc(f, 1, 3 * FRAME_SIZE, &at));
	assert_false(frames_alloc(f, 1, 1, &at));
	assert_false(frames_alloc(f, 1, 1ull << 63, &at));
	assert_false(frames_take(f, BASE, SIZE_MAX));
	assert_false(frames_take(f, BASE + 1, 1));
	assert_false(frames_take(f, BASE - FRAME_SIZE, 1));
	assert_false(frames_take(f, BASE + NUM * FRAME_SIZE, 1));
	assert_int_equal(f->free, NUM);
}

static void an_exact_range_is_all_or_nothing(void **state)
{
	struct frames *f = *state;

	frames_add(f, BASE, NUM * FRAME_SIZE);
	assert_true(frames_take(f, BASE + 64 * MIB, 1000));
	assert_false(frames_take(f, BASE + 64 * MIB - FRAME_SIZE, 2));
	assert_false(frames_take(f, BASE + 64 * MIB + 999 * FRAME_SIZE, 2));
	assert_int_equal(f->free, NUM - 1000);
	assert_true(frames_free(f, BASE + 64 * MIB, 1000));
	assert_true(frames_take(f, BASE + 64 * MIB - FRAME_SIZE, 1002));
}

static void freeing_twice_is_noticed(void **state)
{
	struct frames *f = *state;
	uint64_t at;

	frames_add(f, BASE, NUM * FRAME_SIZE);
	assert_true(frames_alloc(f, 100, FRAME_SIZE, &at));
	assert_false(frames_free(f, at - FRAME_SIZE, 101));
	assert_int_equal(f->free, NUM - 100);
	assert_true(frames_free(f, at, 100));
	assert_false(frames_free(f, at, 100));
	assert_int_equal(f->free, NUM);
}

/* A plain model beside it, with thousands of random calls. */
static void random_calls_agree_with_a_model(void **state)
{
	enum { SMALL = 1000 };
	struct frames f;
	bool model[SMALL] = { false }; /* in use */
	uint64_t seed = 1, at, meta[64];
	size_t in_use = 0;

	assert_true(frames_meta_size(SMALL) <= sizeof(meta));
	frames_init(&f, BASE, SMALL, meta);
	frames_add(&f, BASE, SMALL * (uint64_t)FRAME_SIZE);
	for (unsigned i = 0; i < 20000; i++) {
		size_t count, lo;
		bool used = false;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		count = seed >> 60 ? 1 + (seed >> 50) % 9 : 1 + (seed >> 50) % 200;
		lo = (seed >> 20) % (SMALL - count);
		for (size_t k = lo; k < lo + count; k++)
			used |= model[k] != (i % 3 == 1);
		if (i % 3 == 0 && frames_alloc(&f, count, FRAME_SIZE << (seed >> 40) % 4, &at)) {
			lo = (at - BASE) / FRAME_SIZE;
			for (size_t k = lo; k < lo + count; k++) {
				assert_false(model[k]);
				model[k] = true;
			}
			in_use += count;
		} else if (i % 3 == 1) {
			assert_int_equal(frames_free(&f, BASE + lo * FRAME_SIZE, count), !used);
			memset(model + lo, 0, used ? 0 : count);
			in_use -= used ? 0 : count;
		} else if (i % 3 == 2) {
			assert_int_equal(frames_take(&f, BASE + lo * FRAME_SIZE, count), !used);
			memset(model + lo, 1, used ? 0 : count);
			in_use += used ? 0 : count;
		}
		assert_int_equal(f.free, SMALL - in_use);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(metadata_is_small),
		TEST(nothing_is_free_before_it_was_added),
		TEST(only_whole_frames_are_added_and_touched_ones_reserved),
		TEST(singles_come_from_the_bottom_and_run_out),
		TEST(a_run_is_aligned_and_whole),
		TEST(absurd_requests_fail),
		TEST(an_exact_range_is_all_or_nothing),
		TEST(freeing_twice_is_noticed),
		TEST(random_calls_agree_with_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
