/* SPDX-License-Identifier: Apache-2.0 */
/* Reads who a device is that was passed through: the board's PL061, at another address. */
#include "boot.h"
#include "cpu.h"
#include "test.h"

#define GPIO	  0x0b000000ull
#define PERIPHID0 0xfe0
#define PERIPHID1 0xfe4

void guest_main(void)
{
	CHECK_EQ(read32(GPIO + PERIPHID0), 0x61, "PeriphID0");
	CHECK_EQ(read32(GPIO + PERIPHID1), 0x10, "PeriphID1");
}
