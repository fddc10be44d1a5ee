/* SPDX-License-Identifier: Apache-2.0 */
/* An exit goes to whoever handles it. */
#include "decode.h"
#include "host.h"
#include "vgic.h"

#define INTID_MASK     UINT64_C(0xffffff)
#define INTID_SPURIOUS 1020u

/*
 * The guest-physical address of a stage-2 fault. false: the guest's own translation, which alone
 * has it, has changed meanwhile; the guest will fault again if it still means it.
 */
static bool fault_gpa(uint64_t esr, uint64_t *gpa)
{
	uint64_t far = read_sysreg(far_el2);
	uint64_t par, saved;

	if (decode_has_hpfar(esr)) {
		*gpa = decode_hpfar_gpa(read_sysreg(hpfar_el2), far);
		return true;
	}
	saved = read_sysreg(par_el1);
	__asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(far) : "memory");
	par = read_sysreg(par_el1);
	write_sysreg(par_el1, saved);
	return decode_par_gpa(par, far, gpa);
}

__attribute__((noinline)) static void skip_aarch32(uint64_t spsr)
{
	write_sysreg(elr_el2, read_sysreg(elr_el2) + decode_length(read_sysreg(esr_el2)));
	write_sysreg(spsr_el2, decode_advance_it(spsr));
}

/* The instruction that trapped has been done: one that AArch32 at EL0 has too. */
static inline void skip_instruction(void)
{
	uint64_t spsr = read_sysreg(spsr_el2);

	if (__builtin_expect(decode_is_aarch32(spsr), 0))
		skip_aarch32(spsr);
	else
		aarch64_skip_instruction();
}

/* A load or store that the hardware describes completely: a device, or nothing. */
static bool mmio(struct axvm_vcpu *vcpu, uint64_t esr, uint64_t gpa)
{
	struct axvm_exit exit;

	decode_mmio(&vcpu->arch.regs, esr, gpa, &exit);
	return decode_is_write(esr) ? run_mmio_write(vcpu, &exit) : run_mmio_read(vcpu, &exit);
}

/* The memory is there after all. HCR_EL2.PTW keeps walks out of devices. */
static bool mapped_meanwhile(struct axvm_vcpu *vcpu, uint64_t esr, uint64_t gpa,
			     enum axvm_access access)
{
	return decode_is_walk(esr) ? run_walk_fault(vcpu, axvm_gpa(gpa), access) :
				     run_memory_fault(vcpu, axvm_gpa(gpa), access);
}

/* Everything but a plain access to a device; out of line, as it needs more registers. */
__attribute__((noinline)) static enum run_verdict other_data_abort(struct axvm_vcpu *vcpu,
								   uint64_t esr)
{
	uint64_t gpa;

	if (decode_is_external(esr))
		return run_fault(vcpu, "external abort on a data access", esr);
	if (!fault_gpa(esr, &gpa))
		return RUN_RESUME;
	if (decode_is_mapping_fault(esr) &&
	    mapped_meanwhile(vcpu, esr, gpa, decode_data_access(esr)))
		return RUN_RESUME;
	if (decode_is_cache_maintenance(esr))
		skip_instruction(); /* of nothing */
	else
		aarch64_inject_data_abort(read_sysreg(far_el2), decode_is_walk(esr));
	return RUN_RESUME;
}

static enum run_verdict data_abort(struct axvm_vcpu *vcpu, uint64_t esr)
{
	uint64_t gpa;

	if (!decode_is_mmio(esr))
		return other_data_abort(vcpu, esr);
	gpa = decode_hpfar_gpa(read_sysreg(hpfar_el2), read_sysreg(far_el2));
	if (!mmio(vcpu, esr, gpa))
		return other_data_abort(vcpu, esr);
	skip_instruction();
	return RUN_RESUME;
}

/* The fetch may have met memory that has just been mapped; else there is no code. */
static enum run_verdict fetch_abort(struct axvm_vcpu *vcpu, uint64_t esr)
{
	uint64_t gpa;

