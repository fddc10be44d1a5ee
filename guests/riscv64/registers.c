/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every CSR of S-mode and U-mode that takes a value keeps it, whatever other VMs write to theirs
 * (`seed`), over switches between them.
 */
#include "boot.h"
#include "csr_code.h"
#include "random.h"
#include "test.h"
#include "timer.h"
#include "trap.h"

#define MAX_HELD 64

static struct held {
	unsigned number;
	uint64_t value;
} held[MAX_HELD];
static unsigned held_num;

/* This guest's own, what traps change, interfaces that act, counters. */
static bool own(unsigned number)
{
	switch (number) {
	case 0x015: /* seed */
	case 0x100: /* sstatus */
	case 0x104: /* sie */
	case 0x105: /* stvec */
	case 0x140: /* sscratch */
	case 0x141: /* sepc */
	case 0x142: /* scause */
	case 0x143: /* stval */
	case 0x144: /* sip */
	case 0x14d: /* stimecmp */
	case 0x151: /* sireg */
	case 0x15c: /* stopei */
	case 0x180: /* satp */
		return true;
	default:
		return false;
	}
}

static void hold(unsigned number, uint64_t value)
{
	uint64_t got;

	if (TRAP(csr_read_number(number)).count || TRAP(csr_write_number(number, value)).count)
		return;
	got = csr_read_number(number);
	if (csr_read_number(number) != got || !got || held_num == MAX_HELD)
		return;
	held[held_num++] = (struct held){ number, got };
}

/* Writable ones: the upper two bits are not ones; the next two: no more than S-mode. */
static void hold_all(struct random *random)
{
	for (unsigned number = 0; number < 0xc00; number++)
		if ((number >> 8 & 3) <= 1 && !own(number))
			hold(number, random_next(random));
	for (unsigned i = 0; i < held_num; i++) /* other accesses may have changed it */
		csr_write_number(held[i].number, random_next(random));
	for (unsigned i = 0; i < held_num; i++) /* a later one may be another's part */
		held[i].value = csr_read_number(held[i].number);
}

static unsigned strange(void)
{
	unsigned num = 0;

	for (unsigned i = 0; i < held_num; i++)
		num += csr_read_number(held[i].number) != held[i].value;
	return num;
}

/* Those that traps write: no trap is taken meanwhile. */
static unsigned trap_registers(struct random *random)
{
	uint64_t sepc = random_next(random) & ~3ul, stval = random_next(random);
	uint64_t scause = random_next(random) & 0xf, sscratch = csr_read(sscratch);

	csr_write(sepc, sepc);
	csr_write(stval, stval);
	csr_write(scause, scause);
	stval = csr_read(stval);
	delay_us(5000);
	return (csr_read(sepc) != sepc) + (csr_read(stval) != stval) +
	       (csr_read(scause) != scause) + (csr_read(sscratch) != sscratch);
}

void guest_main(void)
{
	struct random random = { boot_arg("seed", 1) };
	uint64_t rounds = boot_arg("count", 40);
	unsigned bad = 0, bad_traps = 0;

	hold_all(&random);
	CHECK(held_num >= 3, "%u registers take a value", held_num);
	while (rounds--) {
		bad_traps += trap_registers(&random);
		bad += strange();
	}
	CHECK_EQ(bad, 0, "registers that changed");
	CHECK_EQ(bad_traps, 0, "registers of traps that changed");
}
