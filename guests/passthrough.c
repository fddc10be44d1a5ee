/* SPDX-License-Identifier: Apache-2.0 */
/* Reads who a device is that was passed through: the board's PL061, where `gpio` says. */
#include "boot.h"
#include "cpu.h"
#include "test.h"

#define PERIPHID0 0xfe0
#define PERIPHID1 0xfe4

void guest_main(void)
{
	uint64_t gpio = boot_arg("gpio", 0x0b000000);

	CHECK_EQ(read32(gpio + PERIPHID0), 0x61, "PeriphID0");
	CHECK_EQ(read32(gpio + PERIPHID1), 0x10, "PeriphID1");
}
