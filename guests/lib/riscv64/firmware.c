/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware.h"
#include "../../../include/axvm/hypercall.h"
#include "sbi.h"

bool firmware_cpu_on(uint64_t hwid, void (*entry)(void), uint64_t context)
{
	return !sbi_call(SBI_HSM, SBI_HSM_START, hwid, (uint64_t)entry, context, 0, 0).error;
}

void firmware_cpu_off(void)
{
	sbi_call(SBI_HSM, SBI_HSM_STOP, 0, 0, 0, 0, 0);
}

bool firmware_cpu_is_off(uint64_t hwid)
{
	return sbi_call(SBI_HSM, SBI_HSM_STATUS, hwid, 0, 0, 0, 0).value == SBI_HSM_STOPPED;
}

static void reset(unsigned type)
{
	sbi_call(SBI_SRST, SBI_SRST_RESET, type, 0, 0, 0, 0);
}

void power_off(void)
{
	reset(SBI_SRST_SHUTDOWN);
}

void power_reset(void)
{
	reset(SBI_SRST_COLD);
}

void power_reset_warm(void)
{
	reset(SBI_SRST_WARM);
}

void firmware_call(void)
{
	sbi_call(SBI_BASE, SBI_BASE_SPEC_VERSION, 0, 0, 0, 0, 0);
}

int64_t hypercall(unsigned number, uint64_t a, uint64_t b)
{
	struct sbi_ret ret = sbi_call(AXVM_HYPERCALL_SBI, number, a, b, 0, 0, 0);

	return ret.error ? ret.error : ret.value;
}
