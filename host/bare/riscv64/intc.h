/* SPDX-License-Identifier: Apache-2.0 */
/* How the harts' own interrupt controllers are wired to the board's. */
#ifndef BARE_RISCV64_INTC_H
#define BARE_RISCV64_INTC_H

#include "cpu.h"

/* Entry `i` of a controller's interrupts-extended: the CPU (NULL: not one of ours) and the code of
 * the interrupt that it raises there. False: there is none. */
bool intc_entry(const void *fdt, int node, unsigned i, struct cpu **cpu, uint32_t *code);

#endif
