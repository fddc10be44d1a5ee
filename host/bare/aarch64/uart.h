/* SPDX-License-Identifier: Apache-2.0 */
/* The console: a PL011 (Arm DDI 0183). */
#ifndef BARE_AARCH64_UART_H
#define BARE_AARCH64_UART_H

#include <stdint.h>

/* Finds the console of /chosen/stdout-path, else the first PL011, and starts it. Without one the
 * host runs mute. */
void uart_probe(const void *fdt);
/* Address of its registers, 0: none. */
uint64_t uart_base(void);
/* Its interrupt; 0: none. */
uint32_t uart_intid(void);

#endif
