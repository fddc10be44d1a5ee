/* SPDX-License-Identifier: Apache-2.0 */
/* Writes `value` to the test device: 0x5555 powers off, 0x3333 reports a failure, 0x7777 resets. */
#include "boot.h"
#include "cpu.h"
#include "machine.h"
#include "test.h"

static void busy(void)
{
	for (;;)
		cpu_relax();
}

void guest_main(void)
{
	write32(TEST_BASE, 0);
	write32(TEST_BASE, 0xffff);
	CHECK(true, "other values do nothing");
	if (cpu_count() > 1)
		CHECK(cpu_start(1, busy), "CPU 1 started");
	print("guest: writes %#lx\n", boot_arg("value", 0x5555));
	write32(TEST_BASE, (uint32_t)boot_arg("value", 0x5555));
	CHECK(false, "it goes on");
}
