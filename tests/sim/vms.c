/* SPDX-License-Identifier: Apache-2.0 */
/* The host's VMs: running their vCPUs, waking and kicking them, finding them. */
#include "sim_host_impl.h"
#include <stdlib.h>

/* Who this thread is. */
static _Thread_local struct {
	uint32_t pcpu, vm_id, vcpu_id;
} self = { AXVM_NO_ID, AXVM_NO_ID, AXVM_NO_ID };

static uint32_t current_vm(struct axvm_hal *hal)
{
	(void)hal;
	return self.vm_id;
}

static uint32_t current_vcpu(struct axvm_hal *hal)
{
	(void)hal;
	return self.vcpu_id;
}

static uint32_t current_pcpu(struct axvm_hal *hal)
{
	(void)hal;
	return self.pcpu;
}

/* ---- Finding ---- */

/* A VM that has ended stays until the host ends, for whoever has just found it. */
static struct sim_vm *vm_find(struct sim_host *h, uint32_t vm_id)
{
	for (unsigned i = 0; i < SIM_VMS; i++) {
		struct sim_vm *vm = __atomic_load_n(&h->vms[i], __ATOMIC_ACQUIRE);

		if (vm && vm->id == vm_id)
			return vm;
	}
	return NULL;
}

/* NULL: none that the host knows. */
static struct sim_vcpu *vcpu_find(struct sim_host *h, uint32_t vm_id, uint32_t vcpu_id)
{
	struct sim_vm *vm = vm_find(h, vm_id);

	return vm && vcpu_id < vm->vcpu_num ? &vm->vcpus[vcpu_id] : NULL;
}

static enum axvm_error resides_on(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id,
				  uint32_t *pcpu_id)
{
	struct sim_vcpu *vcpu = vcpu_find(sim_of(hal), vm_id, vcpu_id);

	*pcpu_id = vcpu ? __atomic_load_n(&vcpu->pcpu, __ATOMIC_SEQ_CST) : AXVM_NO_ID;
	return *pcpu_id == AXVM_NO_ID ? AXVM_ERR_NOT_FOUND : AXVM_OK;
}

static enum axvm_error inject_irq(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id,
				  uint32_t irq)
{
	struct sim_host *h = sim_of(hal);
	enum axvm_error err;
	struct sim_vm *vm;
	struct axvm *core;

	pthread_mutex_lock(&h->vms_lock);
	vm = vm_find(h, vm_id);
	core = vm && vcpu_id < vm->vcpu_num ? axvm_get(vm->vm) : NULL;
	pthread_mutex_unlock(&h->vms_lock);
	if (!core)
		return AXVM_ERR_NOT_FOUND;
	err = axvm_inject_interrupt_to_vcpu(core, UINT64_C(1) << vcpu_id, irq);
	axvm_put(core);
	return err;
}

/* ---- Waking ---- */

static void wake(struct sim_vcpu *vcpu)
{
	pthread_mutex_lock(&vcpu->lock);
	vcpu->woken = true;
	pthread_cond_signal(&vcpu->changed);
	pthread_mutex_unlock(&vcpu->lock);
}

static void wake_vcpu(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id)
{
	struct sim_host *h = sim_of(hal);
	struct sim_vcpu *vcpu = vcpu_find(h, vm_id, vcpu_id);

	__atomic_add_fetch(&h->wakes, 1, __ATOMIC_RELAXED);
	if (vcpu)
		wake(vcpu);
}

/* A simulated CPU looks at its requests before every step. */
static void kick_vcpu(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id, uint32_t pcpu_id)
{
	(void)vm_id;
	(void)vcpu_id;
	(void)pcpu_id;
	__atomic_add_fetch(&sim_of(hal)->kicks, 1, __ATOMIC_RELAXED);
}

static void set_timer(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id, uint64_t deadline)
{
	struct sim_host *h = sim_of(hal);
	struct sim_vcpu *vcpu = vcpu_find(h, vm_id, vcpu_id);

	__atomic_store_n(&h->timer, deadline, __ATOMIC_RELAXED);
	if (!vcpu)
		return;
	pthread_mutex_lock(&vcpu->lock);
	vcpu->deadline = deadline;
	pthread_mutex_unlock(&vcpu->lock);
}

