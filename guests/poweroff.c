/* SPDX-License-Identifier: Apache-2.0 */
/* Powers off, while another CPU (if there is one) is busy. */
#include "boot.h"
#include "cpu.h"
#include "psci.h"
#include "test.h"

static void busy(void)
{
	for (;;)
		cpu_relax();
}

void guest_main(void)
{
	if (cpu_count() > 1)
		CHECK(cpu_start(1, busy), "CPU 1 started");
	print("guest: calls SYSTEM_OFF\n");
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
	CHECK(false, "SYSTEM_OFF does not return");
}
