/* SPDX-License-Identifier: Apache-2.0 */
/* Making a VM: what axvm_new() refuses, that a refusal leaves nothing, and references to one. */
#include "vm.h"
#include "guest_calls.h"
#include "intc_set.h"
#include <axvm/device.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB    UINT64_C(0x100000)
#define PAGE   UINT64_C(0x1000)
#define RW     (AXVM_MEM_READ | AXVM_MEM_WRITE)
#define LIMIT  (UINT64_C(1) << 40)
#define RANGE  (SIM_RAM_BASE + 64 * MIB) /* of the host's RAM, below LIMIT */
#define DEVICE UINT64_C(0x0b000000)
#define WINDOW UINT64_C(0x0c000000)

struct fixture {
	struct sim_host host;
	struct axvm_config config;
	struct axvm_diag diag;
	struct axvm *vm;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sim_host_init(&f->host);
	sim_config(&f->config, 1, 2);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	axvm_put(f->vm);
	assert_null(f->host.host.vms);
	sim_host_fini(&f->host);
	free(f);
	return 0;
}

static enum axvm_error build(struct fixture *f)
{
	return axvm_new(&f->host.hal, &f->config, &f->vm, &f->diag);
}

/* The refusal of one more VM: its error, its place; and nothing else has changed. */
static void refused(struct fixture *f, enum axvm_error error, const char *where)
{
	struct axvm *const before = f->vm, *const first = f->host.host.vms;
	size_t frames = f->host.frames_used;

	memset(&f->diag, 0, sizeof(f->diag));
	assert_int_equal(build(f), error);
	assert_ptr_equal(f->vm, before);
	assert_ptr_equal(f->host.host.vms, first);
	assert_int_equal(f->host.frames_used, frames);
	assert_int_equal(f->diag.error, error);
	assert_non_null(f->diag.what);
	assert_string_equal(f->diag.where, where);
}

static void add_region(struct axvm_config *c, uint64_t gpa, uint64_t size, uint32_t flags,
		       uint32_t map_type)
{
	c->memory_regions[c->memory_region_num++] = (struct axvm_memory_region){ gpa, size, flags,
										 map_type };
}

static void add_device(struct axvm_config *c, const char *name, uint64_t base, uint64_t length,
		       uint32_t type)
{
	struct axvm_emu_device *d = &c->emu_devices[c->emu_device_num++];

	*d = (struct axvm_emu_device){ .base_gpa = base, .length = length, .emu_type = type };
	strcpy(d->name, name);
	d->irq_id = 50;
}

static void add_pass_through(struct axvm_config *c, uint64_t gpa, uint64_t hpa, uint64_t length)
{
	struct axvm_pass_through_device *d = &c->pass_through_devices[c->pass_through_device_num++];

	*d = (struct axvm_pass_through_device){
		.name = "gpio", .base_gpa = gpa, .base_hpa = hpa, .length = length
	};
}

/* ---- Arguments ---- */

static void null_arguments(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(axvm_new(NULL, &f->config, &f->vm, &f->diag), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(f->diag.error, AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_new(&f->host.hal, NULL, &f->vm, NULL), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_new(&f->host.hal, &f->config, NULL, NULL), AXVM_ERR_INVALID_INPUT);
	assert_null(f->vm);
	assert_int_equal(axvm_new(&f->host.hal, &f->config, &f->vm, NULL), AXVM_OK);
}

/* A struct axvm_hal is pointers only: without any one of them there is no VM. */
static void each_operation_of_the_host_is_needed(void **state)
{
	struct fixture *f = *state;
	const struct axvm_hal whole = f->host.hal;

	for (size_t i = 0; i < sizeof(whole) / sizeof(void *); i++) {
		memset((uint8_t *)&f->host.hal + i * sizeof(void *), 0, sizeof(void *));
		assert_int_equal(build(f), AXVM_ERR_INVALID_INPUT);
		f->host.hal = whole;
	}
	assert_null(f->vm);
	assert_int_equal(build(f), AXVM_OK);
}

/* ---- The configuration ---- */

static void illegal_memory_flags(void **state)
{
	static const uint32_t flags[] = { 0, AXVM_MEM_USER, RW | 0x80, RW | 0x80000000,
					  RW | AXVM_MEM_DEVICE };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		f->config.memory_regions[0].flags = flags[i];
		refused(f, AXVM_ERR_INVALID_INPUT, "kernel.memory_regions[0].flags");
	}
}

