/* SPDX-License-Identifier: Apache-2.0 */
/* Running a vCPU, and what the core does with the exits that architectures hand to it. */
#include "arch.h"
#include "extend.h"

/* The range of the vCPU's last access, as a rule; else by search. */
static struct bus_range *find_range(struct axvm_vcpu *vcpu, uint64_t addr, unsigned width)
{
	struct bus_range *range = vcpu->last_range;

	if (range && bus_range_holds(range, addr, width))
		return range;
	range = bus_find(&vcpu->vm->bus, addr, width);
	if (range)
		vcpu->last_range = range;
	return range;
}

bool run_bus_read(struct axvm_vcpu *vcpu, uint64_t gpa, unsigned width, uint64_t *value)
{
	struct bus_range *range = find_range(vcpu, gpa, width);

	vcpu_count(vcpu, AXVM_EXIT_MMIO_READ);
	if (!range)
		return false;
	*value = bus_read(range, gpa, width, vcpu);
	return true;
}

bool run_bus_write(struct axvm_vcpu *vcpu, uint64_t gpa, unsigned width, uint64_t value)
{
	struct bus_range *range = find_range(vcpu, gpa, width);

	vcpu_count(vcpu, AXVM_EXIT_MMIO_WRITE);
	if (!range)
		return false;
	bus_write(range, gpa, width, extend(value, width, 8, false), vcpu);
	return true;
}

bool run_mmio_read(struct axvm_vcpu *vcpu, const struct axvm_exit *exit)
{
	unsigned width = exit->mmio_read.width;
	uint64_t value;

	if (!run_bus_read(vcpu, exit->mmio_read.addr.v, width, &value))
		return false;
	value = extend(value, width, exit->mmio_read.reg_width, exit->mmio_read.signed_ext);
	arch_vcpu_set_gpr(vcpu, exit->mmio_read.reg, value);
	return true;
}

bool run_mmio_write(struct axvm_vcpu *vcpu, const struct axvm_exit *exit)
{
	return run_bus_write(vcpu, exit->mmio_write.addr.v, exit->mmio_write.width,
			     exit->mmio_write.data);
}

static bool allows(struct axvm_vcpu *vcpu, axvm_gpa_t gpa, enum axvm_access access, uint32_t unless)
{
	struct stage2_leaf leaf;

	vcpu_count(vcpu, AXVM_EXIT_NESTED_PAGE_FAULT);
	return aspace_find(&vcpu->vm->aspace, gpa, &leaf) && (leaf.flags & access) &&
	       !(leaf.flags & unless);
}

bool run_memory_fault(struct axvm_vcpu *vcpu, axvm_gpa_t gpa, enum axvm_access access)
{
	return allows(vcpu, gpa, access, 0);
}

bool run_walk_fault(struct axvm_vcpu *vcpu, axvm_gpa_t gpa, enum axvm_access access)
{
	return allows(vcpu, gpa, access, AXVM_MEM_DEVICE);
}

uint32_t run_io_read(struct axvm_vcpu *vcpu, const struct axvm_exit *exit)
{
	unsigned width = exit->io_read.width;
	struct bus_range *range = bus_find(&vcpu->vm->ports, exit->io_read.port, width);
	uint64_t value = UINT64_MAX;

	vcpu_count(vcpu, AXVM_EXIT_IO_READ);
	if (range)
		value = bus_read(range, exit->io_read.port, width, vcpu);
	return (uint32_t)extend(value, width, 4, false);
}

void run_io_write(struct axvm_vcpu *vcpu, const struct axvm_exit *exit)
{
	unsigned width = exit->io_write.width;
	struct bus_range *range = bus_find(&vcpu->vm->ports, exit->io_write.port, width);

	vcpu_count(vcpu, AXVM_EXIT_IO_WRITE);
	if (range)
		bus_write(range, exit->io_write.port, width,
			  extend(exit->io_write.data, width, 4, false), vcpu);
}

enum run_verdict run_halt(struct axvm_vcpu *vcpu)
{
	vcpu_count(vcpu, AXVM_EXIT_HALT);
	if (arch_vcpu_irq_pending(vcpu) || !arch_vcpu_prepare_halt(vcpu))
		return RUN_RESUME;
	vcpu->exit.reason = AXVM_EXIT_HALT;
	return RUN_LEAVE;
}

enum run_verdict run_cpu_down(struct axvm_vcpu *vcpu, uint64_t state)
{
	lock_take(&vcpu->lock);
	__atomic_store_n(&vcpu->powered, false, __ATOMIC_RELEASE);
	lock_drop(&vcpu->lock);
	vcpu->exit.reason = AXVM_EXIT_CPU_DOWN;
	vcpu->exit.cpu_down.state = state;
	return RUN_LEAVE;
}

enum run_verdict run_system_down(struct axvm_vcpu *vcpu, bool reset)
{
	vcpu->exit.reason = reset ? AXVM_EXIT_SYSTEM_RESET : AXVM_EXIT_SYSTEM_DOWN;
	vm_stop(vcpu->vm, reset ? AXVM_STOP_GUEST_RESET : AXVM_STOP_GUEST_OFF);
	return RUN_LEAVE;
}

