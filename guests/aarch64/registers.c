/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every system register that takes a value keeps it, whatever other VMs write to theirs (`seed`):
 * also those of features that the hypervisor hides but no trap covers, which may read as zero.
 */
#include "boot.h"
#include "random.h"
#include "sysreg_code.h"
#include "test.h"
#include "timer.h"
#include "trap.h"

#define MAX_HELD 512

static struct held {
	uint32_t encoding;
	uint64_t value;
} held[MAX_HELD];
static unsigned held_num;

/* This guest's own: control, tables, what exceptions change, interfaces that act, counters. */
static bool own(unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
	switch (crn) {
	case 1:
	case 4:
	case 6:
		return true;
	case 2:
		return crm == 0 || op1 == 3; /* TTBR, TCR; RNDR */
	case 5:
		return crm == 2; /* ESR */
	case 10:
		return crm == 2; /* MAIR */
	case 12:
		return crm != 1; /* all but DISR */
	case 13:
		return op1 == 0 && op2 == 4; /* TPIDR_EL1 is the CPU's number */
	case 14:
		return op1 != 0;
	default:
		return false;
	}
}

static void hold(uint32_t encoding, uint64_t value)
{
	uint64_t got;

	if (TRAP(sysreg_read(encoding)).count || TRAP(sysreg_write(encoding, value)).count)
		return;
	isb();
	got = sysreg_read(encoding);
	if (sysreg_read(encoding) != got || held_num == MAX_HELD)
		return;
	held[held_num++] = (struct held){ encoding, got };
}

static void hold_all(struct random *random)
{
	for (unsigned i = 0; i < 2 * 4 * 16 * 16 * 8; i++) {
		unsigned op0 = 2 + i / 8192, op1 = i / 2048 % 4;
		unsigned crn = i / 128 % 16, crm = i / 8 % 16, op2 = i % 8;
		uint64_t value = random_next(random);

		if (op0 == 2 || !own(op1, crn, crm, op2))
			hold(SYSREG(op0, op1, crn, crm, op2), value);
	}
}

static void compare(struct held *h)
{
	uint64_t now = sysreg_read(h->encoding);

	if (now == h->value || !h->value ||
	    !CHECK(now == 0, "register %#x: %#lx became %#lx", h->encoding, h->value, now))
		return;
	h->value = 0;
}

/* Zeroed ones stay that way. */
static unsigned strange(void)
{
	unsigned num = 0;

	for (unsigned i = 0; i < held_num; i++)
		num += sysreg_read(held[i].encoding) != held[i].value;
	return num;
}

void guest_main(void)
{
	struct random random = { boot_arg("seed", 1) };
	uint64_t rounds = boot_arg("count", 40);
	unsigned bad = 0;

	hold_all(&random);
	CHECK(held_num > 20, "%u registers take a value", held_num);
	delay_us(100000);
	for (unsigned i = 0; i < held_num; i++)
		compare(&held[i]);
	while (rounds--) {
		delay_us(5000);
		bad += strange();
	}
	CHECK_EQ(bad, 0, "registers that changed");
}
