/* SPDX-License-Identifier: Apache-2.0 */
/* SBI calls, with good and with bad arguments; HSM and RFENCE have guests of their own too. */
#include "sbi.h"
#include "boot.h"
#include "irq.h"
#include "machine.h"
#include "test.h"
#include "timer.h"
#include "trap.h"
#include <string.h>

#define NO_HART	   0xfeul
#define NO_PAGE	   0x4000000000ul
#define ALL	   (~0ul)
#define NO_MEMORY  0x0b000000ul
#define BEHIND_RAM (boot_ram_base() + boot_ram_size())

uint64_t sbi_registers(void);

#define CALL(extension, function, a, b, c)                                                         \
	sbi_call(SBI_##extension, SBI_##extension##_##function, a, b, c, 0, 0)
#define RETURNS(want, ret, ...) CHECK_EQ((ret).error, SBI_##want, __VA_ARGS__)

static void base(void)
{
	static const struct {
		const char *name;
		uint32_t id;
	} there[] = {
		{ "BASE", SBI_BASE },
		{ "TIME", SBI_TIME },
		{ "IPI", SBI_IPI },
		{ "RFENCE", SBI_RFENCE },
		{ "HSM", SBI_HSM },
		{ "SRST", SBI_SRST },
		{ "DBCN", SBI_DBCN },
		{ "PMU", SBI_PMU },
		{ "legacy set_timer", SBI_LEGACY_SET_TIMER },
		{ "legacy putchar", SBI_LEGACY_PUTCHAR },
	};
	struct sbi_ret ret = CALL(BASE, SPEC_VERSION, 0, 0, 0);

	RETURNS(SUCCESS, ret, "specification version");
	CHECK(ret.value == 0x2000000 || boot_reference(), "it is 2.0: %#lx", ret.value);
	RETURNS(SUCCESS, CALL(BASE, IMPL_ID, 0, 0, 0), "implementation");
	RETURNS(SUCCESS, CALL(BASE, IMPL_VERSION, 0, 0, 0), "implementation's version");
	RETURNS(SUCCESS, CALL(BASE, MVENDORID, 0, 0, 0), "mvendorid");
	RETURNS(SUCCESS, CALL(BASE, MARCHID, 0, 0, 0), "marchid");
	RETURNS(SUCCESS, CALL(BASE, MIMPID, 0, 0, 0), "mimpid");
	for (unsigned i = 0; i < sizeof(there) / sizeof(*there); i++) {
		ret = CALL(BASE, PROBE, there[i].id, 0, 0);
		CHECK(!ret.error && ret.value, "there is %s", there[i].name);
	}
	ret = CALL(BASE, PROBE, 0x12345678, 0, 0);
	CHECK(!ret.error && !ret.value, "what nobody has is not there");
	RETURNS(ERR_NOT_SUPPORTED, sbi_call(SBI_BASE, 7, 0, 0, 0, 0, 0), "no function 7");
	RETURNS(ERR_NOT_SUPPORTED, sbi_call(SBI_BASE, ALL, 0, 0, 0, 0, 0), "no last function");
}

/* Each is refused with value 0, whatever its arguments. */
static void unknown(void)
{
	static const uint64_t extensions[] = {
		0x09,	  0x0f,	      0x11,	  0x08000000,	 0x09000000, 0x0a000000, SBI_CPPC,
		SBI_NACL, 0x12345678, 0xffffffff, 0x100000010ul, 1ul << 63,  ALL,	 0x10000000,
	};
	static const uint64_t known[] = { SBI_TIME, SBI_IPI,  SBI_RFENCE, SBI_HSM,
					  SBI_SRST, SBI_DBCN, SBI_PMU };

	for (unsigned i = 0; i < sizeof(extensions) / sizeof(*extensions); i++) {
		struct sbi_ret ret = sbi_call(extensions[i], 0, 1, 2, 3, 4, 5);

		CHECK(boot_reference() || (ret.error == SBI_ERR_NOT_SUPPORTED && !ret.value),
		      "no extension %#lx", extensions[i]);
	}
	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct sbi_ret ret = sbi_call(known[i], 99, 1, 2, 3, 4, 5);

		CHECK(ret.error == SBI_ERR_NOT_SUPPORTED && (!ret.value || boot_reference()),
		      "no function 99 of extension %#lx", known[i]);
	}
}

