/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hart has, and what it has not: CSRs and instructions of hypervisors, of M-mode, and of
 * extensions that the tree does not name are illegal instructions; counters count.
 */
#include "boot.h"
#include "csr_code.h"
#include "isa.h"
#include "paging.h"
#include "test.h"
#include "timer.h"
#include "trap.h"
#include "user.h"

#define HTIMEDELTA 0x605

static bool illegal_read(unsigned number)
{
	return trap_is(TRAP(csr_read_number(number)), CAUSE_ILLEGAL);
}

static bool illegal_write(unsigned number)
{
	return trap_is(TRAP(csr_write_number(number, 0)), CAUSE_ILLEGAL);
}

static bool illegal(uint32_t instruction)
{
	/* an address that is not mapped, should it be one */
	return trap_is(TRAP(csr_run(instruction, 0x4000000000ul)), CAUSE_ILLEGAL);
}

static void none_of(const char *whose, const uint16_t *numbers, unsigned num)
{
	unsigned last = 0;

	for (unsigned i = 0; i < num; i++)
		if ((numbers[i] != HTIMEDELTA || !boot_reference()) && /* OpenSBI emulates it */
		    (!illegal_read(numbers[i]) || !illegal_write(numbers[i])))
			last = numbers[i];
	CHECK_EQ(last, 0, "no CSR of %s", whose);
}

static void higher_privilege(void)
{
	static const uint16_t hypervisor[] = { 0x600, 0x602, 0x603, 0x604, 0x605, 0x606,
					       0x607, 0x60a, 0x60c, 0x643, 0x644, 0x645,
					       0x64a, 0x680, 0x608, 0x609, 0x646, 0x647 };
	static const uint16_t virtual[] = { 0x200, 0x204, 0x205, 0x240, 0x241, 0x242, 0x243, 0x244,
					    0x24d, 0x250, 0x251, 0x25c, 0x280, 0xe12, 0xeb0 };
	static const uint16_t machine[] = { 0x300, 0x301, 0x302, 0x303, 0x304, 0x305, 0x306,
					    0x30a, 0x320, 0x340, 0x341, 0x342, 0x343, 0x344,
					    0x34a, 0x34b, 0x3a0, 0x3b0, 0x747, 0x757, 0x7a0,
					    0x7b0, 0xb00, 0xb02, 0xf11, 0xf14, 0xfb0 };

	none_of("hypervisors", hypervisor, sizeof(hypervisor) / sizeof(*hypervisor));
	none_of("VS-mode by its own number", virtual, sizeof(virtual) / sizeof(*virtual));
	none_of("M-mode", machine, sizeof(machine) / sizeof(*machine));
}

static void instructions(void)
{
	static const struct {
		const char *name;
		uint32_t code;
	} hypervisor[] = {
		{ "HFENCE.VVMA", 0x22000073 }, { "HFENCE.GVMA", 0x62000073 },
		{ "HINVAL.VVMA", 0x26000073 }, { "HINVAL.GVMA", 0x66000073 },
		{ "HLV.B", 0x60054573 },       { "HLV.D", 0x6c054573 },
		{ "HLVX.HU", 0x64354573 },     { "HSV.B", 0x62a54073 },
		{ "HSV.D", 0x6ea54073 },       { "MRET", 0x30200073 },
	};

	for (unsigned i = 0; i < sizeof(hypervisor) / sizeof(*hypervisor); i++)
		CHECK(illegal(hypervisor[i].code), "no %s", hypervisor[i].name);
}

/* Without a name in the tree there is nothing. */
static void unnamed_extensions(void)
{
	static const struct {
		const char *name;
		uint16_t csr;
		uint32_t code;
	} extensions[] = {
		{ "sstc", 0x14d, 0 },
		{ "ssaia", 0x150, 0 },
		{ "v", 0xc22, 0 },
		{ "sscofpmf", 0xda0, 0 },
		{ "smstateen", 0x10c, 0 },
		{ "zkr", 0x015, 0 },
		{ "zicfiss", 0x011, 0 },
		{ "zcmt", 0x017, 0 },
		{ "svinval", 0, 0x16000073 },
		{ "zicboz", 0, 0x0045200f },
		{ "zicbom", 0, 0x0025200f },
		{ "zawrs", 0, 0x00d00073 },
		{ "smrnmi", 0x740, 0 },
		{ "sdtrig", 0x7a0, 0 },
		{ "ssctr", 0x14e, 0 },
		{ "smcsrind", 0x155, 0 },
	};

	for (unsigned i = 0; i < sizeof(extensions) / sizeof(*extensions); i++) {
		if (isa_has(extensions[i].name))
			continue;
		if (extensions[i].csr)
			CHECK(illegal_read(extensions[i].csr), "no %s", extensions[i].name);
		else
			CHECK(illegal(extensions[i].code), "no %s", extensions[i].name);
	}
}