static void overlaps(void **state)
{
	struct fixture *f = *state;
	struct axvm_config good = f->config;
	uint64_t ram = good.memory_regions[0].gpa;

	add_region(&f->config, ram + 31 * MIB, 2 * MIB, RW, AXVM_MAP_ALLOC);
	refused(f, AXVM_ERR_ALREADY_EXISTS, "kernel.memory_regions[1]");
	f->config = good;
	add_device(&f->config, "second", good.emu_devices[3].base_gpa, PAGE, AXVM_EMU_RTC);
	refused(f, AXVM_ERR_ALREADY_EXISTS, "devices.emu_devices[4]");
	f->config = good;
	add_device(&f->config, "second", ram, PAGE, AXVM_EMU_RTC);
	refused(f, AXVM_ERR_ALREADY_EXISTS, "devices.emu_devices[4]");
	f->config = good;
	add_pass_through(&f->config, ram + 32 * MIB - 1, DEVICE + PAGE - 1, 1);
	refused(f, AXVM_ERR_ALREADY_EXISTS, "devices.passthrough_devices[0]");
}

static void lesson_36_bounds_of_a_configuration_are_checked(void **state)
{
	static const struct axvm_memory_region regions[] = {
		{ LIMIT, PAGE, RW, AXVM_MAP_ALLOC },
		{ LIMIT - PAGE, 2 * PAGE, RW, AXVM_MAP_ALLOC },
		{ UINT64_MAX - PAGE + 1, PAGE, RW, AXVM_MAP_ALLOC },
		{ PAGE, UINT64_MAX - PAGE + 1, RW, AXVM_MAP_IDENTICAL },
		{ UINT64_C(1) << 63, UINT64_C(1) << 63, RW, AXVM_MAP_RESERVED },
		{ PAGE, 0, RW, AXVM_MAP_ALLOC },
	};
	static const uint32_t cpus[] = { 0, AXVM_MAX_VCPUS + 1, UINT32_MAX };
	struct fixture *f = *state;
	struct axvm_config good = f->config;

	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
		f->config.memory_regions[0] = regions[i];
		assert_int_equal(build(f), AXVM_ERR_INVALID_INPUT);
	}
	f->config = good;
	for (size_t i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
		f->config.cpu_num = cpus[i];
		refused(f, AXVM_ERR_INVALID_INPUT, "base.cpu_num");
	}
	f->config = good;
	f->config.memory_region_num = AXVM_MAX_MEMORY_REGIONS + 1;
	assert_int_equal(build(f), AXVM_ERR_INVALID_INPUT);
	f->config = good;
	f->config.emu_device_num = UINT32_MAX;
	assert_int_equal(build(f), AXVM_ERR_INVALID_INPUT);
	f->config = good;
	add_pass_through(&f->config, DEVICE, UINT64_MAX - PAGE + 1, 2 * PAGE);
	assert_int_equal(build(f), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(f->host.frames_used, 0);
	assert_null(f->vm);
}

static void unsupported(void **state)
{
	struct fixture *f = *state;
	struct axvm_config good = f->config;

	f->config.arch = 99;
	refused(f, AXVM_ERR_UNSUPPORTED, "");
	f->config = good;
	f->config.interrupt_mode = AXVM_INTERRUPT_PASSTHROUGH;
	refused(f, AXVM_ERR_UNSUPPORTED, "devices.interrupt_mode");
	f->config = good;
	add_device(&f->config, "disk", DEVICE, PAGE, AXVM_EMU_VIRTIO_BLK);
	assert_int_equal(build(f), AXVM_ERR_UNSUPPORTED);
	f->config = good;
	axvm_sim_set_hardware(false);
	refused(f, AXVM_ERR_UNSUPPORTED, "");
	axvm_sim_set_hardware(true);
	assert_int_equal(f->host.frames_used, 0);
}

