/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware.h"
#include "../../../include/axvm/hypercall.h"
#include "psci.h"

bool firmware_cpu_on(uint64_t hwid, void (*entry)(void), uint64_t context)
{
	return psci(PSCI_CPU_ON, hwid, (uint64_t)entry, context) == PSCI_SUCCESS;
}

void firmware_cpu_off(void)
{
	psci(PSCI_CPU_OFF, 0, 0, 0);
}

bool firmware_cpu_is_off(uint64_t hwid)
{
	return psci(PSCI_AFFINITY_INFO, hwid, 0, 0) == PSCI_AFFINITY_OFF;
}

void power_off(void)
{
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
}

void power_reset(void)
{
	psci(PSCI_SYSTEM_RESET, 0, 0, 0);
}

void power_reset_warm(void)
{
	psci(PSCI_SYSTEM_RESET2, 0, 0, 0);
}

void firmware_call(void)
{
	psci(PSCI_VERSION, 0, 0, 0);
}

int64_t hypercall(unsigned number, uint64_t a, uint64_t b)
{
	return hvc(AXVM_HYPERCALL_SMCCC + number, a, b, 0);
}