static void expire(struct sim_vcpu *vcpu, uint64_t now)
{
	pthread_mutex_lock(&vcpu->lock);
	if (vcpu->deadline <= now) {
		vcpu->deadline = SIM_NEVER;
		vcpu->woken = true;
		pthread_cond_signal(&vcpu->changed);
	}
	pthread_mutex_unlock(&vcpu->lock);
}

void sim_vms_expire(struct sim_host *h, uint64_t now)
{
	pthread_mutex_lock(&h->vms_lock);
	for (unsigned i = 0; i < SIM_VMS; i++)
		for (uint32_t n = 0; h->vms[i] && n < h->vms[i]->vcpu_num; n++)
			expire(&h->vms[i]->vcpus[n], now);
	pthread_mutex_unlock(&h->vms_lock);
}

/* ---- Running ---- */

static void enter(struct sim_vcpu *vcpu)
{
	pthread_mutex_lock(&vcpu->lock);
	vcpu->woken = false;
	pthread_mutex_unlock(&vcpu->lock);
	self.vm_id = vcpu->vm->id;
	self.vcpu_id = vcpu->id;
	__atomic_store_n(&vcpu->pcpu, self.pcpu, __ATOMIC_SEQ_CST);
}

static void left(struct sim_vcpu *vcpu)
{
	__atomic_store_n(&vcpu->pcpu, AXVM_NO_ID, __ATOMIC_SEQ_CST);
	self.vm_id = AXVM_NO_ID;
	self.vcpu_id = AXVM_NO_ID;
}

enum axvm_error sim_run(struct sim_vm *vm, uint32_t vcpu_id, struct axvm_exit *exit)
{
	enum axvm_error err;

	if (vcpu_id >= vm->vcpu_num)
		return axvm_run_vcpu(vm->vm, vcpu_id, exit);
	enter(&vm->vcpus[vcpu_id]);
	err = axvm_run_vcpu(vm->vm, vcpu_id, exit);
	left(&vm->vcpus[vcpu_id]);
	return err;
}

static bool stops(const struct axvm *vm)
{
	enum axvm_vm_status status = axvm_status(vm);

	return status == AXVM_VM_STOPPING || status == AXVM_VM_STOPPED ||
	       status == AXVM_VM_DESTROYED;
}

static bool has_work(struct sim_vcpu *vcpu, const struct axvm_vcpu *core)
{
	struct axvm_hal *hal = &vcpu->vm->host->hal;

	if (vcpu->deadline != SIM_NEVER && vcpu->deadline <= hal->current_time_nanos(hal)) {
		vcpu->deadline = SIM_NEVER;
		return true;
	}
	return vcpu->woken || axvm_vcpu_runnable(core);
}

/* false: the VM has stopped. */
static bool wait_for_work(struct sim_vcpu *vcpu, const struct axvm_vcpu *core)
{
	pthread_mutex_lock(&vcpu->lock);
	while (!stops(vcpu->vm->vm) && !has_work(vcpu, core))
		sim_clock_wait(vcpu->vm->host, vcpu);
	pthread_mutex_unlock(&vcpu->lock);
	return !stops(vcpu->vm->vm);
}

static void run_once(struct sim_vcpu *vcpu)
{
	struct sim_vm *vm = vcpu->vm;
	struct axvm_exit exit;
	enum axvm_error err = sim_run(vm, vcpu->id, &exit);

	if (err != AXVM_OK) {
		vcpu->errors += err != AXVM_ERR_BAD_STATE;
		return;
	}
	vcpu->exits[exit.reason]++;
	if (vm->host->on_exit)
		vm->host->on_exit(vm, vcpu->id, &exit);
}

static void *vcpu_main(void *arg)
{
	struct sim_vcpu *vcpu = arg;
	struct axvm_vcpu *core;

	self.pcpu = __atomic_add_fetch(&vcpu->vm->host->next_pcpu, 1, __ATOMIC_RELAXED);
	SIM_CHECK(axvm_vcpu(vcpu->vm->vm, vcpu->id, &core) == AXVM_OK);
	while (wait_for_work(vcpu, core))
		run_once(vcpu);
	return NULL;
}

