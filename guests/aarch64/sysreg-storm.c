/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and writes system registers by random encodings (`seed`, `count`). Left out are only those
 * with which this guest would break itself.
 */
#include "boot.h"
#include "cpu.h"
#include "machine.h"
#include "random.h"
#include "sysreg_code.h"
#include "test.h"
#include "trap.h"

struct encoding {
	unsigned op0, op1, crn, crm, op2;
};

static struct encoding random_encoding(struct random *random)
{
	uint64_t value = random_next(random);

	return (struct encoding){ 1 + (value >> 20 & 0xff) % 3, value >> 28 & 7, value >> 32 & 0xf,
				  value >> 36 & 0xf, value >> 40 & 7 };
}

static uint32_t bits(struct encoding e)
{
	return SYSREG(e.op0, e.op1, e.crn, e.crm, e.op2);
}

/*
 * This guest's own: its tables, vectors, stack pointer, processor state, CPU number; on a machine
 * itself also the debug registers, which really act there.
 */
static bool own(struct encoding e)
{
	if (e.op0 == 2)
		return boot_reference();
	if (e.op0 == 1)
		return e.crn == 7 && e.op1 == 0 && e.crm == 6 && e.op2 == 1; /* DC IVAC */
	if (e.crn == 4)
		return true;
	return e.op1 == 0 && (e.crn == 1 || e.crn == 2 || e.crn == 10 || e.crn == 13 ||
			      (e.crn == 12 && e.crm == 0));
}

/* Cache and TLB maintenance and the like: op0 1 has no reads that return a register. */
static unsigned reads(struct random *random, uint64_t count)
{
	unsigned faults = 0;

	for (uint64_t i = 0; i < count; i++) {
		struct encoding e = random_encoding(random);

		if (e.op0 != 1)
			faults += TRAP(sysreg_read(bits(e))).count;
	}
	return faults;
}

static unsigned writes(struct random *random, uint64_t count)
{
	unsigned faults = 0;

	for (uint64_t i = 0; i < count; i++) {
		struct encoding e = random_encoding(random);
		uint64_t value = i % 3 ? random_next(random) : ~0ull;

		if (!own(e))
			faults += TRAP(sysreg_write(bits(e), value)).count;
	}
	return faults;
}

/* The storm has changed the CPU interface too: active priorities, EOI mode, masks. */
static void repair_interface(void)
{
	msr(ICC_AP0R0_EL1, 0);
	msr(ICC_AP1R0_EL1, 0);
	msr(ICC_CTLR_EL1, 0);
}

void guest_main(void)
{
	struct random random = { boot_arg("seed", 1) };
	uint64_t count = boot_arg("count", 30000);

	unsigned faults = reads(&random, count);
	CHECK(faults > count / 4 && faults < count, "%u of %lu reads are UNDEFINED", faults, count);
	faults = writes(&random, count);
	CHECK(faults > count / 4 && faults < count, "%u of %lu writes fault", faults, count);
	repair_interface();
	machine_check_irq();
}
