/* SPDX-License-Identifier: Apache-2.0 */
/* Exits of RISC-V from register values and instructions, and the exceptions that answer them. */
#include "../../arch/riscv64/decode.h"
#include "../../arch/riscv64/exception.h"
#include "extend.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NUM(list) (sizeof(list) / sizeof((list)[0]))

/* ---- Which exit ---- */

/* Every cause that has a meaning here; the others are nothing that a guest can cause. */
static const struct {
	uint64_t cause;
	enum decode_kind kind;
} causes[] = {
	{ 0, DECODE_GUEST },	{ 1, DECODE_GUEST },	    { 2, DECODE_GUEST },
	{ 3, DECODE_GUEST },	{ 4, DECODE_GUEST },	    { 5, DECODE_GUEST },
	{ 6, DECODE_GUEST },	{ 7, DECODE_GUEST },	    { 8, DECODE_GUEST },
	{ 10, DECODE_ECALL },	{ 12, DECODE_GUEST },	    { 13, DECODE_GUEST },
	{ 15, DECODE_GUEST },	{ 20, DECODE_FETCH_FAULT }, { 21, DECODE_DATA_FAULT },
	{ 22, DECODE_VIRTUAL }, { 23, DECODE_DATA_FAULT },
};

static enum decode_kind kind_of(uint64_t cause)
{
	for (unsigned i = 0; i < NUM(causes); i++)
		if (causes[i].cause == cause)
			return causes[i].kind;
	return DECODE_FATAL;
}

static void every_cause(void **state)
{
	(void)state;
	for (uint64_t cause = 0; cause < 64; cause++) {
		assert_int_equal(decode_exit(cause), kind_of(cause));
		assert_int_equal(decode_exit(cause | UINT64_C(1) << 63), DECODE_INTERRUPT);
		assert_int_equal(decode_exit(cause | UINT64_C(1) << 32), DECODE_FATAL);
	}
}

/* ---- Instructions, as an assembler (llvm-mc) encodes them ---- */

static const struct {
	uint32_t insn;
	const char *text;
	struct decode_access access;
} accesses[] = {
	{ 0x00048503, "lb a0, 0(s1)", { 1, 10, 4, false, true } },
	{ 0xff849583, "lh a1, -8(s1)", { 2, 11, 4, false, true } },
	{ 0xff04a603, "lw a2, -16(s1)", { 4, 12, 4, false, true } },
	{ 0xfe84b683, "ld a3, -24(s1)", { 8, 13, 4, false, true } },
	{ 0xfe04c703, "lbu a4, -32(s1)", { 1, 14, 4, false, false } },
	{ 0xfd84d783, "lhu a5, -40(s1)", { 2, 15, 4, false, false } },
	{ 0xfd04e803, "lwu a6, -48(s1)", { 4, 16, 4, false, false } },
	{ 0x7fc10fa3, "sb t3, 2047(sp)", { 1, 28, 4, true, true } },
	{ 0x5fd11fa3, "sh t4, 1535(sp)", { 2, 29, 4, true, true } },
	{ 0x3fe12fa3, "sw t5, 1023(sp)", { 4, 30, 4, true, true } },
	{ 0x1ff13fa3, "sd t6, 511(sp)", { 8, 31, 4, true, true } },
	{ 0x00052003, "lw zero, 0(a0)", { 4, 0, 4, false, true } },
	{ 0x800fb023, "sd zero, -2048(t6)", { 8, 0, 4, true, true } },
	{ 0x7fffbf83, "ld t6, 2047(t6)", { 8, 31, 4, false, true } },
	{ 0x4380, "c.lw s0, 0(a5)", { 4, 8, 2, false, true } },
	{ 0x5c7c, "c.lw a5, 124(s0)", { 4, 15, 2, false, true } },
	{ 0x7d64, "c.ld s1, 248(a0)", { 8, 9, 2, false, true } },
	{ 0x6318, "c.ld a4, 0(a4)", { 8, 14, 2, false, true } },
	{ 0xc234, "c.sw a3, 64(a2)", { 4, 13, 2, true, true } },
	{ 0xc380, "c.sw s0, 0(a5)", { 4, 8, 2, true, true } },
	{ 0xe49c, "c.sd a5, 8(s1)", { 8, 15, 2, true, true } },
	{ 0xe1e8, "c.sd a0, 192(a1)", { 8, 10, 2, true, true } },
	{ 0x4082, "c.lwsp ra, 0(sp)", { 4, 1, 2, false, true } },
	{ 0x5ffe, "c.lwsp t6, 252(sp)", { 4, 31, 2, false, true } },
	{ 0x757e, "c.ldsp a0, 504(sp)", { 8, 10, 2, false, true } },
	{ 0x6fa2, "c.ldsp t6, 8(sp)", { 8, 31, 2, false, true } },
	{ 0xc002, "c.swsp zero, 0(sp)", { 4, 0, 2, true, true } },
	{ 0xdffe, "c.swsp t6, 252(sp)", { 4, 31, 2, true, true } },
	{ 0xffee, "c.sdsp s11, 504(sp)", { 8, 27, 2, true, true } },
	{ 0xe002, "c.sdsp zero, 0(sp)", { 8, 0, 2, true, true } },
	{ 0x81e8, "c.lbu a0, 3(a1)", { 1, 10, 2, false, false } },
	{ 0x801c, "c.lbu a5, 0(s0)", { 1, 15, 2, false, false } },
	{ 0x87a0, "c.lhu s0, 2(a5)", { 2, 8, 2, false, false } },
	{ 0x8654, "c.lh a3, 0(a2)", { 2, 13, 2, false, true } },
	{ 0x84e4, "c.lh s1, 2(s1)", { 2, 9, 2, false, true } },
	{ 0x8bd8, "c.sb a4, 1(a5)", { 1, 14, 2, true, true } },
	{ 0x8860, "c.sb s0, 3(s0)", { 1, 8, 2, true, true } },
	{ 0x8eb0, "c.sh a2, 2(a3)", { 2, 12, 2, true, true } },
	{ 0x8c9c, "c.sh a5, 0(s1)", { 2, 15, 2, true, true } },
};

