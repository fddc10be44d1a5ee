/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU's state: reset, moving it into the CPU and back, and reporting it. */
#include "host.h"
#include "vgic.h"
#include <string.h>

/* SCTLR_EL1: RES1 in Armv8.0, everything else off. */
#define SCTLR_EL1_RESET UINT64_C(0x30d00800)
/* SPSR_EL2: EL1h with every interrupt masked. */
#define SPSR_RESET     UINT64_C(0x3c5)
#define MPIDR_RES1     (UINT64_C(1) << 31)
#define CPTR_TFP       (UINT64_C(1) << 10)
#define NO_DEADLINE    UINT64_MAX
#define PFR0_RAS_SHIFT 28

/* Whose state the registers of each physical CPU hold; 0 for nobody's. */
static struct aarch64_cpu {
	uint64_t loaded; /* uid of the vCPU */
	uint64_t fp;	 /* the same for floating-point and SIMD */
	uint64_t vttbr;
} cpus[AXVM_MAX_PCPUS];

static uint64_t next_uid;

/* clang-format off */
#define EL1_REGISTERS(X) \
	X(sp_el0) X(sp_el1) X(elr_el1) X(spsr_el1) X(sctlr_el1) X(cpacr_el1) X(ttbr0_el1) \
	X(ttbr1_el1) X(tcr_el1) X(mair_el1) X(amair_el1) X(esr_el1) X(far_el1) X(afsr0_el1) \
	X(afsr1_el1) X(par_el1) X(vbar_el1) X(contextidr_el1) X(csselr_el1) X(tpidr_el0) \
	X(tpidrro_el0) X(tpidr_el1) X(cntkctl_el1)

/* Pointer authentication keys, by encoding: the compiler's target has no names for them. */
#define PAUTH_KEYS(X) \
	X(apia, S3_0_C2_C1_0, S3_0_C2_C1_1) X(apib, S3_0_C2_C1_2, S3_0_C2_C1_3) \
	X(apda, S3_0_C2_C2_0, S3_0_C2_C2_1) X(apdb, S3_0_C2_C2_2, S3_0_C2_C2_3) \
	X(apga, S3_0_C2_C3_0, S3_0_C2_C3_1)
/* clang-format on */

/*
 * DISR_EL1 cannot be hidden with the rest of RAS: while HCR_EL2.AMO is set a guest's accesses go to
 * VDISR_EL2. What another guest has left there goes.
 */
static void forget_deferred_errors(void)
{
	if (read_sysreg(id_aa64pfr0_el1) >> PFR0_RAS_SHIFT & 0xf)
		write_sysreg(S3_4_C12_C1_1, 0);
}

static void sysregs_load(const struct arch_sysregs *sys)
{
#define X(name) write_sysreg(name, sys->name);
	EL1_REGISTERS(X)
#undef X
#define X(name, lo, hi)                                                                            \
	write_sysreg(lo, sys->name[0]);                                                            \
	write_sysreg(hi, sys->name[1]);
	if (aarch64_has_pauth()) {
		PAUTH_KEYS(X)
	}
#undef X
}

static void sysregs_save(struct arch_sysregs *sys)
{
#define X(name) sys->name = read_sysreg(name);
	EL1_REGISTERS(X)
#undef X
#define X(name, lo, hi)                                                                            \
	sys->name[0] = read_sysreg(lo);                                                            \
	sys->name[1] = read_sysreg(hi);
	if (aarch64_has_pauth()) {
		PAUTH_KEYS(X)
	}
#undef X
}

void arch_vcpu_reset(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;

	memset(&a->regs, 0, sizeof(a->regs));
	memset(&a->sys, 0, sizeof(a->sys));
	memset(&a->fp, 0, sizeof(a->fp));
	a->regs.spsr = SPSR_RESET;
	a->sys.sctlr_el1 = SCTLR_EL1_RESET;
	a->vmpidr = MPIDR_RES1 | vcpu->phys_id;
	a->vtimer = (struct arch_timer){ 0, 0 };
	a->ptimer = (struct arch_timer){ 0, 0 };
	a->host_deadline = NO_DEADLINE;
	a->uid = __atomic_add_fetch(&next_uid, 1, __ATOMIC_RELAXED);
	a->last_pcpu = AXVM_NO_ID;
	vgic_vcpu_reset(vcpu);
}

void arch_vcpu_set_entry(struct axvm_vcpu *vcpu, uint64_t entry, uint64_t arg)
{
	vcpu->arch.regs.pc = entry;
	vcpu->arch.regs.x[0] = arg;
}

const unsigned arch_gpr_num = 31;

void arch_vcpu_set_gpr(struct axvm_vcpu *vcpu, unsigned reg, uint64_t value)
{
	if (reg < 31)
		vcpu->arch.regs.x[reg] = value;
}

void arch_vcpu_set_return_value(struct axvm_vcpu *vcpu, uint64_t value)
{
	vcpu->arch.regs.x[0] = value;
}

