/* SPDX-License-Identifier: Apache-2.0 */
/* Building a VM, and what can be asked of it at any time. */
#include "vm.h"
#include "arch.h"
#include "device_build.h"
#include "diag.h"
#include "host.h"
#include <string.h>

/* Ranges that an architecture may add to the bus besides the configured devices. */
#define ARCH_BUS_RANGES	 8
#define ARCH_PORT_RANGES 8

/* ---- Building, phase by phase; vm_free() undoes any prefix of them ---- */

static void vm_free(struct axvm *vm)
{
	struct arena arena;

	ivc_close(vm);
	host_leave(vm);
	ivc_fini(vm);
	arch_vm_fini(vm);
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
	vm_time_reset(vm);
	*out = vm;
	return AXVM_OK;
}

static enum axvm_error build_aspace(struct axvm *vm, struct axvm_diag *diag)
{
	struct stage2_tlb tlb = { arch_stage2_flush, vm };
	struct stage2_geometry geo;

	arch_stage2_geometry(&geo);
	for (uint32_t i = 0; i < vm->config.memory_region_num; i++) {
		const struct axvm_memory_region *r = &vm->config.memory_regions[i];
		uint64_t limit = UINT64_C(1) << geo.gpa_bits;

		if (r->gpa > limit || r->size > limit - r->gpa) {
			diag_set(diag, AXVM_ERR_UNSUPPORTED,
				 "lies beyond the guest-physical addresses of this CPU");
			diag_where_entry(diag, "kernel.memory_regions", i, NULL);
			diag_value(diag, "gpa", r->gpa);
			diag_value(diag, "size", r->size);
			return AXVM_ERR_UNSUPPORTED;
		}
	}
	return aspace_init(&vm->aspace, vm->hal, &vm->arena, &geo, tlb);
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
		vcpu->state = AXVM_VCPU_CREATED;
	}
	/* Unset: 0, until an image says. */
	vm->vcpus[0].boot.entry = vm->config.cpu_config.bsp_entry.value;
	return AXVM_OK;
}

/* Host pages that the configuration names, against those of the host's other VMs. */
static enum axvm_error claim(struct axvm *vm, const struct host_claim *wanted,
			     struct axvm_diag *diag)
{
	const struct axvm *owner = host_owner(vm, wanted);

	if (!owner)
		return AXVM_OK;
	diag_set(diag, AXVM_ERR_ALREADY_EXISTS,
		 "another VM has these host pages: give others, or say shared in both");
	diag_both(diag, vm->config.name, owner->config.name);
	diag_value(diag, "base_hpa", wanted->hpa.v);
	diag_value(diag, "size", wanted->size);
	return AXVM_ERR_ALREADY_EXISTS;
}

static enum axvm_error add_region(struct axvm *vm, const struct axvm_memory_region *r,
				  struct axvm_diag *diag)
{
	const struct host_claim wanted = { axvm_hpa(r->gpa), r->size, r->flags & AXVM_MEM_SHARED };
	enum axvm_error err;

	if (r->map_type == AXVM_MAP_ALLOC)
		return aspace_add_region(&vm->aspace, r, false);
	host_build_lock(vm);
	err = claim(vm, &wanted, diag);
	if (err == AXVM_OK)
		err = aspace_add_region(&vm->aspace, r, host_reserved(vm, &wanted));
	host_build_unlock(vm);
	return err;
}

static const char *region_fault(enum axvm_error err)
{
	return err == AXVM_ERR_NO_MEMORY ? "the board has not enough free memory for it" :
					   "the host range is not free RAM of this board";
}

static enum axvm_error build_ram(struct axvm *vm, struct axvm_diag *diag)
{
	for (uint32_t i = 0; i < vm->config.memory_region_num; i++) {
		const struct axvm_memory_region *r = &vm->config.memory_regions[i];
		enum axvm_error err = add_region(vm, r, diag);

		if (err == AXVM_OK)
			continue;
		if (err != AXVM_ERR_ALREADY_EXISTS) {
			diag_set(diag, err, region_fault(err));
			diag_value(diag, "gpa", r->gpa);
			diag_value(diag, "size", r->size);
		}
		diag_where_entry(diag, "kernel.memory_regions", i, NULL);
		return err;
	}
	return AXVM_OK;
}

