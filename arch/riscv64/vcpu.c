/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU's state: reset, moving it into the CPU and back, and reporting it. */
#include "exception.h"
#include "hgatp.h"
#include "host.h"
#include "imsic_csr.h"
#include <string.h>

#define NO_DEADLINE UINT64_MAX

/* Whose state the registers of each physical CPU hold; 0 for nobody's. */
static struct riscv64_cpu {
	uint64_t loaded; /* uid of the vCPU */
	uint64_t hgatp;
} cpus[AXVM_MAX_PCPUS];

static uint64_t next_uid;

void riscv64_forget_loaded(void)
{
	for (uint32_t i = 0; i < AXVM_MAX_PCPUS; i++) {
		__atomic_store_n(&cpus[i].loaded, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&cpus[i].hgatp, 0, __ATOMIC_RELAXED);
	}
	units_forget_loaded();
}

/* clang-format off */
#define VS_REGISTERS(X) \
	X(vsstatus) X(vsie) X(vstvec) X(vsscratch) X(vsepc) X(vscause) X(vstval) X(vsatp) \
	X(scounteren) X(senvcfg)
/* clang-format on */

static void csrs_load(const struct arch_csrs *vs)
{
#define X(name) csr_write(name, vs->name);
	VS_REGISTERS(X)
#undef X
}

static void csrs_save(struct arch_csrs *vs)
{
#define X(name) vs->name = csr_read(name);
	VS_REGISTERS(X)
#undef X
}

void arch_vcpu_reset(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;

	memset(&a->regs, 0, sizeof(a->regs));
	memset(&a->vs, 0, sizeof(a->vs));
	a->regs.sstatus = SSTATUS_UXL | SSTATUS_SPP;
	a->regs.hstatus = HSTATUS_VSXL | HSTATUS_VTW | HSTATUS_SPV | HSTATUS_SPVP;
	a->vs.vsstatus = SSTATUS_UXL;
	a->imsic.select = 0;
	a->hvip = 0;
	__atomic_store_n(&a->soft, 0, __ATOMIC_RELAXED);
	a->vstimecmp = UINT64_MAX;
	a->host_deadline = NO_DEADLINE;
	a->uid = __atomic_add_fetch(&next_uid, 1, __ATOMIC_RELAXED);
	a->last_pcpu = AXVM_NO_ID;
	units_vcpu_reset(vcpu);
	sbi_vcpu_reset(vcpu);
	if (vcpu->vm->arch.aia)
		aia_vcpu_reset(vcpu);
}

/* As SBI HSM and the boot protocol of supervisors begin a hart. */
void arch_vcpu_set_entry(struct axvm_vcpu *vcpu, uint64_t entry, uint64_t arg)
{
	vcpu->arch.regs.sepc = entry;
	vcpu->arch.regs.x[10] = vcpu->phys_id;
	vcpu->arch.regs.x[11] = arg;
}

void riscv64_restart(struct axvm_vcpu *vcpu, uint64_t pc, uint64_t arg)
{
	csr_write(sepc, pc);
	csr_write(vsatp, 0);
	csr_clear(vsstatus, SSTATUS_SIE);
	vcpu->arch.regs.x[10] = vcpu->phys_id;
	vcpu->arch.regs.x[11] = arg;
}

const unsigned arch_gpr_num = 32;

void arch_vcpu_set_gpr(struct axvm_vcpu *vcpu, unsigned reg, uint64_t value)
{
	if (reg - 1 < 31)
		vcpu->arch.regs.x[reg] = value;
}

/* As an SBI call does: a0 says that it has been made, a1 what came of it. */
void arch_vcpu_set_return_value(struct axvm_vcpu *vcpu, uint64_t value)
{
	vcpu->arch.regs.x[10] = 0;
	vcpu->arch.regs.x[11] = value;
}

/*
 * One VM's vCPUs share its VMID, but each may use an address space identifier for something else,
 * and what one has fenced on another CPU this one still has: both go.
 */
