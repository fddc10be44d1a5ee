/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware.h"

#define BASE_PROBE_EXTENSION	3u
#define RFENCE_HFENCE_GVMA_VMID 3u
#define ALL_HARTS		UINT64_MAX /* as hart_mask_base */

struct sbi_result {
	int64_t error;
	uint64_t value;
};

static struct sbi_result sbi_call(enum sbi_extension extension, uint64_t function,
				  const uint64_t args[5])
{
	register uint64_t a0 __asm__("a0") = args[0];
	register uint64_t a1 __asm__("a1") = args[1];
	register uint64_t a2 __asm__("a2") = args[2];
	register uint64_t a3 __asm__("a3") = args[3];
	register uint64_t a4 __asm__("a4") = args[4];
	register uint64_t a6 __asm__("a6") = function;
	register uint64_t a7 __asm__("a7") = extension;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
			 : "memory");
	return (struct sbi_result){ (int64_t)a0, a1 };
}

bool firmware_has(enum sbi_extension extension)
{
	const uint64_t args[5] = { extension };
	struct sbi_result result = sbi_call(SBI_BASE, BASE_PROBE_EXTENSION, args);

	return result.error == 0 && result.value != 0;
}

void firmware_set_timer(uint64_t ticks)
{
	const uint64_t args[5] = { ticks };

	sbi_call(SBI_TIME, 0, args);
}

void firmware_send_ipi(uint64_t hart)
{
	const uint64_t args[5] = { 1, hart };

	sbi_call(SBI_IPI, 0, args);
}

int64_t firmware_hart_start(uint64_t hart, uint64_t entry, uint64_t arg)
{
	const uint64_t args[5] = { hart, entry, arg };

	return sbi_call(SBI_HSM, 0, args).error;
}

int64_t firmware_remote_hfence_gvma(uint64_t gpa, uint64_t size, uint32_t vmid)
{
	const uint64_t args[5] = { 0, ALL_HARTS, gpa, size, vmid };

	return sbi_call(SBI_RFENCE, RFENCE_HFENCE_GVMA_VMID, args).error;
}

void firmware_shutdown(void)
{
	const uint64_t args[5] = { 0 }; /* shutdown, no reason */

	sbi_call(SBI_SRST, 0, args);
}
