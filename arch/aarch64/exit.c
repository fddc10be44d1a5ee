/* SPDX-License-Identifier: Apache-2.0 */
/* What made the guest leave, from ESR_EL2 (Arm ARM D24.2.40), and who handles it. */
#include "host.h"
#include "vgic.h"

/* ESR_EL2.EC */
enum exception_class {
	EC_UNKNOWN = 0x00,
	EC_WFX = 0x01,
	EC_CP15_MCR = 0x03,
	EC_CP15_MCRR = 0x04,
	EC_CP14_MCR = 0x05,
	EC_CP14_LDC = 0x06,
	EC_FP = 0x07,
	EC_VMRS = 0x08,
	EC_PAUTH = 0x09,
	EC_LS64 = 0x0a,
	EC_CP14_MRRC = 0x0c,
	EC_BTI = 0x0d,
	EC_HVC64 = 0x16,
	EC_SMC64 = 0x17,
	EC_SYS64 = 0x18,
	EC_SVE = 0x19,
	EC_ERET = 0x1a,
	EC_SME = 0x1d,
	EC_IABT_LOW = 0x20,
	EC_DABT_LOW = 0x24,
};

#define ESR_EC_SHIFT 26
#define ESR_IL	     (UINT64_C(1) << 25)
#define ESR_WFX_WFE  UINT64_C(1)

/* ESR_EL2.ISS of a data abort */
#define ISS_ISV		(UINT64_C(1) << 24)
#define ISS_SAS_SHIFT	22
#define ISS_SSE		(UINT64_C(1) << 21)
#define ISS_SRT_SHIFT	16
#define ISS_SF		(UINT64_C(1) << 15)
#define ISS_EA		(UINT64_C(1) << 9)
#define ISS_CM		(UINT64_C(1) << 8)
#define ISS_S1PTW	(UINT64_C(1) << 7)
#define ISS_WNR		(UINT64_C(1) << 6)
#define FSC_TYPE_MASK	0x3cu
#define FSC_TRANSLATION 0x04u
#define FSC_PERMISSION	0x0cu

#define SPSR_AARCH32 (UINT64_C(1) << 4)

#define INTID_MASK     UINT64_C(0xffffff)
#define INTID_SPURIOUS 1020u

/*
 * The guest-physical address of a stage-2 fault. HPFAR_EL2 does not hold it for a permission fault
 * outside a table walk (Arm ARM D24.2.58): the guest's own translation tells. false: that
 * translation has changed meanwhile, and the guest will fault again if it still means it.
 */
static bool fault_gpa(uint64_t esr, uint64_t *gpa)
{
	uint64_t far = read_sysreg(far_el2);
	uint64_t page, par, saved;

	if ((esr & FSC_TYPE_MASK) != FSC_PERMISSION || (esr & ISS_S1PTW)) {
		page = read_sysreg(hpfar_el2) >> 4 << 12;
	} else {
		saved = read_sysreg(par_el1);
		__asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(far) : "memory");
		par = read_sysreg(par_el1);
		write_sysreg(par_el1, saved);
		if (par & 1)
			return false;
		page = par & UINT64_C(0x000ffffffffff000);
	}
	*gpa = page | (far & 0xfff);
	return true;
}

/* T32 has instructions of two bytes, and IT blocks, which go on behind the instruction. */
__attribute__((noinline)) static void skip_aarch32(uint64_t spsr)
{
	write_sysreg(elr_el2, read_sysreg(elr_el2) + (read_sysreg(esr_el2) & ESR_IL ? 4 : 2));
	write_sysreg(spsr_el2, aarch64_advance_it(spsr));
}

/* The instruction that trapped has been done: one that AArch32 at EL0 has too. */
static inline void skip_instruction(void)
{
	uint64_t spsr = read_sysreg(spsr_el2);

	if (__builtin_expect(!!(spsr & SPSR_AARCH32), 0))
		skip_aarch32(spsr);
	else
		aarch64_skip_instruction();
}

/* A load or store that the hardware describes completely: a device, or nothing. */
static bool mmio(struct axvm_vcpu *vcpu, uint64_t esr, uint64_t gpa)
{
	unsigned reg = esr >> ISS_SRT_SHIFT & 31;
	uint8_t width = 1u << (esr >> ISS_SAS_SHIFT & 3);
	struct axvm_exit exit;

	if (esr & ISS_WNR) {
		exit.mmio_write.addr = axvm_gpa(gpa);
		exit.mmio_write.width = width;
		exit.mmio_write.data = aarch64_get_gpr(vcpu, reg);
		return run_mmio_write(vcpu, &exit);
	}
	exit.mmio_read.addr = axvm_gpa(gpa);
	exit.mmio_read.width = width;
	exit.mmio_read.reg = reg;
	exit.mmio_read.reg_width = esr & ISS_SF ? 8 : 4;
	exit.mmio_read.signed_ext = esr & ISS_SSE;
	return run_mmio_read(vcpu, &exit);
}

/* A table walk reads, whatever it is for; permission is what it lacks to update a descriptor. */
static enum axvm_access access_of(uint64_t esr)
{
	bool writes = esr & ISS_S1PTW ? (esr & FSC_TYPE_MASK) == FSC_PERMISSION : !!(esr & ISS_WNR);

