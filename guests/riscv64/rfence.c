/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remote fences. One hart changes the tables while the others read through them: behind the fence
 * nobody may see the old page, and what CPUs have to be made to fetch anew is fetched anew.
 */
#include "boot.h"
#include "irq.h"
#include "paging.h"
#include "sbi.h"
#include "test.h"
#include "timer.h"
#include "trap.h"

#define WINDOW	   0xffffffd000000000ul
#define PAGES	   4u
#define ROUNDS	   200u
#define TIMEOUT_US 3000000
#define ALL	   (~0ul)

static uint64_t frames[2][PAGES][PAGE_SIZE / 8] __attribute__((aligned(PAGE_SIZE)));
static struct paging tables;

/* The round that is valid from now on; readers say which they have begun to look in. */
static volatile uint64_t valid;
static volatile bool end;
static volatile unsigned stale[MAX_CPUS], looks[MAX_CPUS];

static void map(unsigned which, unsigned first, unsigned num)
{
	for (unsigned i = first; i < first + num; i++)
		paging_map(&tables, WINDOW + i * PAGE_SIZE, (uint64_t)frames[which][i], 0, PTE_RW);
	mb();
}

static void mark(unsigned which, uint64_t round)
{
	for (unsigned i = 0; i < PAGES; i++)
		*(volatile uint64_t *)frames[which][i] = round;
	mb();
}

/* What was valid before the look may not be followed by what was there earlier. */
static void look(unsigned cpu)
{
	for (unsigned i = 0; i < PAGES; i++) {
		uint64_t least = valid;

		mb();
		stale[cpu] += read64(WINDOW + i * PAGE_SIZE) < least;
	}
	looks[cpu]++;
}

static void reader(void)
{
	unsigned cpu = cpu_id();

	paging_on(&tables, 0);
	while (!end)
		look(cpu);
	paging_start_tables();
}

typedef struct sbi_ret (*fence_fn)(void);

static struct sbi_ret fence(unsigned function, uint64_t mask, uint64_t base, uint64_t at,
			    uint64_t size)
{
	return sbi_call(SBI_RFENCE, function, mask, base, at, size, 0);
}

static struct sbi_ret all_of_it(void)
{
	return fence(SBI_RFENCE_VMA, 0, ALL, 0, ALL);
}

static struct sbi_ret by_address(void)
{
	return fence(SBI_RFENCE_VMA, 0, ALL, WINDOW, PAGES * PAGE_SIZE);
}

static struct sbi_ret by_asid(void)
{
	return fence(SBI_RFENCE_VMA_ASID, 0, ALL, WINDOW, PAGES * PAGE_SIZE);
}

static struct sbi_ret zero_size(void)
{
	return fence(SBI_RFENCE_VMA, 0, ALL, 0, 0);
}

static struct sbi_ret one_by_one(void)
{
	struct sbi_ret ret = { 0, 0 };

	for (unsigned cpu = 0; cpu < cpu_count() && !ret.error; cpu++)
		ret = fence(SBI_RFENCE_VMA, 1, cpu_hwid(cpu), WINDOW, PAGES * PAGE_SIZE);
	return ret;
}

static struct sbi_ret legacy(void)
{
	return sbi_call(SBI_LEGACY_FENCE_VMA, 0, 0, WINDOW, PAGES * PAGE_SIZE, 0, 0);
}

static void rounds(const char *name, fence_fn fn)
{
	uint64_t first = valid + 1;
	unsigned bad = 0, before[MAX_CPUS];

	for (unsigned cpu = 1; cpu < cpu_count(); cpu++) {
		stale[cpu] = 0;
		before[cpu] = looks[cpu];
	}
	for (uint64_t round = first; round < first + ROUNDS; round++) {
		mark(round & 1, round);
		map(round & 1, 0, PAGES);
		bad += fn().error != 0;
		valid = round;
		mb();
	}
	CHECK_EQ(bad, 0, "%s: %u fences", name, ROUNDS);
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++) {
		wait_for(looks[cpu] != before[cpu], TIMEOUT_US);
		CHECK(looks[cpu] != before[cpu], "%s: CPU %u looked on", name, cpu);
		CHECK_EQ(stale[cpu], 0, "%s: CPU %u: old pages", name, cpu);
	}
}

