/* SPDX-License-Identifier: Apache-2.0 */
/* Jumps to an address where this machine has nothing. What follows is the hypervisor's choice. */
#include "boot.h"
#include "test.h"

#define NOWHERE 0xc0000000ull /* executable by the guest's own tables */

void guest_main(void)
{
	print("guest: jumps to %#llx\n", NOWHERE);
	((void (*)(void))NOWHERE)();
	CHECK(false, "there was something to run");
}
