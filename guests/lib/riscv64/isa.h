/* SPDX-License-Identifier: Apache-2.0 */
/* What the device tree says of the harts. */
#ifndef ISA_H
#define ISA_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the first hart has an extension, by its name in riscv,isa-extensions. */
bool isa_has(const char *extension);
/* A hart's mmu-type: 39, 48, 57; 0 without one. */
unsigned isa_sv(void);

#endif
