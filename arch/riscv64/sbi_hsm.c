/* SPDX-License-Identifier: Apache-2.0 */
/* SBI's HSM, SRST and SUSP (chapters 9, 10 and 13): harts and the machine go on and off. */
#include "sbi.h"

enum hsm_function {
	HSM_START,
	HSM_STOP,
	HSM_GET_STATUS,
	HSM_SUSPEND,
};

enum hsm_state {
	HSM_STARTED,
	HSM_STOPPED,
	HSM_START_PENDING,
	HSM_STOP_PENDING,
	HSM_SUSPENDED,
};

#define SUSPEND_RETENTIVE     0u
#define SUSPEND_NON_RETENTIVE 0x80000000u

enum srst_type {
	SRST_SHUTDOWN,
	SRST_COLD_REBOOT,
	SRST_WARM_REBOOT,
};
#define SRST_REASON_LAST 1u /* none, system failure */

#define SUSP_TO_RAM 0u

static struct axvm_vcpu *find_hart(struct axvm *vm, uint64_t hartid)
{
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		if (vm->vcpus[i].phys_id == hartid)
			return &vm->vcpus[i];
	return NULL;
}

static enum sbi_error hart_start(struct axvm_vcpu *vcpu)
{
	struct axvm_vcpu *target = find_hart(vcpu->vm, sbi_arg(vcpu, 0));
	uint64_t start = sbi_arg(vcpu, 1);

	if (!target)
		return SBI_ERR_INVALID_PARAM;
	if (!sbi_is_code(vcpu, start))
		return SBI_ERR_INVALID_ADDRESS;
	return sbi_error(vcpu_power_on(target, start, sbi_arg(vcpu, 2)));
}

static enum hsm_state state_of(struct axvm_vcpu *vcpu)
{
	enum hsm_state state = HSM_STARTED;

	lock_take(&vcpu->lock);
	if (!vcpu->powered)
		state = HSM_STOPPED;
	else if (vcpu->start.pending)
		state = HSM_START_PENDING;
	else if (__atomic_load_n(&vcpu->arch.sbi.suspended, __ATOMIC_RELAXED))
		state = HSM_SUSPENDED;
	lock_drop(&vcpu->lock);
	return state;
}

static enum run_verdict hart_get_status(struct axvm_vcpu *vcpu)
{
	struct axvm_vcpu *target = find_hart(vcpu->vm, sbi_arg(vcpu, 0));

	if (!target)
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	return sbi_answer(vcpu, SBI_SUCCESS, state_of(target));
}

/* Until an interrupt. What the guest finds then is in its registers already. */
static enum run_verdict suspend(struct axvm_vcpu *vcpu)
{
	enum run_verdict verdict = riscv64_halt(vcpu);

	__atomic_store_n(&vcpu->arch.sbi.suspended, verdict == RUN_LEAVE, __ATOMIC_RELAXED);
	return verdict;
}

static enum run_verdict suspend_to(struct axvm_vcpu *vcpu, uint64_t resume, uint64_t opaque)
{
	if (!sbi_is_code(vcpu, resume))
		return sbi_done(vcpu, SBI_ERR_INVALID_ADDRESS);
	riscv64_restart(vcpu, resume, opaque);
	return suspend(vcpu);
}

static enum run_verdict hart_suspend(struct axvm_vcpu *vcpu)
{
	switch ((uint32_t)sbi_arg(vcpu, 0)) {
	case SUSPEND_RETENTIVE:
		sbi_done(vcpu, SBI_SUCCESS);
		return suspend(vcpu);
	case SUSPEND_NON_RETENTIVE:
		return suspend_to(vcpu, sbi_arg(vcpu, 1), sbi_arg(vcpu, 2));
	default:
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	}
}

enum run_verdict sbi_hsm_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	switch (fid) {
	case HSM_START:
		return sbi_done(vcpu, hart_start(vcpu));
	case HSM_STOP:
		return run_cpu_down(vcpu, 0);
	case HSM_GET_STATUS:
		return hart_get_status(vcpu);
	case HSM_SUSPEND:
		return hart_suspend(vcpu);
	default:
		return sbi_done(vcpu, SBI_ERR_NOT_SUPPORTED);
	}
}

enum run_verdict sbi_srst_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	uint32_t type = (uint32_t)sbi_arg(vcpu, 0), reason = (uint32_t)sbi_arg(vcpu, 1);

	if (fid != 0)
		return sbi_done(vcpu, SBI_ERR_NOT_SUPPORTED);
	if (type > SRST_WARM_REBOOT || reason > SRST_REASON_LAST)
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	return run_system_down(vcpu, type != SRST_SHUTDOWN);
}

static bool others_are_off(const struct axvm_vcpu *vcpu)
{
	for (uint32_t i = 0; i < vcpu->vm->vcpu_num; i++) {
		const struct axvm_vcpu *other = &vcpu->vm->vcpus[i];

		if (other != vcpu && __atomic_load_n(&other->powered, __ATOMIC_ACQUIRE))
			return false;
	}
	return true;
}

/* The machine sleeps as its last hart does. */
enum run_verdict sbi_susp_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	if (fid != 0)
		return sbi_done(vcpu, SBI_ERR_NOT_SUPPORTED);
	if ((uint32_t)sbi_arg(vcpu, 0) != SUSP_TO_RAM)
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	if (!others_are_off(vcpu))
		return sbi_done(vcpu, SBI_ERR_DENIED);
	return suspend_to(vcpu, sbi_arg(vcpu, 1), sbi_arg(vcpu, 2));
}
