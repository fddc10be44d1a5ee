/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes for guests: ChaCha20, of which nobody gets the same twice. */
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* RFC 8439, A.1, test vector 1: the second half of the block of an all-zero key. */
static const uint8_t first[32] = {
	0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d, 0x77, 0x24, 0xe0,
	0x3f, 0xb8, 0xd8, 0x4a, 0x37, 0x6a, 0x43, 0xb8, 0xf4, 0x15, 0x18,
	0xa1, 0x1c, 0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86,
};

static const uint8_t seed[RANDOM_SEED_MIN];

static void none_without_a_seed(void **state)
{
	uint8_t buf[4];

	assert_false(random_get(buf, sizeof(buf)));
	random_init(seed, RANDOM_SEED_MIN - 1);
	assert_false(random_get(buf, sizeof(buf)));
}

static void chacha20_of_the_seed(void **state)
{
	uint8_t buf[sizeof(first)];

	random_init(seed, sizeof(seed));
	assert_true(random_get(buf, sizeof(buf)));
	assert_memory_equal(buf, first, sizeof(buf));
}

/* The first half of the block is the next key: what was given tells nothing of it. */
static void never_the_same_twice(void **state)
{
	uint8_t one[100], other[100];

	random_init(seed, sizeof(seed));
	assert_true(random_get(one, sizeof(one)));
	assert_true(random_get(other, sizeof(other)));
	assert_memory_equal(one, first, sizeof(first));
	for (size_t i = 0; i + 32 <= sizeof(one); i += 32) {
		assert_memory_not_equal(other, one + i, 32);
		if (i)
			assert_memory_not_equal(one, one + i, 32);
	}
}

static void no_byte_too_many(void **state)
{
	uint8_t buf[40];

	memset(buf, 0xee, sizeof(buf));
	random_init(seed, sizeof(seed));
	assert_true(random_get(buf, 33));
	for (size_t i = 33; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0xee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_without_a_seed),
		cmocka_unit_test(chacha20_of_the_seed),
		cmocka_unit_test(never_the_same_twice),
		cmocka_unit_test(no_byte_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