/* What reads or writes memory in another way, or not at all. */
static const struct {
	uint32_t insn;
	const char *text;
} others[] = {
	{ 0x00452507, "flw fa0, 4(a0)" },
	{ 0x00853507, "fld fa0, 8(a0)" },
	{ 0x00251507, "flh fa0, 2(a0)" },
	{ 0x00a52227, "fsw fa0, 4(a0)" },
	{ 0x00a53427, "fsd fa0, 8(a0)" },
	{ 0x00a51127, "fsh fa0, 2(a0)" },
	{ 0x2108, "c.fld fa0, 0(a0)" },
	{ 0xa508, "c.fsd fa0, 8(a0)" },
	{ 0x2522, "c.fldsp fa0, 8(sp)" },
	{ 0xa42a, "c.fsdsp fa0, 8(sp)" },
	{ 0x1005a52f, "lr.w a0, (a1)" },
	{ 0x1005b52f, "lr.d a0, (a1)" },
	{ 0x18b6252f, "sc.w a0, a1, (a2)" },
	{ 0x18b6352f, "sc.d a0, a1, (a2)" },
	{ 0x00b6252f, "amoadd.w a0, a1, (a2)" },
	{ 0x08b6352f, "amoswap.d a0, a1, (a2)" },
	{ 0xe0b6352f, "amomaxu.d a0, a1, (a2)" },
	{ 0x00b6052f, "amoadd.b a0, a1, (a2)" },
	{ 0x02050007, "vle8.v v0, (a0)" },
	{ 0x02057427, "vse64.v v8, (a0)" },
	{ 0x0ab56007, "vlse32.v v0, (a0), a1" },
	{ 0x06850007, "vluxei8.v v0, (a0), v8" },
	{ 0xe2857007, "vl8re64.v v0, (a0)" },
	{ 0x02850027, "vs1r.v v0, (a0)" },
	{ 0x0045200f, "cbo.zero (a0)" },
	{ 0x0015200f, "cbo.clean (a0)" },
	{ 0x0005200f, "cbo.inval (a0)" },
	{ 0x0025200f, "cbo.flush (a0)" },
	{ 0x00156013, "prefetch.r 0(a0)" },
	{ 0x00356013, "prefetch.w 0(a0)" },
	{ 0x6805c573, "hlv.w a0, (a1)" },
	{ 0x6ea5c073, "hsv.d a0, (a1)" },
	{ 0x6835c573, "hlvx.wu a0, (a1)" },
	{ 0x00000073, "ecall" },
	{ 0x00100073, "ebreak" },
	{ 0x10500073, "wfi" },
	{ 0x10200073, "sret" },
	{ 0x0ff0000f, "fence" },
	{ 0x0000100f, "fence.i" },
	{ 0x00c58533, "add a0, a1, a2" },
	{ 0x00358513, "addi a0, a1, 3" },
	{ 0x00001537, "lui a0, 1" },
	{ 0x008000ef, "jal ra, 8" },
	{ 0x000500e7, "jalr ra, 0(a0)" },
	{ 0x14059573, "csrrw a0, sscratch, a1" },
	{ 0x0001, "c.nop" },
	{ 0x0505, "c.addi a0, 1" },
	{ 0x852e, "c.mv a0, a1" },
	{ 0xa011, "c.j 4" },
	{ 0x8082, "c.jr ra" },
	{ 0x9002, "c.ebreak" },
	{ 0x0028, "c.addi4spn a0, sp, 8" },
	{ 0x6505, "c.lui a0, 1" },
	{ 0x9d61, "c.zext.b a0" },
	{ 0x952e, "c.add a0, a1" },
	{ 0x12000073, "sfence.vma" },
};

