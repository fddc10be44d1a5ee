/* SPDX-License-Identifier: Apache-2.0 */
/* The host's own address space (EL2 stage 1): virtual equals physical, nothing is W and X. */
#ifndef BARE_AARCH64_MMU_H
#define BARE_AARCH64_MMU_H

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

/* Adds the GiB of a device to the tables of start.S, at whatever exception level. */
void mmu_boot_device(uint64_t base);

/* The real tables: first all that is needed, then mmu_enable(). The later call wins. */
void mmu_map(uint64_t base, uint64_t size, enum mmu_attr attr);
/* A device of the host's own, which no VM gets. */
void mmu_map_device(uint64_t base, uint64_t size);
/* False: the tables have run out; nothing was switched. */
bool mmu_enable(void);
/* Pages of the pool of tables that were not needed. */
void mmu_unused(uint64_t *base, uint64_t *size);

/* Writes cached data back to memory, for a CPU whose MMU is off. */
void mmu_clean(const void *p, uint64_t size);

#endif
