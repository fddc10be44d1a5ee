/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AArch32 at EL0, on CPUs that have it: instructions that a hypervisor does in the guest's place
 * are skipped by their own length, two bytes or four, and IT blocks go on behind them.
 */
#include "boot.h"
#include "gic.h"
#include "test.h"
#include "timer.h"
#include "trap.h"
#include "uart.h"

#define EC_SVC32 0x11

/* SPSR_EL1: AArch32 user mode, asynchronous exceptions masked. */
#define SPSR_A32 0x1d0ul
#define SPSR_T32 0x1f0ul

#define SCTLR_NO_WAIT_TRAPS (1ul << 16 | 1ul << 18) /* nTWI, nTWE */

/* EL0 may use these two GiB: RAM from GiB 1, and the devices of GiB 0. */
#define AP_EL0	       (1ul << 6)
#define ADDRESS	       (0x3fful << 30)
#define RAM_AT	       2u
#define DEVICES_AT     3u
#define DEVICES_OFFSET (3ul << 30)

extern uint64_t page_table[];
uint64_t aarch32_run(uint64_t entry, uint64_t spsr, uint64_t r[4]);

static void open_to_el0(void)
{
	page_table[RAM_AT] = (page_table[1] & ~ADDRESS) | 1ul << 30 | AP_EL0;
	page_table[DEVICES_AT] = (page_table[0] & ~ADDRESS) | AP_EL0;
	dsb();
	asm volatile("tlbi vmalle1\n\tdsb nsh" ::: "memory");
	msr(sctlr_el1, mrs(sctlr_el1) | SCTLR_NO_WAIT_TRAPS);
	isb();
}

static bool run(const void *code, uint64_t spsr, uint64_t r[4])
{
	uint64_t entry = (uint64_t)code - (1ul << 30) + ((uint64_t)RAM_AT << 30);

	return ESR_EC(aarch32_run(entry, spsr, r)) == EC_SVC32;
}

/* An interrupt that is pending soon and stays so, which ends a wait. */
static void arm(void)
{
	gic_enable(TIMER_VIRTUAL_INTID);
	msr(cntv_cval_el0, timer_now() + timer_ticks(500));
	msr(cntv_ctl_el0, TIMER_ENABLE);
	isb();
}

static void waits(void)
{
	static const uint16_t t32[] __attribute__((aligned(4))) = {
		0x2001, /* movs r0, #1 */
		0xbf30, /* wfi */
		0x3002, /* adds r0, #2 */
		0x3004, /* adds r0, #4 */
		0xdf00, /* svc #0 */
	};
	static const uint32_t a32[] = {
		0xe3a00001, /* mov r0, #1 */
		0xe320f003, /* wfi */
		0xe2800002, /* add r0, r0, #2 */
		0xe2800004, /* add r0, r0, #4 */
		0xef000000, /* svc #0 */
	};
	uint64_t r[4] = { 0 };

	arm();
	CHECK(run(t32, SPSR_T32, r), "T32 WFI: comes to its end");
	CHECK_EQ(r[0], 7, "T32 WFI: what follows is done");
	arm();
	CHECK(run(a32, SPSR_A32, r), "A32 WFI: comes to its end");
	CHECK_EQ(r[0], 7, "A32 WFI: what follows is done");
	msr(cntv_ctl_el0, 0);
}

static void loads(void)
{
	static const uint16_t narrow[] __attribute__((aligned(4))) = {
		0x2000, /* movs r0, #0 */
		0x4280, /* cmp r0, r0 */
		0xbf0c, /* ite eq */
		0x6811, /* ldreq r1, [r2] */
		0x2055, /* movne r0, #0x55 */
		0x3002, /* adds r0, #2 */
		0x3004, /* adds r0, #4 */
		0xdf00, /* svc #0 */
		0xdf00,
	};
	static const uint16_t wide[] __attribute__((aligned(4))) = {
		0x2000, 0x4280, 0xbf0c, 0xf8d2, 0x1000, /* ldreq.w r1, [r2] */
		0x2055, 0x3002, 0x3004, 0xdf00, 0xdf00,
	};
	uint64_t r[4] = { 0, ~0ul, UART_BASE + UART_PERIPHID0 + DEVICES_OFFSET, 0 };

	CHECK(run(narrow, SPSR_T32, r), "load of 2 bytes in an IT block: comes to its end");
	CHECK_EQ(r[0], 6, "load of 2 bytes in an IT block: what follows is done");
	CHECK_EQ(r[1], 0x11, "load of 2 bytes in an IT block: value");
	r[1] = ~0ul;
	CHECK(run(wide, SPSR_T32, r), "load of 4 bytes in an IT block: comes to its end");
	CHECK_EQ(r[0], 6, "load of 4 bytes in an IT block: what follows is done");
	CHECK_EQ(r[1], 0x11, "load of 4 bytes in an IT block: value");
}

/* A debug register of AArch32, which a VM does not have. */
static void undefined(void)
{
	static const uint32_t a32[] = {
		0xe3a00001, /* mov r0, #1 */
		0xee100e11, /* mrc p14, 0, r0, c0, c1, 0 (DBGDSCRint) */
		0xef000000, /* svc #0 */
	};
	uint64_t r[4] = { 0 }, spsr = SPSR_A32;
	uint64_t esr;

	esr = aarch32_run((uint64_t)a32 + (1ul << 30), spsr, r);
	CHECK(ESR_EC(esr) == EC_UNKNOWN && (esr & ESR_IL),
	      "A32 read of a debug register is UNDEFINED");
	CHECK_EQ(mrs(spsr_el1) & 0x1f, 0x10, "it comes from AArch32");
	CHECK_EQ(mrs(elr_el1), (uint64_t)(a32 + 1) + (1ul << 30), "its address");
}

void guest_main(void)
{
	if (!CHECK((mrs(id_aa64pfr0_el1) & 0xf) <= 2, "ID_AA64PFR0_EL1.EL0"))
		return;
	if ((mrs(id_aa64pfr0_el1) & 0xf) != 2)
		return;
	open_to_el0();
	waits();
	loads();
	if (!boot_reference())
		undefined();
}
