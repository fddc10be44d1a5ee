/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation tables where there is no memory, or where `tables` says: a device of the host. Each
 * access through them aborts on its table walk.
 */
#include "boot.h"
#include "test.h"
#include "trap.h"

#define NOWHERE 0x7000000000ul
#define HIGH	0xffffff8000000000ul /* the lowest address of TTBR1_EL1, with 39 bits */

/* T1SZ 25, walks write-back inner-shareable, 4 KiB, no EPD1 */
#define TCR_TTBR1 (25ul << 16 | 1ul << 24 | 1ul << 26 | 3ul << 28 | 2ul << 30)
#define TCR_MASK  (0xfffful << 16)

#define FSC_EXTERNAL_WALK 0x14 /* to 0x17: the level */

static void tables_nowhere(void)
{
	msr(ttbr1_el1, boot_arg("tables", NOWHERE));
	msr(tcr_el1, (mrs(tcr_el1) & ~TCR_MASK) | TCR_TTBR1);
	isb();
	asm volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
}

static bool aborts_on_walk(struct trap trap, uint64_t addr)
{
	return trap_is(trap, EC_DABORT) && (ESR_FSC(trap.esr) & ~3u) == FSC_EXTERNAL_WALK &&
	       trap.far == addr;
}

void guest_main(void)
{
	tables_nowhere();
	CHECK(aborts_on_walk(TRAP(read32(HIGH + 8)), HIGH + 8), "read");
	CHECK(aborts_on_walk(TRAP(write32(HIGH, 0)), HIGH), "write");
	CHECK(aborts_on_walk(TRAP(asm volatile("at s1e1r, %0" ::"r"(HIGH) : "memory")), HIGH),
	      "address translation instruction");
}
