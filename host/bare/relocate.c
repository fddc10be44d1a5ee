/* SPDX-License-Identifier: Apache-2.0 */
/* Before anything else: no pointer in memory is right yet, and the MMU is off. */
#include "boot.h"

extern const uint64_t relr_start[], relr_end[];

/* .relr.dyn: an even word is the address of a pointer; an odd one has a bit for each of the 63
 * words after the last. */
void boot_relocate(uint64_t load_address)
{
	uint64_t *at = (uint64_t *)(uintptr_t)load_address;

	for (const uint64_t *entry = relr_start; entry < relr_end; entry++) {
		if (*entry % 2 == 0) {
			at = (uint64_t *)(uintptr_t)(load_address + *entry);
			*at++ += load_address;
			continue;
		}
		for (unsigned bit = 1; bit < 64; bit++, at++)
			if (*entry >> bit & 1)
				*at += load_address;
	}
}
