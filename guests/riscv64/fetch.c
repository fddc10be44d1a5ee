/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device accesses by instructions that a hypervisor, if it has to read them, cannot simply load:
 * from a page that may only be executed, across the border of two pages, from a page that another
 * CPU takes away meanwhile.
 */
#include "boot.h"
#include "machine.h"
#include "paging.h"
#include "test.h"
#include "timer.h"
#include "trap.h"

#define WINDOW	 0xffffffd000000000ul
#define ALARM	 (RTC_BASE + 0x0c) /* keeps 32 bits */
#define EXECUTE	 (PTE_V | PTE_X | PTE_A)
#define LOAD	 0x00052503u /* lw a0, 0(a0) */
#define C_LOAD	 0x4108u     /* c.lw a0, 0(a0) */
#define C_RETURN 0x8082u
#define ROUNDS	 20000u

/* Behind one another in the window, in other order in memory. */
static uint8_t frames[2][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static struct paging tables;

static void put(unsigned at, uint32_t insn, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		frames[(at + i) / PAGE_SIZE ? 0 : 1][(at + i) % PAGE_SIZE] = (uint8_t)(insn >>
										       8 * i);
}

static uint64_t call(unsigned at)
{
	return ((uint64_t (*)(uint64_t))(WINDOW + at))(ALARM);
}

/* A load of the device at a place of the window, and a return. */
static void place(unsigned at, bool full)
{
	put(at, full ? LOAD : C_LOAD, full ? 4 : 2);
	put(at + (full ? 4 : 2), C_RETURN, 2);
	cpu_sync_code(frames);
}

static void map(uint64_t first, uint64_t second)
{
	paging_map(&tables, WINDOW, (uint64_t)frames[1], 0, first);
	paging_map(&tables, WINDOW + PAGE_SIZE, (uint64_t)frames[0], 0, second);
	tlb_flush();
}

static void works(const char *name, unsigned at, bool full)
{
	uint64_t value = 0;

	place(at, full);
	write32(ALARM, 0x12340000 + at);
	struct trap trap = TRAP(value = call(at));
	CHECK_EQ(trap.count, 0, "%s: no exception", name);
	CHECK_EQ(value, 0x12340000 + at, "%s: value", name);
}

static void places(void)
{
	map(EXECUTE, EXECUTE);
	works("executable only, full", 0, true);
	works("executable only, compressed", 0, false);
	works("at the end of a page, full", PAGE_SIZE - 4, true);
	works("at the end of a page, compressed", PAGE_SIZE - 2, false);
	works("across two pages", PAGE_SIZE - 2, true);
}

/* The second half of the instruction cannot be fetched: the hart's own fault, not a device's. */
static void half_there(void)
{
	place(PAGE_SIZE - 2, true);
	map(EXECUTE, 0);
	struct trap trap = TRAP(call(PAGE_SIZE - 2));
	CHECK(trap_is_at(trap, CAUSE_FETCH_PAGE, WINDOW + PAGE_SIZE), "no second half");
	CHECK(trap.epc == WINDOW + PAGE_SIZE - 2, "of the instruction that begins before");
	map(EXECUTE, PTE_V | PTE_R | PTE_A);
	trap = TRAP(call(PAGE_SIZE - 2));
	CHECK(trap_is_at(trap, CAUSE_FETCH_PAGE, WINDOW + PAGE_SIZE), "no executable second half");
}

static volatile bool end;

/* Nothing says when the other CPU sees it: no fence is sent. */
static void vanish(void)
{
	while (!end) {
		paging_map(&tables, WINDOW, (uint64_t)frames[1], 0, 0);
		mb();
		paging_map(&tables, WINDOW, (uint64_t)frames[1], 0, EXECUTE);
		mb();
	}
}

/* Value or page fault; nothing else, and nobody else's instruction. */
static void while_it_vanishes(void)
{
	unsigned values = 0, faults = 0, other = 0;

	map(EXECUTE, EXECUTE);
	place(0, true);
	write32(ALARM, 0x7654321);
	if (!CHECK(cpu_start(1, vanish), "CPU 1 takes the code away and gives it back"))
		return;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t value = 0;
		struct trap trap = TRAP(value = call(0));

		tlb_flush();
		if (trap_is(trap, CAUSE_FETCH_PAGE) && trap.tval - WINDOW <= 4)
			faults++; /* at the load, or at the return behind it */
		else if (!trap.count && value == 0x7654321)
			values++;
		else
			other++;
	}
	end = true;
	CHECK(cpu_wait_off(1), "CPU 1 off");
	CHECK(values > 0, "%u values, %u faults", values, faults);
	CHECK_EQ(other, 0, "anything else");
}

void guest_main(void)
{
	tables = paging_new(39);
	if (!CHECK(paging_on(&tables, 0), "tables"))
		return;
	places();
	half_there();
	if (cpu_count() > 1)
		while_it_vanishes();
	paging_start_tables();
}
