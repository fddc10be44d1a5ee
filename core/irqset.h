/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of interrupt numbers that any thread may change at any time. A summary says which words
 * hold something, so that no operation walks the set. Pure: it knows nothing of what it is for.
 *
 * Promise: what irqset_set() has put in is seen by every irqset_any() and irqset_lowest() that
 * begins after it returned, until somebody takes it out. So whoever sets and then wakes a sleeper,
 * and whoever looks and then sleeps, do not miss each other.
 */
#ifndef CORE_IRQSET_H
#define CORE_IRQSET_H

#include <stdbool.h>
#include <stdint.h>

#define IRQSET_SIZE  1024u /* numbers 0 to 1023; a larger one is the caller's fault */
#define IRQSET_WORDS (IRQSET_SIZE / 64)
#define IRQSET_NONE  UINT32_MAX

struct irqset {
	uint64_t word[IRQSET_WORDS];
	uint64_t summary; /* bit n: word[n] is not 0; above them: how often something was set */
};

#define IRQSET_SUMMARY	 ((UINT64_C(1) << IRQSET_WORDS) - 1)
#define IRQSET_SET_COUNT (UINT64_C(1) << IRQSET_WORDS)

static inline uint64_t irqset_load(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

/*
 * Word n may have become empty. Between the look at the word and the change of the summary somebody
 * may have filled it: then the count has moved, and this looks again.
 */
static inline void irqset_tidy(struct irqset *set, uint32_t n)
{
	uint64_t bit = UINT64_C(1) << n, seen = irqset_load(&set->summary);

	while ((seen & bit) && irqset_load(&set->word[n]) == 0 &&
	       !__atomic_compare_exchange_n(&set->summary, &seen, seen & ~bit, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static inline void irqset_set(struct irqset *set, uint32_t irq)
{
	uint32_t n = irq / 64;

	__atomic_fetch_or(&set->word[n], UINT64_C(1) << irq % 64, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&set->summary, IRQSET_SET_COUNT, __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&set->summary, UINT64_C(1) << n, __ATOMIC_SEQ_CST);
	if (irqset_load(&set->word[n]) == 0)
		irqset_tidy(set, n); /* taken again before the summary said so */
}

/* Result: it was in the set; of several that clear it at once, one is told so. */
static inline bool irqset_clear(struct irqset *set, uint32_t irq)
{
	uint64_t bit = UINT64_C(1) << irq % 64;
	uint64_t old = __atomic_fetch_and(&set->word[irq / 64], ~bit, __ATOMIC_SEQ_CST);

	if (old == bit)
		irqset_tidy(set, irq / 64);
	return old & bit;
}

static inline bool irqset_test(const struct irqset *set, uint32_t irq)
{
	return irqset_load(&set->word[irq / 64]) >> irq % 64 & 1;
}

static inline bool irqset_any(const struct irqset *set)
{
	return irqset_load(&set->summary) & IRQSET_SUMMARY;
}

/* The lowest number, which stays; or IRQSET_NONE. */
static inline uint32_t irqset_lowest(struct irqset *set)
{
	uint64_t words;

	while ((words = irqset_load(&set->summary) & IRQSET_SUMMARY)) {
		uint32_t n = (uint32_t)__builtin_ctzll(words);
		uint64_t word = irqset_load(&set->word[n]);

		if (word)
			return n * 64 + (uint32_t)__builtin_ctzll(word);
		irqset_tidy(set, n);
	}
	return IRQSET_NONE;
}

/* Takes the lowest number out, or IRQSET_NONE. */
static inline uint32_t irqset_take(struct irqset *set)
{
	uint32_t irq;

	do {
		irq = irqset_lowest(set);
	} while (irq != IRQSET_NONE && !irqset_clear(set, irq));
	return irq;
}

/* Empties it; nobody else uses it meanwhile. */
static inline void irqset_reset(struct irqset *set)
{
	*set = (struct irqset){ 0 };
}

#endif