void sim_vm_start(struct sim_vm *vm)
{
	SIM_CHECK(!vm->started);
	vm->started = true;
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		SIM_CHECK(!pthread_create(&vm->vcpus[i].thread, NULL, vcpu_main, &vm->vcpus[i]));
}

void sim_vm_join(struct sim_vm *vm)
{
	SIM_CHECK(vm->started);
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		pthread_join(vm->vcpus[i].thread, NULL);
		SIM_CHECK(vm->vcpus[i].errors == 0);
	}
	vm->started = false;
}

uint64_t sim_vm_exits(const struct sim_vm *vm, enum axvm_exit_reason reason)
{
	uint64_t num = 0;

	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		num += vm->vcpus[i].exits[reason];
	return num;
}

/* ---- Coming and going ---- */

static void vcpu_init(struct sim_vcpu *vcpu, struct sim_vm *vm, uint32_t id)
{
	pthread_condattr_t attr;

	vcpu->vm = vm;
	vcpu->id = id;
	vcpu->pcpu = AXVM_NO_ID;
	vcpu->deadline = SIM_NEVER;
	pthread_mutex_init(&vcpu->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&vcpu->changed, &attr);
	pthread_condattr_destroy(&attr);
}

static void publish(struct sim_host *h, struct sim_vm *vm)
{
	unsigned i = 0;

	pthread_mutex_lock(&h->vms_lock);
	while (i < SIM_VMS && h->vms[i])
		i++;
	SIM_CHECK(i < SIM_VMS);
	__atomic_store_n(&h->vms[i], vm, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&h->vms_lock);
}

enum axvm_error sim_vm_new(struct sim_host *h, const struct axvm_config *config,
			   struct sim_vm **out, struct axvm_diag *diag)
{
	enum axvm_error err;
	struct sim_vm *vm;
	struct axvm *core;

	err = axvm_new(&h->hal, config, &core, diag);
	if (err != AXVM_OK)
		return err;
	vm = calloc(1, sizeof(*vm) + config->cpu_num * sizeof(vm->vcpus[0]));
	SIM_CHECK(vm);
	vm->host = h;
	vm->vm = core;
	vm->id = config->id;
	vm->vcpu_num = config->cpu_num;
	for (uint32_t i = 0; i < config->cpu_num; i++)
		vcpu_init(&vm->vcpus[i], vm, i);
	publish(h, vm);
	*out = vm;
	return AXVM_OK;
}

void sim_vm_free(struct sim_vm *vm)
{
	struct sim_host *h = vm->host;

	SIM_CHECK(!vm->started);
	pthread_mutex_lock(&h->vms_lock);
	for (unsigned i = 0; i < SIM_VMS; i++)
		if (h->vms[i] == vm)
			__atomic_store_n(&h->vms[i], NULL, __ATOMIC_RELEASE);
	vm->next = h->ended;
	h->ended = vm;
	pthread_mutex_unlock(&h->vms_lock);
	axvm_put(vm->vm);
}

void sim_vms_init(struct sim_host *h)
{
	pthread_mutex_init(&h->vms_lock, NULL);
	self.pcpu = 0;
	h->timer = SIM_NEVER;
	h->hal.set_timer = set_timer;
	h->hal.current_vm_id = current_vm;
	h->hal.current_vcpu_id = current_vcpu;
	h->hal.current_pcpu_id = current_pcpu;
	h->hal.vcpu_resides_on = resides_on;
	h->hal.inject_irq_to_vcpu = inject_irq;
	h->hal.kick_vcpu = kick_vcpu;
	h->hal.wake_vcpu = wake_vcpu;
}

static void vm_release(struct sim_vm *vm)
{
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		pthread_mutex_destroy(&vm->vcpus[i].lock);
		pthread_cond_destroy(&vm->vcpus[i].changed);
	}
	free(vm);
}

void sim_vms_fini(struct sim_host *h)
{
	for (unsigned i = 0; i < SIM_VMS; i++)
		SIM_CHECK(!h->vms[i]);
	while (h->ended) {
		struct sim_vm *vm = h->ended;

		h->ended = vm->next;
		vm_release(vm);
	}
}
