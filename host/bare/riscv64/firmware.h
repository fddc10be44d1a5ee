/* SPDX-License-Identifier: Apache-2.0 */
/* The board's firmware (RISC-V Supervisor Binary Interface). */
#ifndef BARE_RISCV64_FIRMWARE_H
#define BARE_RISCV64_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

enum sbi_extension {
	SBI_BASE = 0x10,
	SBI_TIME = 0x54494d45,
	SBI_IPI = 0x735049,
	SBI_RFENCE = 0x52464e43,
	SBI_HSM = 0x48534d,
	SBI_SRST = 0x53525354,
};

bool firmware_has(enum sbi_extension extension);
void firmware_set_timer(uint64_t ticks);
void firmware_send_ipi(uint64_t hart);
/* Result: SBI's, 0 on success. */
int64_t firmware_hart_start(uint64_t hart, uint64_t entry, uint64_t arg);
/* HFENCE.GVMA on every hart: bytes, size UINT64_MAX for all. */
int64_t firmware_remote_hfence_gvma(uint64_t gpa, uint64_t size, uint32_t vmid);
/* Comes back where the firmware cannot. */
void firmware_shutdown(void);

#endif
