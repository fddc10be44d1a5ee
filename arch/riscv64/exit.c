/* SPDX-License-Identifier: Apache-2.0 */
/* An exit goes to whoever handles it. */
#include "decode.h"
#include "exception.h"
#include "host.h"

static inline void skip_instruction(unsigned length)
{
	csr_write(sepc, csr_read(sepc) + length);
}

/* A load or store that is known completely: a device, or nothing. */
static inline bool mmio(struct axvm_vcpu *vcpu, const struct decode_access *access, uint64_t gpa)
{
	struct axvm_exit exit;

	decode_mmio(&vcpu->arch.regs, access, gpa, &exit);
	if (!(access->store ? run_mmio_write(vcpu, &exit) : run_mmio_read(vcpu, &exit)))
		return false;
	skip_instruction(access->length);
	return true;
}

/*
 * Where the hardware says nothing about the instruction: a walk's address differs from the access's
 * in a page's bits, as a rule. (A guest whose tables lie in a device, at the very offset that it
 * accesses, gets that device's answer for a walk's.)
 */
static bool is_walk(uint64_t htinst, uint64_t gpa)
{
	if (htinst != 0)
		return decode_is_walk(htinst);
	return (gpa ^ csr_read(stval)) & (AXVM_PAGE_SIZE - 1);
}

static bool allows(struct axvm_vcpu *vcpu, uint64_t scause, uint64_t gpa, bool walk)
{
	uint64_t htinst = csr_read(htinst);

	if (!walk)
		return run_memory_fault(vcpu, axvm_gpa(gpa), decode_fault_access(scause, 0));
	return run_walk_fault(vcpu, axvm_gpa(gpa),
			      decode_walk_writes(htinst) ? AXVM_ACCESS_WRITE : AXVM_ACCESS_READ);
}

/* The memory is there after all. */
static bool mapped_meanwhile(struct axvm_vcpu *vcpu, uint64_t scause, uint64_t gpa, bool walk)
{
	if (!allows(vcpu, scause, gpa, walk))
		return false;
	riscv64_forget_invalid();
	return true;
}

/* The access by the instruction in memory. true: it has been done, or the guest has another fault.
 */
static bool mmio_by_code(struct axvm_vcpu *vcpu, uint64_t scause, uint64_t gpa)
{
	struct decode_access access;
	uint32_t insn;

	if (!riscv64_fetch(csr_read(sepc), &insn))
		return true;
	return decode_insn_access(insn, &access) &&
	       access.store == (scause == CAUSE_STORE_GUEST_PAGE) && mmio(vcpu, &access, gpa);
}

/* Everything but a plain access to a device that the hardware describes. */
__attribute__((noinline)) static enum run_verdict other_data_fault(struct axvm_vcpu *vcpu,
								   uint64_t scause)
{
	uint64_t stval = csr_read(stval), htinst = csr_read(htinst);
	uint64_t gpa = decode_gpa(csr_read(htval), stval);
	bool walk = is_walk(htinst, gpa);

	if (mapped_meanwhile(vcpu, scause, gpa, walk))
		return RUN_RESUME;
	if (htinst == 0 && !walk && mmio_by_code(vcpu, scause, gpa))
		return RUN_RESUME;
	riscv64_inject(exception_access_fault(scause), stval);
	return RUN_RESUME;
}

/*
 * The frequent kinds: one register of those that the exit has moved, and one device. htinst is read
 * anew behind the device, as that costs less than to keep it. Flat, for the same reason.
 */
__attribute__((flatten)) bool riscv64_simple_load(struct axvm_vcpu *vcpu)
{
	uint64_t htinst = csr_read(htinst), value;
	uint64_t gpa = decode_gpa(csr_read(htval), csr_read(stval));

	if (!decode_is_simple_load(htinst) ||
	    !run_bus_read(vcpu, gpa, decode_htinst_width(htinst), &value))
		return false;
	htinst = csr_read(htinst);
	vcpu->arch.regs.x[INSN_RD(htinst)] = decode_htinst_extend(htinst, value);
	skip_instruction(decode_htinst_length(htinst));
	return true;
}

__attribute__((flatten)) bool riscv64_simple_store(struct axvm_vcpu *vcpu)
{
	uint64_t htinst = csr_read(htinst);
	uint64_t gpa = decode_gpa(csr_read(htval), csr_read(stval));

	if (!decode_is_simple_store(htinst) ||
	    !run_bus_write(vcpu, gpa, decode_htinst_width(htinst),
			   vcpu->arch.regs.x[INSN_RS2(htinst)]))
		return false;
	skip_instruction(decode_htinst_length(csr_read(htinst)));
	return true;
}

static enum run_verdict data_fault(struct axvm_vcpu *vcpu, uint64_t scause)
{
	struct decode_access access;
	uint64_t htinst = csr_read(htinst);

	if (decode_has_insn(htinst) && decode_htinst_access(htinst, &access) &&
	    mmio(vcpu, &access, decode_gpa(csr_read(htval), csr_read(stval))))
		return RUN_RESUME;
	return other_data_fault(vcpu, scause);
}

