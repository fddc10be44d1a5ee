/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory regions besides RAM, with the rights that their flags say: `ro` may be read, `rw` also
 * written, neither executed. All of them, and RAM, are zero at first. With `jump` the guest also
 * executes from `rw`; what follows is the hypervisor's choice.
 */
#include "boot.h"
#include "test.h"
#include "trap.h"

extern char _end[];

static bool is_zero(uint64_t from, uint64_t to, uint64_t step)
{
	for (; from < to; from += step)
		if (read64(from))
			return false;
	return true;
}

static void ram(void)
{
	uint64_t from = ((uint64_t)_end + 0xfffff) & ~0xfffffull;
	uint64_t to = boot_ram_base() + boot_ram_size() - 0x400000; /* the device tree */

	CHECK(is_zero(from, to, 4096 - 8), "RAM is zero at first");
}

static void read_only(uint64_t base)
{
	CHECK_EQ(TRAP(read64(base)).count, 0, "read-only region: read");
	CHECK(is_zero(base, base + 0x100000, 8), "read-only region: zero");
	struct trap trap = TRAP(write64(base + 8, 1));
	CHECK(trap_is_write(trap, base + 8), "read-only region: a write aborts");
	trap = TRAP(write8(base + 0xfffff, 1));
	CHECK(trap_is_write(trap, base + 0xfffff),
	      "read-only region: a write to its last byte aborts");
	CHECK(is_zero(base, base + 0x100000, 8), "read-only region: as before");
	CHECK(trap_is_external(TRAP(read8(base + 0x100000)), base + 0x100000),
	      "read-only region: nothing behind it");
}

static void read_write(uint64_t base)
{
	CHECK(is_zero(base, base + 0x100000, 8), "writable region: zero");
	CHECK_EQ(TRAP(write64(base + 0xffff8, 0x1234)).count, 0, "writable region: write");
	CHECK_EQ(read64(base + 0xffff8), 0x1234, "writable region: read back");
}

static void jump(uint64_t base)
{
	write32(base, CPU_RET);
	cpu_sync_code((void *)base);
	print("guest: executes from the writable region\n");
	CHECK_EQ(TRAP(((void (*)(void))base)()).count, 1, "writable region: not executable");
}

void guest_main(void)
{
	ram();
	read_only(boot_arg("ro", 0));
	read_write(boot_arg("rw", 0));
	if (boot_arg("jump", 0))
		jump(boot_arg("rw", 0));
}