static void types_of_devices_without_a_model(void **state)
{
	static const enum axvm_emu_type types[] = {
		AXVM_EMU_INTERRUPT_CONTROLLER,
		AXVM_EMU_FW_CFG,
		AXVM_EMU_ITS,
		AXVM_EMU_IOAPIC,
		AXVM_EMU_PIT,
		AXVM_EMU_PLIC,
		AXVM_EMU_VIRTIO_BLK,
		AXVM_EMU_VIRTIO_NET,
		AXVM_EMU_VIRTIO_CONSOLE,
	};
	struct fixture *f = *state;
	uint32_t last = f->config.emu_device_num;
	char where[64];

	add_device(&f->config, "strange", DEVICE, PAGE, types[0]);
	snprintf(where, sizeof(where), "devices.emu_devices[%u].emu_type", last);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		f->config.emu_devices[last].emu_type = types[i];
		refused(f, AXVM_ERR_UNSUPPORTED, where);
		assert_int_equal(f->diag.values[0].value, types[i]);
	}
}

/* It is there, and neither its guest nor anybody else is told. */
static void a_dummy_device(void **state)
{
	struct fixture *f = *state;
	struct bus_range *range;

	add_device(&f->config, "nothing", DEVICE + 0x10, 0x20, AXVM_EMU_DUMMY);
	assert_int_equal(build(f), AXVM_OK);
	range = bus_find(&f->vm->bus, DEVICE + 0x28, 8);
	assert_non_null(range);
	bus_write(range, DEVICE + 0x28, 8, UINT64_MAX, NULL);
	assert_int_equal(bus_read(range, DEVICE + 0x28, 8, NULL), 0);
	assert_null(bus_find(&f->vm->bus, DEVICE + 0x30, 1));
}

/* Each machine as it is, with every device that a model answers for, and a kernel in its place. */
static void each_machine(void **state)
{
	struct fixture *f = *state;
	static const uint8_t kernel[16];
	const struct axvm_images images = { .kernel = { kernel, sizeof(kernel) } };
	const struct axvm_machine *machine;
	enum axvm_arch arch;

	for (arch = AXVM_ARCH_AARCH64; (machine = axvm_machine_get(arch)); arch++) {
		const struct axvm_crate_config crate = { .arch = arch,
							 .kernel.memory = axvm_some(8 * MIB) };

		assert_int_equal(axvm_config_from_crate_config(&crate, &f->config, NULL), AXVM_OK);
		assert_int_equal(build(f), AXVM_OK);
		for (size_t i = 0; i < machine->device_num; i++) {
			const struct axvm_emu_device *d = &machine->devices[i];

			if (!is_intc(arch, d->emu_type)) /* the backend's */
				assert_non_null(bus_find(&f->vm->bus, d->base_gpa, 4));
		}
		assert_int_equal(axvm_load_images(f->vm, &images, &f->diag), AXVM_OK);
		assert_int_equal(f->vm->vcpus[0].boot.entry, machine->ram_base + 2 * MIB);
		assert_int_equal(f->vm->vcpus[0].boot.arg, machine->ram_base);
		assert_int_equal(axvm_boot(f->vm), AXVM_OK);
		axvm_put(f->vm);
		f->vm = NULL;
		assert_int_equal(f->host.frames_used, 0);
	}
	assert_true(arch > AXVM_ARCH_RISCV64);
}

static void same_id_or_name(void **state)
{
	struct fixture *f = *state;
	struct axvm *first;

	assert_int_equal(build(f), AXVM_OK);
	first = f->vm;
	refused(f, AXVM_ERR_ALREADY_EXISTS, "base.id");
	f->config.id = 2;
	refused(f, AXVM_ERR_ALREADY_EXISTS, "base.name");
	assert_ptr_equal(f->vm, first);
}