enum run_verdict run_fault(struct axvm_vcpu *vcpu, const char *what, uint64_t value)
{
	vm_log(vcpu->vm, AXVM_LOG_WARN, "vCPU %u stopped: %s (0x%llx)", vcpu->id, what,
	       (unsigned long long)value);
	arch_vcpu_report(vcpu);
	vcpu->exit.reason = AXVM_EXIT_FAIL_ENTRY;
	vcpu->exit.fail_entry.hardware_reason = value;
	vm_stop(vcpu->vm, AXVM_STOP_FAULT);
	return RUN_LEAVE;
}

/* ---- Binding and running ---- */

static void set_state(struct axvm_vcpu *vcpu, enum axvm_vcpu_state state)
{
	__atomic_store_n(&vcpu->state, state, __ATOMIC_RELEASE);
}

/* READY to RUNNING: of two that try one does. */
static bool occupy(struct axvm_vcpu *vcpu)
{
	uint32_t ready = AXVM_VCPU_READY;

	return __atomic_compare_exchange_n(&vcpu->state, &ready, AXVM_VCPU_RUNNING, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* One of two that try gets it. *was: the state it had. */
static bool take(struct axvm_vcpu *vcpu, uint32_t *was)
{
	*was = __atomic_load_n(&vcpu->state, __ATOMIC_RELAXED);
	do {
		if (*was != AXVM_VCPU_FREE && *was != AXVM_VCPU_BLOCKED)
			return false;
	} while (!__atomic_compare_exchange_n(&vcpu->state, was, AXVM_VCPU_READY, false,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return true;
}

static bool may_run(const struct axvm_vcpu *vcpu)
{
	return axvm_running(vcpu->vm) && __atomic_load_n(&vcpu->powered, __ATOMIC_ACQUIRE);
}

/* A vCPU that has been started since its last run begins anew. */
static void run_start(struct axvm_vcpu *vcpu)
{
	lock_take(&vcpu->lock);
	if (vcpu->start.pending) {
		vcpu->start.pending = false;
		arch_vcpu_reset(vcpu);
		arch_vcpu_set_entry(vcpu, vcpu->start.entry, vcpu->start.arg);
	}
	lock_drop(&vcpu->lock);
}

enum axvm_error axvm_vcpu_bind(struct axvm_vcpu *vcpu)
{
	struct axvm *vm;
	uint32_t was;

	if (!vcpu)
		return AXVM_ERR_INVALID_INPUT;
	if (!take(vcpu, &was))
		return AXVM_ERR_BAD_STATE;
	vm = vcpu->vm;
	/* Before the look at the status: whoever changes that waits for this to end. */
	__atomic_add_fetch(&vm->active, 1, __ATOMIC_SEQ_CST);
	if (!may_run(vcpu)) {
		set_state(vcpu, was);
		vm_left(vm);
		return AXVM_ERR_BAD_STATE;
	}
	if (vcpu->start.pending)
		run_start(vcpu);
	vcpu->exit.reason = AXVM_EXIT_NOTHING;
	__atomic_store_n(&vcpu->pcpu, vm->hal->current_pcpu_id(vm->hal), __ATOMIC_RELAXED);
	arch_vcpu_bind(vcpu);
	return AXVM_OK;
}

enum axvm_error axvm_vcpu_run(struct axvm_vcpu *vcpu, struct axvm_exit *exit)
{
	if (!vcpu || !exit)
		return AXVM_ERR_INVALID_INPUT;
	if (!may_run(vcpu) || !occupy(vcpu))
		return AXVM_ERR_BAD_STATE;
	/* Before the first look at the requests: whoever sets one later sees this and kicks. The
	 * fence pairs with vcpu_notify(); the world switch looks with an ordinary load. */
	__atomic_store_n(&vcpu->in_guest, 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	arch_vcpu_run(vcpu);
	__atomic_store_n(&vcpu->in_guest, 0, __ATOMIC_SEQ_CST);
	*exit = vcpu->exit;
	set_state(vcpu, AXVM_VCPU_READY);
	return AXVM_OK;
}

enum axvm_error axvm_vcpu_unbind(struct axvm_vcpu *vcpu)
{
	enum axvm_exit_reason reason;
	bool blocked;

	if (!vcpu)
		return AXVM_ERR_INVALID_INPUT;
	if (!occupy(vcpu))
		return AXVM_ERR_BAD_STATE;
	reason = vcpu->exit.reason;
	blocked = reason == AXVM_EXIT_HALT || reason == AXVM_EXIT_CPU_DOWN;
	arch_vcpu_unbind(vcpu);
	__atomic_store_n(&vcpu->halted, reason == AXVM_EXIT_HALT, __ATOMIC_RELAXED);
	set_state(vcpu, blocked ? AXVM_VCPU_BLOCKED : AXVM_VCPU_FREE);
	vm_left(vcpu->vm);
	return AXVM_OK;
}

enum axvm_error axvm_run_vcpu(struct axvm *vm, uint32_t vcpu_id, struct axvm_exit *exit)
{
	struct axvm_vcpu *vcpu;
	enum axvm_error err;

	if (!vm || !exit || vcpu_id >= vm->vcpu_num)
		return AXVM_ERR_INVALID_INPUT;
	vcpu = &vm->vcpus[vcpu_id];
	err = axvm_vcpu_bind(vcpu);
	if (err != AXVM_OK)
		return err;
	err = axvm_vcpu_run(vcpu, exit);
	axvm_vcpu_unbind(vcpu);
	return err;
}
