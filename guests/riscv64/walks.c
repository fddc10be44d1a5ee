/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation tables where there is no memory, or where `tables` says: a device of the host. Each
 * access through them ends in an access fault on its table walk. With `jump` the guest also fetches
 * through them; what follows is the hypervisor's choice.
 */
#include "boot.h"
#include "paging.h"
#include "test.h"
#include "trap.h"

#define NOWHERE 0x3000000000ul
#define HIGH	0xffffffd000000000ul

extern uint64_t page_table[512];

/* QEMU's own board answers with a page fault, as does what a device says in place of an entry. */
static bool is_access(struct trap trap, unsigned cause, uint64_t addr)
{
	static const unsigned page[] = { [CAUSE_FETCH_ACCESS] = CAUSE_FETCH_PAGE,
					 [CAUSE_LOAD_ACCESS] = CAUSE_LOAD_PAGE,
					 [CAUSE_STORE_ACCESS] = CAUSE_STORE_PAGE };

	return trap_is_at(trap, cause, addr) ||
	       ((boot_reference() || boot_arg("tables", 0)) && trap_is_at(trap, page[cause], addr));
}

static void jump(uint64_t to)
{
	((void (*)(void))to)();
}

void guest_main(void)
{
	uint64_t tables = boot_arg("tables", NOWHERE);

	page_table[HIGH >> 30 & 511] = tables >> 12 << 10 | PTE_V;
	tlb_flush();
	CHECK(is_access(TRAP(read32(HIGH + 8)), CAUSE_LOAD_ACCESS, HIGH + 8), "load");
	CHECK(is_access(TRAP(write32(HIGH, 0)), CAUSE_STORE_ACCESS, HIGH), "store");
	CHECK(is_access(TRAP(asm volatile("amoadd.w zero, zero, (%0)" ::"r"(HIGH))),
			CAUSE_STORE_ACCESS, HIGH),
	      "AMO");
	if (boot_arg("jump", boot_reference()))
		CHECK(is_access(TRAP(jump(HIGH)), CAUSE_FETCH_ACCESS, HIGH), "fetch");
}
