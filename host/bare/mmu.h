/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's own address space: virtual equals physical, nothing is W and X. Its tables have up to
 * four levels of 512 entries in pages of 4 KiB, level 3 the last; an instruction set says in its
 * "pte.h" what an entry looks like.
 */
#ifndef BARE_MMU_H
#define BARE_MMU_H

#include <stdbool.h>
#include <stdint.h>

/* Page rights; every mapping but MMU_CODE is never executed. */
enum mmu_attr {
	MMU_NONE,
	MMU_CODE,
	MMU_RODATA,
	MMU_DATA,
	MMU_DEVICE,
};

/* First all that is needed, then mmu_enable(). The later call wins. */
void mmu_map(uint64_t base, uint64_t size, enum mmu_attr attr);
/* A device of the host's own, which no VM gets. */
void mmu_map_device(uint64_t base, uint64_t size);
/* False: the tables have run out, or cannot hold an address; nothing was switched. */
bool mmu_enable(void);
/* Pages of the pool of tables that were not needed. */
void mmu_unused(uint64_t *base, uint64_t *size);

#endif
