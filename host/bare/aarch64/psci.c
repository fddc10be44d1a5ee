/* SPDX-License-Identifier: Apache-2.0 */
#include "psci.h"

#include "arch.h"
#include "dt/tree.h"

#include <string.h>

#define PSCI_CPU_ON_64	   0xc4000003u
#define PSCI_SYSTEM_OFF	   0x84000008u
#define PSCI_NOT_SUPPORTED (-1)

static enum { CONDUIT_NONE, CONDUIT_SMC, CONDUIT_HVC } conduit;

void psci_probe(const void *fdt)
{
	static const char *const compatible[] = { "arm,psci-1.0", "arm,psci-0.2" };
	const char *method = NULL;

	for (size_t i = 0; i < 2 && !method; i++) {
		int node = dt_find(fdt, compatible[i]);

		if (node >= 0)
			method = fdt_getprop(fdt, node, "method", NULL);
	}
	if (method)
		conduit = strcmp(method, "hvc") == 0 ? CONDUIT_HVC : CONDUIT_SMC;
}

/* SMC Calling Convention 1.0: x0 to x17 may change. */
static int64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

#define CLOBBERS                                                                                   \
	"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",       \
		"x17", "memory"
	if (conduit == CONDUIT_SMC)
		__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::CLOBBERS);
	else if (conduit == CONDUIT_HVC)
		__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::CLOBBERS);
	else
		return PSCI_NOT_SUPPORTED;
#undef CLOBBERS
	return (int64_t)x0;
}

int64_t psci_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t arg)
{
	return psci_call(PSCI_CPU_ON_64, mpidr, entry, arg);
}

_Noreturn void isa_power_off(void)
{
	psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		__asm__ volatile("wfi");
}
