/* SPDX-License-Identifier: Apache-2.0 */
/* Emulated devices: from configuration to bus, and what their models may ask of the core. */
#include "arch.h"
#include "device_build.h"
#include "diag.h"
#include "intc_set.h"
#include <string.h>

#define NANOS_PER_SECOND UINT64_C(1000000000)

/* What AXVM_DEVICE_MODEL() has collected; both are NULL when no model is linked in. */
extern const struct axvm_device_model *const __start_axvm_device_models[] __attribute__((weak));
extern const struct axvm_device_model *const __stop_axvm_device_models[] __attribute__((weak));

/* ---- Building ---- */

static bool built_elsewhere(const struct axvm *vm, uint32_t emu_type)
{
	return is_intc(vm->config.arch, emu_type) || emu_type == AXVM_EMU_IVC_CHANNEL;
}

static const struct axvm_device_model *model_find(uint32_t emu_type, enum axvm_arch arch)
{
	const struct axvm_device_model *const *m;

	for (m = __start_axvm_device_models; m < __stop_axvm_device_models; m++)
		if ((*m)->emu_type == emu_type && (!(*m)->arch || (*m)->arch == arch))
			return *m;
	return NULL;
}

static uint64_t device_read(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu)
{
	struct axvm_device *dev = opaque;

	(void)vcpu;
	return dev->model->read(dev, offset, width);
}

static void device_write(void *opaque, uint64_t offset, unsigned width, uint64_t value,
			 struct axvm_vcpu *vcpu)
{
	struct axvm_device *dev = opaque;

	(void)vcpu;
	dev->model->write(dev, offset, width, value);
}

static enum axvm_error device_fault(struct axvm_diag *diag, const struct axvm_emu_device *config,
				    enum axvm_error error, const char *what)
{
	diag_set(diag, error, what);
	diag_where(diag, "devices.emu_devices");
	diag_other(diag, config->name);
	diag_value(diag, "emu_type", config->emu_type);
	diag_value(diag, "base_gpa", config->base_gpa);
	diag_value(diag, "length", config->length);
	return error;
}

static enum axvm_error device_init(struct axvm *vm, struct axvm_device *dev,
				   const struct axvm_emu_device *config, struct axvm_diag *diag)
{
	const struct axvm_device_model *model = model_find(config->emu_type, vm->config.arch);

	if (!model)
		return device_fault(diag, config, AXVM_ERR_UNSUPPORTED,
				    "no device of this type is built in");
	if (config->length < model->min_length)
		return device_fault(diag, config, AXVM_ERR_INVALID_INPUT,
				    "is too short for this device");
	if (!model->no_irq && !arch_irq_valid(vm, arch_device_irq(config->irq_id)))
		return device_fault(diag, config, AXVM_ERR_INVALID_INPUT,
				    "has an interrupt that does not exist");
	*dev = (struct axvm_device){
		.model = model,
		.vm = vm,
		.config = config,
		.deadline = UINT64_MAX,
	};
	dev->state = arena_alloc(&vm->arena, model->state_size, 16);
	return dev->state ? AXVM_OK : AXVM_ERR_NO_MEMORY;
}

/* The slot in vm->devices, in order of address. */
static struct axvm_device *device_slot(struct axvm *vm, uint64_t base)
{
	uint32_t i = vm->device_num++;

	for (; i > 0 && vm->devices[i - 1].config->base_gpa > base; i--)
		vm->devices[i] = vm->devices[i - 1];
	return &vm->devices[i];
}

static bool on_memory(const struct axvm *vm, const struct axvm_emu_device *config)
{
	uint64_t first = config->base_gpa & ~(uint64_t)(AXVM_PAGE_SIZE - 1);
	uint64_t limit = UINT64_C(1) << vm->aspace.s2.geo->gpa_bits;
	uint64_t end = config->base_gpa + config->length;

	if (first >= limit)
		return false;
	return stage2_any_mapped(&vm->aspace.s2, first, (end < limit ? end : limit) - first);
}

static enum axvm_error device_attach(struct axvm *vm, struct axvm_device *dev,
				     struct axvm_diag *diag)
{
	const struct bus_range range = {
		.base = dev->config->base_gpa,
		.length = dev->config->length,
		.locked = true,
		.read = device_read,
		.write = device_write,
		.opaque = dev,
	};
	enum axvm_error err = bus_add(&vm->bus, &range);

	if (err != AXVM_OK)
		return device_fault(diag, dev->config, err, "overlaps another device");
	if (on_memory(vm, dev->config))
		return device_fault(diag, dev->config, AXVM_ERR_ALREADY_EXISTS, "lies on memory");
	return AXVM_OK;
}

static struct bus_range *range_of(struct axvm_device *dev)
{
	return bus_find(&dev->vm->bus, dev->config->base_gpa, 1);
}

/* The bus points to devices, so they are all in place before it is filled. */
enum axvm_error devices_build(struct axvm *vm, struct axvm_diag *diag)
{
	const struct axvm_config *config = &vm->config;
	enum axvm_error err = AXVM_OK;