static void expect_access(const struct decode_access *got, const struct decode_access *want)
{
	assert_int_equal(got->width, want->width);
	assert_int_equal(got->reg, want->reg);
	assert_int_equal(got->length, want->length);
	assert_int_equal(got->store, want->store);
	if (!want->store)
		assert_int_equal(got->is_signed, want->is_signed);
}

static void loads_and_stores(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NUM(accesses); i++) {
		struct decode_access got;
		/* what stands behind a short instruction is no part of it */
		uint32_t behind = accesses[i].access.length == 2 ? 0xffff0000 : 0;

		if (!decode_insn_access(accesses[i].insn | behind, &got))
			fail_msg("refused: %s", accesses[i].text);
		expect_access(&got, &accesses[i].access);
		assert_int_equal(decode_length(accesses[i].insn), accesses[i].access.length);
	}
}

static void everything_else_is_refused(void **state)
{
	struct decode_access got;

	(void)state;
	for (unsigned i = 0; i < NUM(others); i++)
		if (decode_insn_access(others[i].insn, &got))
			fail_msg("taken for an access: %s", others[i].text);
}

/* Encodings that are reserved, or only RV32's or RV128's. */
static void reserved_encodings(void **state)
{
	static const uint32_t insns[] = {
		0x00007003,				    /* load, funct3 7 */
		0x00004023,				    /* store, funct3 4 to 7 */
		0x00005023, 0x00006023, 0x00007023, 0x4002, /* c.lwsp zero */
		0x6002,					    /* c.ldsp zero */
		0x8c40,					    /* Zcb: c.sh with bit 6 */
		0x9000,					    /* Zcb: bits 12:10 from 4 on */
		0x9c00,	    0x0000,			    /* never an instruction */
	};
	struct decode_access got;

	(void)state;
	for (unsigned i = 0; i < NUM(insns); i++)
		assert_false(decode_insn_access(insns[i], &got));
}

/* ---- htinst ---- */

/* As the specification transforms: no offset, no base; bit 1 says whether it was of 32 bits. */
static uint64_t transformed(uint32_t insn, bool compressed)
{
	uint32_t keep = (insn & 0x7f) == 0x23 ? 0x01f0707f : 0x00007fff;

	return (insn & keep) & ~(compressed ? UINT64_C(2) : 0);
}

static void transformed_instructions(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NUM(accesses); i++) {
		struct decode_access got, want = accesses[i].access;
		uint64_t htinst;

		if (want.length != 4)
			continue;
		for (unsigned compressed = 0; compressed < 2; compressed++) {
			htinst = transformed(accesses[i].insn, compressed);
			want.length = compressed ? 2 : 4;
			assert_true(decode_has_insn(htinst));
			assert_false(decode_is_walk(htinst));
			assert_true(decode_htinst_access(htinst, &got));
			expect_access(&got, &want);
		}
	}
	for (unsigned i = 0; i < NUM(others); i++) {
		struct decode_access got;

		if (decode_is_full(others[i].insn))
			assert_false(decode_htinst_access(others[i].insn, &got));
	}
}

/* The part behind the first byte of a misaligned access: rs1 has the distance. */
static void split_accesses_are_refused(void **state)
{
	struct decode_access got;

	(void)state;
	for (unsigned offset = 1; offset < 8; offset++)
		assert_false(decode_htinst_access(0x00003503 | offset << 15, &got));
	assert_true(decode_htinst_access(0x00003503, &got));
}

/* The short way agrees with the long one about what it takes: one of x8 to x15. */
static void expect_simple(uint64_t htinst)
{
	struct decode_access full = { 0 };
	bool ok = decode_has_insn(htinst) && decode_htinst_access(htinst, &full) && full.reg >= 8 &&
		  full.reg < 16;

	assert_int_equal(decode_is_simple_load(htinst), ok && !full.store);
	assert_int_equal(decode_is_simple_store(htinst), ok && full.store);
	if (!ok)
		return;
	assert_int_equal(decode_htinst_width(htinst), full.width);
	assert_int_equal(decode_htinst_length(htinst), full.length);
	for (uint64_t value = 1; !full.store && value; value = value << 7 | value << 1)
		assert_int_equal(decode_htinst_extend(htinst, value),
				 extend(value, full.width, 8, full.is_signed));
}

