/* SPDX-License-Identifier: Apache-2.0 */
/* vCPUs: starting, waking and kicking them, and their accessors. */
#include "arch.h"

void vcpu_notify(struct axvm_vcpu *vcpu, uint32_t request)
{
	struct axvm *vm = vcpu->vm;
	struct axvm_hal *hal = vm->hal;
	uint32_t pcpu;

	__atomic_or_fetch(&vcpu->request, request, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&vcpu->in_guest, __ATOMIC_SEQ_CST)) {
		hal->wake_vcpu(hal, vm->config.id, vcpu->id);
		return;
	}
	/* On its own CPU it is handling an exit, and looks at its requests before it goes back. */
	pcpu = __atomic_load_n(&vcpu->pcpu, __ATOMIC_RELAXED);
	if (pcpu != hal->current_pcpu_id(hal))
		hal->kick_vcpu(hal, vm->config.id, vcpu->id, pcpu);
}

enum axvm_error vcpu_power_on(struct axvm_vcpu *vcpu, uint64_t entry, uint64_t arg)
{
	bool was_on;

	lock_take(&vcpu->lock);
	was_on = vcpu->powered;
	if (!was_on) {
		vcpu->start.entry = entry;
		vcpu->start.arg = arg;
		vcpu->start.pending = true;
		__atomic_store_n(&vcpu->halted, false, __ATOMIC_RELAXED);
		__atomic_store_n(&vcpu->powered, true, __ATOMIC_RELEASE);
	}
	lock_drop(&vcpu->lock);
	if (was_on)
		return AXVM_ERR_ALREADY_EXISTS;
	vcpu->vm->hal->wake_vcpu(vcpu->vm->hal, vcpu->vm->config.id, vcpu->id);
	return AXVM_OK;
}

static bool running(const struct axvm_vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->state, __ATOMIC_ACQUIRE) == AXVM_VCPU_RUNNING;
}

enum axvm_error axvm_vcpu_set_gpr(struct axvm_vcpu *vcpu, unsigned reg, uint64_t value)
{
	if (!vcpu || reg >= arch_gpr_num)
		return AXVM_ERR_INVALID_INPUT;
	if (running(vcpu))
		return AXVM_ERR_BAD_STATE;
	arch_vcpu_set_gpr(vcpu, reg, value);
	return AXVM_OK;
}

enum axvm_error axvm_vcpu_set_return_value(struct axvm_vcpu *vcpu, uint64_t value)
{
	if (!vcpu)
		return AXVM_ERR_INVALID_INPUT;
	if (running(vcpu))
		return AXVM_ERR_BAD_STATE;
	arch_vcpu_set_return_value(vcpu, value);
	return AXVM_OK;
}

enum axvm_error axvm_vcpu_set_entry(struct axvm_vcpu *vcpu, axvm_gpa_t entry, uint64_t arg)
{
	enum axvm_error err = AXVM_ERR_BAD_STATE;

	if (!vcpu)
		return AXVM_ERR_INVALID_INPUT;
	lock_take(&vcpu->lock);
	if (!vcpu->powered) {
		vcpu->boot.set = true;
		vcpu->boot.entry = entry.v;
		vcpu->boot.arg = arg;
		err = AXVM_OK;
	}
	lock_drop(&vcpu->lock);
	return err;
}

uint32_t axvm_vcpu_id(const struct axvm_vcpu *vcpu)
{
	return vcpu ? vcpu->id : AXVM_NO_ID;
}

enum axvm_vcpu_state axvm_vcpu_get_state(const struct axvm_vcpu *vcpu)
{
	return vcpu ? __atomic_load_n(&vcpu->state, __ATOMIC_RELAXED) : AXVM_VCPU_INVALID;
}

const struct axvm_vcpu_stats *axvm_vcpu_get_stats(const struct axvm_vcpu *vcpu)
{
	return vcpu ? &vcpu->stats : NULL;
}

bool axvm_vcpu_runnable(const struct axvm_vcpu *vcpu)
{
	if (!vcpu || !__atomic_load_n(&vcpu->powered, __ATOMIC_ACQUIRE))
		return false;
	if (!axvm_running(vcpu->vm))
		return false;
	return !__atomic_load_n(&vcpu->halted, __ATOMIC_SEQ_CST) || arch_vcpu_irq_pending(vcpu);
}

const char *axvm_exit_reason_name(enum axvm_exit_reason reason)
{
	static const char *const names[AXVM_EXIT_REASON_NUM] = {
		[AXVM_EXIT_NOTHING] = "NOTHING",
		[AXVM_EXIT_HYPERCALL] = "HYPERCALL",
		[AXVM_EXIT_MMIO_READ] = "MMIO_READ",
		[AXVM_EXIT_MMIO_WRITE] = "MMIO_WRITE",
		[AXVM_EXIT_SYSREG_READ] = "SYSREG_READ",
		[AXVM_EXIT_SYSREG_WRITE] = "SYSREG_WRITE",
		[AXVM_EXIT_IO_READ] = "IO_READ",
		[AXVM_EXIT_IO_WRITE] = "IO_WRITE",
		[AXVM_EXIT_EXTERNAL_INTERRUPT] = "EXTERNAL_INTERRUPT",
		[AXVM_EXIT_NESTED_PAGE_FAULT] = "NESTED_PAGE_FAULT",
		[AXVM_EXIT_HALT] = "HALT",
		[AXVM_EXIT_CPU_UP] = "CPU_UP",
		[AXVM_EXIT_CPU_DOWN] = "CPU_DOWN",
		[AXVM_EXIT_SYSTEM_DOWN] = "SYSTEM_DOWN",
		[AXVM_EXIT_SYSTEM_RESET] = "SYSTEM_RESET",
		[AXVM_EXIT_SEND_IPI] = "SEND_IPI",
		[AXVM_EXIT_FAIL_ENTRY] = "FAIL_ENTRY",
		[AXVM_EXIT_PREEMPTED] = "PREEMPTED",
	};

	return (unsigned)reason < AXVM_EXIT_REASON_NUM ? names[reason] : "UNKNOWN";
}
