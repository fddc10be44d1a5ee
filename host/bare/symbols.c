/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table is made by tools/mksyms from the first link of the image and added
 * in the second: the functions' addresses in ascending order, relative to
 * sym_lookup (so that it holds wherever the image runs), and their names, one
 * after the other, in the same order. The last address ends the last function
 * and has no name.
 */
#include "symbols.h"

#include <stddef.h>
#include <string.h>

extern const uint32_t sym_count;
extern const int32_t sym_offsets[];
extern const char sym_names[];

/* The last entry at or below @off; needs sym_offsets[0] <= off. */
static uint32_t find_entry(int64_t off)
{
	uint32_t lo = 0, hi = sym_count;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (sym_offsets[mid] <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

const char *sym_lookup(uint64_t addr, uint64_t *offset)
{
	const char *name = sym_names;
	int64_t off = (int64_t)(addr - (uint64_t)(uintptr_t)&sym_lookup);
	uint32_t i;

	if (sym_count == 0 || off < sym_offsets[0] || off >= sym_offsets[sym_count])
		return NULL;
	i = find_entry(off);
	if (offset)
		*offset = (uint64_t)(off - sym_offsets[i]);
	while (i--)
		name += strlen(name) + 1;
	return name;
}
