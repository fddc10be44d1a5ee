/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the firmware share. The numbers are those of the RISC-V Supervisor Binary
 * Interface Specification 2.0.
 */
#ifndef RISCV64_SBI_H
#define RISCV64_SBI_H

#include "host.h"

enum sbi_error {
	SBI_SUCCESS = 0,
	SBI_ERR_FAILED = -1,
	SBI_ERR_NOT_SUPPORTED = -2,
	SBI_ERR_INVALID_PARAM = -3,
	SBI_ERR_DENIED = -4,
	SBI_ERR_INVALID_ADDRESS = -5,
	SBI_ERR_ALREADY_AVAILABLE = -6,
	SBI_ERR_ALREADY_STARTED = -7,
	SBI_ERR_ALREADY_STOPPED = -8,
	SBI_ERR_NO_SHMEM = -9,
};

enum sbi_extension_id {
	SBI_LEGACY_FIRST = 0x0,
	SBI_LEGACY_LAST = 0x8,
	SBI_BASE = 0x10,
	SBI_TIME = 0x54494d45,
	SBI_IPI = 0x735049,
	SBI_RFENCE = 0x52464e43,
	SBI_HSM = 0x48534d,
	SBI_SRST = 0x53525354,
	SBI_PMU = 0x504d55,
	SBI_DBCN = 0x4442434e,
	SBI_SUSP = 0x53555350,
	SBI_STA = 0x535441,
};

static inline uint64_t sbi_arg(const struct axvm_vcpu *vcpu, unsigned n)
{
	return vcpu->arch.regs.x[10 + n];
}

static inline enum run_verdict sbi_answer(struct axvm_vcpu *vcpu, enum sbi_error error,
					  uint64_t value)
{
	vcpu->arch.regs.x[10] = (uint64_t)(int64_t)error;
	vcpu->arch.regs.x[11] = value;
	return RUN_RESUME;
}

static inline enum run_verdict sbi_done(struct axvm_vcpu *vcpu, enum sbi_error error)
{
	return sbi_answer(vcpu, error, 0);
}

/* What the core says, to a guest. */
enum sbi_error sbi_error(enum axvm_error err);

/* By the owner of the vCPU. */
static inline void sbi_count(struct axvm_vcpu *vcpu, enum sbi_event event)
{
	vcpu->arch.sbi.events[event]++;
}

/*
 * The harts of a mask that counts from `base`, or with `base` UINT64_MAX all. false: one of them
 * does not exist.
 */
bool sbi_targets(const struct axvm_vcpu *vcpu, uint64_t mask, uint64_t base, axvm_cpu_mask_t *out);
void sbi_send_ipi(struct axvm_vcpu *vcpu, axvm_cpu_mask_t targets);

/* The functions of RFENCE that there are: the others are for hypervisors, which no guest is. */
enum sbi_fence {
	SBI_FENCE_I,
	SBI_FENCE_VMA,
	SBI_FENCE_VMA_ASID,
	SBI_FENCE_NUM,
};
/*
 * `range`: start, size and address space identifier, as far as the kind has them.
 * INVALID_ADDRESS: the range goes past the end of the address space.
 */
enum sbi_error sbi_send_fence(struct axvm_vcpu *vcpu, axvm_cpu_mask_t targets, enum sbi_fence kind,
			      const uint64_t range[3]);

/* Code may be at gpa. */
bool sbi_is_code(struct axvm_vcpu *vcpu, uint64_t gpa);
void sbi_console_byte(struct axvm_vcpu *vcpu, uint64_t byte);

/* Owner. Steal time and counters, as the vCPU comes to a CPU and goes. */
void sbi_sta_bind(struct axvm_vcpu *vcpu);
void sbi_sta_unbind(struct axvm_vcpu *vcpu);
void sbi_pmu_bind(struct axvm_vcpu *vcpu);
void sbi_pmu_unbind(struct axvm_vcpu *vcpu);

/* The extensions: function `fid`, arguments in the vCPU's registers. Owner. */
enum run_verdict sbi_legacy_call(struct axvm_vcpu *vcpu, uint64_t fid);
enum run_verdict sbi_ipi_call(struct axvm_vcpu *vcpu, uint64_t fid);
enum run_verdict sbi_rfence_call(struct axvm_vcpu *vcpu, uint64_t fid);
enum run_verdict sbi_hsm_call(struct axvm_vcpu *vcpu, uint64_t fid);
enum run_verdict sbi_srst_call(struct axvm_vcpu *vcpu, uint64_t fid);
enum run_verdict sbi_susp_call(struct axvm_vcpu *vcpu, uint64_t fid);
enum run_verdict sbi_pmu_call(struct axvm_vcpu *vcpu, uint64_t fid);
enum run_verdict sbi_dbcn_call(struct axvm_vcpu *vcpu, uint64_t fid);
enum run_verdict sbi_sta_call(struct axvm_vcpu *vcpu, uint64_t fid);

#endif
