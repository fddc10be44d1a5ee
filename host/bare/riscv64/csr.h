/* SPDX-License-Identifier: Apache-2.0 */
/* Control and status registers by name or number. */
#ifndef BARE_RISCV64_CSR_H
#define BARE_RISCV64_CSR_H

#include <stdbool.h>
#include <stdint.h>

/* Newer than what every assembler knows by name. */
#define CSR_STIMECMP 0x14d
#define CSR_SISELECT 0x150
#define CSR_SIREG    0x151
#define CSR_STOPEI   0x15c
#define CSR_HGEIE    0x607
#define CSR_HGEIP    0xe12

/* Interrupt codes of scause; bits of sip, sie, hip and hie. */
#define IRQ_SOFTWARE 1u
#define IRQ_TIMER    5u
#define IRQ_EXTERNAL 9u

#define CSR_STRING(name) #name
#define CSR_NAME(name)	 CSR_STRING(name)

#define csr_read(name)                                                                             \
	({                                                                                         \
		uint64_t csr_value;                                                                \
		__asm__ volatile("csrr %0, " CSR_NAME(name) : "=r"(csr_value)::"memory");          \
		csr_value;                                                                         \
	})
#define csr_write(name, value)                                                                     \
	__asm__ volatile("csrw " CSR_NAME(name) ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define csr_clear(name, bits)                                                                      \
	__asm__ volatile("csrc " CSR_NAME(name) ", %0" ::"rK"((uint64_t)(bits)) : "memory")
/* Writes, and gives what was there. */
#define csr_swap(name, value)                                                                      \
	({                                                                                         \
		uint64_t csr_value;                                                                \
		__asm__ volatile("csrrw %0, " CSR_NAME(name) ", %1"                                \
				 : "=r"(csr_value)                                                 \
				 : "rK"((uint64_t)(value))                                         \
				 : "memory");                                                      \
		csr_value;                                                                         \
	})

/* start.S: whether this CPU has a register, found by reading it. Not while the backend is enabled.
 */
bool csr_has_hgatp(void);
bool csr_has_stimecmp(void);

#endif
