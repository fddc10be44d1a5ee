/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floating point and vectors. While a unit is off in HS-mode's sstatus the guest's first use of it
 * is an illegal instruction, which comes here; from then on the unit says itself, by Dirty, whether
 * there is anything to save (Privileged Architecture, "Extension Context Status in mstatus").
 */
#include "decode.h"
#include "host.h"
#include <string.h>

#define VECTOR_CSRS 4 /* vstart, vl, vtype, vcsr */
#define VTYPE_VILL  (UINT64_C(1) << 63)

/* Whose registers are in each physical CPU: the uid, 0 for nobody's. */
static struct units_cpu {
	uint64_t fp;
	uint64_t vector;
} cpus[AXVM_MAX_PCPUS];

void units_forget_loaded(void)
{
	for (uint32_t i = 0; i < AXVM_MAX_PCPUS; i++) {
		__atomic_store_n(&cpus[i].fp, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&cpus[i].vector, 0, __ATOMIC_RELAXED);
	}
}

uint64_t units_vlenb(void)
{
	uint64_t vlenb;

	if (!riscv64_has(RISCV64_EXT_V))
		return 0;
	csr_set(sstatus, SSTATUS_VS);
	vlenb = csr_read(vlenb);
	csr_clear(sstatus, SSTATUS_VS);
	return vlenb;
}

static size_t vector_size(void)
{
	return VECTOR_CSRS * sizeof(uint64_t) + 32 * units_vlenb();
}

enum axvm_error units_vm_init(struct axvm *vm)
{
	if (!riscv64_has(RISCV64_EXT_V))
		return AXVM_OK;
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		vm->vcpus[i].arch.vector = arena_alloc(&vm->arena, vector_size(), 64);
		if (!vm->vcpus[i].arch.vector)
			return AXVM_ERR_NO_MEMORY;
	}
	return AXVM_OK;
}

void units_vcpu_reset(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;

	memset(&a->fp, 0, sizeof(a->fp));
	a->fp_pcpu = AXVM_NO_ID;
	a->vector_pcpu = AXVM_NO_ID;
	if (a->vector) {
		memset(a->vector, 0, vector_size());
		((uint64_t *)a->vector)[2] = VTYPE_VILL;
	}
}

/* An illegal instruction is the guest's own if all units that there are are on. */
static void set_delegation(uint64_t sstatus)
{
	bool off = (riscv64_has(RISCV64_EXT_D) && !(sstatus & SSTATUS_FS)) ||
		   (riscv64_has(RISCV64_EXT_V) && !(sstatus & SSTATUS_VS));

	if (off)
		csr_clear(hedeleg, UINT64_C(1) << CAUSE_ILLEGAL);
	else
		csr_set(hedeleg, UINT64_C(1) << CAUSE_ILLEGAL);
}

void units_bind(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;
	struct units_cpu *cpu = &cpus[vcpu->pcpu];

	a->regs.sstatus &= ~(SSTATUS_FS | SSTATUS_VS);
	if (cpu->fp == a->uid && a->fp_pcpu == vcpu->pcpu)
		a->regs.sstatus |= SSTATUS_FS_CLEAN;
	if (cpu->vector == a->uid && a->vector_pcpu == vcpu->pcpu)
		a->regs.sstatus |= SSTATUS_VS_CLEAN;
	set_delegation(a->regs.sstatus);
}

/*
 * A guest's change marks both fields. QEMU 10 marks the guest's only where a CSR instruction makes
 * it, so that one of them is enough.
 */
static bool is_dirty(const struct arch_vcpu *a, uint64_t field)
{
	uint64_t sstatus = a->regs.sstatus & field, guest = a->vs.vsstatus & field;

	return sstatus == field || (sstatus && guest == field);
}

void units_unbind(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;

	csr_set(sstatus, SSTATUS_FS | SSTATUS_VS);
	if (is_dirty(a, SSTATUS_FS))
		riscv64_fp_save(&a->fp);
	if (is_dirty(a, SSTATUS_VS))
		riscv64_vector_save(a->vector);
	csr_clear(sstatus, SSTATUS_FS | SSTATUS_VS);
}

static bool use_fp(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;

	csr_set(sstatus, SSTATUS_FS_CLEAN);
	riscv64_fp_load(&a->fp);
	csr_clear(sstatus, SSTATUS_FS);
	csr_set(sstatus, SSTATUS_FS_CLEAN);
	cpus[vcpu->pcpu].fp = a->uid;
	a->fp_pcpu = vcpu->pcpu;
	return true;
}

static bool use_vector(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;

	csr_set(sstatus, SSTATUS_VS_CLEAN);
	riscv64_vector_load(a->vector);
	csr_clear(sstatus, SSTATUS_VS);
	csr_set(sstatus, SSTATUS_VS_CLEAN);
	cpus[vcpu->pcpu].vector = a->uid;
	a->vector_pcpu = vcpu->pcpu;
	return true;
}

/* A unit that the guest itself has off is not the reason: it expects the exception. */
bool units_use(struct axvm_vcpu *vcpu)
{
	uint64_t sstatus = csr_read(sstatus), guest = csr_read(vsstatus);
	bool used = false;

	if ((guest & SSTATUS_FS) && !(sstatus & SSTATUS_FS) && riscv64_has(RISCV64_EXT_D))
		used = use_fp(vcpu);
	else if ((guest & SSTATUS_VS) && !(sstatus & SSTATUS_VS) && riscv64_has(RISCV64_EXT_V))
		used = use_vector(vcpu);
	if (used)
		set_delegation(csr_read(sstatus));
	return used;
}