static void ipi(void)
{
	irq_on(IRQ_IPI);
	RETURNS(SUCCESS, CALL(IPI, SEND, 1, cpu_hwid(0), 0), "an IPI to self");
	CHECK_EQ(irq_ack(), IRQ_IPI, "it arrives");
	CHECK_EQ(irq_ack(), IRQ_NONE, "once");
	RETURNS(SUCCESS, CALL(IPI, SEND, 0, ALL, 0), "to all");
	CHECK_EQ(irq_ack(), IRQ_IPI, "it arrives");
	RETURNS(SUCCESS, CALL(IPI, SEND, 0, 0, 0), "to nobody");
	CHECK_EQ(irq_ack(), IRQ_NONE, "it does not arrive");
	RETURNS(ERR_INVALID_PARAM, CALL(IPI, SEND, 1, NO_HART, 0), "to a hart that is not there");
	RETURNS(ERR_INVALID_PARAM, CALL(IPI, SEND, 2, ALL - 1, 0), "a base near the end");
	if (!boot_reference()) { /* it takes those that there are, and bases of 32 bits */
		RETURNS(ERR_INVALID_PARAM, CALL(IPI, SEND, ALL, 0, 0),
			"to more harts than there are");
		RETURNS(ERR_INVALID_PARAM, CALL(IPI, SEND, 1, 1ul << 63, 0), "a base far away");
	}
	irq_ack();
	RETURNS(SUCCESS, sbi_call(SBI_LEGACY_CLEAR_IPI, 0, 0, 0, 0, 0, 0), "legacy clear_ipi");
	uint64_t mask = 1ul << cpu_hwid(0);
	RETURNS(SUCCESS, sbi_call(SBI_LEGACY_SEND_IPI, 0, (uint64_t)&mask, 0, 0, 0, 0),
		"legacy send_ipi");
	CHECK_EQ(irq_ack(), IRQ_IPI, "it arrives");
	CHECK(trap_is_at(TRAP(sbi_call(SBI_LEGACY_SEND_IPI, 0, NO_PAGE, 0, 0, 0, 0)),
			 CAUSE_LOAD_PAGE, NO_PAGE),
	      "its mask where no page is: the caller's own fault");
	irq_off(IRQ_IPI);
}

static void fences(void)
{
	static const char *const names[] = { "FENCE.I", "SFENCE.VMA", "SFENCE.VMA with ASID" };

	for (unsigned i = 0; i < 3; i++) {
		RETURNS(SUCCESS, sbi_call(SBI_RFENCE, i, 1, cpu_hwid(0), 0, ALL, 0), "%s on self",
			names[i]);
		RETURNS(SUCCESS, sbi_call(SBI_RFENCE, i, 0, ALL, 0x1000, 0x3000, 5), "%s on all",
			names[i]);
		RETURNS(SUCCESS, sbi_call(SBI_RFENCE, i, 0, ALL, 0, 0, ALL), "%s, size 0",
			names[i]);
		RETURNS(ERR_INVALID_PARAM, sbi_call(SBI_RFENCE, i, 1, NO_HART, 0, ALL, 0),
			"%s on a hart that is not there", names[i]);
		RETURNS(SUCCESS, sbi_call(SBI_RFENCE, i, 0, ALL, ALL & ~0xffful, 0x1000, 0),
			"%s up to the last address", names[i]);
	}
	for (unsigned i = SBI_RFENCE_GVMA_VMID; i <= SBI_RFENCE_VVMA; i++)
		RETURNS(ERR_NOT_SUPPORTED, sbi_call(SBI_RFENCE, i, 0, ALL, 0, ALL, 0),
			"HFENCE, function %u", i);
}

static void reset_arguments(void)
{
	static const uint32_t types[] = { 3, 0xefffffff, 0xf0000000, 0xffffffff };

	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++) {
		struct sbi_ret ret = CALL(SRST, RESET, types[i], 0, 0);

		CHECK(ret.error == SBI_ERR_INVALID_PARAM || ret.error == SBI_ERR_NOT_SUPPORTED,
		      "no reset of type %#x", types[i]);
	}
	if (!boot_reference())
		RETURNS(ERR_INVALID_PARAM, CALL(SRST, RESET, SBI_SRST_COLD, 2, 0),
			"no reset for reason 2");
}

static char text[65536];

