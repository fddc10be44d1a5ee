/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions into the guest that is live on this CPU, and its code as it would fetch it. */
#include "decode.h"
#include "exception.h"
#include "host.h"

#define ECALL_LENGTH 4

void riscv64_inject(uint64_t cause, uint64_t tval)
{
	uint64_t sstatus = csr_read(sstatus);

	csr_write(vscause, cause);
	csr_write(vstval, tval);
	csr_write(vsepc, csr_read(sepc));
	csr_write(vsstatus, exception_vsstatus(csr_read(vsstatus), sstatus));
	csr_write(sstatus, exception_sstatus(sstatus));
	csr_write(sepc, exception_pc(csr_read(vstvec)));
}

/* What the trap of a guarded access has changed is the guest's. */
static bool load_half(uint64_t va, uint16_t *half)
{
	uint64_t sepc = csr_read(sepc), sstatus = csr_read(sstatus), hstatus = csr_read(hstatus);

	if (riscv64_load_code(va, half))
		return true;
	csr_write(sepc, sepc);
	csr_write(sstatus, sstatus);
	csr_write(hstatus, hstatus);
	return false;
}

bool riscv64_peek(uint64_t pc, uint32_t *insn, uint64_t *fault)
{
	uint16_t low, high = 0;

	*fault = pc;
	if (!load_half(pc, &low))
		return false;
	*fault = pc + 2;
	if (decode_is_full(low) && !load_half(pc + 2, &high))
		return false;
	*insn = (uint32_t)high << 16 | low;
	return true;
}

/*
 * The guest has just fetched this instruction, and now it cannot: its tables have changed. It gets
 * the fault that a fetch would; or tries again, if the hypervisor's tables have.
 */
bool riscv64_fetch(uint64_t pc, uint32_t *insn)
{
	uint64_t va, cause;

	if (riscv64_peek(pc, insn, &va))
		return true;
	cause = csr_read(scause);
	if (cause == CAUSE_LOAD_PAGE)
		riscv64_inject(CAUSE_FETCH_PAGE, va);
	else if (cause == CAUSE_LOAD_ACCESS)
		riscv64_inject(CAUSE_FETCH_ACCESS, va);
	return false;
}

/* Memory that is not there is an access fault of the guest's. */
bool riscv64_read_word(struct axvm_vcpu *vcpu, uint64_t va, uint64_t *word)
{
	uint64_t sepc = csr_read(sepc), sstatus = csr_read(sstatus), hstatus = csr_read(hstatus);
	uint64_t cause;

	if (riscv64_load_data(va, word))
		return true;
	csr_write(sepc, sepc - ECALL_LENGTH);
	csr_write(sstatus, sstatus);
	csr_write(hstatus, hstatus);
	cause = csr_read(scause);
	if (cause == CAUSE_LOAD_GUEST_PAGE) {
		uint64_t gpa = decode_gpa(csr_read(htval), csr_read(stval));

		if (run_memory_fault(vcpu, axvm_gpa(gpa), AXVM_ACCESS_READ)) {
			riscv64_forget_invalid();
			return false;
		}
		cause = CAUSE_LOAD_ACCESS;
	}
	riscv64_inject(cause, csr_read(stval));
	return false;
}
