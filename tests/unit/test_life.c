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

/* ---- Every call in every state ---- */

enum call { BOOT, SHUTDOWN, PAUSE, RESUME, RESET, DESTROY, LOAD, CALLS };

static enum axvm_error make_call(struct fixture *f, enum call call)
{
	switch (call) {
	case BOOT:
		return axvm_boot(f->vm);
	case SHUTDOWN:
		return axvm_shutdown(f->vm);
	case PAUSE:
		return axvm_pause(f->vm);
	case RESUME:
		return axvm_resume(f->vm);
	case RESET:
		return axvm_reset(f->vm);
	case DESTROY:
		return axvm_destroy(f->vm);
	case LOAD:
	case CALLS:
		break;
	}
	return load(f);
}

/* From CREATED to a state. STOPPING: a vCPU has not left yet. */
static void bring_to(struct fixture *f, enum axvm_vm_status status)
{
	assert_int_equal(load(f), AXVM_OK);
	if (status == AXVM_VM_DESTROYED)
		assert_int_equal(axvm_destroy(f->vm), AXVM_OK);
	else if (status != AXVM_VM_CREATED)
		assert_int_equal(axvm_boot(f->vm), AXVM_OK);
	if (status == AXVM_VM_PAUSED)
		assert_int_equal(axvm_pause(f->vm), AXVM_OK);
	f->vm->active = status == AXVM_VM_STOPPING;
	if (status == AXVM_VM_STOPPING || status == AXVM_VM_STOPPED)
		assert_int_equal(axvm_shutdown(f->vm), AXVM_OK);
	assert_int_equal(axvm_status(f->vm), status);
}

/* The state that a call leads to; what is not named here is an edge that does not exist. */
static const struct edge {
	enum axvm_vm_status from;
	enum call call;
	enum axvm_vm_status to;
} edges[] = {
	{ AXVM_VM_CREATED, BOOT, AXVM_VM_RUNNING },
	{ AXVM_VM_CREATED, LOAD, AXVM_VM_CREATED },
	{ AXVM_VM_CREATED, DESTROY, AXVM_VM_DESTROYED },
	{ AXVM_VM_RUNNING, PAUSE, AXVM_VM_PAUSED },
	{ AXVM_VM_RUNNING, SHUTDOWN, AXVM_VM_STOPPED },
	{ AXVM_VM_RUNNING, DESTROY, AXVM_VM_DESTROYED },
	{ AXVM_VM_PAUSED, RESUME, AXVM_VM_RUNNING },
	{ AXVM_VM_PAUSED, SHUTDOWN, AXVM_VM_STOPPED },
	{ AXVM_VM_PAUSED, DESTROY, AXVM_VM_DESTROYED },
	{ AXVM_VM_STOPPED, RESET, AXVM_VM_CREATED },
	{ AXVM_VM_STOPPED, DESTROY, AXVM_VM_DESTROYED },
	/* STOPPING -> DESTROYED waits for the vCPU: test_pause.c */
};

static const struct edge *edge_find(enum axvm_vm_status from, enum call call)
{
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		if (edges[i].from == from && edges[i].call == call)
			return &edges[i];
	return NULL;
}

static void take_edge(struct fixture *f, enum axvm_vm_status from, enum call call)
{
	const struct edge *edge = edge_find(from, call);
	enum axvm_error err = make_call(f, call);

	while (call == RESET && err == AXVM_ERR_WOULD_BLOCK)
		err = axvm_reset(f->vm);
	assert_int_equal(err, edge ? AXVM_OK : AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_status(f->vm), edge ? edge->to : from);
	f->vm->active = 0;
}

static void every_call_in_every_state(void **state)
{
	struct fixture *f = *state;

	for (unsigned from = AXVM_VM_CREATED; from <= AXVM_VM_DESTROYED; from++) {
		for (unsigned call = 0; call < CALLS; call++) {
			if (from == AXVM_VM_STOPPING && call == DESTROY)
				continue;
			bring_to(f, (enum axvm_vm_status)from);
			take_edge(f, (enum axvm_vm_status)from, (enum call)call);
			axvm_put(f->vm);
			assert_int_equal(axvm_new(&f->sim.hal, &f->config, &f->vm, NULL), AXVM_OK);
		}
	}
}

static void booting_needs_hardware(void **state)
{
	struct fixture *f = *state;

	axvm_sim_set_hardware(false);
	assert_int_equal(axvm_boot(f->vm), AXVM_ERR_UNSUPPORTED);
	assert_int_equal(axvm_status(f->vm), AXVM_VM_CREATED);
	axvm_sim_set_hardware(true);
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

/* A thread that has taken a vCPU, and has yet to see that its VM does not run, keeps it: else
 * another could take it too. */
static void a_reset_leaves_a_taken_vcpu_to_its_holder(void **state)
{
	struct fixture *f = *state;

	stop(f);
	f->vm->vcpus[0].state = AXVM_VCPU_BLOCKED;
	f->vm->vcpus[1].state = AXVM_VCPU_READY;
	reset(f);
	assert_int_equal(axvm_vcpu_get_state(&f->vm->vcpus[0]), AXVM_VCPU_FREE);
	assert_int_equal(axvm_vcpu_get_state(&f->vm->vcpus[1]), AXVM_VCPU_READY);
	f->vm->vcpus[1].state = AXVM_VCPU_FREE;
}

/* What the host has mapped and unmapped meanwhile is as it was when the VM was made. */
static void a_reset_undoes_run_time_mappings(void **state)
{
	struct fixture *f = *state;
	const axvm_gpa_t hole = axvm_gpa(RAM + 6 * MIB), fresh = axvm_gpa(RAM + 64 * MIB);
	axvm_hpa_t hpa;
	uint64_t value;

	assert_int_equal(f->sim.hal.alloc_frame(&f->sim.hal, &hpa), AXVM_OK);
	assert_int_equal(axvm_unmap_region(f->vm, hole, 0x1000), AXVM_OK);
	assert_int_equal(axvm_map_region(f->vm, fresh, hpa, 0x1000, AXVM_MEM_READ), AXVM_OK);
	stop(f);
	f->sim.fail_after = 0;
	while (axvm_reset(f->vm) == AXVM_ERR_WOULD_BLOCK)
		;
	assert_int_equal(axvm_reset(f->vm), AXVM_ERR_NO_MEMORY);
	assert_int_equal(axvm_status(f->vm), AXVM_VM_STOPPED);
	assert_int_equal(axvm_read_from_guest(f->vm, fresh, &value, 8), AXVM_OK);
	f->sim.fail_after = SIZE_MAX;
	reset(f);
	assert_int_equal(axvm_read_from_guest(f->vm, fresh, &value, 8), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_read_from_guest(f->vm, hole, &value, 8), AXVM_OK);
	assert_int_equal(value, 0);
	f->sim.hal.dealloc_frame(&f->sim.hal, hpa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_call_in_every_state, setup, teardown),
		cmocka_unit_test_setup_teardown(booting_needs_hardware, setup, teardown),
		cmocka_unit_test_setup_teardown(stopping_ends_with_the_last_vcpu, setup, teardown),
		cmocka_unit_test_setup_teardown(lesson_26_reset_leaves_nothing_behind, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_reset_leaves_a_taken_vcpu_to_its_holder, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_reset_undoes_run_time_mappings, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reset_vm_runs_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reset_keeps_what_is_the_platforms, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
