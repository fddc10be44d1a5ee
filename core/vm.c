/* SPDX-License-Identifier: Apache-2.0 */
/* Building and ending a VM, and its life cycle. */
#include "vm.h"
#include "arch.h"
#include "device_build.h"
#include "diag.h"
#include <string.h>

/* Ranges that an architecture may add to the bus besides the configured devices. */
#define ARCH_BUS_RANGES 8

/* ---- Building, phase by phase; vm_free() undoes any prefix of them ---- */

static void vm_free(struct axvm *vm)
{
	struct arena arena;

	arch_vm_fini(vm);
	aspace_fini(&vm->aspace);
	arena = vm->arena; /* the VM itself lies in it */
	arena_free(&arena);
}

static enum axvm_error vm_alloc(struct axvm_hal *hal, const struct axvm_config *config,
				struct axvm **out)
{
	struct arena arena;
	struct axvm *vm;

	arena_init(&arena, hal);
	vm = arena_alloc(&arena, sizeof(*vm), 64);
	if (!vm) {
		arena_free(&arena);
		return AXVM_ERR_NO_MEMORY;
	}
	vm->hal = hal;
	vm->config = *config;
	vm->arena = arena;
	vm->refs = 1;
	vm->entry = config->cpu_config.bsp_entry.value; /* unset: 0, until an image says */
	*out = vm;
	return AXVM_OK;
}

static enum axvm_error build_aspace(struct axvm *vm, struct axvm_diag *diag)
{
	const struct stage2_geometry *geo = arch_stage2_geometry();
	struct stage2_tlb tlb = { arch_stage2_flush, vm };

	for (uint32_t i = 0; i < vm->config.memory_region_num; i++) {
		const struct axvm_memory_region *r = &vm->config.memory_regions[i];
		uint64_t limit = UINT64_C(1) << geo->gpa_bits;

		if (r->gpa > limit || r->size > limit - r->gpa) {
			diag_set(diag, AXVM_ERR_UNSUPPORTED,
				 "lies beyond the guest-physical addresses of this CPU");
			diag_where_entry(diag, "kernel.memory_regions", i, NULL);
			diag_value(diag, "gpa", r->gpa);
			diag_value(diag, "size", r->size);
			return AXVM_ERR_UNSUPPORTED;
		}
	}
	return aspace_init(&vm->aspace, vm->hal, &vm->arena, geo, tlb);
}

static enum axvm_error build_vcpus(struct axvm *vm, struct axvm_diag *diag)
{
	uint32_t num = vm->config.cpu_num;
	struct axvm_vcpu_affinity aff[AXVM_MAX_VCPUS];
	enum axvm_error err = axvm_config_get_vcpu_affinities_pcpu_ids(&vm->config, aff,
								       AXVM_MAX_VCPUS);

	if (err != AXVM_OK) {
		diag_set(diag, err, "needs one entry per vCPU");
		diag_where(diag, "base.phys_cpu_ids");
		return err;
	}
	vm->vcpus = arena_alloc(&vm->arena, num * sizeof(*vm->vcpus), 64);
	if (!vm->vcpus)
		return AXVM_ERR_NO_MEMORY;
	vm->vcpu_num = num;
	for (uint32_t i = 0; i < num; i++) {
		struct axvm_vcpu *vcpu = &vm->vcpus[i];

		vcpu->vm = vm;
		vcpu->id = i;
		vcpu->phys_id = aff[i].phys_id;
		vcpu->state = AXVM_VCPU_FREE;
	}
	return AXVM_OK;
}

static enum axvm_error build_ram(struct axvm *vm, struct axvm_diag *diag)
{
	for (uint32_t i = 0; i < vm->config.memory_region_num; i++) {
		const struct axvm_memory_region *r = &vm->config.memory_regions[i];
		enum axvm_error err = aspace_add_region(&vm->aspace, r);

		if (err != AXVM_OK) {
			diag_set(diag, err,
				 err == AXVM_ERR_NO_MEMORY ?
					 "the board has not enough free memory for it" :
					 "the host range is not free RAM of this board");
			diag_where_entry(diag, "kernel.memory_regions", i, NULL);
			diag_value(diag, "gpa", r->gpa);
			diag_value(diag, "size", r->size);
			return err;
		}
	}
	return AXVM_OK;
}

