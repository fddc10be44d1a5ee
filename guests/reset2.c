/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for a warm reset, while another CPU (if there is one) is busy. */
#include "boot.h"
#include "cpu.h"
#include "firmware.h"
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
	print("guest: asks for a warm reset\n");
	power_reset_warm();
	CHECK(false, "it does not return");
}