/* Pointers, lengths: nothing outside RAM is read or written. */
static void console(void)
{
	uint64_t end = BEHIND_RAM;
	struct sbi_ret ret;

	strcpy(text, "written by DBCN\n");
	ret = CALL(DBCN, WRITE, strlen(text), (uint64_t)text, 0);
	RETURNS(SUCCESS, ret, "DBCN: write");
	CHECK(ret.value > 0 && ret.value <= (int64_t)strlen(text), "%ld bytes", ret.value);
	RETURNS(SUCCESS, CALL(DBCN, WRITE, 0, (uint64_t)text, 0), "DBCN: write nothing");
	ret = CALL(DBCN, READ, 16, (uint64_t)text, 0);
	CHECK(!ret.error && !ret.value, "DBCN: nothing to read");
	RETURNS(SUCCESS, CALL(DBCN, WRITE_BYTE, '\n', 0, 0), "DBCN: write a byte");
	if (boot_reference()) /* it trusts its caller */
		return;
	RETURNS(ERR_INVALID_PARAM, CALL(DBCN, WRITE, 16, NO_MEMORY, 0), "write from no memory");
	RETURNS(ERR_INVALID_PARAM, CALL(DBCN, WRITE, 16, 0x10000000, 0), "write from a device");
	RETURNS(ERR_INVALID_PARAM, CALL(DBCN, WRITE, 16, end - 8, 0), "write across RAM's end");
	RETURNS(ERR_INVALID_PARAM, CALL(DBCN, WRITE, ALL, (uint64_t)text, 0), "write everything");
	RETURNS(ERR_INVALID_PARAM, CALL(DBCN, WRITE, 16, (uint64_t)text, 1), "beyond 64 bits");
	ret = CALL(DBCN, READ, 16, end - 8, 0);
	CHECK(ret.error == SBI_ERR_INVALID_PARAM || (!ret.error && !ret.value),
	      "read across RAM's end: refused, or nothing");
	RETURNS(ERR_INVALID_PARAM, CALL(DBCN, READ, 16, NO_MEMORY, 0), "read to no memory");
	memset(text, ' ', sizeof(text));
	ret = CALL(DBCN, WRITE, sizeof(text), (uint64_t)text, 0);
	CHECK(!ret.error && ret.value > 0 && ret.value < (int64_t)sizeof(text),
	      "\nof 64 KiB at once %ld bytes are taken", ret.value);
}

static void legacy_console(void)
{
	RETURNS(SUCCESS, sbi_call(SBI_LEGACY_PUTCHAR, 0, '.', 0, 0, 0, 0), "legacy putchar");
	CHECK_EQ(sbi_call(SBI_LEGACY_GETCHAR, 0, 0, 0, 0, 0, 0).error, -1, "legacy getchar");
}

static void steal_time(void)
{
	static volatile uint32_t shared[16] __attribute__((aligned(64)));
	uint64_t at = (uint64_t)shared;

	if (!CALL(BASE, PROBE, SBI_STA, 0, 0).value) {
		CHECK(boot_reference(), "there is STA");
		return;
	}
	RETURNS(SUCCESS, CALL(STA, SET_SHMEM, at, 0, 0), "STA: shared memory");
	delay_us(30000);
	CHECK_EQ(shared[0] & 1, 0, "STA: the sequence is even");
	CHECK_EQ(shared[1], 0, "STA: flags");
	RETURNS(SUCCESS, CALL(STA, SET_SHMEM, ALL, ALL, 0), "STA: off");
	RETURNS(SUCCESS, CALL(STA, SET_SHMEM, ALL, ALL, 0), "STA: off again");
	RETURNS(ERR_INVALID_PARAM, CALL(STA, SET_SHMEM, at + 32, 0, 0), "STA: misaligned");
	RETURNS(ERR_INVALID_PARAM, CALL(STA, SET_SHMEM, at, 0, 1), "STA: flags that are none");
	RETURNS(ERR_INVALID_ADDRESS, CALL(STA, SET_SHMEM, BEHIND_RAM, 0, 0), "STA: behind RAM");
	RETURNS(ERR_INVALID_ADDRESS, CALL(STA, SET_SHMEM, NO_MEMORY, 0, 0), "STA: no memory");
	RETURNS(ERR_INVALID_ADDRESS, CALL(STA, SET_SHMEM, at, 1, 0), "STA: beyond 64 bits");
}

static void suspend(void)
{
	uint64_t entry = (uint64_t)secondary;

	if (!CALL(BASE, PROBE, SBI_SUSP, 0, 0).value)
		return;
	struct sbi_ret ret = CALL(SUSP, SUSPEND, 5, entry, 0);
	CHECK(ret.error == SBI_ERR_INVALID_PARAM || ret.error == SBI_ERR_NOT_SUPPORTED,
	      "SUSP: no such sleep");
	RETURNS(ERR_INVALID_ADDRESS, CALL(SUSP, SUSPEND, 0, NO_MEMORY, 0),
		"SUSP: resume where no memory is");
}

void guest_main(void)
{
	CHECK_EQ(sbi_registers(), 0, "a call changes a0 and a1 only (SBI 3)");
	base();
	unknown();
	ipi();
	fences();
	reset_arguments();
	console();
	legacy_console();
	steal_time();
	suspend();
}