/* (A load of funct3 7 and a store of 4 and above are no instructions, and fault otherwise.) */
static void the_short_way(void **state)
{
	(void)state;
	for (uint64_t low = 0; low < 1u << 15; low++) {
		for (uint64_t rs2 = 0; rs2 < 32; rs2++) {
			uint64_t funct3 = low >> 12, store = low & 0x20;

			if (funct3 < (store ? 4 : 7))
				expect_simple(low | rs2 << 20);
		}
		expect_simple(low % (4 << 12) | 1 << 15 | 9 << 20);
	}
	expect_simple(HTINST_WALK64);
	expect_simple(0);
}

static void walks(void **state)
{
	(void)state;
	assert_true(decode_is_walk(0x2000) && !decode_walk_writes(0x2000));
	assert_true(decode_is_walk(0x3000) && !decode_walk_writes(0x3000));
	assert_true(decode_is_walk(0x2020) && decode_walk_writes(0x2020));
	assert_true(decode_is_walk(0x3020) && decode_walk_writes(0x3020));
	assert_false(decode_is_walk(0));
	assert_false(decode_is_walk(0x20));
	assert_false(decode_is_walk(0x3001));
	assert_false(decode_is_walk(0x100003000));
	assert_false(decode_has_insn(0x3020));
	assert_false(decode_has_insn(0));
	assert_int_equal(decode_fault_access(21, 0), AXVM_ACCESS_READ);
	assert_int_equal(decode_fault_access(23, 0), AXVM_ACCESS_WRITE);
	assert_int_equal(decode_fault_access(20, 0), AXVM_ACCESS_EXECUTE);
	for (uint64_t cause = 20; cause < 24; cause++) {
		assert_int_equal(decode_fault_access(cause, 0x3000), AXVM_ACCESS_READ);
		assert_int_equal(decode_fault_access(cause, 0x3020), AXVM_ACCESS_WRITE);
	}
}

static void guest_addresses(void **state)
{
	(void)state;
	assert_int_equal(decode_gpa(0x10000000 >> 2, 0xffffffc000000003), 0x10000003);
	assert_int_equal(decode_gpa(UINT64_C(0x1ffffffffff) >> 2, 0xfff), UINT64_C(0x1ffffffffff));
}

/* ---- What the core gets ---- */

static void mmio_exits(void **state)
{
	struct arch_regs regs = { .x = { [10] = UINT64_C(0x1122334455667788) } };
	struct decode_access access;
	struct axvm_exit exit;

	(void)state;
	assert_true(decode_insn_access(0x00052503, &access)); /* lw a0, 0(a0) */
	decode_mmio(&regs, &access, 0x10000000, &exit);
	assert_int_equal(exit.reason, AXVM_EXIT_MMIO_READ);
	assert_int_equal(exit.mmio_read.addr.v, 0x10000000);
	assert_int_equal(exit.mmio_read.width, 4);
	assert_int_equal(exit.mmio_read.reg, 10);
	assert_int_equal(exit.mmio_read.reg_width, 8);
	assert_true(exit.mmio_read.signed_ext);
	assert_true(decode_insn_access(0x00055503, &access)); /* lhu a0, 0(a0) */
	decode_mmio(&regs, &access, 0x10000000, &exit);
	assert_int_equal(exit.mmio_read.width, 2);
	assert_false(exit.mmio_read.signed_ext);
	assert_true(decode_insn_access(0x00a50023, &access)); /* sb a0, 0(a0) */
	decode_mmio(&regs, &access, 0x10000007, &exit);
	assert_int_equal(exit.reason, AXVM_EXIT_MMIO_WRITE);
	assert_int_equal(exit.mmio_write.addr.v, 0x10000007);
	assert_int_equal(exit.mmio_write.width, 1);
	assert_int_equal(exit.mmio_write.data & 0xff, 0x88);
	assert_true(decode_insn_access(0x00053023, &access)); /* sd zero, 0(a0) */
	decode_mmio(&regs, &access, 0, &exit);
	assert_int_equal(exit.mmio_write.width, 8);
	assert_int_equal(exit.mmio_write.data, 0);
}

/* ---- Virtual instructions ---- */

