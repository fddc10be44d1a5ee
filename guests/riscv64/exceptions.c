/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions that a hart takes to S-mode itself, and those that a hypervisor has to give back. */
#include "boot.h"
#include "isa.h"
#include "machine.h"
#include "paging.h"
#include "test.h"
#include "user.h"

#define BEYOND_TABLES 0x4000000000ull /* the lower half of Sv39 ends here */
#define NOT_CANONICAL 0x0000800000000000ull
#define DEVICE_CODE   0x0b000000ull
#define USER_CODE     0xffffffd000000000ull
#define USER_DATA     (USER_CODE + PAGE_SIZE)

static uint64_t word = 0x1122334455667788;
static uint64_t user_page[2][PAGE_SIZE / 8] __attribute__((aligned(PAGE_SIZE)));

/* stval has the instruction, or zero. */
static bool is_illegal(struct trap trap, uint32_t insn)
{
	return trap_is(trap, CAUSE_ILLEGAL) && (trap.tval == insn || trap.tval == 0);
}

static void illegal(void)
{
	CHECK(is_illegal(TRAP(asm volatile(".4byte 0xffffffff")), 0xffffffff), "all ones");
	CHECK(is_illegal(TRAP(asm volatile(".2byte 0")), 0), "all zeros");
	CHECK(is_illegal(TRAP(asm volatile("csrr zero, 0x5c0")), 0x5c002073), "no such CSR");
	CHECK(is_illegal(TRAP(asm volatile("csrw cycle, zero")), 0xc0001073), "read-only CSR");
	CHECK(is_illegal(TRAP(asm volatile("csrr zero, mstatus")), 0x30002073), "M-mode CSR");
	CHECK(trap_is(TRAP(asm volatile("mret")), CAUSE_ILLEGAL), "MRET");
}

static void breakpoint(void)
{
	struct trap trap = TRAP(asm volatile(".option push\n.option norvc\n\tebreak\n.option pop"));

	CHECK(trap_is(trap, CAUSE_BREAKPOINT), "EBREAK");
	CHECK(trap.tval == trap.epc || trap.tval == 0, "its address");
	CHECK(trap_is(TRAP(asm volatile("c.ebreak")), CAUSE_BREAKPOINT), "C.EBREAK");
}

static void data_faults(void)
{
	uint64_t read_only = ALIAS(&word, ALIAS_READ_ONLY),
		 hidden = ALIAS(&word, ALIAS_EXECUTE_ONLY);
	uint64_t value;

	CHECK(trap_is_at(TRAP(read64(BEYOND_TABLES + 8)), CAUSE_LOAD_PAGE, BEYOND_TABLES + 8),
	      "load behind the guest's tables");
	CHECK(trap_is_at(TRAP(write32(BEYOND_TABLES, 1)), CAUSE_STORE_PAGE, BEYOND_TABLES),
	      "store behind the guest's tables");
	CHECK(trap_is_at(TRAP(read8(NOT_CANONICAL)), CAUSE_LOAD_PAGE, NOT_CANONICAL),
	      "load from an address that is none");
	CHECK_EQ(read64(read_only), word, "load through an alias");
	CHECK(trap_is_at(TRAP(write64(read_only, 1)), CAUSE_STORE_PAGE, read_only),
	      "store to memory that the guest's tables make read-only");
	CHECK_EQ(word, 0x1122334455667788, "memory as before");
	CHECK(trap_is_at(TRAP(read16(hidden)), CAUSE_LOAD_PAGE, hidden),
	      "load from memory that the guest's tables make executable only");
	csr_set(sstatus, SSTATUS_MXR);
	CHECK(TRAP(value = read64(hidden)).count == 0 && value == word, "which sstatus.MXR allows");
	csr_clear(sstatus, SSTATUS_MXR);
	CHECK(trap_is_at(
		      TRAP(asm volatile("amoadd.w zero, zero, (%0)" ::"r"(read_only) : "memory")),
		      CAUSE_STORE_PAGE, read_only),
	      "AMO on read-only memory");
	struct trap trap = TRAP(asm volatile("lr.w zero, (%0)" ::"r"((uint64_t)&word + 1)));
	CHECK(trap_is(trap, CAUSE_LOAD_MISALIGNED) || trap_is(trap, CAUSE_LOAD_ACCESS),
	      "misaligned LR");
}

static void jump(uint64_t to)
{
	((void (*)(void))to)();
}

