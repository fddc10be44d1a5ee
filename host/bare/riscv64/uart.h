/* SPDX-License-Identifier: Apache-2.0 */
/* The console: a 16550 in memory. */
#ifndef BARE_RISCV64_UART_H
#define BARE_RISCV64_UART_H

#include <stdint.h>

void uart_probe(const void *fdt);
void uart_map(void);
/* Its number at the PLIC or APLIC, 0: none; and its trigger there, as in `interrupts`. */
uint32_t uart_source(void);
uint32_t uart_trigger(void);

#endif
