/* SPDX-License-Identifier: Apache-2.0 */
#include "vms.h"

#include "board.h"
#include "console.h"
#include "log.h"
#include "mem.h"

#include <axvm/bundle.h>
#include <string.h>

#define MIB 0x100000u

bool vms_debug;
bool vms_no_reboot;

static struct spinlock lock; /* the table and its references */
static struct host_vm *table[AXVM_BUNDLE_MAX_VMS];
static unsigned alive = 1; /* VMs that have not been reaped, and vms_start() itself */
static uint32_t worst = STATUS_OK;

static size_t host_vm_size(uint32_t vcpu_num)
{
	return sizeof(struct host_vm) + vcpu_num * sizeof(struct sched_vcpu);
}

/* What ended badly decides how the hypervisor ends: a guest's fault before one that never ran. */
static void remember(enum host_status status)
{
	spin_lock(&lock);
	if (status > worst)
		worst = status;
	spin_unlock(&lock);
}

static void one_less(void)
{
	if (__atomic_sub_fetch(&alive, 1, __ATOMIC_ACQ_REL) == 0)
		host_end(worst);
}

struct host_vm *vms_get(uint32_t id)
{
	struct host_vm *vm = NULL;

	spin_lock(&lock);
	for (size_t i = 0; i < AXVM_BUNDLE_MAX_VMS && !vm; i++)
		if (table[i] && table[i]->id == id)
			vm = table[i];
	if (vm)
		vm->refs++;
	spin_unlock(&lock);
	return vm;
}

static void destroy(struct host_vm *vm)
{
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		sched_remove(&vm->vcpus[i]);
	if (vm->core)
		axvm_put(vm->core);
	mem_zfree(vm, host_vm_size(vm->vcpu_num));
}

void vms_put(struct host_vm *vm)
{
	bool last;

	spin_lock(&lock);
	last = --vm->refs == 0;
	spin_unlock(&lock);
	if (last)
		destroy(vm);
}

/* False: another VM has this id. */
static bool publish(struct host_vm *vm)
{
	size_t free = AXVM_BUNDLE_MAX_VMS;
	bool taken = false;

	spin_lock(&lock);
	for (size_t i = 0; i < AXVM_BUNDLE_MAX_VMS; i++) {
		if (!table[i] && free == AXVM_BUNDLE_MAX_VMS)
			free = i;
		taken |= table[i] && table[i]->id == vm->id;
	}
	taken |= free == AXVM_BUNDLE_MAX_VMS;
	if (!taken)
		table[free] = vm;
	spin_unlock(&lock);
	return !taken;
}

static void unpublish(const struct host_vm *vm)
{
	spin_lock(&lock);
	for (size_t i = 0; i < AXVM_BUNDLE_MAX_VMS; i++)
		if (table[i] == vm)
			table[i] = NULL;
	spin_unlock(&lock);
}

/* The VM in slot `i` with a reference, or NULL. */
static struct host_vm *get_slot(size_t i)
{
	struct host_vm *vm;

	spin_lock(&lock);
	vm = table[i];
	if (vm)
		vm->refs++;
	spin_unlock(&lock);
	return vm;
}

static struct host_vm *get_by_port(const struct lines_port *port)
{
	for (size_t i = 0; port && i < AXVM_BUNDLE_MAX_VMS; i++) {
		struct host_vm *vm = get_slot(i);

		if (vm && &vm->port == port)
			return vm;
		if (vm)
			vms_put(vm);
	}
	return NULL;
}

bool vms_can_type(const struct lines_port *port)
{
	struct host_vm *vm = get_by_port(port);
	bool room = !vm || vm->input.head - vm->input.tail < VMS_INPUT_SIZE;

	if (vm)
		vms_put(vm);
	return room;
}

void vms_type(const struct lines_port *port, uint8_t byte)
{
	struct host_vm *vm = get_by_port(port);

	if (!vm)
		return;
	if (vm->input.head - vm->input.tail < VMS_INPUT_SIZE)
		vm->input.bytes[vm->input.head++ % VMS_INPUT_SIZE] = byte;
	vms_put(vm);
}

/* False: its console has taken everything. */
static bool deliver(struct host_vm *vm)
{
	while (vm->input.head != vm->input.tail) {
		uint32_t at = vm->input.tail % VMS_INPUT_SIZE;
		uint32_t len = vm->input.head - vm->input.tail;
		size_t took;

		if (len > VMS_INPUT_SIZE - at)
			len = VMS_INPUT_SIZE - at;
		took = axvm_console_input(vm->core, vm->input.bytes + at, len);
		vm->input.tail += (uint32_t)took;
		if (took < len)
			return true;
	}
	return false;
}

bool vms_deliver(void)
{
	bool left = false;

	for (size_t i = 0; i < AXVM_BUNDLE_MAX_VMS; i++) {
		struct host_vm *vm = get_slot(i);

		if (!vm)
			continue;
		left |= deliver(vm);
		vms_put(vm);
	}
	return left;
}