/* ---- Errors of the host pass through ---- */

static enum axvm_error io_error_at(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
	(void)hal;
	(void)base;
	(void)size;
	return AXVM_ERR_IO;
}

static void errors_of_the_host_pass_through(void **state)
{
	struct fixture *f = *state;
	struct axvm_config good = f->config;

	add_region(&f->config, RANGE, MIB, RW, AXVM_MAP_IDENTICAL);
	f->host.hal.alloc_memory_region_at = io_error_at;
	refused(f, AXVM_ERR_IO, "kernel.memory_regions[1]");
	f->config = good;
	add_pass_through(&f->config, DEVICE, DEVICE, PAGE);
	f->host.hal.check_device = io_error_at;
	refused(f, AXVM_ERR_IO, "devices.passthrough_devices[0]");
	assert_string_equal(f->diag.other, "gpio");
}

static void host_ranges(void **state)
{
	struct fixture *f = *state;
	struct axvm_config good = f->config;
	axvm_hpa_t taken;

	assert_int_equal(f->host.hal.alloc_frame(&f->host.hal, &taken), AXVM_OK);
	add_region(&f->config, taken.v, PAGE, RW, AXVM_MAP_IDENTICAL);
	refused(f, AXVM_ERR_RESOURCE_BUSY, "kernel.memory_regions[1]");
	f->host.hal.dealloc_frame(&f->host.hal, taken);
	f->config = good;
	add_region(&f->config, PAGE, PAGE, RW, AXVM_MAP_RESERVED);
	refused(f, AXVM_ERR_NOT_FOUND, "kernel.memory_regions[1]");
	f->config = good;
	add_pass_through(&f->config, DEVICE, SIM_RAM_BASE, PAGE);
	refused(f, AXVM_ERR_PERMISSION_DENIED, "devices.passthrough_devices[0]");
}

/* ---- All or nothing ---- */

/* Every kind of region, device, passthrough and channel. */
static void everything(struct axvm_config *c)
{
	struct axvm_ivc_channel *channel = &c->ivc_channels[0];

	add_region(c, UINT64_C(0x80001000), 3 * MIB, AXVM_MEM_READ, AXVM_MAP_ALLOC);
	add_region(c, RANGE, 2 * MIB, RW, AXVM_MAP_IDENTICAL);
	add_region(c, RANGE + 8 * MIB, MIB, RW | AXVM_MEM_SHARED, AXVM_MAP_RESERVED);
	add_device(c, "second", DEVICE, PAGE, AXVM_EMU_CONSOLE);
	add_device(c, "ivc", WINDOW, 16 * PAGE, AXVM_EMU_IVC_CHANNEL);
	add_pass_through(c, DEVICE + 2 * PAGE + 0x80, 0x80, 2 * PAGE);
	c->ivc_channel_num = 1;
	channel->key = 7;
	channel->irq_id = 61;
	channel->size = 4 * PAGE;
	channel->subscriber_num = 1;
	strcpy(channel->subscribers[0].name, "other");
	channel->subscribers[0].rights = AXVM_ACCESS_READ;
}

/*
 * Reserving a host range is an allocation as well, which has another name for its failure. The
 * diagnostic still holds an earlier refusal: each of these says what it is.
 */
static void lesson_31_each_failing_allocation_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	unsigned busy = 0;
	size_t num = 0;

	everything(&f->config);
	f->host.largest = 256;
	for (;; num++) {
		enum axvm_error err;

		assert_true(num < 10000);
		f->diag.error = AXVM_ERR_IO;
		f->host.fail_after = num;
		err = build(f);
		f->host.fail_after = SIZE_MAX;
		if (err == AXVM_OK)
			break;
		busy += err == AXVM_ERR_RESOURCE_BUSY;
		assert_true(err == AXVM_ERR_NO_MEMORY || err == AXVM_ERR_RESOURCE_BUSY);
		assert_int_equal(f->diag.error, err);
		assert_int_equal(f->host.frames_used, 0);
		assert_null(f->host.host.vms);
		assert_null(f->vm);
	}
	assert_int_equal(busy, 2);
	assert_true(num > 20);
}