/* A device need not be page aligned; all of its pages are mapped. */
static enum axvm_error map_device(struct axvm *vm, const struct axvm_pass_through_device *d,
				  struct axvm_diag *diag)
{
	uint64_t offset = d->base_gpa % AXVM_PAGE_SIZE;
	uint64_t size = (offset + d->length + AXVM_PAGE_SIZE - 1) & ~(uint64_t)(AXVM_PAGE_SIZE - 1);
	const struct host_claim wanted = { axvm_hpa(d->base_hpa - offset), size, d->shared };
	uint32_t flags = AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_DEVICE |
			 (d->shared ? AXVM_MEM_SHARED : 0);
	enum axvm_error err = vm->hal->check_device(vm->hal, wanted.hpa, size);

	if (err != AXVM_OK)
		return err;
	host_build_lock(vm);
	err = claim(vm, &wanted, diag);
	if (err == AXVM_OK)
		err = aspace_add_device(&vm->aspace, axvm_gpa(d->base_gpa - offset), wanted.hpa,
					size, flags);
	host_build_unlock(vm);
	return err;
}

static const char *device_fault(enum axvm_error err)
{
	return err == AXVM_ERR_PERMISSION_DENIED ?
		       "is RAM, or a device that the host keeps: give another" :
		       "cannot be mapped";
}

static enum axvm_error build_pass_through(struct axvm *vm, struct axvm_diag *diag)
{
	for (uint32_t i = 0; i < vm->config.pass_through_device_num; i++) {
		const struct axvm_pass_through_device *d = &vm->config.pass_through_devices[i];
		enum axvm_error err = map_device(vm, d, diag);

		if (err == AXVM_OK)
			continue;
		if (err != AXVM_ERR_ALREADY_EXISTS) {
			diag_set(diag, err, device_fault(err));
			diag_other(diag, d->name);
			diag_value(diag, "base_gpa", d->base_gpa);
			diag_value(diag, "base_hpa", d->base_hpa);
		}
		diag_where_entry(diag, "devices.passthrough_devices", i, NULL);
		return err;
	}
	return AXVM_OK;
}

static enum axvm_error build_devices(struct axvm *vm, struct axvm_diag *diag)
{
	enum axvm_error err = bus_init(&vm->bus, &vm->arena,
				       vm->config.emu_device_num + ARCH_BUS_RANGES);

	if (err == AXVM_OK)
		err = bus_init(&vm->ports, &vm->arena, ARCH_PORT_RANGES);
	if (err == AXVM_OK)
		err = arch_vm_init(vm, diag);
	if (err == AXVM_OK)
		err = devices_build(vm, diag);
	ivc_init(vm);
	return err;
}

static enum axvm_error set_up_vcpus(struct axvm *vm, struct axvm_diag *diag)
{
	(void)diag;
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		vm->vcpus[i].state = AXVM_VCPU_FREE;
	return AXVM_OK;
}

/* Every operation is there. */
static bool hal_complete(const struct axvm_hal *hal)
{
	return hal && hal->host && hal->alloc_frame && hal->dealloc_frame &&
	       hal->alloc_contiguous && hal->dealloc_contiguous && hal->alloc_memory_region_at &&
	       hal->dealloc_memory_region_at && hal->check_device && hal->phys_to_virt &&
	       hal->virt_to_phys && hal->current_time_nanos && hal->wall_clock_seconds &&
	       hal->random && hal->set_timer && hal->current_vm_id && hal->current_vcpu_id &&
	       hal->current_pcpu_id && hal->vcpu_resides_on && hal->inject_irq_to_vcpu &&
	       hal->kick_vcpu && hal->wake_vcpu && hal->log && hal->console_write;
}

/* On the VM's own copy, which nobody changes after the check. */
static enum axvm_error check(struct axvm *vm, struct axvm_diag *diag)
{
	enum axvm_error err = axvm_config_check(&vm->config, diag);

	if (err != AXVM_OK)
		return err;
	if (!arch_supports((enum axvm_arch)vm->config.arch) || !axvm_has_hardware_support())
		return diag_set(diag, AXVM_ERR_UNSUPPORTED,
				"this host cannot virtualise the configuration's architecture");
	return AXVM_OK;
}

