/* SPDX-License-Identifier: Apache-2.0 */
/* Powers off, while another CPU (if there is one) is busy. */
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
	print("guest: powers off\n");
	power_off();
	CHECK(false, "it does not return");
}
