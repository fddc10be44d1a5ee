/* SPDX-License-Identifier: Apache-2.0 */
/* What start.S shares with C, besides boot.h. */
#ifndef BARE_AARCH64_START_H
#define BARE_AARCH64_START_H

#include <stdint.h>

extern char boot_tables[], boot_tables_end[];

/* start.S knows the order. */
struct mmu_regs {
	uint64_t mair, tcr, ttbr, sctlr;
};
extern struct mmu_regs mmu_regs;

void mmu_switch(const struct mmu_regs *regs);

#endif