static void use_tlb(struct axvm_vcpu *vcpu, struct riscv64_cpu *cpu)
{
	struct arch_vm *vm = &vcpu->vm->arch;
	uint32_t *last = &vm->last_ran[vcpu->pcpu];

	if (cpu->hgatp != vm->hgatp) {
		cpu->hgatp = vm->hgatp;
		csr_write(hgatp, vm->hgatp);
		if (!(vm->hgatp >> HGATP_VMID_SHIFT & HGATP_VMID_MASK)) {
			__asm__ volatile("hfence.gvma" ::: "memory");
			*last = 0;
		}
	}
	riscv64_fence_bind(vcpu, *last != vcpu->id + 1 || vcpu->arch.last_pcpu != vcpu->pcpu);
	*last = vcpu->id + 1;
}

/* A VM without interrupt files reaches vsiselect all the same where nothing forbids it to. */
static bool moves_select(const struct axvm_vcpu *vcpu)
{
	return !vcpu->vm->arch.aia && riscv64_has(RISCV64_EXT_SSAIA) &&
	       !riscv64_has(RISCV64_EXT_SMSTATEEN);
}

void arch_vcpu_bind(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;
	struct riscv64_cpu *cpu = &cpus[vcpu->pcpu];

	use_tlb(vcpu, cpu);
	if (cpu->loaded != a->uid || a->last_pcpu != vcpu->pcpu) {
		csrs_load(&a->vs);
		if (riscv64_has(RISCV64_EXT_SMSTATEEN))
			csr_write(hstateen0, riscv64_stateen(vcpu->vm));
		if (moves_select(vcpu))
			imsic_select_write(a->imsic.select);
		cpu->loaded = a->uid;
	} else {
		csr_write(vsie, a->vs.vsie);
	}
	units_bind(vcpu);
	riscv64_irq_load(vcpu);
	riscv64_timer_load(vcpu);
	if (vcpu->vm->arch.aia)
		aia_vcpu_bind(vcpu);
	sbi_vcpu_bind(vcpu);
}

void arch_vcpu_unbind(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;

	sbi_vcpu_unbind(vcpu);
	if (vcpu->vm->arch.aia)
		aia_vcpu_unbind(vcpu);
	riscv64_timer_save(vcpu);
	riscv64_irq_save(vcpu);
	csrs_save(&a->vs);
	if (moves_select(vcpu))
		a->imsic.select = imsic_select_read();
	csr_write(vsie, 0); /* so that none of its interrupts ends a WFI of HS-mode */
	units_unbind(vcpu);
	a->last_pcpu = vcpu->pcpu;
}

void arch_vcpu_run(struct axvm_vcpu *vcpu)
{
	struct arch_regs *regs = &vcpu->arch.regs;

	csr_write(sepc, regs->sepc);
	csr_write(sstatus, regs->sstatus);
	csr_write(hstatus, regs->hstatus);
	riscv64_enter_guest(vcpu);
	regs->sepc = csr_read(sepc);
	regs->sstatus = csr_read(sstatus);
	regs->hstatus = csr_read(hstatus);
}

void arch_vcpu_report(struct axvm_vcpu *vcpu)
{
	const uint64_t *x = vcpu->arch.regs.x;
	uint64_t pc = csr_read(sepc);
	uint64_t va;
	uint32_t insn;

#define LOG(...) vm_log(vcpu->vm, AXVM_LOG_WARN, __VA_ARGS__)
#define U(value) ((unsigned long long)(value))
	LOG("  pc %016llx sstatus %016llx scause %02llx stval %016llx htval %012llx", U(pc),
	    U(csr_read(sstatus)), U(csr_read(scause)), U(csr_read(stval)), U(csr_read(htval)));
	LOG("  vstvec %016llx vsepc %016llx vscause %016llx vstval %016llx", U(csr_read(vstvec)),
	    U(csr_read(vsepc)), U(csr_read(vscause)), U(csr_read(vstval)));
	LOG("  vsstatus %016llx vsatp %016llx", U(csr_read(vsstatus)), U(csr_read(vsatp)));
	for (unsigned i = 0; i < 32; i += 4)
		LOG("  x%-2u %016llx %016llx %016llx %016llx", i, U(x[i]), U(x[i + 1]), U(x[i + 2]),
		    U(x[i + 3]));
	if (riscv64_peek(pc, &insn, &va))
		LOG("  instruction %08x", insn);
#undef U
#undef LOG
}
