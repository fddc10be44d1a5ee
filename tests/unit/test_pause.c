/* SPDX-License-Identifier: Apache-2.0 */
/* Pausing, going on and destroying while vCPUs run on threads of their own. */
#include "guest_calls.h"
#include "vm.h"
#include <stdlib.h>
#include <unistd.h>

#define SECOND	 UINT64_C(1000000000)
#define CPUS	 4u
#define RAM	 UINT64_C(0x40000000)
#define HOLD_IRQ 40u

struct fixture {
	struct sim_host host;
	struct axvm_config config;
	struct sim_vm *vm;
	uint64_t counts[CPUS];
	struct guest guest;
};

/* Reads its time and counts, for ever. */
static bool spin(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	uint64_t *count = arg;

	(void)cpu;
	__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
	*next = (struct axvm_sim_step){ .op = AXVM_SIM_TIME, .reg = 3 };
	return true;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sim_host_init(&f->host);
	sim_config(&f->config, 1, CPUS);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->vm)
		sim_vm_free(f->vm);
	if (f->guest.vm)
		sim_vm_free(f->guest.vm);
	sim_host_fini(&f->host);
	free(f);
	return 0;
}

/* All CPUs spin, each on its thread. */
static void start_spinning(struct fixture *f)
{
	struct axvm_vcpu *vcpu;

	assert_int_equal(sim_vm_new(&f->host, &f->config, &f->vm, NULL), AXVM_OK);
	for (uint32_t i = 0; i < CPUS; i++) {
		assert_int_equal(axvm_vcpu(f->vm->vm, i, &vcpu), AXVM_OK);
		assert_int_equal(axvm_sim_set_program(vcpu, spin, &f->counts[i]), AXVM_OK);
		assert_int_equal(axvm_vcpu_set_entry(vcpu, axvm_gpa(0), 0), AXVM_OK);
	}
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
	sim_vm_start(f->vm);
}

static uint64_t count(struct fixture *f, uint32_t i)
{
	return __atomic_load_n(&f->counts[i], __ATOMIC_RELAXED);
}

static void wait_for_progress(struct fixture *f)
{
	for (uint32_t i = 0; i < CPUS; i++)
		for (uint64_t start = count(f, i); count(f, i) < start + 10;)
			usleep(100);
}

static void lesson_27_pause_returns_when_all_have_parked(void **state)
{
	struct fixture *f = *state;
	uint64_t before[CPUS];

	start_spinning(f);
	for (unsigned round = 0; round < 20; round++) {
		wait_for_progress(f);
		assert_int_equal(axvm_pause(f->vm->vm), AXVM_OK);
		assert_int_equal(f->vm->vm->active, 0);
		for (uint32_t i = 0; i < CPUS; i++)
			before[i] = count(f, i);
		usleep(1000);
		for (uint32_t i = 0; i < CPUS; i++)
			assert_int_equal(count(f, i), before[i]);
		assert_int_equal(axvm_resume(f->vm->vm), AXVM_OK);
	}
	wait_for_progress(f);
	assert_int_equal(axvm_shutdown(f->vm->vm), AXVM_OK);
	sim_vm_join(f->vm);
}

static uint64_t guest_time(struct fixture *f)
{
	guest_step(&f->guest, (struct axvm_sim_step){ .op = AXVM_SIM_TIME, .reg = 3 });
	return guest_cpu(&f->guest)->gpr[3];
}

static void lesson_45_time_stands_still_in_a_pause(void **state)
{
	struct fixture *f = *state;
	struct axvm *vm;

	f->config.cpu_num = 1;
	f->host.now = 77 * SECOND;
	guest_boot(&f->guest, &f->host, &f->config);
	vm = f->guest.vm->vm;
	sim_clock_advance(&f->host, SECOND);
	assert_int_equal(guest_time(f), SECOND);
	assert_int_equal(axvm_pause(vm), AXVM_OK);
	sim_clock_advance(&f->host, 1000 * SECOND);
	assert_int_equal(vm_time(vm), SECOND); /* what its devices see */
	assert_int_equal(axvm_resume(vm), AXVM_OK);
	assert_int_equal(guest_time(f), SECOND);
	sim_clock_advance(&f->host, 5);
	assert_int_equal(guest_time(f), SECOND + 5);
	assert_int_equal(vm_time(vm), SECOND + 5);
}

/* Its timer counts on from where it stood. */
static void a_timer_waits_out_a_pause(void **state)
{
	struct fixture *f = *state;
	struct axvm_exit exit;
	struct axvm *vm;

	f->config.cpu_num = 1;
	guest_boot(&f->guest, &f->host, &f->config);
	vm = f->guest.vm->vm;
	guest_step(&f->guest, (struct axvm_sim_step){ .op = AXVM_SIM_TIMER, .value = 3 * SECOND });
	assert_int_equal(guest_step(&f->guest, (struct axvm_sim_step){ .op = AXVM_SIM_HALT }),
			 AXVM_EXIT_HALT);
	sim_clock_advance(&f->host, SECOND);
	assert_int_equal(axvm_pause(vm), AXVM_OK);
	sim_clock_advance(&f->host, 100 * SECOND);
	assert_int_equal(axvm_resume(vm), AXVM_OK);
	assert_int_equal(guest_claim(&f->guest), AXVM_SIM_NO_IRQ);
	sim_clock_advance(&f->host, SECOND);
	assert_int_equal(guest_claim(&f->guest), AXVM_SIM_NO_IRQ);
	sim_clock_advance(&f->host, SECOND);
	assert_int_equal(guest_claim(&f->guest), AXVM_SIM_TIMER_IRQ);
	(void)exit;
}

