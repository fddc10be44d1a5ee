/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and writes CSRs by random numbers (`seed`, `count`), and executes random system
 * instructions. Left out are only those with which this guest would break itself.
 */
#include "boot.h"
#include "csr_code.h"
#include "machine.h"
#include "random.h"
#include "test.h"
#include "trap.h"

/* This guest's own: its tables, vector, trap stack, state; on a machine itself also its timer. */
static bool own(unsigned number)
{
	return number == 0x100 || number == 0x104 || number == 0x105 || number == 0x140 ||
	       number == 0x180;
}

static unsigned reads(struct random *random, uint64_t count)
{
	unsigned faults = 0;

	for (uint64_t i = 0; i < count; i++)
		faults += TRAP(csr_read_number((unsigned)random_below(random, 4096))).count;
	return faults;
}

static unsigned writes(struct random *random, uint64_t count)
{
	unsigned faults = 0;

	for (uint64_t i = 0; i < count; i++) {
		unsigned number = (unsigned)random_below(random, 4096);
		uint64_t value = i % 3 ? random_next(random) : ~0ull;

		if (!own(number))
			faults += TRAP(csr_write_number(number, value)).count;
	}
	return faults;
}

/* WFI and WRS wait, SRET goes away, ECALL asks for things. */
static bool harmless(uint32_t insn)
{
	uint32_t function = insn >> 20;

	return !(insn >> 12 & 7) && function != 0x105 && function != 0x00d && function != 0x01d &&
	       function != 0x102 && function != 0x000;
}

static unsigned system_instructions(struct random *random, uint64_t count)
{
	unsigned faults = 0;

	for (uint64_t i = 0; i < count; i++) {
		uint32_t insn = ((uint32_t)random_next(random) & 0xfff00000) | 0x73;

		if (harmless(insn))
			faults += TRAP(csr_run(insn, 0)).count;
	}
	return faults;
}

void guest_main(void)
{
	struct random random = { boot_arg("seed", 1) };
	uint64_t count = boot_arg("count", 10000);

	unsigned faults = reads(&random, count);
	CHECK(faults > count / 4 && faults < count, "%u of %lu reads are illegal", faults, count);
	faults = writes(&random, count);
	CHECK(faults > count / 4 && faults < count, "%u of %lu writes are illegal", faults, count);
	csr_clear(sstatus, SSTATUS_MXR | SSTATUS_SUM);
	faults = system_instructions(&random, count);
	CHECK(faults > count / 4, "%u of %lu system instructions are illegal", faults, count);
	machine_check_irq();
}