static void built_a_thousand_times(void **state)
{
	struct fixture *f = *state;

	everything(&f->config);
	f->config.memory_regions[0].size = MIB;
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(build(f), AXVM_OK);
		axvm_put(f->vm);
		f->vm = NULL;
		assert_int_equal(f->host.frames_used, 0);
	}
}

/* Whose configuration changes at which allocation. */
struct meddler {
	struct axvm_hal whole;
	struct axvm_config *config;
	unsigned countdown;
};

static struct meddler *meddler_of(struct axvm_hal *hal)
{
	struct meddler *m = ((struct sim_host *)(void *)hal)->data;

	if (m->countdown-- == 0) {
		m->config->cpu_num = UINT32_MAX;
		m->config->emu_device_num = UINT32_MAX;
		m->config->memory_region_num = UINT32_MAX;
	}
	return m;
}

static enum axvm_error meddling_alloc(struct axvm_hal *hal, size_t frames, uint64_t align,
				      axvm_hpa_t *out)
{
	return meddler_of(hal)->whole.alloc_contiguous(hal, frames, align, out);
}

static enum axvm_error meddling_alloc_frame(struct axvm_hal *hal, axvm_hpa_t *out)
{
	return meddler_of(hal)->whole.alloc_frame(hal, out);
}

/* A configuration that changes between its check and its use, at any allocation between them. */
static void lesson_43_the_configuration_is_read_once(void **state)
{
	struct fixture *f = *state;
	const struct axvm_config good = f->config;
	struct meddler m = { .whole = f->host.hal, .config = &f->config };

	f->host.data = &m;
	f->host.hal.alloc_contiguous = meddling_alloc;
	f->host.hal.alloc_frame = meddling_alloc_frame;
	for (unsigned i = 0; i < 20; i++) {
		enum axvm_error err;

		m.countdown = i;
		f->config = good;
		err = build(f);
		assert_true(err == AXVM_OK || err == AXVM_ERR_INVALID_INPUT);
		assert_true(err != AXVM_OK || axvm_vcpu_num(f->vm) == good.cpu_num);
		axvm_put(f->vm);
		f->vm = NULL;
	}
}

/* It is a number like any other: to build, to find its vCPUs by, to collide with. */
static void lesson_04_a_vm_of_id_0(void **state)
{
	struct fixture *f = *state;
	struct axvm_exit exit;
	struct sim_vm *vm;

	f->config.id = 0;
	assert_int_equal(sim_vm_new(&f->host, &f->config, &vm, NULL), AXVM_OK);
	assert_int_equal(axvm_id(vm->vm), 0);
	assert_int_equal(axvm_boot(vm->vm), AXVM_OK);
	assert_int_equal(sim_run(vm, 0, &exit), AXVM_OK);
	assert_int_equal(f->host.hal.inject_irq_to_vcpu(&f->host.hal, 0, 1, 9), AXVM_OK);
	strcpy(f->config.name, "another");
	refused(f, AXVM_ERR_ALREADY_EXISTS, "base.id");
	sim_vm_free(vm);
}

/* ---- References and accessors ---- */

static void *take_and_give(void *arg)
{
	for (unsigned i = 0; i < 10000; i++)
		axvm_put(axvm_get(arg));
	return NULL;
}

static void the_last_reference_ends_it(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[8];
	struct axvm *vm;

	assert_null(axvm_get(NULL));
	axvm_put(NULL);
	assert_int_equal(build(f), AXVM_OK);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, f->vm), 0);
	for (unsigned i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	vm = axvm_get(f->vm);
	assert_ptr_equal(vm, f->vm);
	axvm_put(f->vm);
	f->vm = NULL;
	assert_int_equal(axvm_id(vm), 1);
	assert_true(f->host.frames_used > 0);
	axvm_put(vm);
	assert_int_equal(f->host.frames_used, 0);
	assert_null(f->host.host.vms);
}