static uint64_t online_mask(void)
{
	uint64_t mask = 0;

	for (uint32_t i = 0; i < cpu_num; i++)
		if (__atomic_load_n(&cpus[i].online, __ATOMIC_ACQUIRE))
			mask |= 1ull << i;
	return mask;
}

static void diag_set(struct axvm_diag *diag, enum axvm_error error, const char *what)
{
	memset(diag, 0, sizeof(*diag));
	diag->error = error;
	diag->what = what;
}

/* Which CPUs each vCPU may use. */
static enum axvm_error set_masks(struct host_vm *vm, const struct axvm_config *config,
				 struct axvm_diag *diag)
{
	static struct axvm_vcpu_affinity affinity[AXVM_MAX_VCPUS];
	enum axvm_error error;

	error = axvm_config_get_vcpu_affinities_pcpu_ids(config, affinity, AXVM_MAX_VCPUS);
	if (error) {
		diag_set(diag, error, "phys_cpu_ids and phys_cpu_sets must have cpu_num entries");
		return error;
	}
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		uint64_t wanted = affinity[i].has_mask ? affinity[i].mask : UINT64_MAX;

		vm->vcpus[i].mask = wanted & online_mask();
		if (vm->vcpus[i].mask)
			continue;
		diag_set(diag, AXVM_ERR_INVALID_INPUT,
			 "phys_cpu_sets names no CPU that this board has");
		diag->values[diag->value_num++] = (struct axvm_diag_value){ "vcpu", i };
		diag->values[diag->value_num++] = (struct axvm_diag_value){ "mask", wanted };
		return AXVM_ERR_INVALID_INPUT;
	}
	return AXVM_OK;
}

static struct host_vm *host_vm_new(const struct axvm_bundle_vm *from)
{
	const struct axvm_config *config = &from->config;
	struct host_vm *vm;

	if (config->cpu_num == 0 || config->cpu_num > AXVM_MAX_VCPUS)
		return NULL;
	vm = mem_zalloc(host_vm_size(config->cpu_num));
	if (!vm)
		return NULL;
	vm->refs = 1;
	vm->id = config->id;
	vm->images = from->images;
	vm->vcpu_num = config->cpu_num;
	memcpy(vm->name_buf, config->name, sizeof(vm->name_buf) - 1);
	memcpy(vm->port.name, vm->name_buf, sizeof(vm->port.name));
	vm->name = vm->name_buf;
	hal_init(&vm->hal);
	return vm;
}

static enum axvm_error attach_vcpus(struct host_vm *vm)
{
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		struct sched_vcpu *v = &vm->vcpus[i];

		v->vm = vm;
		v->id = i;
		if (axvm_vcpu(vm->core, i, &v->vcpu) != AXVM_OK)
			return AXVM_ERR_INVALID_INPUT;
		sched_add(v);
	}
	return AXVM_OK;
}

static uint64_t ram_size(const struct axvm_config *config)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < config->memory_region_num; i++)
		size += config->memory_regions[i].size;
	return size;
}

/* Builds and boots one VM. A failure leaves the caller's reference, and the VM on no list. */
static enum axvm_error bring_up(struct host_vm *vm, const struct axvm_bundle_vm *from,
				struct axvm_diag *diag)
{
	enum axvm_error error = set_masks(vm, &from->config, diag);

	if (!error)
		error = axvm_new(&vm->hal, &from->config, &vm->core, diag);
	if (!error)
		error = axvm_load_images(vm->core, &from->images, diag);
	if (!error)
		error = attach_vcpus(vm);
	if (error)
		return error;
	if (!publish(vm)) {
		diag_set(diag, AXVM_ERR_ALREADY_EXISTS, "another VM has the same id");
		return AXVM_ERR_ALREADY_EXISTS;
	}
	console_add(&vm->port);
	__atomic_add_fetch(&alive, 1, __ATOMIC_RELAXED);
	log_line(AXVM_LOG_INFO, "%s: starting, %u CPU%s, %llu MiB, %llu KiB besides", vm->name,
		 vm->vcpu_num, vm->vcpu_num == 1 ? "" : "s",
		 (unsigned long long)(ram_size(&from->config) / MIB),
		 (unsigned long long)(axvm_overhead(vm->core) / 1024));
	error = axvm_boot(vm->core);
	if (!error) {
		sched_wake(&vm->vcpus[0]);
		return AXVM_OK;
	}
	diag_set(diag, error, "it does not boot");
	unpublish(vm);
	console_remove(&vm->port);
	__atomic_sub_fetch(&alive, 1, __ATOMIC_RELAXED);
	return error;
}

static void refuse(const char *name, enum axvm_error error, struct axvm_diag *diag)
{
	char text[192];

	if (!diag->what)
		diag_set(diag, error, axvm_strerror(error));
	axvm_diag_format(diag, text, sizeof(text));
	log_line(AXVM_LOG_ERROR, "%s: refused: %s", name, text);
	remember(STATUS_HOST);
}

