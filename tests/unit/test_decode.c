/* SPDX-License-Identifier: Apache-2.0 */
/* Exits of AArch64 from register values, and the exceptions that answer them. */
#include "../../arch/aarch64/decode.h"
#include "../../arch/aarch64/exception.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ESR(ec)	  ((uint64_t)(ec) << 26 | 1u << 25)
#define DABT(iss) (ESR(0x24) | (iss))
#define ISV	  (1u << 24)
#define SAS(n)	  ((unsigned)(n) << 22)
#define SSE	  (1u << 21)
#define SRT(n)	  ((unsigned)(n) << 16)
#define SF	  (1u << 15)
#define EA	  (1u << 9)
#define CM	  (1u << 8)
#define S1PTW	  (1u << 7)
#define WNR	  (1u << 6)
#define EL0T	  0x0u
#define EL1T	  0x4u
#define EL1H	  0x5u
#define USR32	  0x10u
#define T32	  0x20u
#define PAN	  (1u << 22)
#define SPAN	  (UINT64_C(1) << 23)

/* ---- Which exit ---- */

/* Every class that has a meaning; the other 64 minus these are nothing that a guest can cause. */
static const struct {
	unsigned ec;
	enum decode_kind kind;
} classes[] = {
	{ 0x00, DECODE_UNDEFINED },   { 0x01, DECODE_WFI },	   { 0x03, DECODE_UNDEFINED },
	{ 0x04, DECODE_UNDEFINED },   { 0x05, DECODE_UNDEFINED },  { 0x06, DECODE_UNDEFINED },
	{ 0x07, DECODE_FP },	      { 0x08, DECODE_UNDEFINED },  { 0x09, DECODE_UNDEFINED },
	{ 0x0a, DECODE_UNDEFINED },   { 0x0c, DECODE_UNDEFINED },  { 0x0d, DECODE_UNDEFINED },
	{ 0x16, DECODE_HVC },	      { 0x17, DECODE_SMC },	   { 0x18, DECODE_SYSREG },
	{ 0x19, DECODE_UNDEFINED },   { 0x1a, DECODE_UNDEFINED },  { 0x1d, DECODE_UNDEFINED },
	{ 0x20, DECODE_FETCH_ABORT }, { 0x24, DECODE_DATA_ABORT },
};

