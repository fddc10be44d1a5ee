/* SPDX-License-Identifier: Apache-2.0 */
/* Any instruction, and any values in the registers that describe an exit of RISC-V. */
#include "../../arch/riscv64/decode.h"
#include "../../arch/riscv64/exception.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void check_mmio(const struct arch_regs *regs, const struct decode_access *access,
		       uint64_t gpa)
{
	struct axvm_exit exit;

	decode_mmio(regs, access, gpa, &exit);
	must(exit.reason == (access->store ? AXVM_EXIT_MMIO_WRITE : AXVM_EXIT_MMIO_READ));
	if (access->store) {
		must(exit.mmio_write.addr.v == gpa && exit.mmio_write.width == access->width);
		return;
	}
	must(exit.mmio_read.addr.v == gpa && exit.mmio_read.width == access->width);
	must(exit.mmio_read.reg < 32 && exit.mmio_read.reg_width == 8);
}

static void check_access(const struct arch_regs *regs, const struct decode_access *access,
			 uint64_t gpa)
{
	unsigned width = access->width;

	must(width == 1 || width == 2 || width == 4 || width == 8);
	must(access->reg < 32 && (access->length == 2 || access->length == 4));
	check_mmio(regs, access, gpa);
}

/* What htinst says of an instruction is what the instruction itself says. */
static void check_transformed(uint32_t insn, const struct decode_access *access)
{
	uint64_t htinst = insn & ~(UINT32_C(31) << 15);
	struct decode_access same;

	must(decode_has_insn(htinst) && decode_htinst_access(htinst, &same));
	must(same.width == access->width && same.reg == access->reg && same.length == 4);
	must(same.store == access->store && same.is_signed == access->is_signed);
	must(decode_htinst_access(htinst & ~UINT64_C(2), &same) && same.length == 2);
}

static void check_insn(const struct arch_regs *regs, uint32_t insn, uint64_t gpa)
{
	struct decode_access access;

	must(decode_length(insn) == (decode_is_full(insn) ? 4 : 2));
	must(decode_virtual(insn) <= VIRTUAL_CSR);
	if (!decode_insn_access(insn, &access))
		return;
	must(access.length == decode_length(insn));
	check_access(regs, &access, gpa);
	if (decode_is_full(insn))
		check_transformed(insn, &access);
}

static void check_fault(const struct arch_regs *regs, uint64_t scause, struct input *in)
{
	uint64_t htinst = input_u64(in), htval = input_u64(in), stval = input_u64(in);
	struct decode_access access;

	must(!(decode_is_walk(htinst) && decode_has_insn(htinst)));
	must((decode_gpa(htval, stval) & 3) == (stval & 3));
	must(decode_exit(scause) <= DECODE_GUEST);
	if (decode_exit(scause) == DECODE_DATA_FAULT)
		must(decode_fault_access(scause, htinst) != AXVM_ACCESS_EXECUTE);
	if (decode_has_insn(htinst) && decode_htinst_access(htinst, &access))
		check_access(regs, &access, decode_gpa(htval, stval));
}

static void check_exception(uint64_t scause, struct input *in)
{
	uint64_t vsstatus = input_u64(in), sstatus = input_u64(in);
	uint64_t behind = exception_vsstatus(vsstatus, sstatus);
	uint64_t fault = exception_access_fault(scause);

	/* The guest's handler begins with interrupts off, in VS-mode, and nothing else moves. */
	must(!(behind & SSTATUS_SIE) && !(behind & SSTATUS_SPP) == !(sstatus & SSTATUS_SPP));
	must(!(behind & SSTATUS_SPIE) == !(vsstatus & SSTATUS_SIE));
	must(((behind ^ vsstatus) & ~(SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP)) == 0);
	must(exception_sstatus(sstatus) == (sstatus | SSTATUS_SPP));
	must(exception_pc(vsstatus) % 4 == 0);
	must(fault == CAUSE_FETCH_ACCESS || fault == CAUSE_LOAD_ACCESS ||
	     fault == CAUSE_STORE_ACCESS);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct input in = { input, size };
	uint64_t scause = input_u64(&in), gpa = input_u64(&in);
	uint32_t insn = input_u32(&in);
	struct arch_regs regs;

	input_bytes(&in, &regs, sizeof(regs));
	check_insn(&regs, insn, gpa);
	check_fault(&regs, scause, &in);
	check_exception(scause, &in);
	return 0;
}
