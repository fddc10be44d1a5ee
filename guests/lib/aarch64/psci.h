/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware calls. PSCI: Arm DEN 0022F; SMCCC: Arm DEN 0028F. */
#ifndef PSCI_H
#define PSCI_H

#include <stdint.h>

#define PSCI_VERSION	       0x84000000u
#define PSCI_CPU_SUSPEND32     0x84000001u
#define PSCI_CPU_SUSPEND       0xc4000001u
#define PSCI_CPU_OFF	       0x84000002u
#define PSCI_CPU_ON32	       0x84000003u
#define PSCI_CPU_ON	       0xc4000003u
#define PSCI_AFFINITY_INFO32   0x84000004u
#define PSCI_AFFINITY_INFO     0xc4000004u
#define PSCI_MIGRATE	       0xc4000005u
#define PSCI_MIGRATE_INFO_TYPE 0x84000006u
#define PSCI_SYSTEM_OFF	       0x84000008u
#define PSCI_SYSTEM_RESET      0x84000009u
#define PSCI_FEATURES	       0x8400000au
#define PSCI_SYSTEM_SUSPEND    0xc400000eu
#define PSCI_SYSTEM_RESET2_32  0x84000012u
#define PSCI_SYSTEM_RESET2     0xc4000012u
#define SMCCC_VERSION	       0x80000000u
#define SMCCC_ARCH_FEATURES    0x80000001u
#define SMCCC_ARCH_SOC_ID      0x80000002u

enum {
	PSCI_SUCCESS = 0,
	PSCI_NOT_SUPPORTED = -1,
	PSCI_INVALID_PARAMETERS = -2,
	PSCI_DENIED = -3,
	PSCI_ALREADY_ON = -4,
	PSCI_ON_PENDING = -5,
	PSCI_INVALID_ADDRESS = -9,
};

enum {
	PSCI_AFFINITY_ON = 0,
	PSCI_AFFINITY_OFF = 1,
	PSCI_AFFINITY_ON_PENDING = 2,
};

/* The result is x0 as it came. */
int64_t hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
int64_t smc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

/* By HVC. PSCI's 32-bit results are extended from 32 bits. */
static inline int psci(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	return (int)hvc(function, a, b, c);
}

#endif