/* The fetch may have met memory that has just been mapped; else there is no code. */
static enum run_verdict fetch_fault(struct axvm_vcpu *vcpu, uint64_t scause)
{
	uint64_t gpa = decode_gpa(csr_read(htval), csr_read(stval));

	if (mapped_meanwhile(vcpu, scause, gpa, is_walk(csr_read(htinst), gpa)))
		return RUN_RESUME;
	return run_fault(vcpu, "instruction fetch from an address without executable memory",
			 scause);
}

/* The turn of this vCPU ends: it spins, or the host asks for it. */
static enum run_verdict give_way(struct axvm_vcpu *vcpu)
{
	vcpu_count(vcpu, AXVM_EXIT_PREEMPTED);
	vcpu->exit.reason = AXVM_EXIT_PREEMPTED;
	return RUN_LEAVE;
}

/* What it could be woken by has to be seen from outside. */
enum run_verdict riscv64_halt(struct axvm_vcpu *vcpu)
{
	vcpu->arch.hvip = csr_read(hvip);
	vcpu->arch.vs.vsie = csr_read(vsie);
	return run_halt(vcpu);
}

static bool is_user(void)
{
	return !(csr_read(sstatus) & SSTATUS_SPP);
}

/* cycle or instret, once SBI PMU counts by it; user mode needs the guest kernel's leave. */
static bool read_counter(struct axvm_vcpu *vcpu, uint32_t insn)
{
	struct decode_csr csr;
	uint64_t value;

	decode_csr(insn, &csr);
	if (csr.writes || !sbi_pmu_read(vcpu, csr.csr, &value))
		return false;
	if (is_user() && !(csr_read(scounteren) >> (csr.csr - CSR_CYCLE) & 1))
		return false;
	arch_vcpu_set_gpr(vcpu, csr.rd, value);
	skip_instruction(4);
	return true;
}

/* What VS-mode, or VU-mode, is not allowed although HS-mode is. WFI of a user would be illegal on
 * the guest's own machine too: it has S-mode. */
static enum run_verdict virtual_instruction(struct axvm_vcpu *vcpu)
{
	uint32_t insn = (uint32_t)csr_read(stval);

	if (insn == 0 && !riscv64_fetch(csr_read(sepc), &insn))
		return RUN_RESUME;
	switch (decode_virtual(insn)) {
	case VIRTUAL_WFI:
		if (is_user())
			break;
		skip_instruction(4);
		return riscv64_halt(vcpu);
	case VIRTUAL_WRS:
		skip_instruction(4);
		return give_way(vcpu);
	case VIRTUAL_CSR:
		if (read_counter(vcpu, insn))
			return RUN_RESUME;
		break;
	case VIRTUAL_OTHER:
		break;
	}
	riscv64_inject(CAUSE_ILLEGAL, insn);
	return RUN_RESUME;
}

/* The guest's own fault, which was not delegated. */
static enum run_verdict own_fault(struct axvm_vcpu *vcpu, uint64_t scause)
{
	if (scause != CAUSE_ILLEGAL || !units_use(vcpu))
		riscv64_inject(scause, csr_read(stval));
	return RUN_RESUME;
}

static enum run_verdict interrupt(struct axvm_vcpu *vcpu, uint64_t code)
{
	bool stay = code == IRQ_S_GUEST_EXT ||
		    (code == riscv64_host.ipi_code && !riscv64_host.ack_ipi());

	if (riscv64_host.guest_file_num)
		axvm_riscv64_poll(vcpu->pcpu);
	if (stay)
		return RUN_RESUME;
	vcpu_count(vcpu, AXVM_EXIT_EXTERNAL_INTERRUPT);
	vcpu->exit.reason = AXVM_EXIT_EXTERNAL_INTERRUPT;
	vcpu->exit.external_interrupt.vector = code;
	return RUN_LEAVE;
}

enum run_verdict riscv64_exit(struct axvm_vcpu *vcpu)
{
	uint64_t scause = csr_read(scause);

	switch (decode_exit(scause)) {
	case DECODE_INTERRUPT:
		return interrupt(vcpu, scause & ~SCAUSE_INTERRUPT);
	case DECODE_DATA_FAULT:
		return data_fault(vcpu, scause);
	case DECODE_VIRTUAL:
		return virtual_instruction(vcpu);
	case DECODE_FETCH_FAULT:
		return fetch_fault(vcpu, scause);
	case DECODE_GUEST:
		return own_fault(vcpu, scause);
	case DECODE_ECALL:
	case DECODE_FATAL:
		break;
	}
	return run_fault(vcpu, "an exception that no guest should cause", scause);
}

enum run_verdict riscv64_handle_requests(struct axvm_vcpu *vcpu)
{
	uint32_t request = __atomic_exchange_n(&vcpu->request, 0, __ATOMIC_SEQ_CST);

	if (request & VCPU_REQ_IRQ) {
		riscv64_irq_sync(vcpu);
		riscv64_fence_sync(vcpu);
	}
	return request & VCPU_REQ_LEAVE ? give_way(vcpu) : RUN_RESUME;
}