static void a_paused_vm_does_not_run(void **state)
{
	struct fixture *f = *state;
	struct axvm_exit exit;
	struct axvm_vcpu *vcpu;

	f->config.cpu_num = 1;
	guest_boot(&f->guest, &f->host, &f->config);
	assert_int_equal(axvm_vcpu(f->guest.vm->vm, 0, &vcpu), AXVM_OK);
	assert_int_equal(axvm_pause(f->guest.vm->vm), AXVM_OK);
	assert_false(axvm_vcpu_runnable(vcpu));
	assert_int_equal(sim_run(f->guest.vm, 0, &exit), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_vcpu_bind(vcpu), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_vcpu_get_state(vcpu), AXVM_VCPU_FREE);
	assert_int_equal(axvm_resume(f->guest.vm->vm), AXVM_OK);
	assert_true(axvm_vcpu_runnable(vcpu));
}

static void an_interrupt_in_a_pause_waits(void **state)
{
	struct fixture *f = *state;
	struct axvm *vm;

	f->config.cpu_num = 1;
	guest_boot(&f->guest, &f->host, &f->config);
	vm = f->guest.vm->vm;
	assert_int_equal(axvm_pause(vm), AXVM_OK);
	assert_int_equal(axvm_inject_interrupt_to_vcpu(vm, 1, HOLD_IRQ), AXVM_OK);
	assert_int_equal(axvm_resume(vm), AXVM_OK);
	assert_int_equal(guest_claim(&f->guest), HOLD_IRQ);
}

static void *shut_down(void *arg)
{
	struct fixture *f = arg;

	usleep(500);
	axvm_shutdown(f->vm->vm);
	return NULL;
}

/* Whoever comes first: in the end the VM has stopped, and nobody waits for ever. */
static void pause_and_shutdown_at_once(void **state)
{
	struct fixture *f = *state;
	enum axvm_error err = AXVM_OK;
	pthread_t thread;

	start_spinning(f);
	assert_int_equal(pthread_create(&thread, NULL, shut_down, f), 0);
	while (err == AXVM_OK) {
		err = axvm_pause(f->vm->vm);
		if (err == AXVM_OK)
			err = axvm_resume(f->vm->vm);
	}
	assert_int_equal(err, AXVM_ERR_BAD_STATE);
	pthread_join(thread, NULL);
	sim_vm_join(f->vm);
	assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_STOPPED);
}

/* It takes the VM from under its running vCPUs, and gives back its memory at once. */
static void destroy_while_running(void **state)
{
	struct fixture *f = *state;
	size_t frames;
	uint64_t value;

	start_spinning(f);
	wait_for_progress(f);
	frames = f->host.frames_used;
	assert_int_equal(axvm_destroy(f->vm->vm), AXVM_OK);
	assert_true(f->host.frames_used < frames / 2);
	assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_DESTROYED);
	assert_int_equal(axvm_destroy(f->vm->vm), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_read_from_guest(f->vm->vm, axvm_gpa(RAM), &value, 8),
			 AXVM_ERR_BAD_STATE);
	sim_vm_join(f->vm);
}

/* Of what a VM no more has: every call says so. */
static void a_destroyed_vm_refuses(void **state)
{
	struct fixture *f = *state;
	struct axvm_host_piece piece;
	axvm_gpa_t gpa = axvm_gpa(RAM);
	struct axvm_exit exit;
	uint64_t value = 0;
	size_t num = 1;
	struct axvm *vm;

	assert_int_equal(sim_vm_new(&f->host, &f->config, &f->vm, NULL), AXVM_OK);
	vm = f->vm->vm;
	assert_int_equal(axvm_destroy(vm), AXVM_OK);
	assert_int_equal(axvm_map_region(vm, axvm_gpa(0x80000000), axvm_hpa(SIM_RAM_BASE), 0x1000,
					 AXVM_MEM_READ),
			 AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_unmap_region(vm, gpa, 0x1000), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_write_to_guest(vm, gpa, &value, 8), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_get_image_load_region(vm, gpa, 8, &piece, &num), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_inject_interrupt_to_vcpu(vm, 1, HOLD_IRQ), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_set_irq_line(vm, HOLD_IRQ, true), AXVM_ERR_BAD_STATE);
	assert_int_equal(sim_run(f->vm, 0, &exit), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_id(vm), 1); /* who it was can still be asked */
	assert_string_equal(axvm_name(vm), "vm1");
}

/* Its name, its id and its memory are free for another VM while somebody still holds it. */
static void a_destroyed_vm_makes_room(void **state)
{
	struct fixture *f = *state;
	struct axvm *vm;

	assert_int_equal(sim_vm_new(&f->host, &f->config, &f->vm, NULL), AXVM_OK);
	assert_int_equal(axvm_new(&f->host.hal, &f->config, &vm, NULL), AXVM_ERR_ALREADY_EXISTS);
	assert_int_equal(axvm_destroy(f->vm->vm), AXVM_OK);
	assert_int_equal(axvm_new(&f->host.hal, &f->config, &vm, NULL), AXVM_OK);
	axvm_put(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(lesson_27_pause_returns_when_all_have_parked),
		T(lesson_45_time_stands_still_in_a_pause),
		T(a_timer_waits_out_a_pause),
		T(a_paused_vm_does_not_run),
		T(an_interrupt_in_a_pause_waits),
		T(pause_and_shutdown_at_once),
		T(destroy_while_running),
		T(a_destroyed_vm_refuses),
		T(a_destroyed_vm_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
