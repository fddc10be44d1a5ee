/* SPDX-License-Identifier: Apache-2.0 */
/* The way from an instruction set's start.S to host_main(). */
#ifndef BARE_BOOT_H
#define BARE_BOOT_H

#include "cpu.h"

/* Linker script. */
extern char image_start[], text_end[], rodata_end[], image_end[];
extern char cpu_slots[], mmu_pool[], mmu_pool_end[];

/* start.S calls these, on the stack of CPU 0's slot; the last one on the CPU's own. */

/* Adds the address that the image was loaded at to every pointer in it. */
void boot_relocate(uint64_t load_address);
/* All but .noinit is in place. `arg` is for isa_boot_probe() and isa_boot_hw_id(). */
_Noreturn void boot_main(const void *fdt, uint64_t arg);
_Noreturn void boot_secondary(struct cpu *cpu);

/* Starts the other CPUs, which end in host_cpu_main(); waits until they are online. */
void boot_cpus_start(void);

/* Given by start.S: where isa_cpu_on() starts another CPU. */
void secondary_start(void);

#endif
