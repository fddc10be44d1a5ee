/* SPDX-License-Identifier: Apache-2.0 */
/* Reads who a device is that was passed through: the word at `at`, where it is `word`. */
#include "boot.h"
#include "cpu.h"
#include "test.h"

void guest_main(void)
{
	CHECK_EQ(read32(boot_arg("at", 0)), boot_arg("word", 0), "the device's word");
}