/*
 * One VM's vCPUs share its VMID, but each may use an address space identifier for something else:
 * what another one left in this CPU's TLB goes (Arm ARM D8.13, "PE" in TLB maintenance).
 */
static void use_tlb(struct axvm_vcpu *vcpu, struct aarch64_cpu *cpu)
{
	struct arch_vm *vm = &vcpu->vm->arch;
	uint32_t *last = &vm->last_ran[vcpu->pcpu];

	if (cpu->vttbr != vm->vttbr) {
		cpu->vttbr = vm->vttbr;
		write_sysreg(vttbr_el2, vm->vttbr);
		isb();
	}
	if (*last == vcpu->id + 1)
		return;
	if (*last != 0)
		__asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
	*last = vcpu->id + 1;
}

void arch_vcpu_bind(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;
	struct aarch64_cpu *cpu = &cpus[vcpu->pcpu];

	use_tlb(vcpu, cpu);
	if (cpu->loaded != a->uid || a->last_pcpu != vcpu->pcpu) {
		write_sysreg(vmpidr_el2, a->vmpidr);
		sysregs_load(&a->sys);
		forget_deferred_errors();
		cpu->loaded = a->uid;
	}
	vgic_load(vcpu);
	aarch64_timer_load(vcpu);
}

void arch_vcpu_unbind(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;

	aarch64_timer_save(vcpu);
	vgic_save(vcpu);
	sysregs_save(&a->sys);
	if (a->fp_live) {
		a->fp_live = false;
		write_sysreg(cptr_el2, read_sysreg(cptr_el2) & ~CPTR_TFP);
		fpsimd_save(&a->fp);
		write_sysreg(cptr_el2, read_sysreg(cptr_el2) | CPTR_TFP);
	}
	a->last_pcpu = vcpu->pcpu;
}

void aarch64_fp_use(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;
	struct aarch64_cpu *cpu = &cpus[vcpu->pcpu];

	write_sysreg(cptr_el2, read_sysreg(cptr_el2) & ~CPTR_TFP);
	isb();
	if (cpu->fp != a->uid || a->fp_pcpu != vcpu->pcpu)
		fpsimd_restore(&a->fp);
	cpu->fp = a->uid;
	a->fp_pcpu = vcpu->pcpu;
	a->fp_live = true;
}

void arch_vcpu_run(struct axvm_vcpu *vcpu)
{
	struct arch_regs *regs = &vcpu->arch.regs;

	write_sysreg(elr_el2, regs->pc);
	write_sysreg(spsr_el2, regs->spsr);
	aarch64_enter_guest(vcpu);
	regs->pc = read_sysreg(elr_el2);
	regs->spsr = read_sysreg(spsr_el2);
}

bool arch_vcpu_irq_pending(const struct axvm_vcpu *vcpu)
{
	return vgic_irq_pending(vcpu);
}

/* The instruction at the guest's program counter, by the guest's own translation. */
static bool fetch(struct axvm_vcpu *vcpu, uint64_t pc, uint32_t *insn)
{
	uint64_t par;

	__asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(pc) : "memory");
	par = read_sysreg(par_el1);
	if (par & 1)
		return false;
	return aspace_read(&vcpu->vm->aspace,
			   axvm_gpa((par & UINT64_C(0x000ffffffffff000)) | (pc & 0xffc)), insn,
			   sizeof(*insn)) == AXVM_OK;
}

void arch_vcpu_report(struct axvm_vcpu *vcpu)
{
	const uint64_t *x = vcpu->arch.regs.x;
	uint64_t pc = read_sysreg(elr_el2);
	uint32_t insn;

#define LOG(...) vm_log(vcpu->vm, AXVM_LOG_WARN, __VA_ARGS__)
#define U(value) ((unsigned long long)(value))
	LOG("  pc %016llx pstate %08llx esr_el2 %08llx far %016llx hpfar %010llx", U(pc),
	    U(read_sysreg(spsr_el2)), U(read_sysreg(esr_el2)), U(read_sysreg(far_el2)),
	    U(read_sysreg(hpfar_el2)));
	LOG("  sp_el1 %016llx vbar %016llx elr_el1 %016llx esr_el1 %08llx sctlr %08llx",
	    U(read_sysreg(sp_el1)), U(read_sysreg(vbar_el1)), U(read_sysreg(elr_el1)),
	    U(read_sysreg(esr_el1)), U(read_sysreg(sctlr_el1)));
	for (unsigned i = 0; i < 28; i += 4)
		LOG("  x%-2u %016llx %016llx %016llx %016llx", i, U(x[i]), U(x[i + 1]), U(x[i + 2]),
		    U(x[i + 3]));
	LOG("  x28 %016llx %016llx %016llx", U(x[28]), U(x[29]), U(x[30]));
	if (fetch(vcpu, pc, &insn))
		LOG("  instruction %08x", insn);
#undef U
#undef LOG
}
