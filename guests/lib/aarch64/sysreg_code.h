/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses to system registers whose encoding is known only when they are made. */
#ifndef SYSREG_CODE_H
#define SYSREG_CODE_H

#include <stdint.h>

/* The encoding's bits as in an MRS or MSR instruction (Arm ARM C6.2.228). */
#define SYSREG(op0, op1, crn, crm, op2)                                                            \
	((uint32_t)(op0) << 19 | (uint32_t)(op1) << 16 | (uint32_t)(crn) << 12 |                   \
	 (uint32_t)(crm) << 8 | (uint32_t)(op2) << 5)
#define SYSREG_MASK 0x1fffe0u

/* Both write the instruction into memory and call it; for one CPU at a time. */
uint64_t sysreg_read(uint32_t encoding);
void sysreg_write(uint32_t encoding, uint64_t value);

#endif