static enum axvm_error build(struct axvm_hal *hal, const struct axvm_config *config,
			     struct axvm **out, struct axvm_diag *diag)
{
	static enum axvm_error (*const phases[])(struct axvm *, struct axvm_diag *) = {
		check,	   host_join,	       build_aspace,  build_vcpus,
		build_ram, build_pass_through, build_devices, set_up_vcpus,
	};
	enum axvm_error err;

	if (!out || !config || !hal_complete(hal))
		return diag_set(diag, AXVM_ERR_INVALID_INPUT,
				"an argument, or an operation of the host, is missing");
	err = vm_alloc(hal, config, out);
	for (size_t i = 0; err == AXVM_OK && i < sizeof(phases) / sizeof(phases[0]); i++) {
		err = phases[i](*out, diag);
		if (err != AXVM_OK)
			vm_free(*out);
	}
	return err;
}

enum axvm_error axvm_new(struct axvm_hal *hal, const struct axvm_config *config, struct axvm **out,
			 struct axvm_diag *diag)
{
	struct axvm_diag found = { 0 }; /* *diag may still hold an earlier failure */
	struct axvm *vm = NULL;
	enum axvm_error err = build(hal, config, out ? &vm : NULL, &found);

	if (err == AXVM_OK) {
		/* NOLINTNEXTLINE(clang-analyzer-core.*): build() has seen out, and made vm */
		*out = vm;
		return AXVM_OK;
	}
	if (found.error == AXVM_OK)
		diag_set(&found, err,
			 err == AXVM_ERR_NO_MEMORY ? "the board has not enough free memory" : NULL);
	if (diag)
		*diag = found;
	return err;
}

struct axvm *axvm_get(struct axvm *vm)
{
	if (vm)
		__atomic_add_fetch(&vm->refs, 1, __ATOMIC_RELAXED);
	return vm;
}

void axvm_put(struct axvm *vm)
{
	if (vm && __atomic_sub_fetch(&vm->refs, 1, __ATOMIC_ACQ_REL) == 0)
		vm_free(vm);
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

bool axvm_hardware_enabled(void)
{
	return arch_hardware_enabled();
}

void axvm_hardware_disable(void)
{
	arch_hardware_disable();
}

uint32_t axvm_id(const struct axvm *vm)
{
	return vm ? vm->config.id : AXVM_NO_ID;
}

const char *axvm_name(const struct axvm *vm)
{
	return vm ? vm->config.name : "";
}

const struct axvm_config *axvm_config(const struct axvm *vm)
{
	return vm ? &vm->config : NULL;
}

enum axvm_error axvm_vcpu(struct axvm *vm, uint32_t vcpu_id, struct axvm_vcpu **out)
{
	if (!vm || !out)
		return AXVM_ERR_INVALID_INPUT;
	if (vcpu_id >= vm->vcpu_num)
		return AXVM_ERR_NOT_FOUND;
	*out = &vm->vcpus[vcpu_id];
	return AXVM_OK;
}

uint32_t axvm_vcpu_num(const struct axvm *vm)
{
	return vm ? vm->vcpu_num : 0;
}

enum axvm_vm_status axvm_status(const struct axvm *vm)
{
	return vm ? __atomic_load_n(&vm->status, __ATOMIC_SEQ_CST) : AXVM_VM_DESTROYED;
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
	return vm ? __atomic_load_n(&vm->stop_reason, __ATOMIC_ACQUIRE) : AXVM_STOP_NONE;
}

axvm_hpa_t axvm_ept_root(const struct axvm *vm)
{
	return vm ? vm->aspace.s2.root : axvm_hpa(0);
}

uint64_t axvm_overhead(const struct axvm *vm)
{
	uint64_t tables = vm ? __atomic_load_n(&vm->aspace.s2.table_num, __ATOMIC_RELAXED) : 0;

	return vm ? vm->arena.bytes + tables * AXVM_PAGE_SIZE : 0;
}

struct axvm_device *axvm_get_devices(struct axvm *vm, size_t *num)
{
	if (!vm || !num)
		return NULL;
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
