/* SPDX-License-Identifier: Apache-2.0 */
/* What start.S, vectors.S and the linker script share with C. */
#ifndef BARE_AARCH64_START_H
#define BARE_AARCH64_START_H

#include "cpu.h"

/* Linker script. */
extern char image_start[], text_end[], rodata_end[], image_end[];
extern char boot_tables[], boot_tables_end[], cpu_slots[], cpu_slots_end[];
extern char mmu_pool[], mmu_pool_end[];

/* start.S knows the order. */
struct mmu_regs {
	uint64_t mair, tcr, ttbr, sctlr;
};
extern struct mmu_regs mmu_regs;

void mmu_switch(const struct mmu_regs *regs);
void secondary_start(struct cpu *cpu);

/* start.S calls these. */
_Noreturn void boot_main(const void *fdt, unsigned level);
_Noreturn void boot_secondary(struct cpu *cpu);

/* vectors.S calls these; see fault.h. */
_Noreturn void fault_report(struct cpu *cpu);
_Noreturn void fault_nested(struct cpu *cpu);

#endif
