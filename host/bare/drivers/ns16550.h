/* SPDX-License-Identifier: Apache-2.0 */
/* A 16550 as the host's console: isa_uart_put() and its siblings. */
#ifndef BARE_DRIVERS_NS16550_H
#define BARE_DRIVERS_NS16550_H

#include <stdbool.h>
#include <stdint.h>

/* When it has been found: 8 data bits, FIFOs, no interrupt; the speed is the firmware's. */
void ns16550_init(void);

/* Given by the instruction set's uart.c: whether there is one, and its eight registers. */
bool uart_present(void);
uint8_t uart_read(unsigned reg);
void uart_write(unsigned reg, uint8_t value);

#endif