/*
 * Without a fence a CPU may see either page. An emulator keeps translations for long: that it does
 * shows that the test above would see a missing fence.
 */
static void without(void)
{
	uint64_t first = valid + 1;
	unsigned old = 0, bad = 0;

	paging_on(&tables, 0);
	for (uint64_t round = first; round < first + ROUNDS; round++) {
		mark(round & 1, round);
		map(round & 1, 0, PAGES);
		old += read64(WINDOW) != round;
		tlb_flush();
		bad += read64(WINDOW) != round;
	}
	valid = first + ROUNDS - 1;
	print("guest: %u of %u times the old page without a fence\n", old, ROUNDS);
	paging_start_tables();
	CHECK_EQ(bad, 0, "its own fence is enough");
}

/* Code that is written anew: li a0, N; ret */
static uint32_t code[PAGE_SIZE / 4] __attribute__((aligned(PAGE_SIZE)));
static volatile unsigned asked, answer, answered;

static void executor(void)
{
	while (!end) {
		if (answered != asked) {
			answer = ((unsigned (*)(void))(uint64_t)code)();
			mb();
			answered = asked;
		}
		cpu_relax();
	}
}

static void instructions(void)
{
	unsigned bad = 0;

	code[1] = CPU_RET;
	end = false;
	if (!CHECK(cpu_start(1, executor), "CPU 1 executes"))
		return;
	for (unsigned i = 1; i <= 100 && !bad; i++) {
		*(volatile uint32_t *)code = i << 20 | 0x513; /* li a0, i */
		mb();
		fence(SBI_RFENCE_FENCE_I, 0, ALL, 0, 0);
		asked = i;
		bad += !wait_for(answered == i, TIMEOUT_US) || answer != i;
	}
	CHECK_EQ(bad, 0, "FENCE.I: new code a hundred times");
	end = true;
	CHECK(cpu_wait_off(1), "CPU 1 off");
}

/* Two that fence each other at once both go on. */
static volatile unsigned crossed[MAX_CPUS];

static void cross(void)
{
	while (crossed[cpu_id()] < 500) {
		if (all_of_it().error)
			return;
		crossed[cpu_id()]++;
	}
}

static void each_other(void)
{
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_start(cpu, cross), "CPU %u fences", cpu);
	cross();
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
		CHECK(wait_for(crossed[cpu] == 500, 5000000), "CPU %u came through", cpu);
		if (cpu)
			CHECK(cpu_wait_off(cpu), "CPU %u off", cpu);
	}
}

/* A hart that is off, or asleep, is not waited for. */
static void sleeping(void)
{
	irq_on(IRQ_IPI);
	while (!end)
		wfi();
}

static void of_sleepers(void)
{
	end = false;
	CHECK(cpu_start(1, sleeping), "CPU 1 sleeps");
	delay_us(10000);
	CHECK_EQ(all_of_it().error, SBI_SUCCESS, "a fence on a hart that sleeps");
	end = true;
	ipi_send(1);
	CHECK(cpu_wait_off(1), "CPU 1 off");
	CHECK_EQ(all_of_it().error, SBI_SUCCESS, "a fence on all while one is off");
}

void guest_main(void)
{
	if (!CHECK(cpu_count() > 1, "%u harts", cpu_count()))
		return;
	tables = paging_new(39);
	map(0, 0, PAGES);
	without();
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_start(cpu, reader), "CPU %u reads", cpu);
	rounds("everything", all_of_it);
	rounds("by address", by_address);
	rounds("by address and ASID", by_asid);
	rounds("size 0", zero_size);
	rounds("one by one", one_by_one);
	rounds("legacy", legacy);
	end = true;
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_wait_off(cpu), "CPU %u off", cpu);
	instructions();
	each_other();
	of_sleepers();
}