static enum decode_kind kind_of(unsigned ec)
{
	for (unsigned i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (classes[i].ec == ec)
			return classes[i].kind;
	return DECODE_FATAL;
}

static void every_class(void **state)
{
	(void)state;
	for (unsigned ec = 0; ec < 64; ec++) {
		assert_int_equal(decode_exit(ESR(ec)), kind_of(ec));
		/* ISS2, where it is implemented, changes nothing. */
		assert_int_equal(decode_exit(ESR(ec) | UINT64_C(0xffffff) << 32), kind_of(ec));
		if (ec != 0x01) /* the ISS decides nothing else */
			assert_int_equal(decode_exit(ESR(ec) | 0x1ffffff), kind_of(ec));
	}
}

static void wfi_and_wfe(void **state)
{
	(void)state;
	assert_int_equal(decode_exit(ESR(1) | 0), DECODE_WFI);
	assert_int_equal(decode_exit(ESR(1) | 1), DECODE_WFE);
	assert_int_equal(decode_exit(ESR(1) | 2), DECODE_WFI); /* WFIT */
	assert_int_equal(decode_exit(ESR(1) | 3), DECODE_WFE); /* WFET */
}

/* ---- Data aborts ---- */

static void only_a_whole_access_without_memory_is_mmio(void **state)
{
	(void)state;
	for (unsigned level = 0; level < 4; level++) {
		assert_true(decode_is_mmio(DABT(ISV | 4 | level)));
		assert_true(decode_is_mmio(DABT(ISV | WNR | SRT(31) | SAS(3) | SF | SSE | 4)));
		assert_false(decode_is_mmio(DABT(4 | level)));
		assert_false(decode_is_mmio(DABT(ISV | EA | 4 | level)));
		assert_false(decode_is_mmio(DABT(ISV | S1PTW | 4 | level)));
		assert_false(decode_is_mmio(DABT(ISV | 0xc | level)));
	}
	for (unsigned fsc = 0; fsc < 64; fsc++)
		assert_int_equal(decode_is_mmio(DABT(ISV | fsc)), fsc >= 4 && fsc < 8);
}

static void mmio_reads(void **state)
{
	struct arch_regs regs = { 0 };
	struct axvm_exit exit;

	(void)state;
	for (unsigned sas = 0; sas < 4; sas++)
		for (unsigned srt = 0; srt < 32; srt++)
			for (unsigned form = 0; form < 4; form++) {
				unsigned iss = ISV | SAS(sas) | SRT(srt) | 7;

				iss |= (form & 1 ? SF : 0) | (form & 2 ? SSE : 0);
				decode_mmio(&regs, DABT(iss), 0x9000018, &exit);
				assert_int_equal(exit.reason, AXVM_EXIT_MMIO_READ);
				assert_int_equal(exit.mmio_read.addr.v, 0x9000018);
				assert_int_equal(exit.mmio_read.width, 1 << sas);
				assert_int_equal(exit.mmio_read.reg, srt);
				assert_int_equal(exit.mmio_read.reg_width, form & 1 ? 8 : 4);
				assert_int_equal(exit.mmio_read.signed_ext, form >> 1);
			}
}

static void mmio_writes(void **state)
{
	struct arch_regs regs = { .pc = 0xdead, .spsr = 0xdead };
	struct axvm_exit exit;

	(void)state;
	for (unsigned n = 0; n < 31; n++)
		regs.x[n] = 0x1122334455667700 + n;
	for (unsigned srt = 0; srt < 32; srt++) {
		uint64_t esr = DABT(ISV | WNR | SAS(2) | SRT(srt) | 6);

		decode_mmio(&regs, esr, 0xa000000, &exit);
		assert_int_equal(exit.reason, AXVM_EXIT_MMIO_WRITE);
		assert_int_equal(exit.mmio_write.addr.v, 0xa000000);
		assert_int_equal(exit.mmio_write.width, 4);
		assert_int_equal(exit.mmio_write.data, srt < 31 ? regs.x[srt] : 0);
	}
}

static void fault_addresses(void **state)
{
	uint64_t gpa = 0;

	(void)state;
	/* HPFAR_EL2.FIPA, from bit 4 on, is the address from bit 12 on. */
	assert_int_equal(decode_hpfar_gpa(0x90000, 0xffff000000000018), 0x9000018);
	assert_int_equal(decode_hpfar_gpa(0x9000f, 0x018), 0x9000018);
	assert_int_equal(decode_hpfar_gpa(UINT64_C(0xfffffffff0), 0xabc), 0xfffffffffabc);
	assert_true(decode_par_gpa(UINT64_C(0xff00000040201b80), 0xffff800000001234, &gpa));
	assert_int_equal(gpa, 0x40201234);
	gpa = 1;
	assert_false(decode_par_gpa(UINT64_C(0x40201b80) | 1, 0x1234, &gpa));
	assert_int_equal(gpa, 1);
}

/* Arm ARM D24.2.58: for which faults HPFAR_EL2 is valid. */
static void permission_faults_need_a_translation(void **state)
{
	(void)state;
	for (unsigned fsc = 0; fsc < 64; fsc++) {
		bool permission = fsc >= 0xc && fsc < 0x10;

		assert_int_equal(decode_has_hpfar(DABT(fsc)), !permission);
		assert_true(decode_has_hpfar(DABT(S1PTW | fsc)));
		assert_int_equal(decode_is_mapping_fault(DABT(fsc)),
				 permission || (fsc >= 4 && fsc < 8));
	}
}

static void rights_that_an_access_takes(void **state)
{
	(void)state;
	assert_int_equal(decode_data_access(DABT(7)), AXVM_ACCESS_READ);
	assert_int_equal(decode_data_access(DABT(WNR | 7)), AXVM_ACCESS_WRITE);
	assert_int_equal(decode_data_access(DABT(WNR | S1PTW | 7)), AXVM_ACCESS_READ);
	assert_int_equal(decode_data_access(DABT(S1PTW | 0xf)), AXVM_ACCESS_WRITE);
	assert_int_equal(decode_fetch_access(ESR(0x20) | 7), AXVM_ACCESS_EXECUTE);
	assert_int_equal(decode_fetch_access(ESR(0x20) | 0xf), AXVM_ACCESS_EXECUTE);
	assert_int_equal(decode_fetch_access(ESR(0x20) | S1PTW | 7), AXVM_ACCESS_READ);
	assert_int_equal(decode_fetch_access(ESR(0x20) | S1PTW | 0xf), AXVM_ACCESS_WRITE);
}

static void external_aborts_walks_and_cache_maintenance(void **state)
{
	(void)state;
	assert_true(decode_is_external(DABT(EA | 0x10)));
	assert_false(decode_is_external(DABT(0x10)));
	assert_true(decode_is_walk(DABT(S1PTW | 4)));
	assert_false(decode_is_walk(DABT(4)));
	assert_true(decode_is_cache_maintenance(DABT(CM | WNR | 4)));
	assert_false(decode_is_cache_maintenance(DABT(CM | S1PTW | 4)));
	assert_false(decode_is_cache_maintenance(DABT(WNR | 4)));
}

/* ---- System registers ---- */

static uint64_t sys_esr(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2,
			unsigned rt, bool read)
{
	return ESR(0x18) | op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1 |
	       read;
}

static void sysreg_fields(void **state)
{
	uint64_t read = sys_esr(3, 3, 14, 2, 1, 9, true); /* MRS x9, CNTP_CTL_EL0 */
	uint64_t write = sys_esr(3, 3, 14, 2, 1, 31, false);

	(void)state;
	assert_true(decode_sysreg_reads(read));
	assert_false(decode_sysreg_reads(write));
	assert_int_equal(decode_sysreg_rt(read), 9);
	assert_int_equal(decode_sysreg_rt(write), 31);
	assert_int_equal(decode_sysreg_key(read), KEY(3, 3, 14, 2, 1));
	assert_int_equal(decode_sysreg_key(read), decode_sysreg_key(write));
}

static void every_sysreg_has_a_key_of_its_own(void **state)
{
	static bool seen[KEY_MASK + 1];

	(void)state;
	for (unsigned n = 0; n < 1u << 16; n++) {
		unsigned op0 = n >> 14, op1 = n >> 11 & 7, crn = n >> 7 & 15, crm = n >> 3 & 15;
		uint64_t key = decode_sysreg_key(sys_esr(op0, op1, crn, crm, n & 7, n % 32, n & 1));

		assert_true(key <= KEY_MASK && !seen[key]);
		seen[key] = true;
		assert_int_equal(key, KEY(op0, op1, crn, crm, n & 7));
		assert_int_equal(KEY_OP0(key), op0);
		assert_int_equal(KEY_OP1(key), op1);
		assert_int_equal(KEY_CRN(key), crn);
		assert_int_equal(KEY_CRM(key), crm);
		assert_int_equal(KEY_OP2(key), n & 7);
		assert_int_equal(decode_key_is_idreg(key),
				 op0 == 3 && !op1 && !crn && crm >= 1 && crm <= 7);
		assert_int_equal(decode_key_is_breakpoint(key),
				 op0 == 2 && !op1 && !crn && crm <= 1 && (n & 7) >= 4);
	}
}

/* ---- AArch32 ---- */

static uint64_t with_it(uint64_t it)
{
	return (it & 3) << 25 | (it & 0xfc) << 8;
}

/* Arm ARM, AArch32.ITAdvance(), for every ITSTATE; nothing else of SPSR moves. */
static void it_blocks_go_on(void **state)
{
	const uint64_t others = ~with_it(0xff);

	(void)state;
	for (uint64_t it = 0; it < 256; it++) {
		uint64_t next = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;

		assert_int_equal(decode_advance_it(with_it(it) | USR32 | T32),
				 with_it(next) | USR32 | T32);
		assert_int_equal(decode_advance_it(with_it(it) | others), with_it(next) | others);
	}
	/* ITTE EQ: 0000 0101 -> EQ next, then NE, then outside. */
	assert_int_equal(decode_advance_it(with_it(0x05)), with_it(0x0a));
	assert_int_equal(decode_advance_it(with_it(0x0c)), with_it(0x18));
	assert_int_equal(decode_advance_it(with_it(0x18)), 0);
}

static void instructions_have_two_or_four_bytes(void **state)
{
	(void)state;
	assert_true(decode_is_aarch32(USR32 | T32));
	assert_false(decode_is_aarch32(EL1H));
	assert_false(decode_is_aarch32(EL0T));
	assert_int_equal(decode_length(UINT64_C(0x24) << 26), 2);
	assert_int_equal(decode_length(DABT(0)), 4);
}

/* ---- Exceptions to EL1 ---- */

static void vectors(void **state)
{
	(void)state;
	assert_int_equal(exception_vector(EL1T), 0);
	assert_int_equal(exception_vector(EL1H), 0x200);
	assert_int_equal(exception_vector(EL0T | 0xf0000000), 0x400);
	assert_int_equal(exception_vector(USR32 | T32), 0x600);
}

static void state_at_the_vector(void **state)
{
	const uint64_t masked = 0x3c5, has_pan = 1u << 20;

	(void)state;
	assert_int_equal(exception_pstate(EL0T, SPAN, has_pan), masked);
	assert_int_equal(exception_pstate(EL0T, 0, has_pan), masked | PAN);
	assert_int_equal(exception_pstate(EL0T, 0, 0), masked);
	assert_int_equal(exception_pstate(EL1H | PAN, SPAN, has_pan), masked | PAN);
	assert_int_equal(exception_pstate(EL1H, SPAN | UINT64_C(1) << 44, 0), masked | 1u << 12);
	/* Flags and DIT stay; step, IL, IT and the rest go. */
	assert_int_equal(exception_pstate(UINT64_C(0xffffffff), SPAN, 0),
			 masked | 0xf0000000 | PAN | 1u << 24);
}

static void abort_syndromes(void **state)
{
	(void)state;
	assert_int_equal(exception_data_abort(DABT(ISV | SAS(2) | WNR | 7), EL1H, false),
			 ESR(0x25) | WNR | 0x10);
	assert_int_equal(exception_data_abort(DABT(ISV | 7), EL0T, false), ESR(0x24) | 0x10);
	assert_int_equal(exception_data_abort(DABT(S1PTW | 7), EL1T, true), ESR(0x25) | 0x14);
	assert_int_equal(exception_data_abort(UINT64_C(0x24) << 26 | 7, USR32 | T32, false),
			 UINT64_C(0x24) << 26 | 0x10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class),
		cmocka_unit_test(wfi_and_wfe),
		cmocka_unit_test(only_a_whole_access_without_memory_is_mmio),
		cmocka_unit_test(mmio_reads),
		cmocka_unit_test(mmio_writes),
		cmocka_unit_test(fault_addresses),
		cmocka_unit_test(permission_faults_need_a_translation),
		cmocka_unit_test(rights_that_an_access_takes),
		cmocka_unit_test(external_aborts_walks_and_cache_maintenance),
		cmocka_unit_test(sysreg_fields),
		cmocka_unit_test(every_sysreg_has_a_key_of_its_own),
		cmocka_unit_test(it_blocks_go_on),
		cmocka_unit_test(instructions_have_two_or_four_bytes),
		cmocka_unit_test(vectors),
		cmocka_unit_test(state_at_the_vector),
		cmocka_unit_test(abort_syndromes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
