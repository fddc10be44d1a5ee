/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses to CSRs whose number is known only when they are made. */
#ifndef CSR_CODE_H
#define CSR_CODE_H

#include <stdint.h>

/* Both write the instruction into memory and call it; for one CPU at a time. */
uint64_t csr_read_number(unsigned number);
void csr_write_number(unsigned number, uint64_t value);
/* Any other instruction, with a0. */
uint64_t csr_run(uint32_t instruction, uint64_t a0);

#endif
