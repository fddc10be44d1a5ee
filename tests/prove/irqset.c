/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of the set of pending interrupts: nothing is lost, nothing is invented, the lowest
 * number comes first. Bounds: STEPS operations of one thread, on numbers below NUMBERS.
 */
#include "prove.h"

#include "../../core/irqset.h"

#define STEPS	2u
#define NUMBERS 192u /* three words are as good as sixteen */

/* The model is a plain list of what is in. */
static bool in_set(const uint32_t *list, const bool *in, uint32_t irq)
{
	bool found = false;

	for (unsigned i = 0; i < STEPS; i++)
		found |= in[i] && list[i] == irq;
	return found;
}

static void forget(const uint32_t *list, bool *in, uint32_t irq)
{
	for (unsigned i = 0; i < STEPS; i++)
		if (list[i] == irq)
			in[i] = false;
}

static void check(struct irqset *set, const uint32_t *list, const bool *in)
{
	uint32_t any = nondet_u32(), lowest = irqset_lowest(set);

	ASSUME(any < NUMBERS);
	PROVE(irqset_test(set, any) == in_set(list, in, any), "it holds what was put in");
	PROVE((lowest == IRQSET_NONE) == !irqset_any(set), "empty means that there is no lowest");
	PROVE(lowest == IRQSET_NONE || in_set(list, in, lowest), "the lowest was put in");
	PROVE(!in_set(list, in, any) || lowest <= any, "none is lower");
}

void harness_sequence(void)
{
	struct irqset set = { 0 };
	uint32_t list[STEPS] = { 0 };
	bool in[STEPS] = { 0 };

	for (unsigned i = 0; i < STEPS; i++) {
		uint32_t irq = nondet_u32(), taken;
		bool was;

		ASSUME(irq < NUMBERS);
		was = in_set(list, in, irq);
		switch (nondet_u8() % 3) {
		case 0:
			irqset_set(&set, irq);
			list[i] = irq;
			in[i] = true;
			break;
		case 1:
			PROVE(irqset_clear(&set, irq) == was, "clear says whether it was in");
			forget(list, in, irq);
			break;
		default:
			taken = irqset_take(&set);
			PROVE(taken == IRQSET_NONE || in_set(list, in, taken), "taken: was in");
			forget(list, in, taken);
			break;
		}
	}
	check(&set, list, in);
}