/* VM `i` of the bundle; what it says is copied before the next one is read. */
static void start_one(const void *bundle, size_t size, size_t i)
{
	static struct axvm_bundle_vm from;
	struct axvm_diag diag = { 0 };
	struct host_vm *vm = NULL;
	const char *name = axvm_bundle_vm_name(bundle, size, i);
	enum axvm_error error = axvm_bundle_read_vm(bundle, size, i, &from, &diag);

	if (!error) {
		vm = host_vm_new(&from);
		error = vm ? bring_up(vm, &from, &diag) : AXVM_ERR_NO_MEMORY;
	}
	if (!error)
		return;
	refuse(name, error, &diag);
	if (vm)
		vms_put(vm);
}

void vms_start(void)
{
	const void *bundle = (const void *)(uintptr_t)board.bundle.base;
	size_t size = (size_t)board.bundle.size, num = 0;
	struct axvm_diag diag = { 0 };
	char text[192];

	if (!size)
		host_fail("no VMs: the boot loader gave no bundle as its initial RAM disk");
	if (!board_is_ram(board.bundle.base, size))
		host_fail("the bundle is not in RAM");
	if (axvm_bundle_open(bundle, size, &num, &diag)) {
		axvm_diag_format(&diag, text, sizeof(text));
		host_fail("the bundle is damaged: %s", text);
	}
	for (size_t i = 0; i < num; i++)
		start_one(bundle, size, i);
	if (num == 0)
		host_fail("no VMs: the bundle is empty");
	one_less();
}

void vms_stopping(struct host_vm *vm, const struct axvm_exit *exit)
{
	enum axvm_exit_reason none = AXVM_EXIT_NOTHING;

	if (!__atomic_compare_exchange_n(&vm->end, &none, exit->reason, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return;
	if (exit->reason == AXVM_EXIT_FAIL_ENTRY)
		vm->end_code = exit->fail_entry.hardware_reason;
	axvm_shutdown(vm->core); /* BAD_STATE: the core has done it already */
}

void vms_refused(struct host_vm *vm, uint32_t vcpu_id, enum axvm_error error)
{
	const struct axvm_exit exit = { .reason = AXVM_EXIT_FAIL_ENTRY };

	if (axvm_status(vm->core) != AXVM_VM_RUNNING)
		return;
	log_line(AXVM_LOG_ERROR, "%s: vCPU %u cannot run: %s", vm->name, vcpu_id,
		 axvm_strerror(error));
	vms_stopping(vm, &exit);
}

/* How it ended, in words. */
static const char *end_text(const struct host_vm *vm)
{
	enum axvm_stop_reason reason = axvm_stop_reason(vm->core);

	if (reason == AXVM_STOP_GUEST_OFF)
		return "powered off";
	if (reason == AXVM_STOP_GUEST_RESET)
		return "asked for a reset; ended";
	return reason == AXVM_STOP_FAULT ? "reported a failure" : "stopped";
}

/* Gives up what the rest of the host knows of the VM, and the host itself with the last one. */
static void retire(struct host_vm *vm)
{
	unpublish(vm);
	console_remove(&vm->port);
	vms_put(vm);
	if (__atomic_load_n(&alive, __ATOMIC_ACQUIRE) > 1)
		console_next(false);
	one_less();
}

/* A guest that resets for ever writes as many lines as any other. */
__attribute__((format(printf, 2, 3))) static void say(struct host_vm *vm, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_vm(vm, AXVM_LOG_INFO, fmt, args);
	va_end(args);
}

static enum axvm_error boot_again(struct host_vm *vm, struct axvm_diag *diag)
{
	enum axvm_error error = axvm_load_images(vm->core, &vm->images, diag);

	if (error)
		return error;
	vm->end = AXVM_EXIT_NOTHING;
	sched_readmit(vm);
	error = axvm_boot(vm->core);
	if (!error)
		sched_wake(&vm->vcpus[0]);
	return error;
}

void vms_reset_step(struct cpu *cpu)
{
	struct host_vm *vm = cpu->reset;
	struct axvm_diag diag = { 0 };
	enum axvm_error error = axvm_reset(vm->core);

	if (error == AXVM_ERR_WOULD_BLOCK)
		return;
	cpu->reset = vm->next_reset;
	if (!error)
		error = boot_again(vm, &diag);
	if (!error)
		return;
	refuse(vm->name, error, &diag);
	retire(vm);
}

static void begin_reset(struct host_vm *vm)
{
	struct cpu *cpu = this_cpu();

	say(vm, "resets");
	vm->next_reset = cpu->reset;
	cpu->reset = vm;
}

void vms_reap(struct host_vm *vm)
{
	enum axvm_stop_reason reason = axvm_stop_reason(vm->core);
	bool fault = vm->end == AXVM_EXIT_FAIL_ENTRY || reason == AXVM_STOP_FAULT;

	if (!fault && reason == AXVM_STOP_GUEST_RESET && !vms_no_reboot) {
		begin_reset(vm);
		return;
	}
	if (vm->end == AXVM_EXIT_FAIL_ENTRY)
		log_line(AXVM_LOG_INFO, "%s: stopped on a fault: syndrome 0x%llx", vm->name,
			 (unsigned long long)vm->end_code);
	else
		log_line(AXVM_LOG_INFO, "%s: %s", vm->name, end_text(vm));
	if (fault)
		remember(STATUS_GUEST);
	retire(vm);
}
