/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's devices, for those that try them all. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>
/*
 * Of the architecture:
 *   RAM_BASE        where the machine's RAM starts
 *   ADDRESS_LIMIT   addresses below it are mapped to themselves
 */
#include <arch/machine.h>

struct machine_area {
	uint64_t base, size;
};

/* Registers of all devices but the console. */
extern const struct machine_area machine_areas[];
extern const unsigned machine_area_num;
/* Of the console only those that leave the output alone; uart_init() mends the rest. */
extern const struct machine_area machine_console;

/* Mends the interrupt controller after random writes, and shows that an interrupt still comes. */
void machine_check_irq(void);
/* Whether interrupt controller and console are as after power-on; makes them different. */
void machine_check_fresh(void);
void machine_make_a_mess(void);

#endif