/* A device need not be page aligned; all of its pages are mapped. */
static enum axvm_error map_device(struct axvm *vm, const struct axvm_pass_through_device *d)
{
	uint64_t offset = d->base_gpa % AXVM_PAGE_SIZE;
	uint64_t size = (offset + d->length + AXVM_PAGE_SIZE - 1) & ~(uint64_t)(AXVM_PAGE_SIZE - 1);
	axvm_hpa_t hpa = axvm_hpa(d->base_hpa - offset);
	enum axvm_error err;

	if (d->base_hpa % AXVM_PAGE_SIZE != offset)
		return AXVM_ERR_INVALID_INPUT;
	err = vm->hal->check_device(vm->hal, hpa, size);
	if (err != AXVM_OK)
		return err;
	return aspace_map(&vm->aspace, axvm_gpa(d->base_gpa - offset), hpa, size,
			  AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_DEVICE);
}

static enum axvm_error build_pass_through(struct axvm *vm, struct axvm_diag *diag)
{
	for (uint32_t i = 0; i < vm->config.pass_through_device_num; i++) {
		const struct axvm_pass_through_device *d = &vm->config.pass_through_devices[i];
		enum axvm_error err = map_device(vm, d);

		if (err != AXVM_OK) {
			diag_set(diag, err,
				 err == AXVM_ERR_PERMISSION_DENIED ?
					 "is RAM, or a device that the host keeps: give another" :
					 "cannot be mapped");
			diag_where_entry(diag, "devices.passthrough_devices", i, NULL);
			diag_other(diag, d->name);
			diag_value(diag, "base_gpa", d->base_gpa);
			diag_value(diag, "base_hpa", d->base_hpa);
			return err;
		}
	}
	return AXVM_OK;
}

static enum axvm_error build_devices(struct axvm *vm, struct axvm_diag *diag)
{
	enum axvm_error err = bus_init(&vm->bus, &vm->arena,
				       vm->config.emu_device_num + ARCH_BUS_RANGES);

	if (err == AXVM_OK)
		err = arch_vm_init(vm, diag);
	if (err == AXVM_OK)
		err = devices_build(vm, diag);
	return err;
}

enum axvm_error axvm_new(struct axvm_hal *hal, const struct axvm_config *config, struct axvm **out,
			 struct axvm_diag *diag)
{
	static enum axvm_error (*const phases[])(struct axvm *, struct axvm_diag *) = {
		build_aspace, build_vcpus, build_ram, build_pass_through, build_devices,
	};
	struct axvm *vm;
	enum axvm_error err = axvm_config_check(config, diag);

	if (err != AXVM_OK)
		return err;
	if (!arch_supports(config->arch) || !axvm_has_hardware_support()) {
		diag_set(diag, AXVM_ERR_UNSUPPORTED,
			 "this host cannot virtualise the configuration's architecture");
		return AXVM_ERR_UNSUPPORTED;
	}
	err = vm_alloc(hal, config, &vm);
	for (size_t i = 0; err == AXVM_OK && i < sizeof(phases) / sizeof(phases[0]); i++) {
		err = phases[i](vm, diag);
		if (err != AXVM_OK)
			vm_free(vm);
	}
	if (err == AXVM_ERR_NO_MEMORY && diag && diag->error == AXVM_OK)
		diag_set(diag, err, "the board has not enough free memory");
	if (err == AXVM_OK)
		*out = vm;
	return err;
}

struct axvm *axvm_get(struct axvm *vm)
{
	__atomic_add_fetch(&vm->refs, 1, __ATOMIC_RELAXED);
	return vm;
}

