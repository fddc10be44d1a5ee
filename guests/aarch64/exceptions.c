/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions that the CPU takes to EL1 itself, and those that a hypervisor has to give back. */
#include "boot.h"
#include "test.h"
#include "trap.h"

#define BEYOND_TABLES	0x8000000000ull /* 39 bits are mapped */
#define ALIAS_READ_ONLY 0x7f80000000ull
#define DEVICE_CODE	0x0b000000ull

static uint64_t word = 0x1122334455667788;
static uint8_t pair[32] __attribute__((aligned(16)));

static void undefined(void)
{
	CHECK(trap_is(TRAP(asm volatile("udf #0")), EC_UNKNOWN), "UDF");
	CHECK(trap_is(TRAP(asm volatile(".inst 0xffffffff")), EC_UNKNOWN), "unallocated encoding");
}

#define UNDEFINED_READ(name)  CHECK(trap_is(TRAP(mrs(name)), EC_UNKNOWN), "read of " #name)
#define UNDEFINED_WRITE(name) CHECK(trap_is(TRAP(msr(name, 0)), EC_UNKNOWN), "write of " #name)

/* A system register that does not exist, or not at EL1, is UNDEFINED: EC 0, not a trap's EC. */
static void unknown_sysregs(void)
{
	UNDEFINED_READ(S3_7_C0_C0_0);
	UNDEFINED_WRITE(S3_7_C0_C0_0);
	UNDEFINED_READ(S3_0_C15_C15_7);
	UNDEFINED_WRITE(S3_0_C15_C15_7);
	UNDEFINED_READ(S3_3_C15_C15_7);
	UNDEFINED_READ(S2_7_C15_C15_7);
	UNDEFINED_READ(S3_0_C2_C7_7);
	UNDEFINED_WRITE(S3_0_C2_C7_7);
	UNDEFINED_READ(hcr_el2);
	UNDEFINED_WRITE(vttbr_el2);
	UNDEFINED_READ(cnthctl_el2);
	UNDEFINED_READ(ich_vtr_el2);
	UNDEFINED_WRITE(ich_lr0_el2);
	UNDEFINED_READ(scr_el3);
	UNDEFINED_WRITE(S3_0_C0_C0_0); /* MIDR_EL1 */
	UNDEFINED_WRITE(S3_0_C0_C4_0); /* ID_AA64PFR0_EL1 */
}

static void calls(void)
{
	struct trap trap = TRAP(asm volatile("svc #0x123"));

	CHECK(trap_is(trap, EC_SVC64) && ESR_ISS(trap.esr) == 0x123, "SVC with its number");
	trap = TRAP(asm volatile("brk #0x456"));
	CHECK(trap_is(trap, EC_BRK64) && ESR_ISS(trap.esr) == 0x456, "BRK with its number");
}

static void data_aborts(void)
{
	struct trap trap = TRAP(read64(BEYOND_TABLES + 8));

	CHECK(trap_is(trap, EC_DABORT) && ESR_FSC(trap.esr) == FSC_TRANSLATION_0 &&
		      trap.far == BEYOND_TABLES + 8 && !(trap.esr & ESR_WNR),
	      "read behind the guest's tables");
	trap = TRAP(write32(BEYOND_TABLES, 1));
	CHECK(trap_is(trap, EC_DABORT) && (trap.esr & ESR_WNR), "write behind the guest's tables");
	trap = TRAP(write64((uint64_t)&word - 0x40000000 + ALIAS_READ_ONLY, 1));
	CHECK(trap_is(trap, EC_DABORT) && ESR_FSC(trap.esr) == FSC_PERMISSION_1,
	      "write to memory that the guest's tables make read-only");
	CHECK_EQ(word, 0x1122334455667788, "memory as before");
	trap = TRAP(asm volatile("ldxr x0, [%0]" ::"r"(&pair[9]) : "x0"));
	CHECK(trap_is(trap, EC_DABORT) && ESR_FSC(trap.esr) == FSC_ALIGNMENT,
	      "exclusive across a multiple of 16");
}

static void jump(uint64_t to)
{
	((void (*)(void))to)();
}

static void instruction_aborts(void)
{
	struct trap trap = TRAP(jump(BEYOND_TABLES));

	CHECK(trap_is(trap, EC_IABORT) && trap.far == BEYOND_TABLES,
	      "jump behind the guest's tables");
	trap = TRAP(jump(DEVICE_CODE));
	CHECK(trap_is(trap, EC_IABORT) && ESR_FSC(trap.esr) == FSC_PERMISSION_1,
	      "jump to memory that the guest's tables make not executable");
	CHECK(trap_is(TRAP(jump((uint64_t)jump + 2)), EC_PC_ALIGN), "jump to an odd address");
}

static void floating_point(void)
{
	struct trap trap;

	msr(cpacr_el1, 0);
	isb();
	trap = TRAP(asm volatile(".arch_extension fp\n\tfmov d0, xzr"));
	CHECK(trap_is(trap, EC_FP), "floating point while CPACR_EL1 forbids it");
	msr(cpacr_el1, 3 << 20);
	isb();
	trap = TRAP(asm volatile(".arch_extension fp\n\tfmov d0, xzr"));
	CHECK_EQ(trap.count, 0, "floating point while CPACR_EL1 allows it");
}

void guest_main(void)
{
	undefined();
	unknown_sysregs();
	calls();
	data_aborts();
	instruction_aborts();
	floating_point();
}
