/* SPDX-License-Identifier: Apache-2.0 */
/* RISC-V Supervisor Binary Interface Specification, version 2.0. */
#ifndef SBI_H
#define SBI_H

#include <stdint.h>

enum {
	SBI_LEGACY_SET_TIMER = 0,
	SBI_LEGACY_PUTCHAR = 1,
	SBI_LEGACY_GETCHAR = 2,
	SBI_LEGACY_CLEAR_IPI = 3,
	SBI_LEGACY_SEND_IPI = 4,
	SBI_LEGACY_FENCE_I = 5,
	SBI_LEGACY_FENCE_VMA = 6,
	SBI_LEGACY_FENCE_VMA_ASID = 7,
	SBI_LEGACY_SHUTDOWN = 8,
	SBI_BASE = 0x10,
	SBI_TIME = 0x54494d45,
	SBI_IPI = 0x735049,
	SBI_RFENCE = 0x52464e43,
	SBI_HSM = 0x48534d,
	SBI_SRST = 0x53525354,
	SBI_PMU = 0x504d55,
	SBI_DBCN = 0x4442434e,
	SBI_SUSP = 0x53555350,
	SBI_CPPC = 0x43505043,
	SBI_NACL = 0x4e41434c,
	SBI_STA = 0x535441,
};

enum {
	SBI_BASE_SPEC_VERSION,
	SBI_BASE_IMPL_ID,
	SBI_BASE_IMPL_VERSION,
	SBI_BASE_PROBE,
	SBI_BASE_MVENDORID,
	SBI_BASE_MARCHID,
	SBI_BASE_MIMPID,
};

enum { SBI_TIME_SET_TIMER };
enum { SBI_IPI_SEND };

enum {
	SBI_RFENCE_FENCE_I,
	SBI_RFENCE_VMA,
	SBI_RFENCE_VMA_ASID,
	SBI_RFENCE_GVMA_VMID,
	SBI_RFENCE_GVMA,
	SBI_RFENCE_VVMA_ASID,
	SBI_RFENCE_VVMA,
};

enum {
	SBI_HSM_START,
	SBI_HSM_STOP,
	SBI_HSM_STATUS,
	SBI_HSM_SUSPEND,
};

enum {
	SBI_HSM_STARTED,
	SBI_HSM_STOPPED,
	SBI_HSM_START_PENDING,
	SBI_HSM_STOP_PENDING,
	SBI_HSM_SUSPENDED,
	SBI_HSM_SUSPEND_PENDING,
	SBI_HSM_RESUME_PENDING,
};

#define SBI_HSM_RETENTIVE     0x00000000u
#define SBI_HSM_NON_RETENTIVE 0x80000000u

enum { SBI_SRST_RESET };
enum {
	SBI_SRST_SHUTDOWN,
	SBI_SRST_COLD,
	SBI_SRST_WARM,
};

enum {
	SBI_PMU_NUM,
	SBI_PMU_INFO,
	SBI_PMU_CONFIG,
	SBI_PMU_START,
	SBI_PMU_STOP,
	SBI_PMU_FW_READ,
	SBI_PMU_FW_READ_HI,
	SBI_PMU_SNAPSHOT,
};

enum {
	SBI_DBCN_WRITE,
	SBI_DBCN_READ,
	SBI_DBCN_WRITE_BYTE,
};

enum { SBI_SUSP_SUSPEND };
enum { SBI_STA_SET_SHMEM };

enum {
	SBI_SUCCESS = 0,
	SBI_ERR_FAILED = -1,
	SBI_ERR_NOT_SUPPORTED = -2,
	SBI_ERR_INVALID_PARAM = -3,
	SBI_ERR_DENIED = -4,
	SBI_ERR_INVALID_ADDRESS = -5,
	SBI_ERR_ALREADY_AVAILABLE = -6,
	SBI_ERR_ALREADY_STARTED = -7,
	SBI_ERR_ALREADY_STOPPED = -8,
	SBI_ERR_NO_SHMEM = -9,
};

struct sbi_ret {
	int64_t error, value;
};

static inline struct sbi_ret sbi_call(uint64_t extension, uint64_t function, uint64_t a, uint64_t b,
				      uint64_t c, uint64_t d, uint64_t e)
{
	register uint64_t a0 asm("a0") = a;
	register uint64_t a1 asm("a1") = b;
	register uint64_t a2 asm("a2") = c;
	register uint64_t a3 asm("a3") = d;
	register uint64_t a4 asm("a4") = e;
	register uint64_t a6 asm("a6") = function;
	register uint64_t a7 asm("a7") = extension;

	asm volatile("ecall"
		     : "+r"(a0), "+r"(a1)
		     : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
		     : "memory");
	return (struct sbi_ret){ (int64_t)a0, (int64_t)a1 };
}

#endif