static void virtual_instructions(void **state)
{
	(void)state;
	assert_int_equal(decode_virtual(0x10500073), VIRTUAL_WFI);
	assert_int_equal(decode_virtual(0x00d00073), VIRTUAL_WRS);
	assert_int_equal(decode_virtual(0x01d00073), VIRTUAL_WRS);
	assert_int_equal(decode_virtual(0x15059573), VIRTUAL_CSR);   /* csrrw a0, siselect, a1 */
	assert_int_equal(decode_virtual(0xc0002573), VIRTUAL_CSR);   /* csrr a0, cycle */
	assert_int_equal(decode_virtual(0x104ff673), VIRTUAL_CSR);   /* csrrci a2, sie, 31 */
	assert_int_equal(decode_virtual(0x10200073), VIRTUAL_OTHER); /* sret */
	assert_int_equal(decode_virtual(0x12000073), VIRTUAL_OTHER); /* sfence.vma */
	assert_int_equal(decode_virtual(0x6805c573), VIRTUAL_OTHER); /* hlv.w a0, (a1) */
	assert_int_equal(decode_virtual(0x62000073), VIRTUAL_OTHER); /* hfence.gvma */
	assert_int_equal(decode_virtual(0x00000000), VIRTUAL_OTHER);
}

static void csr_instructions(void **state)
{
	static const struct {
		uint32_t insn, csr, rd;
		bool writes;
	} cases[] = {
		{ 0xc0002573, 0xc00, 10, false }, /* csrr a0, cycle */
		{ 0x15059573, 0x150, 10, true },  /* csrrw a0, siselect, a1 */
		{ 0x15c01073, 0x15c, 0, true },	  /* csrrw zero, stopei, zero */
		{ 0x1502b073, 0x150, 0, true },	  /* csrrc zero, siselect, t0 */
		{ 0x1512d5f3, 0x151, 11, true },  /* csrrwi a1, sireg, 5 */
		{ 0x15c06073, 0x15c, 0, false },  /* csrrsi zero, stopei, 0 */
		{ 0x104ff673, 0x104, 12, true },  /* csrrci a2, sie, 31 */
	};
	struct decode_csr csr;

	(void)state;
	for (unsigned i = 0; i < NUM(cases); i++) {
		assert_int_equal(decode_virtual(cases[i].insn), VIRTUAL_CSR);
		decode_csr(cases[i].insn, &csr);
		assert_int_equal(csr.csr, cases[i].csr);
		assert_int_equal(csr.rd, cases[i].rd);
		assert_int_equal(csr.writes, cases[i].writes);
	}
}

/* ---- Exceptions into the guest ---- */

#define SIE  UINT64_C(0x2)
#define SPIE UINT64_C(0x20)
#define SPP  UINT64_C(0x100)
#define SUM  UINT64_C(0x40000)
#define UXL  UINT64_C(0x200000000)

static void exception_entry(void **state)
{
	(void)state;
	/* from VS-mode with interrupts on, from VU-mode with them off */
	assert_int_equal(exception_vsstatus(UXL | SUM | SIE, SPP), UXL | SUM | SPIE | SPP);
	assert_int_equal(exception_vsstatus(UXL | SUM | SPIE | SPP, 0), UXL | SUM);
	assert_int_equal(exception_vsstatus(SIE | SPIE, SPP | SIE), SPIE | SPP);
	assert_int_equal(exception_sstatus(UXL | SPIE), UXL | SPIE | SPP);
	/* vectored: exceptions go to the base all the same */
	assert_int_equal(exception_pc(UINT64_C(0xffffffff80001000)), UINT64_C(0xffffffff80001000));
	assert_int_equal(exception_pc(UINT64_C(0xffffffff80001001)), UINT64_C(0xffffffff80001000));
}

static void access_faults(void **state)
{
	(void)state;
	assert_int_equal(exception_access_fault(20), 1);
	assert_int_equal(exception_access_fault(21), 5);
	assert_int_equal(exception_access_fault(23), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cause),
		cmocka_unit_test(loads_and_stores),
		cmocka_unit_test(everything_else_is_refused),
		cmocka_unit_test(reserved_encodings),
		cmocka_unit_test(transformed_instructions),
		cmocka_unit_test(split_accesses_are_refused),
		cmocka_unit_test(the_short_way),
		cmocka_unit_test(walks),
		cmocka_unit_test(guest_addresses),
		cmocka_unit_test(mmio_exits),
		cmocka_unit_test(virtual_instructions),
		cmocka_unit_test(csr_instructions),
		cmocka_unit_test(exception_entry),
		cmocka_unit_test(access_faults),
	};

	return cmocka_run_group_tests_name("decode_riscv64", tests, NULL, NULL);
}