static void fetch_faults(void)
{
	CHECK(trap_is_at(TRAP(jump(BEYOND_TABLES)), CAUSE_FETCH_PAGE, BEYOND_TABLES),
	      "jump behind the guest's tables");
	CHECK(trap_is_at(TRAP(jump(DEVICE_CODE)), CAUSE_FETCH_PAGE, DEVICE_CODE),
	      "jump to memory that the guest's tables make not executable");
	CHECK(trap_is_at(TRAP(jump(ALIAS(&word, ALIAS_READ_ONLY))), CAUSE_FETCH_PAGE,
			 ALIAS(&word, ALIAS_READ_ONLY)),
	      "jump to read-only memory");
}

static void floating_point(void)
{
	csr_clear(sstatus, SSTATUS_FS);
	CHECK(trap_is(TRAP(asm volatile(".option push\n.option arch, +d\n\tfmv.d.x f0, zero\n"
					".option pop")),
		      CAUSE_ILLEGAL),
	      "floating point while sstatus.FS is off");
	CHECK(trap_is(TRAP(csr_read(0x003)), CAUSE_ILLEGAL), "fcsr while sstatus.FS is off");
	csr_set(sstatus, SSTATUS_FS & (SSTATUS_FS >> 1));
	CHECK_EQ(TRAP(asm volatile(".option push\n.option arch, +d\n\tfmv.d.x f0, zero\n"
				   ".option pop"))
			 .count,
		 0, "floating point while it is on");
	CHECK_EQ(csr_read(sstatus) & SSTATUS_FS, SSTATUS_FS, "then the state is dirty");
}

static void vector(void)
{
	csr_clear(sstatus, SSTATUS_VS);
	CHECK(trap_is(TRAP(csr_read(0xc22)), CAUSE_ILLEGAL), "vlenb while sstatus.VS is off");
	csr_set(sstatus, SSTATUS_VS & (SSTATUS_VS >> 1));
	CHECK_EQ(TRAP(csr_read(0xc22)).count, isa_has("v") ? 0 : 1, "and on, where there is V");
	if (!isa_has("v"))
		CHECK_EQ(csr_read(sstatus) & SSTATUS_VS, 0, "no V: sstatus.VS stays off");
}

/* The code, as words, in a page of the user's. */
static struct trap user_does(uint32_t insn)
{
	user_page[0][0] = (uint64_t)0x00000073 << 32 | insn; /* then ECALL */
	cpu_sync_code(user_page[0]);
	return user_run(USER_CODE, USER_DATA);
}

static void user_mode(void)
{
	struct paging p = paging_new(39);

	paging_map(&p, USER_CODE, (uint64_t)user_page[0], 0, PTE_V | PTE_R | PTE_X | PTE_U | PTE_A);
	paging_map(&p, USER_DATA, (uint64_t)user_page[1], 0, PTE_RW | PTE_U);
	if (!CHECK(paging_on(&p, 0), "tables with pages of U-mode"))
		return;
	struct trap trap = user_does(0x00000013); /* nop */
	CHECK(trap_is(trap, CAUSE_ECALL_U) && trap.epc == USER_CODE + 4, "ECALL of U-mode");
	CHECK(!(trap.status & SSTATUS_SPP), "which sstatus.SPP says");
	CHECK(trap_is(user_does(0x00053283), CAUSE_ECALL_U), "its own data: ld t0, (a0)");
	CHECK(trap_is(user_does(0x00a53023), CAUSE_ECALL_U), "its own data: sd a0, (a0)");
	CHECK(trap_is_at(user_does(0xfea53c23), CAUSE_STORE_PAGE, USER_DATA - 8),
	      "its code: sd a0, -8(a0)");
	CHECK(trap_is(user_does(0x10002073), CAUSE_ILLEGAL), "sstatus of U-mode");
	CHECK(trap_is(user_does(0x12000073), CAUSE_ILLEGAL), "SFENCE.VMA of U-mode");
	CHECK(trap_is(user_does(0x10200073), CAUSE_ILLEGAL), "SRET of U-mode");
	CHECK(trap_is(user_does(0x10500073), CAUSE_ILLEGAL), "WFI of U-mode");
	CHECK(trap_is(user_does(0x00100073), CAUSE_BREAKPOINT), "EBREAK of U-mode");
	trap = TRAP(read64(USER_DATA));
	CHECK(trap_is_at(trap, CAUSE_LOAD_PAGE, USER_DATA), "S-mode reads the user's page");
	csr_set(sstatus, SSTATUS_SUM);
	CHECK_EQ(TRAP(read64(USER_DATA)).count, 0, "which sstatus.SUM allows");
	csr_clear(sstatus, SSTATUS_SUM);
	CHECK(trap_is_at(TRAP(jump(USER_CODE)), CAUSE_FETCH_PAGE, USER_CODE),
	      "S-mode executes the user's page");
	paging_start_tables();
}

void guest_main(void)
{
	illegal();
	breakpoint();
	data_faults();
	fetch_faults();
	floating_point();
	vector();
	user_mode();
}
