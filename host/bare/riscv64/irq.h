/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts of this board's harts, by PLIC or AIA. */
#ifndef BARE_RISCV64_IRQ_H
#define BARE_RISCV64_IRQ_H

#include <stdint.h>

/* Result: NULL, or what is missing. */
const char *irq_probe(const void *fdt);
void irq_map(void);
/* Once, and then on each CPU. */
void irq_init(void);
void irq_init_cpu(void);

/* From plic.c and aia.c: what has come to this CPU. */
void irq_source(uint32_t source);
void irq_ipi(void);

#endif
