/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include "isa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

uint64_t test_ticks;
void *test_cpu;

static const uint64_t frequencies[] = { 1,	  32768,    1000000,	19200000,  24000000,
					54000000, 62500000, 1000000000, 3000000000 };

#define FREQUENCIES (sizeof(frequencies) / sizeof(frequencies[0]))

static uint64_t exact_nanos(uint64_t ticks, uint64_t hz)
{
	return (uint64_t)((unsigned __int128)ticks * 1000000000u / hz);
}

static void now_is_exact_for_ten_years(void **state)
{
	for (size_t i = 0; i < FREQUENCIES; i++) {
		uint64_t hz = frequencies[i], end = hz * 3600 * 24 * 3650;

		clock_init(hz);
		for (test_ticks = 0; test_ticks < end; test_ticks += end / 977 + 1) {
			uint64_t nanos = exact_nanos(test_ticks, hz);

			assert_in_range(clock_now(), nanos ? nanos - 1 : 0, nanos);
		}
	}
}

static void a_deadline_is_the_first_tick_not_before_it(void **state)
{
	for (size_t i = 0; i < FREQUENCIES; i++) {
		uint64_t end = 1000000000ull * 3600 * 24 * 365;

		clock_init(frequencies[i]);
		for (uint64_t nanos = 1; nanos < end; nanos += end / 499 + 7) {
			test_ticks = clock_ticks_at(nanos);
			assert_true(clock_now() >= nanos);
			if (test_ticks == 0)
				continue;
			test_ticks--;
			assert_true(clock_now() < nanos);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(now_is_exact_for_ten_years),
		cmocka_unit_test(a_deadline_is_the_first_tick_not_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
