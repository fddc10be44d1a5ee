/* SPDX-License-Identifier: Apache-2.0 */
/* The board's PLIC (RISC-V Platform-Level Interrupt Controller Specification). */
#ifndef BARE_RISCV64_PLIC_H
#define BARE_RISCV64_PLIC_H

#include <stdint.h>

/* Result: NULL, or what is missing. */
const char *plic_probe(const void *fdt);
void plic_map(void);
/* Every interrupt off, on every hart. Once. */
void plic_init(void);
/* Lets a source through, to this CPU. */
void plic_enable(uint32_t source);
/* Takes what waits for this CPU. */
void plic_handle(void);

#endif