void axvm_put(struct axvm *vm)
{
	if (__atomic_sub_fetch(&vm->refs, 1, __ATOMIC_ACQ_REL) == 0)
		vm_free(vm);
}

/* ---- Life cycle ---- */

static bool change_status(struct axvm *vm, enum axvm_vm_status from, enum axvm_vm_status to)
{
	uint32_t expected = from;

	return __atomic_compare_exchange_n(&vm->status, &expected, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

enum axvm_error axvm_boot(struct axvm *vm)
{
	if (!axvm_has_hardware_support())
		return AXVM_ERR_UNSUPPORTED;
	if (axvm_status(vm) != AXVM_VM_CREATED)
		return AXVM_ERR_BAD_STATE;
	vm->boot_nanos = vm->hal->current_time_nanos(vm->hal);
	arch_vm_boot(vm);
	if (!change_status(vm, AXVM_VM_CREATED, AXVM_VM_RUNNING))
		return AXVM_ERR_BAD_STATE;
	vcpu_power_on(&vm->vcpus[0], vm->entry, vm->entry_arg);
	return AXVM_OK;
}

/* The last vCPU that leaves a stopping VM ends it. */
static void settle(struct axvm *vm)
{
	if (__atomic_load_n(&vm->active, __ATOMIC_SEQ_CST) == 0)
		change_status(vm, AXVM_VM_STOPPING, AXVM_VM_STOPPED);
}

void vm_left(struct axvm *vm)
{
	__atomic_sub_fetch(&vm->active, 1, __ATOMIC_SEQ_CST);
	settle(vm);
}

static bool begin_stop(struct axvm *vm, enum axvm_stop_reason reason)
{
	if (!change_status(vm, AXVM_VM_RUNNING, AXVM_VM_STOPPING))
		return false;
	__atomic_store_n(&vm->stop_reason, reason, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		vcpu_notify(&vm->vcpus[i], VCPU_REQ_LEAVE);
	settle(vm);
	return true;
}

void vm_stop(struct axvm *vm, enum axvm_stop_reason reason)
{
	begin_stop(vm, reason);
}

enum axvm_error axvm_shutdown(struct axvm *vm)
{
	return begin_stop(vm, AXVM_STOP_SHUTDOWN) ? AXVM_OK : AXVM_ERR_BAD_STATE;
}

/* RAM that one call of axvm_reset() clears at most, so that nobody on its CPU waits for long. */
#define RESET_STEP (UINT64_C(8) << 20)

static void power_on_state(struct axvm *vm)
{
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		struct axvm_vcpu *vcpu = &vm->vcpus[i];

		vcpu->powered = false;
		vcpu->halted = false;
		vcpu->start.pending = false;
		vcpu->request = 0;
		vcpu->state = AXVM_VCPU_FREE;
	}
	arch_vm_reset(vm);
	devices_reset(vm);
	vm->reset_done = 0;
	vm->stop_reason = AXVM_STOP_NONE;
}

static enum axvm_error reset_locked(struct axvm *vm)
{
	if (axvm_status(vm) != AXVM_VM_STOPPED)
		return AXVM_ERR_BAD_STATE;
	if (!aspace_clear(&vm->aspace, &vm->reset_done, RESET_STEP))
		return AXVM_ERR_WOULD_BLOCK;
	power_on_state(vm);
	change_status(vm, AXVM_VM_STOPPED, AXVM_VM_CREATED);
	return AXVM_OK;
}

enum axvm_error axvm_reset(struct axvm *vm)
{
	enum axvm_error err;

	lock_take(&vm->reset_lock);
	err = reset_locked(vm);
	lock_drop(&vm->reset_lock);
	return err;
}

/* ---- Memory and interrupts ---- */

enum axvm_error axvm_map_region(struct axvm *vm, axvm_gpa_t gpa, axvm_hpa_t hpa, uint64_t size,
				uint32_t flags)
{
	if (bus_overlaps(&vm->bus, gpa.v, size))
		return AXVM_ERR_ALREADY_EXISTS;
	return aspace_map(&vm->aspace, gpa, hpa, size, flags);
}

enum axvm_error axvm_unmap_region(struct axvm *vm, axvm_gpa_t gpa, uint64_t size)
{
	return aspace_unmap(&vm->aspace, gpa, size);
}

enum axvm_error axvm_get_image_load_region(struct axvm *vm, axvm_gpa_t gpa, uint64_t size,
					   struct axvm_host_piece *pieces, size_t *num)
{
	return aspace_pieces(&vm->aspace, gpa, size, pieces, num);
}

enum axvm_error axvm_read_from_guest(struct axvm *vm, axvm_gpa_t gpa, void *buf, size_t len)
{
	return aspace_read(&vm->aspace, gpa, buf, len);
}

enum axvm_error axvm_write_to_guest(struct axvm *vm, axvm_gpa_t gpa, const void *buf, size_t len)
{
	return aspace_write(&vm->aspace, gpa, buf, len);
}

enum axvm_error axvm_inject_interrupt_to_vcpu(struct axvm *vm, axvm_cpu_mask_t targets,
					      uint32_t irq)
{
	axvm_cpu_mask_t all = UINT64_MAX >> (64 - vm->vcpu_num);

	if (targets == 0 || (targets & ~all) || !arch_irq_valid(vm, irq))
		return AXVM_ERR_INVALID_INPUT;
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		if (targets >> i & 1)
			arch_irq_inject(&vm->vcpus[i], irq);
	return AXVM_OK;
}

enum axvm_error axvm_set_irq_line(struct axvm *vm, uint32_t irq, bool level)
{
	if (!arch_irq_valid(vm, irq))
		return AXVM_ERR_INVALID_INPUT;
	arch_irq_set_line(vm, irq, level);
	return AXVM_OK;
}

/* ---- Accessors ---- */

bool axvm_has_hardware_support(void)
{
	return arch_has_hardware_support();
}

enum axvm_error axvm_hardware_enable(void)
{
	return arch_hardware_enable();
}

void axvm_hardware_disable(void)
{
	arch_hardware_disable();
}

uint32_t axvm_id(const struct axvm *vm)
{
	return vm->config.id;
}

const char *axvm_name(const struct axvm *vm)
{
	return vm->config.name;
}

const struct axvm_config *axvm_config(const struct axvm *vm)
{
	return &vm->config;
}

enum axvm_error axvm_vcpu(struct axvm *vm, uint32_t vcpu_id, struct axvm_vcpu **out)
{
	if (vcpu_id >= vm->vcpu_num)
		return AXVM_ERR_NOT_FOUND;
	*out = &vm->vcpus[vcpu_id];
	return AXVM_OK;
}

uint32_t axvm_vcpu_num(const struct axvm *vm)
{
	return vm->vcpu_num;
}

enum axvm_vm_status axvm_status(const struct axvm *vm)
{
	return __atomic_load_n(&vm->status, __ATOMIC_SEQ_CST);
}

bool axvm_running(const struct axvm *vm)
{
	return axvm_status(vm) == AXVM_VM_RUNNING;
}

bool axvm_shutting_down(const struct axvm *vm)
{
	return axvm_status(vm) == AXVM_VM_STOPPING;
}

enum axvm_stop_reason axvm_stop_reason(const struct axvm *vm)
{
	return __atomic_load_n(&vm->stop_reason, __ATOMIC_ACQUIRE);
}

axvm_hpa_t axvm_ept_root(const struct axvm *vm)
{
	return vm->aspace.s2.root;
}

uint64_t axvm_overhead(const struct axvm *vm)
{
	return vm->arena.bytes + (uint64_t)vm->aspace.s2.table_num * AXVM_PAGE_SIZE;
}

struct axvm_device *axvm_get_devices(struct axvm *vm, size_t *num)
{
	*num = vm->device_num;
	return vm->devices;
}

void vm_log(struct axvm *vm, enum axvm_log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vm->hal->log(vm->hal, level, vm->config.id, fmt, args);
	va_end(args);
}
