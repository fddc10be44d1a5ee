/* SPDX-License-Identifier: Apache-2.0 */
/* Any values in the registers that describe an exit of AArch64. */
#include "../../arch/aarch64/decode.h"
#include "../../arch/aarch64/exception.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static bool is_width(unsigned width)
{
	return width == 1 || width == 2 || width == 4 || width == 8;
}

static void check_mmio(const struct arch_regs *regs, uint64_t esr, uint64_t gpa)
{
	struct axvm_exit exit;

	decode_mmio(regs, esr, gpa, &exit);
	if (exit.reason == AXVM_EXIT_MMIO_WRITE) {
		must(decode_is_write(esr) && is_width(exit.mmio_write.width));
		must(exit.mmio_write.addr.v == gpa);
		return;
	}
	must(exit.reason == AXVM_EXIT_MMIO_READ && !decode_is_write(esr));
	must(is_width(exit.mmio_read.width) && exit.mmio_read.reg < 32);
	must(exit.mmio_read.reg_width == 4 || exit.mmio_read.reg_width == 8);
	must(exit.mmio_read.addr.v == gpa);
}

static void check_abort(const struct arch_regs *regs, uint64_t esr, struct input *in)
{
	uint64_t far = input_u64(in), par = input_u64(in);
	uint64_t gpa = decode_hpfar_gpa(input_u64(in), far);

	must((gpa & 0xfff) == (far & 0xfff));
	if (decode_is_mmio(esr)) {
		must(decode_has_hpfar(esr) && decode_is_mapping_fault(esr));
		must(!decode_is_external(esr) && !decode_is_walk(esr));
		check_mmio(regs, esr, gpa);
	}
	if (decode_par_gpa(par, far, &gpa))
		must(!(par & 1) && gpa >> 52 == 0 && (gpa & 0xfff) == (far & 0xfff));
	must(decode_data_access(esr) != AXVM_ACCESS_EXECUTE);
	must(decode_is_walk(esr) == (decode_fetch_access(esr) != AXVM_ACCESS_EXECUTE));
	must(!(decode_is_cache_maintenance(esr) && decode_is_walk(esr)));
}

static void check_sysreg(uint64_t esr)
{
	uint64_t key = decode_sysreg_key(esr);

	must(decode_sysreg_rt(esr) < 32);
	must(KEY(KEY_OP0(key), KEY_OP1(key), KEY_CRN(key), KEY_CRM(key), KEY_OP2(key)) == key);
	must(!(decode_key_is_idreg(key) && decode_key_is_breakpoint(key)));
}

static void check_exception(uint64_t esr, struct input *in)
{
	uint64_t spsr = input_u64(in);
	uint64_t pstate = exception_pstate(spsr, input_u64(in), input_u64(in));
	uint64_t abort_esr = exception_data_abort(esr, spsr, esr & 1);

	/* The guest's handler runs at EL1 with its own stack, in AArch64, with all masked. */
	must((pstate & 0x3df) == 0x3c5);
	must(exception_vector(spsr) % 0x200 == 0 && exception_vector(spsr) <= 0x600);
	must(abort_esr >> 26 == 0x24 || abort_esr >> 26 == 0x25);
	/* No IT block lasts for ever, and nothing but ITSTATE moves. */
	must(((decode_advance_it(spsr) ^ spsr) & ~UINT64_C(0x0600fc00)) == 0);
	for (unsigned n = 0; n < 5; n++)
		spsr = decode_advance_it(spsr);
	must((spsr & UINT64_C(0x0600fc00)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct input in = { input, size };
	uint64_t esr = input_u64(&in);
	struct arch_regs regs;

	input_bytes(&in, &regs, sizeof(regs));
	must(decode_exit(esr) == decode_exit(esr & UINT32_MAX));
	must(decode_exit(esr) <= DECODE_UNDEFINED);
	check_abort(&regs, esr, &in);
	check_sysreg(esr);
	check_exception(esr, &in);
	return 0;
}