	vm->device_deadline = UINT64_MAX;
	if (config->emu_device_num == 0)
		return AXVM_OK;
	vm->devices = arena_alloc(&vm->arena, config->emu_device_num * sizeof(*vm->devices),
				  _Alignof(struct axvm_device));
	if (!vm->devices)
		return AXVM_ERR_NO_MEMORY;
	for (uint32_t i = 0; err == AXVM_OK && i < config->emu_device_num; i++) {
		const struct axvm_emu_device *c = &config->emu_devices[i];
		struct axvm_device dev;

		if (built_elsewhere(vm, c->emu_type))
			continue;
		err = device_init(vm, &dev, c, diag);
		if (err == AXVM_OK)
			*device_slot(vm, c->base_gpa) = dev;
	}
	for (uint32_t i = 0; err == AXVM_OK && i < vm->device_num; i++)
		err = device_attach(vm, &vm->devices[i], diag);
	if (err == AXVM_OK)
		devices_reset(vm);
	return err;
}

/* The person at the console may be typing meanwhile. */
void devices_reset(struct axvm *vm)
{
	for (uint32_t i = 0; i < vm->device_num; i++) {
		struct axvm_device *dev = &vm->devices[i];
		struct bus_range *range = range_of(dev);

		lock_take(&range->lock);
		axvm_device_set_irq(dev, false);
		dev->deadline = UINT64_MAX;
		memset(dev->state, 0, dev->model->state_size);
		dev->model->reset(dev);
		lock_drop(&range->lock);
	}
}

/* ---- Services to models ---- */

void axvm_device_set_irq(struct axvm_device *dev, bool level)
{
	if (dev->line == level)
		return;
	dev->line = level;
	arch_irq_set_line(dev->vm, arch_device_irq(dev->config->irq_id), level);
}

void axvm_device_console_write(struct axvm_device *dev, const uint8_t *bytes, size_t len)
{
	struct axvm_hal *hal = dev->vm->hal;

	hal->console_write(hal, dev->vm->config.id, bytes, len);
}

uint64_t axvm_device_now(struct axvm_device *dev)
{
	return vm_time(dev->vm);
}

uint64_t axvm_device_wall_clock_base(struct axvm_device *dev)
{
	struct axvm_hal *hal = dev->vm->hal;
	uint64_t wall = hal->wall_clock_seconds(hal);
	uint64_t run = axvm_device_now(dev) / NANOS_PER_SECOND;

	return wall > run ? wall - run : 0;
}

void axvm_device_power(struct axvm_device *dev, enum axvm_device_power how, uint64_t code)
{
	static const enum axvm_stop_reason reasons[] = {
		[AXVM_DEVICE_POWER_OFF] = AXVM_STOP_GUEST_OFF,
		[AXVM_DEVICE_RESET] = AXVM_STOP_GUEST_RESET,
		[AXVM_DEVICE_FAILURE] = AXVM_STOP_FAULT,
	};

	if (how == AXVM_DEVICE_FAILURE)
		vm_log(dev->vm, AXVM_LOG_WARN, "the guest reports a failure, code %llu",
		       (unsigned long long)code);
	vm_stop(dev->vm, reasons[how]);
}

enum axvm_error axvm_device_read_guest(struct axvm_device *dev, axvm_gpa_t gpa, void *buf,
				       size_t len)
{
	return aspace_read(&dev->vm->aspace, gpa, buf, len);
}

enum axvm_error axvm_device_write_guest(struct axvm_device *dev, axvm_gpa_t gpa, const void *buf,
					size_t len)
{
	return aspace_write(&dev->vm->aspace, gpa, buf, len);
}

/* ---- Timers ---- */

static void deadline_lower(struct axvm *vm, uint64_t deadline)
{
	uint64_t old = __atomic_load_n(&vm->device_deadline, __ATOMIC_SEQ_CST);

	while (deadline < old &&
	       !__atomic_compare_exchange_n(&vm->device_deadline, &old, deadline, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

/* The vCPU that does this looks at the deadline when it comes back from its host. */
void axvm_device_set_timer(struct axvm_device *dev, uint64_t deadline)
{
	struct axvm *vm = dev->vm;
	uint32_t self = vm->hal->current_vcpu_id(vm->hal);

	dev->deadline = deadline;
	if (deadline == UINT64_MAX)
		return;
	deadline_lower(vm, deadline);
	if (vm->hal->current_vm_id(vm->hal) == vm->config.id && self < vm->vcpu_num)
		vcpu_notify(&vm->vcpus[self], VCPU_REQ_LEAVE);
}

uint64_t devices_deadline(struct axvm *vm)
{
	return vm_time_to_host(vm, __atomic_load_n(&vm->device_deadline, __ATOMIC_SEQ_CST));
}

static void device_expire(struct axvm_device *dev)
{
	struct bus_range *range = range_of(dev);

	lock_take(&range->lock);
	if (dev->deadline <= axvm_device_now(dev)) {
		dev->deadline = UINT64_MAX;
		if (dev->model->timer)
			dev->model->timer(dev);
	}
	deadline_lower(dev->vm, dev->deadline);
	lock_drop(&range->lock);
}

void devices_expire(struct axvm *vm)
{
	__atomic_store_n(&vm->device_deadline, UINT64_MAX, __ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < vm->device_num; i++)
		device_expire(&vm->devices[i]);
}

/* ---- The console ---- */

size_t axvm_console_input(struct axvm *vm, const uint8_t *bytes, size_t len)
{
	for (uint32_t i = 0; vm && bytes && i < vm->device_num; i++) {
		struct axvm_device *dev = &vm->devices[i];
		struct bus_range *range;
		size_t taken;

		if (!dev->model->console_input)
			continue;
		range = range_of(dev);
		lock_take(&range->lock);
		taken = dev->model->console_input(dev, bytes, len);
		lock_drop(&range->lock);
		return taken;
	}
	return 0;
}
