/* SPDX-License-Identifier: Apache-2.0 */
/* The life cycle of a VM: every edge that exists, and those that do not. */
#include "arch.h"
#include "sim_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB  (UINT64_C(1) << 20)
#define RAM  UINT64_C(0x40000000)
#define UART UINT64_C(0x09000000)
#define RWX  (AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE)
#define IMSC 0x38

struct fixture {
	struct sim_host sim;
	struct axvm_config config;
	struct axvm *vm;
};

static const uint8_t kernel[0x1000] = { 0x1f, 0x20, 0x03, 0xd5 };

static int setup(void **state)
{
	const struct axvm_machine *machine = axvm_machine_get(AXVM_ARCH_AARCH64);
	struct fixture *f = calloc(1, sizeof(*f));

	sim_host_init(&f->sim);
	f->config = (struct axvm_config){
		.arch = AXVM_ARCH_AARCH64,
		.id = 1,
		.name = "life",
		.cpu_num = 2,
		.interrupt_mode = AXVM_INTERRUPT_EMULATED,
		.memory_region_num = 1,
		.memory_regions = { { RAM, 32 * MIB, RWX, AXVM_MAP_ALLOC } },
		.emu_device_num = (uint32_t)machine->device_num,
	};
	memcpy(f->config.emu_devices, machine->devices,
	       machine->device_num * sizeof(f->config.emu_devices[0]));
	assert_int_equal(axvm_new(&f->sim.hal, &f->config, &f->vm, NULL), AXVM_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	axvm_put(f->vm);
	sim_host_fini(&f->sim);
	free(f);
	return 0;
}

static enum axvm_error load(struct fixture *f)
{
	const struct axvm_images images = { .kernel = { kernel, sizeof(kernel) } };

	return axvm_load_images(f->vm, &images, NULL);
}

static void stop(struct fixture *f)
{
	assert_int_equal(load(f), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm), AXVM_OK);
	assert_int_equal(axvm_shutdown(f->vm), AXVM_OK);
	assert_int_equal(axvm_status(f->vm), AXVM_VM_STOPPED);
}

static unsigned reset(struct fixture *f)
{
	enum axvm_error err;
	unsigned calls = 0;

	do {
		assert_in_range(++calls, 1, 100);
		err = axvm_reset(f->vm);
	} while (err == AXVM_ERR_WOULD_BLOCK);
	assert_int_equal(err, AXVM_OK);
	return calls;
}

static void edges_that_do_not_exist(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(axvm_reset(f->vm), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_shutdown(f->vm), AXVM_ERR_BAD_STATE);
	assert_int_equal(load(f), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm), AXVM_OK);
	assert_true(axvm_running(f->vm));
	assert_int_equal(axvm_boot(f->vm), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_reset(f->vm), AXVM_ERR_BAD_STATE);
	assert_int_equal(load(f), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_shutdown(f->vm), AXVM_OK);
	assert_int_equal(axvm_stop_reason(f->vm), AXVM_STOP_SHUTDOWN);
	assert_int_equal(axvm_shutdown(f->vm), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_boot(f->vm), AXVM_ERR_BAD_STATE);
}

/* A VM with a vCPU inside axvm_run_vcpu() stops when that has left. */
static void stopping_ends_with_the_last_vcpu(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm), AXVM_OK);
	f->vm->active = 1;
	assert_int_equal(axvm_shutdown(f->vm), AXVM_OK);
	assert_true(axvm_shutting_down(f->vm));
	assert_int_equal(axvm_reset(f->vm), AXVM_ERR_BAD_STATE);
	vm_left(f->vm);
	assert_int_equal(axvm_status(f->vm), AXVM_VM_STOPPED);
}

static void lesson_26_reset_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct bus_range *uart = bus_find(&f->vm->bus, UART, 4);
	uint64_t dirt = 0x5a5a5a5a, end = RAM + 32 * MIB - sizeof(dirt);

	stop(f);
	bus_write(uart, UART + IMSC, 4, 0x50, NULL);
	assert_int_equal(axvm_inject_interrupt_to_vcpu(f->vm, 1, 40), AXVM_OK);
	assert_int_equal(axvm_write_to_guest(f->vm, axvm_gpa(end), &dirt, sizeof(dirt)), AXVM_OK);
	assert_true(reset(f) > 1); /* in steps, so that nobody waits for long */
	assert_int_equal(axvm_status(f->vm), AXVM_VM_CREATED);
	assert_int_equal(axvm_stop_reason(f->vm), AXVM_STOP_NONE);
	assert_int_equal(axvm_read_from_guest(f->vm, axvm_gpa(end), &dirt, sizeof(dirt)), AXVM_OK);
	assert_int_equal(dirt, 0);
	assert_int_equal(axvm_read_from_guest(f->vm, axvm_gpa(RAM + 2 * MIB), &dirt, sizeof(dirt)),
			 AXVM_OK);
	assert_int_equal(dirt, 0); /* the kernel too: it is loaded again */
	assert_int_equal(bus_read(uart, UART + IMSC, 4, NULL), 0);
	assert_false(arch_vcpu_irq_pending(&f->vm->vcpus[0]));
	assert_false(axvm_vcpu_runnable(&f->vm->vcpus[0]));
}

static void a_reset_vm_runs_again(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 3; i++) {
		f->sim.now += 1000;
		stop(f);
		assert_int_equal(vm_time(f->vm), 0); /* its time starts anew */
		reset(f);
	}
	assert_int_equal(axvm_status(f->vm), AXVM_VM_CREATED);
}

static void a_reset_keeps_what_is_the_platforms(void **state)
{
	struct fixture *f = *state;
	uint32_t value = 0x600d;

	/* As aspace_add_region() marks a RESERVED region. */
	f->vm->aspace.chunks->keep = true;
	stop(f);
	assert_int_equal(axvm_write_to_guest(f->vm, axvm_gpa(RAM + 4 * MIB), &value, sizeof(value)),
			 AXVM_OK);
	reset(f);
	assert_int_equal(
		axvm_read_from_guest(f->vm, axvm_gpa(RAM + 4 * MIB), &value, sizeof(value)),
		AXVM_OK);
	assert_int_equal(value, 0x600d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(edges_that_do_not_exist, setup, teardown),
		cmocka_unit_test_setup_teardown(stopping_ends_with_the_last_vcpu, setup, teardown),
		cmocka_unit_test_setup_teardown(lesson_26_reset_leaves_nothing_behind, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_reset_vm_runs_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reset_keeps_what_is_the_platforms, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
