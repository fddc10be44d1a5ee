/* SPDX-License-Identifier: Apache-2.0 */
/* The life cycle of a VM. Its status changes by compare-and-swap: of two calls one wins. */
#include "arch.h"
#include "device_build.h"
#include "host.h"

static bool change_status(struct axvm *vm, enum axvm_vm_status from, enum axvm_vm_status to)
{
	uint32_t expected = from;

	return __atomic_compare_exchange_n(&vm->status, &expected, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static void kick_all(struct axvm *vm)
{
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		vcpu_notify(&vm->vcpus[i], VCPU_REQ_LEAVE);
}

static bool any_bound(const struct axvm *vm)
{
	return __atomic_load_n(&vm->active, __ATOMIC_SEQ_CST) != 0;
}

/* Each leaves at its next look at its requests; none comes back unless the VM is RUNNING. */
static void wait_until_parked(const struct axvm *vm)
{
	while (any_bound(vm))
		arch_cpu_relax();
}

/* ---- Boot ---- */

static void power_on(struct axvm_vcpu *vcpu)
{
	if (vcpu->id == 0 || vcpu->boot.set)
		vcpu_power_on(vcpu, vcpu->boot.entry, vcpu->boot.arg);
}

static enum axvm_error boot_locked(struct axvm *vm)
{
	if (axvm_status(vm) != AXVM_VM_CREATED)
		return AXVM_ERR_BAD_STATE;
	vm_time_go(vm);
	arch_vm_boot(vm);
	if (!change_status(vm, AXVM_VM_CREATED, AXVM_VM_RUNNING))
		return AXVM_ERR_BAD_STATE;
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		power_on(&vm->vcpus[i]);
	return AXVM_OK;
}

/* One call at a time changes what a status change brings with it. */
static enum axvm_error under_lock(struct axvm *vm, enum axvm_error (*call)(struct axvm *))
{
	enum axvm_error err;

	if (!vm)
		return AXVM_ERR_INVALID_INPUT;
	lock_take(&vm->life_lock);
	err = call(vm);
	lock_drop(&vm->life_lock);
	return err;
}

enum axvm_error axvm_boot(struct axvm *vm)
{
	if (vm && !axvm_has_hardware_support())
		return AXVM_ERR_UNSUPPORTED;
	return under_lock(vm, boot_locked);
}

/* ---- Stop ---- */

/* The last vCPU that leaves a stopping VM ends it. */
static void settle(struct axvm *vm)
{
	if (axvm_status(vm) != AXVM_VM_STOPPING || any_bound(vm))
		return;
	ivc_close(vm);
	change_status(vm, AXVM_VM_STOPPING, AXVM_VM_STOPPED);
}

void vm_left(struct axvm *vm)
{
	__atomic_sub_fetch(&vm->active, 1, __ATOMIC_SEQ_CST);
	settle(vm);
}

static bool begin_stop(struct axvm *vm, enum axvm_stop_reason reason)
{
	if (!change_status(vm, AXVM_VM_RUNNING, AXVM_VM_STOPPING) &&
	    !change_status(vm, AXVM_VM_PAUSED, AXVM_VM_STOPPING))
		return false;
	__atomic_store_n(&vm->stop_reason, reason, __ATOMIC_RELEASE);
	kick_all(vm);
	settle(vm);
	return true;
}

void vm_stop(struct axvm *vm, enum axvm_stop_reason reason)
{
	begin_stop(vm, reason);
}

enum axvm_error axvm_shutdown(struct axvm *vm)
{
	if (!vm)
		return AXVM_ERR_INVALID_INPUT;
	return begin_stop(vm, AXVM_STOP_SHUTDOWN) ? AXVM_OK : AXVM_ERR_BAD_STATE;
}

/* ---- Pause ---- */

static enum axvm_error pause_locked(struct axvm *vm)
{
	if (!change_status(vm, AXVM_VM_RUNNING, AXVM_VM_PAUSED))
		return AXVM_ERR_BAD_STATE;
	kick_all(vm);
	wait_until_parked(vm);
	vm_time_stop(vm);
	arch_vm_pause(vm);
	return axvm_status(vm) == AXVM_VM_PAUSED ? AXVM_OK : AXVM_ERR_BAD_STATE;
}

enum axvm_error axvm_pause(struct axvm *vm)
{
	return under_lock(vm, pause_locked);
}

/* Every one looks for itself whether it still has to wait. */
static void wake_all(struct axvm *vm)
{
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		struct axvm_vcpu *vcpu = &vm->vcpus[i];

		if (!__atomic_load_n(&vcpu->powered, __ATOMIC_ACQUIRE))
			continue;
		__atomic_store_n(&vcpu->halted, false, __ATOMIC_SEQ_CST);
		vm->hal->wake_vcpu(vm->hal, vm->config.id, i);
	}
}

static enum axvm_error resume_locked(struct axvm *vm)
{
	if (axvm_status(vm) != AXVM_VM_PAUSED)
		return AXVM_ERR_BAD_STATE;
	arch_vm_resume(vm);
	vm_time_go(vm);
	if (!change_status(vm, AXVM_VM_PAUSED, AXVM_VM_RUNNING))
		return AXVM_ERR_BAD_STATE;
	wake_all(vm);
	return AXVM_OK;
}

enum axvm_error axvm_resume(struct axvm *vm)
{
	return under_lock(vm, resume_locked);
}

/* ---- Reset ---- */

/* Others may ask how the vCPU does, or send it interrupts, meanwhile. */
static void vcpu_power_on_state(struct axvm_vcpu *vcpu)
{
	uint32_t blocked = AXVM_VCPU_BLOCKED;

	__atomic_store_n(&vcpu->powered, false, __ATOMIC_RELAXED);
	__atomic_store_n(&vcpu->halted, false, __ATOMIC_RELAXED);
	vcpu->start.pending = false;
	__atomic_store_n(&vcpu->request, 0, __ATOMIC_RELAXED);
	/* Not where somebody holds it who has yet to see that the VM does not run. */
	__atomic_compare_exchange_n(&vcpu->state, &blocked, AXVM_VCPU_FREE, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

static void power_on_state(struct axvm *vm)
{
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		vcpu_power_on_state(&vm->vcpus[i]);
	vm_time_reset(vm);
	arch_vm_reset(vm);
	devices_reset(vm);
	vm->reset_done = 0;
	__atomic_store_n(&vm->stop_reason, AXVM_STOP_NONE, __ATOMIC_RELAXED);
}

static enum axvm_error reset_locked(struct axvm *vm)
{
	enum axvm_error err;

	if (axvm_status(vm) != AXVM_VM_STOPPED)
		return AXVM_ERR_BAD_STATE;
	if (!aspace_clear(&vm->aspace, &vm->reset_done, VM_CLEAR_STEP))
		return AXVM_ERR_WOULD_BLOCK;
	err = aspace_restore(&vm->aspace);
	if (err != AXVM_OK)
		return err;
	ivc_fini(vm);
	power_on_state(vm);
	return change_status(vm, AXVM_VM_STOPPED, AXVM_VM_CREATED) ? AXVM_OK : AXVM_ERR_BAD_STATE;
}

enum axvm_error axvm_reset(struct axvm *vm)
{
	return under_lock(vm, reset_locked);
}

/* ---- Destroy ---- */

enum axvm_error axvm_destroy(struct axvm *vm)
{
	if (!vm)
		return AXVM_ERR_INVALID_INPUT;
	if (__atomic_exchange_n(&vm->status, AXVM_VM_DESTROYED, __ATOMIC_SEQ_CST) ==
	    AXVM_VM_DESTROYED)
		return AXVM_ERR_BAD_STATE;
	kick_all(vm);
	wait_until_parked(vm);
	lock_take(&vm->life_lock); /* what is under way comes to its end first */
	ivc_close(vm);
	host_leave(vm);
	ivc_fini(vm);
	lock_drop(&vm->life_lock);
	return AXVM_OK;
}
