/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A neighbour for tests: `count` lines, `ms` milliseconds apart, and memory that has to keep a
 * pattern made from `seed` meanwhile. Finishes with ok when nobody disturbed it.
 */
#include "boot.h"
#include "cpu.h"
#include "random.h"
#include "test.h"
#include "timer.h"

#define WORDS 65536

static uint64_t memory[WORDS];

static void fill(uint64_t seed)
{
	struct random random = { seed };

	for (unsigned i = 0; i < WORDS; i++)
		memory[i] = random_next(&random);
}

static unsigned changed(uint64_t seed)
{
	struct random random = { seed };
	unsigned num = 0;

	for (unsigned i = 0; i < WORDS; i++)
		num += memory[i] != random_next(&random);
	return num;
}

void guest_main(void)
{
	uint64_t seed = boot_arg("seed", 7), count = boot_arg("count", 20);
	unsigned bad = 0;

	fill(seed);
	for (uint64_t i = 1; i <= count; i++) {
		delay_us(boot_arg("ms", 50) * 1000);
		bad += changed(seed);
		print("noise %lu of %lu abcdefghijklmnopqrstuvwxyz\n", i, count);
	}
	CHECK_EQ(bad, 0, "memory keeps its pattern");
}
