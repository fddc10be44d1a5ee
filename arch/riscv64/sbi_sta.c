/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBI's steal time (chapter 16): a record in the guest's memory that says for how long this hart
 * has waited for a CPU although it had something to do. What a wake-up from a halt takes is not in
 * it.
 */
#include "sbi.h"

#define SET_SHMEM     0u
#define SHMEM_ALIGN   64u
#define SHMEM_NOWHERE UINT64_MAX

/* The record. */
struct sta_record {
	uint32_t sequence; /* odd while the record is being written */
	uint32_t flags;
	uint64_t steal; /* nanoseconds */
	uint8_t preempted;
	uint8_t reserved[47];
};
_Static_assert(sizeof(struct sta_record) == SHMEM_ALIGN, "chapter 16");

#define PREEMPTED_OFFSET offsetof(struct sta_record, preempted)
#define STEAL_OFFSET	 offsetof(struct sta_record, steal)

/* The guest may have taken the memory away: then nobody reads it. */
static void put(struct axvm_vcpu *vcpu, uint64_t offset, const void *value, size_t len)
{
	aspace_write(&vcpu->vm->aspace, axvm_gpa(vcpu->arch.sbi.sta_gpa + offset), value, len);
}

static enum sbi_error set_shmem(struct axvm_vcpu *vcpu)
{
	static const struct sta_record empty;
	struct sbi_vcpu *s = &vcpu->arch.sbi;
	uint64_t low = sbi_arg(vcpu, 0), high = sbi_arg(vcpu, 1);

	if (sbi_arg(vcpu, 2) != 0)
		return SBI_ERR_INVALID_PARAM;
	if (low == SHMEM_NOWHERE && high == SHMEM_NOWHERE) {
		s->sta_gpa = UINT64_MAX;
		return SBI_SUCCESS;
	}
	if (low % SHMEM_ALIGN)
		return SBI_ERR_INVALID_PARAM;
	if (high || aspace_write(&vcpu->vm->aspace, axvm_gpa(low), &empty, sizeof(empty)))
		return SBI_ERR_INVALID_ADDRESS;
	s->sta_gpa = low;
	s->sequence = 0;
	s->steal = 0;
	return SBI_SUCCESS;
}

enum run_verdict sbi_sta_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	return sbi_done(vcpu, fid == SET_SHMEM ? set_shmem(vcpu) : SBI_ERR_NOT_SUPPORTED);
}

static void put_sequence(struct axvm_vcpu *vcpu)
{
	vcpu->arch.sbi.sequence++;
	put(vcpu, 0, &vcpu->arch.sbi.sequence, sizeof(uint32_t));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Another hart may read the record meanwhile. */
static void put_steal(struct axvm_vcpu *vcpu)
{
	const uint8_t here = 0;

	put_sequence(vcpu);
	put(vcpu, STEAL_OFFSET, &vcpu->arch.sbi.steal, sizeof(uint64_t));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	put_sequence(vcpu);
	put(vcpu, PREEMPTED_OFFSET, &here, 1);
}

void sbi_sta_bind(struct axvm_vcpu *vcpu)
{
	struct sbi_vcpu *s = &vcpu->arch.sbi;
	uint64_t now;

	if (s->away_since == UINT64_MAX)
		return;
	now = vm_time(vcpu->vm);
	if (now > s->away_since) /* another CPU's clock may be a tick behind */
		s->steal += now - s->away_since;
	s->away_since = UINT64_MAX;
	put_steal(vcpu);
}

void sbi_sta_unbind(struct axvm_vcpu *vcpu)
{
	struct sbi_vcpu *s = &vcpu->arch.sbi;
	enum axvm_exit_reason reason = vcpu->exit.reason;
	const uint8_t away = 1;

	if (s->sta_gpa == UINT64_MAX || reason == AXVM_EXIT_HALT || reason == AXVM_EXIT_CPU_DOWN)
		return;
	s->away_since = vm_time(vcpu->vm);
	put(vcpu, PREEMPTED_OFFSET, &away, 1);
}