static void accessors(void **state)
{
	struct fixture *f = *state;
	struct axvm_device *devices;
	struct axvm_vcpu *vcpu;
	size_t num = 0;

	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(axvm_id(f->vm), 1);
	assert_string_equal(axvm_name(f->vm), "vm1");
	assert_memory_equal(axvm_config(f->vm), &f->config, sizeof(f->config));
	assert_ptr_not_equal(axvm_config(f->vm), &f->config);
	assert_int_equal(axvm_vcpu_num(f->vm), 2);
	assert_int_equal(axvm_vcpu(f->vm, 1, &vcpu), AXVM_OK);
	assert_int_equal(axvm_vcpu_id(vcpu), 1);
	assert_int_equal(axvm_vcpu(f->vm, 2, &vcpu), AXVM_ERR_NOT_FOUND);
	assert_int_equal(axvm_vcpu(f->vm, UINT32_MAX, &vcpu), AXVM_ERR_NOT_FOUND);
	assert_int_equal(axvm_vcpu_id(vcpu), 1); /* as before */
	assert_int_equal(axvm_status(f->vm), AXVM_VM_CREATED);
	assert_false(axvm_running(f->vm));
	assert_false(axvm_shutting_down(f->vm));
	assert_int_equal(axvm_stop_reason(f->vm), AXVM_STOP_NONE);
	assert_int_equal(axvm_ept_root(f->vm).v % PAGE, 0);
	assert_true(axvm_ept_root(f->vm).v >= SIM_RAM_BASE);
	assert_int_equal(axvm_overhead(f->vm) + 32 * MIB, f->host.frames_used * PAGE);
	devices = axvm_get_devices(f->vm, &num);
	assert_int_equal(num, 2);
	assert_string_equal(devices[0].model->name, "pl011");
	assert_string_equal(devices[1].model->name, "pl031");
}

static void accessors_of_null(void **state)
{
	struct axvm_vcpu *vcpu = NULL;
	size_t num = 7;

	(void)state;
	assert_int_equal(axvm_id(NULL), AXVM_NO_ID);
	assert_string_equal(axvm_name(NULL), "");
	assert_null(axvm_config(NULL));
	assert_int_equal(axvm_vcpu(NULL, 0, &vcpu), AXVM_ERR_INVALID_INPUT);
	assert_null(vcpu);
	assert_int_equal(axvm_vcpu_num(NULL), 0);
	assert_int_equal(axvm_status(NULL), AXVM_VM_DESTROYED);
	assert_false(axvm_running(NULL));
	assert_false(axvm_shutting_down(NULL));
	assert_int_equal(axvm_stop_reason(NULL), AXVM_STOP_NONE);
	assert_int_equal(axvm_ept_root(NULL).v, 0);
	assert_int_equal(axvm_overhead(NULL), 0);
	assert_null(axvm_get_devices(NULL, &num));
	assert_int_equal(axvm_console_input(NULL, (const uint8_t *)"x", 1), 0);
	assert_int_equal(axvm_vcpu_id(NULL), AXVM_NO_ID);
	assert_int_equal(axvm_vcpu_get_state(NULL), AXVM_VCPU_INVALID);
	assert_null(axvm_vcpu_get_stats(NULL));
	assert_false(axvm_vcpu_runnable(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(null_arguments),
		T(each_operation_of_the_host_is_needed),
		T(illegal_memory_flags),
		T(overlaps),
		T(lesson_36_bounds_of_a_configuration_are_checked),
		T(unsupported),
		T(types_of_devices_without_a_model),
		T(a_dummy_device),
		T(each_machine),
		T(same_id_or_name),
		T(errors_of_the_host_pass_through),
		T(host_ranges),
		T(lesson_31_each_failing_allocation_leaves_nothing),
		T(built_a_thousand_times),
		T(lesson_43_the_configuration_is_read_once),
		T(lesson_04_a_vm_of_id_0),
		T(the_last_reference_ends_it),
		T(accessors),
		T(accessors_of_null),
	};

	return cmocka_run_group_tests_name("new", tests, NULL, NULL);
}