	if (decode_is_mapping_fault(esr)) {
		if (!fault_gpa(esr, &gpa) ||
		    mapped_meanwhile(vcpu, esr, gpa, decode_fetch_access(esr)))
			return RUN_RESUME;
	}
	return run_fault(vcpu, "instruction fetch from an address without executable memory", esr);
}

/* The turn of this vCPU ends: it spins, or the host asks for it. */
static enum run_verdict give_way(struct axvm_vcpu *vcpu)
{
	vcpu_count(vcpu, AXVM_EXIT_PREEMPTED);
	vcpu->exit.reason = AXVM_EXIT_PREEMPTED;
	return RUN_LEAVE;
}

/* Out of line, for the sake of the frequent ones. */
__attribute__((noinline)) static enum run_verdict other_exit(struct axvm_vcpu *vcpu, uint64_t esr)
{
	switch (decode_exit(esr)) {
	case DECODE_WFI: /* it and WFE may end early (Arm ARM D1.6) */
		skip_instruction();
		return run_halt(vcpu);
	case DECODE_WFE:
		skip_instruction();
		return give_way(vcpu);
	case DECODE_FP:
		aarch64_fp_use(vcpu);
		return RUN_RESUME;
	case DECODE_SMC:
		aarch64_skip_instruction(); /* unlike HVC, a trapped SMC has not advanced */
		return aarch64_firmware_call(vcpu);
	case DECODE_FETCH_ABORT:
		return fetch_abort(vcpu, esr);
	case DECODE_UNDEFINED:
		aarch64_inject_undefined();
		return RUN_RESUME;
	case DECODE_HVC:
	case DECODE_DATA_ABORT:
	case DECODE_SYSREG:
	case DECODE_FATAL:
		break;
	}
	return run_fault(vcpu, "an exception that no guest should cause", esr);
}

enum run_verdict aarch64_sync_exit(struct axvm_vcpu *vcpu)
{
	uint64_t esr = read_sysreg(esr_el2);
	enum decode_kind kind = decode_exit(esr);

	if (kind == DECODE_HVC)
		return aarch64_firmware_call(vcpu);
	if (kind == DECODE_DATA_ABORT)
		return data_abort(vcpu, esr);
	if (kind == DECODE_SYSREG)
		return aarch64_sysreg_exit(vcpu, esr);
	return other_exit(vcpu, esr & UINT64_C(0xffffffff));
}

static void complete(uint64_t intid)
{
	write_sysreg(ICC_EOIR1_EL1, intid);
	write_sysreg(ICC_DIR_EL1, intid);
}

enum run_verdict aarch64_irq_exit(struct axvm_vcpu *vcpu)
{
	uint64_t intid = read_sysreg(ICC_IAR1_EL1) & INTID_MASK;

	if (intid == aarch64_host.vtimer_intid) {
		write_sysreg(ICC_EOIR1_EL1, intid); /* the guest's own EOI deactivates it */
		vgic_vtimer_fired(vcpu, intid);
		return RUN_RESUME;
	}
	if (intid == aarch64_host.kick_intid) {
		complete(intid);
		return RUN_RESUME;
	}
	if (intid == aarch64_host.maintenance_intid) {
		vgic_sync(vcpu);
		complete(intid);
		return RUN_RESUME;
	}
	if (intid >= INTID_SPURIOUS)
		return RUN_RESUME;
	vcpu_count(vcpu, AXVM_EXIT_EXTERNAL_INTERRUPT);
	vcpu->exit.reason = AXVM_EXIT_EXTERNAL_INTERRUPT;
	vcpu->exit.external_interrupt.vector = intid;
	return RUN_LEAVE;
}

enum run_verdict aarch64_serror_exit(struct axvm_vcpu *vcpu)
{
	return run_fault(vcpu, "SError", read_sysreg(esr_el2));
}

enum run_verdict aarch64_handle_requests(struct axvm_vcpu *vcpu)
{
	uint32_t request = __atomic_exchange_n(&vcpu->request, 0, __ATOMIC_SEQ_CST);

	if (request & VCPU_REQ_IRQ)
		vgic_sync(vcpu);
	return request & VCPU_REQ_LEAVE ? give_way(vcpu) : RUN_RESUME;
}