static void counters(void)
{
	uint64_t cycles = csr_read(cycle), instructions = csr_read(instret), now = timer_now();

	delay_us(100);
	CHECK(csr_read(cycle) > cycles, "cycle goes on");
	CHECK(csr_read(instret) > instructions, "instret goes on");
	CHECK(timer_now() > now, "time goes on");
	unsigned there = 0, bad = 0;
	for (unsigned number = 0xc03; number < 0xc20; number++) {
		struct trap trap = TRAP(csr_read_number(number));

		there += !trap.count;
		bad += trap.count && !trap_is(trap, CAUSE_ILLEGAL);
	}
	CHECK_EQ(bad, 0, "hpmcounter3 to 31: %u can be read", there);
}

static uint32_t user_code[PAGE_SIZE / 4] __attribute__((aligned(PAGE_SIZE)));

static struct trap user_reads(uint32_t insn)
{
	user_code[0] = insn;
	user_code[1] = 0x00000073; /* ecall */
	cpu_sync_code(user_code);
	return user_run(0xffffffd000000000ul, 0);
}

/* scounteren says what U-mode may read; VS-mode's own, and no hypervisor's. */
static void counters_of_users(void)
{
	static const uint32_t reads[] = { 0xc0002573, 0xc0102573, 0xc0202573 };
	struct paging p = paging_new(39);
	unsigned bad = 0;

	paging_map(&p, 0xffffffd000000000ul, (uint64_t)user_code, 0,
		   PTE_V | PTE_R | PTE_X | PTE_U | PTE_A);
	paging_on(&p, 0);
	for (unsigned i = 0; i < 3; i++) {
		if (i == 1 && boot_reference())
			continue; /* OpenSBI emulates time, whatever scounteren says */
		csr_write(scounteren, 0);
		bad += !trap_is(user_reads(reads[i]), CAUSE_ILLEGAL);
		csr_write(scounteren, 1ul << i);
		bad += !trap_is(user_reads(reads[i]), CAUSE_ECALL_U);
	}
	csr_write(scounteren, 0);
	paging_start_tables();
	CHECK_EQ(bad, 0, "scounteren lets U-mode read cycle, time, instret, or not");
}

/* Fields that take one value, and those that take any. */
static void fields(void)
{
	uint64_t before = csr_read(sstatus);

	CHECK_EQ(before >> 32 & 3, 2, "sstatus.UXL: 64 bits");
	csr_write(sie, ~0ul);
	uint64_t enabled = csr_read(sie);
	csr_write(sie, 0);
	CHECK_EQ(enabled & (SI_SOFT | SI_TIMER | SI_EXTERNAL), SI_SOFT | SI_TIMER | SI_EXTERNAL,
		 "sie: the three interrupts of S-mode");
	CHECK_EQ(enabled & 0x1ddd & ~(1ul << 12 | 1ul << 10 | 1ul << 6 | 1ul << 2), 0,
		 "sie: none of M-mode");
	CHECK(boot_reference() || !(enabled & 0x1444), "sie: none of VS-mode");
	csr_set(sip, SI_SOFT);
	CHECK(csr_read(sip) & SI_SOFT, "sip.SSIP can be set");
	csr_clear(sip, SI_SOFT);
	CHECK(!(csr_read(sip) & SI_SOFT), "and cleared");
	csr_set(sip, SI_EXTERNAL | SI_TIMER);
	CHECK(!(csr_read(sip) & (SI_EXTERNAL | SI_TIMER)), "SEIP and STIP cannot");
}

void guest_main(void)
{
	higher_privilege();
	instructions();
	unnamed_extensions();
	counters();
	counters_of_users();
	fields();
}
