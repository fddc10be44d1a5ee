/* SPDX-License-Identifier: Apache-2.0 */
/* The set of pending interrupts: its order and edges, and its promise while others change it. */
#include "irqset.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUNDS 100000u

/* Nobody is at work: the summary is exact. */
static void check_quiet(const struct irqset *set)
{
	for (unsigned n = 0; n < IRQSET_WORDS; n++)
		assert_int_equal(set->summary >> n & 1, set->word[n] != 0);
}

static void numbers_come_out_in_order(void **state)
{
	static const uint32_t irqs[] = { 1023, 64, 0, 500, 63, 127, 128, 960 };
	static const uint32_t sorted[] = { 0, 63, 64, 127, 128, 500, 960, 1023 };
	struct irqset set = { 0 };

	(void)state;
	assert_false(irqset_any(&set));
	assert_int_equal(irqset_take(&set), IRQSET_NONE);
	for (unsigned i = 0; i < 8; i++) {
		assert_false(irqset_test(&set, irqs[i]));
		irqset_set(&set, irqs[i]);
		irqset_set(&set, irqs[i]); /* once more is nothing more */
		assert_true(irqset_test(&set, irqs[i]));
	}
	for (unsigned i = 0; i < 8; i++) {
		check_quiet(&set);
		assert_true(irqset_any(&set));
		assert_int_equal(irqset_lowest(&set), sorted[i]);
		assert_int_equal(irqset_take(&set), sorted[i]);
	}
	check_quiet(&set);
	assert_false(irqset_any(&set));
	assert_int_equal(irqset_lowest(&set), IRQSET_NONE);
}

static void clearing_says_whether_it_was_there(void **state)
{
	struct irqset set = { 0 };

	(void)state;
	irqset_set(&set, 70);
	irqset_set(&set, 71);
	assert_false(irqset_clear(&set, 72));
	assert_true(irqset_clear(&set, 70));
	assert_false(irqset_clear(&set, 70));
	assert_true(irqset_any(&set));
	assert_true(irqset_clear(&set, 71));
	assert_false(irqset_any(&set));
	irqset_set(&set, 5);
	irqset_reset(&set);
	assert_false(irqset_any(&set));
	check_quiet(&set);
}

/* ---- With others ---- */

struct shared {
	struct irqset set;
	bool stop;
	unsigned taken[64];
};

/* Fills and empties the same word all the time. */
static void *disturb(void *arg)
{
	struct shared *s = arg;

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		irqset_set(&s->set, 2);
		irqset_clear(&s->set, 2);
	}
	return NULL;
}

static void what_is_set_is_seen(void **state)
{
	struct shared s = { 0 };
	unsigned missed = 0;
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, disturb, &s);
	for (unsigned i = 0; i < ROUNDS; i++) {
		irqset_set(&s.set, 1);
		missed += !irqset_any(&s.set) || irqset_lowest(&s.set) != 1;
		missed += !irqset_clear(&s.set, 1);
	}
	__atomic_store_n(&s.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_int_equal(missed, 0);
	check_quiet(&s.set);
	assert_false(irqset_any(&s.set));
}

static void *take_all(void *arg)
{
	struct shared *s = arg;
	bool stop;

	do {
		uint32_t irq;

		stop = __atomic_load_n(&s->stop, __ATOMIC_SEQ_CST);
		while ((irq = irqset_take(&s->set)) != IRQSET_NONE)
			__atomic_add_fetch(&s->taken[irq / 16], 1, __ATOMIC_SEQ_CST);
	} while (!stop);
	return NULL;
}

/* Two take, one sets what is not there: each is taken once. */
static void each_is_taken_once(void **state)
{
	struct shared s = { 0 };
	pthread_t threads[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, take_all, &s);
	for (unsigned i = 0; i < ROUNDS / 10; i++) {
		uint32_t irq = i % 64 * 16;

		irqset_set(&s.set, irq);
		while (irqset_test(&s.set, irq))
			;
	}
	__atomic_store_n(&s.stop, true, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(s.taken[i], ROUNDS / 10 / 64 + (i < ROUNDS / 10 % 64));
	check_quiet(&s.set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_come_out_in_order),
		cmocka_unit_test(clearing_says_whether_it_was_there),
		cmocka_unit_test(what_is_set_is_seen),
		cmocka_unit_test(each_is_taken_once),
	};

	return cmocka_run_group_tests_name("irqset", tests, NULL, NULL);
}