	return writes ? AXVM_ACCESS_WRITE : AXVM_ACCESS_READ;
}

static bool is_mapping_fault(uint64_t esr)
{
	unsigned type = esr & FSC_TYPE_MASK;

	return type == FSC_TRANSLATION || type == FSC_PERMISSION;
}

/* Everything but a plain access to a device; out of line, as it needs more registers. */
__attribute__((noinline)) static enum run_verdict other_data_abort(struct axvm_vcpu *vcpu,
								   uint64_t esr)
{
	uint64_t gpa;

	if (esr & ISS_EA)
		return run_fault(vcpu, "external abort on a data access", esr);
	if (!fault_gpa(esr, &gpa))
		return RUN_RESUME;
	if (is_mapping_fault(esr) && run_memory_fault(vcpu, axvm_gpa(gpa), access_of(esr)))
		return RUN_RESUME;
	if ((esr & (ISS_CM | ISS_S1PTW)) == ISS_CM)
		skip_instruction(); /* cache maintenance of nothing */
	else
		aarch64_inject_data_abort(read_sysreg(far_el2), esr & ISS_S1PTW);
	return RUN_RESUME;
}

/* A whole load or store at an address without memory: what an access to a device looks like. */
#define ISS_MMIO_MASK (ISS_ISV | ISS_EA | ISS_S1PTW | FSC_TYPE_MASK)
#define ISS_MMIO      (ISS_ISV | FSC_TRANSLATION)

static enum run_verdict data_abort(struct axvm_vcpu *vcpu, uint64_t esr)
{
	uint64_t gpa;

	if ((esr & ISS_MMIO_MASK) != ISS_MMIO)
		return other_data_abort(vcpu, esr);
	gpa = read_sysreg(hpfar_el2) >> 4 << 12 | (read_sysreg(far_el2) & 0xfff);
	if (!mmio(vcpu, esr, gpa))
		return other_data_abort(vcpu, esr);
	skip_instruction();
	return RUN_RESUME;
}

/* The fetch may have met memory that has just been mapped; else there is no code. */
static enum run_verdict instruction_abort(struct axvm_vcpu *vcpu, uint64_t esr)
{
	enum axvm_access access = esr & ISS_S1PTW ? access_of(esr) : AXVM_ACCESS_EXECUTE;
	uint64_t gpa;

	if (is_mapping_fault(esr)) {
		if (!fault_gpa(esr, &gpa) || run_memory_fault(vcpu, axvm_gpa(gpa), access))
			return RUN_RESUME;
	}
	return run_fault(vcpu, "instruction fetch from an address without executable memory", esr);
}

/* WFE ends the turn of a vCPU that spins; WFI sleeps. Both may end early (Arm ARM D1.6). */
static enum run_verdict wait(struct axvm_vcpu *vcpu, uint64_t esr)
{
	skip_instruction();
	if (!(esr & ESR_WFX_WFE))
		return run_halt(vcpu);
	vcpu->stats.exits[AXVM_EXIT_PREEMPTED]++;
	vcpu->exit.reason = AXVM_EXIT_PREEMPTED;
	return RUN_LEAVE;
}

__attribute__((noinline)) static enum run_verdict other_exit(struct axvm_vcpu *vcpu, uint64_t esr)
{
	switch (esr >> ESR_EC_SHIFT) {
	case EC_WFX:
		return wait(vcpu, esr);
	case EC_FP:
		aarch64_fp_use(vcpu);
		return RUN_RESUME;
	case EC_SMC64:
		aarch64_skip_instruction(); /* unlike HVC, a trapped SMC has not advanced */
		return aarch64_firmware_call(vcpu);
	case EC_IABT_LOW:
		return instruction_abort(vcpu, esr);
	case EC_UNKNOWN:
	case EC_CP15_MCR:
	case EC_CP15_MCRR:
	case EC_CP14_MCR:
	case EC_CP14_LDC:
	case EC_VMRS:
	case EC_PAUTH:
	case EC_LS64:
	case EC_CP14_MRRC:
	case EC_BTI:
	case EC_SVE:
	case EC_ERET:
	case EC_SME:
		aarch64_inject_undefined();
		return RUN_RESUME;
	default:
		return run_fault(vcpu, "an exception that no guest should cause", esr);
	}
}

enum run_verdict aarch64_sync_exit(struct axvm_vcpu *vcpu)
{
	uint64_t esr = read_sysreg(esr_el2);

	switch (esr >> ESR_EC_SHIFT & 0x3f) {
	case EC_HVC64:
		return aarch64_firmware_call(vcpu);
	case EC_DABT_LOW:
		return data_abort(vcpu, esr);
	case EC_SYS64:
		return aarch64_sysreg_exit(vcpu, esr);
	default:
		return other_exit(vcpu, esr & UINT64_C(0xffffffff));
	}
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
	vcpu->stats.exits[AXVM_EXIT_EXTERNAL_INTERRUPT]++;
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
	if (!(request & VCPU_REQ_LEAVE))
		return RUN_RESUME;
	vcpu->stats.exits[AXVM_EXIT_PREEMPTED]++;
	vcpu->exit.reason = AXVM_EXIT_PREEMPTED;
	return RUN_LEAVE;
}
