/* SPDX-License-Identifier: Apache-2.0 */
/* The calls on a vCPU: its states, what each call refuses, and calls from several threads. */
#include "guest_calls.h"
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CPUS  3u
#define PAGE  UINT64_C(0x1000)
#define RAM   UINT64_C(0x40000000)
#define HIGH  UINT64_C(0x80000000) /* nothing is there */
#define UART  UINT64_C(0x09000000)
#define ROUND 200u

struct fixture {
	struct sim_host host;
	struct axvm_config config;
	struct sim_vm *vm;
	struct axvm_vcpu *vcpu[CPUS];
	struct axvm_exit exit;
	bool stop;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sim_host_init(&f->host);
	f->host.data = f;
	sim_config(&f->config, 1, CPUS);
	assert_int_equal(sim_vm_new(&f->host, &f->config, &f->vm, NULL), AXVM_OK);
	for (uint32_t i = 0; i < CPUS; i++)
		assert_int_equal(axvm_vcpu(f->vm->vm, i, &f->vcpu[i]), AXVM_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->vm)
		sim_vm_free(f->vm);
	sim_host_fini(&f->host);
	free(f);
	return 0;
}

/* Boots with these steps on vCPU 0. */
#define BOOT(f, ...)                                                                               \
	do {                                                                                       \
		static const struct axvm_sim_step steps_[] = { __VA_ARGS__ };                      \
		assert_int_equal(axvm_sim_set_steps((f)->vcpu[0], steps_,                          \
						    sizeof(steps_) / sizeof(steps_[0])),           \
				 AXVM_OK);                                                         \
		assert_int_equal(axvm_boot((f)->vm->vm), AXVM_OK);                                 \
	} while (0)

#define STEP(name)	   { .op = AXVM_SIM_##name }
#define STEP_OF(name, ...) { .op = AXVM_SIM_##name, __VA_ARGS__ }

static void expect_state(struct fixture *f, enum axvm_vcpu_state state)
{
	assert_int_equal(axvm_vcpu_get_state(f->vcpu[0]), state);
}

static void set_hardware(struct fixture *f, bool running)
{
	enum axvm_error err = running ? AXVM_ERR_BAD_STATE : AXVM_OK;

	assert_int_equal(axvm_vcpu_set_gpr(f->vcpu[0], 5, 1), err);
	assert_int_equal(axvm_vcpu_set_return_value(f->vcpu[0], 1), err);
}

/* ---- States ---- */

static void bind_run_unbind(void **state)
{
	struct fixture *f = *state;

	BOOT(f, STEP(YIELD), STEP(YIELD), STEP(HALT), STEP(CPU_OFF));
	expect_state(f, AXVM_VCPU_FREE);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(axvm_vcpu_bind(f->vcpu[0]), AXVM_OK);
		expect_state(f, AXVM_VCPU_READY);
		assert_int_equal(axvm_vcpu_run(f->vcpu[0], &f->exit), AXVM_OK);
		assert_int_equal(f->exit.reason, AXVM_EXIT_PREEMPTED);
		expect_state(f, AXVM_VCPU_READY);
		assert_int_equal(axvm_vcpu_unbind(f->vcpu[0]), AXVM_OK);
		expect_state(f, AXVM_VCPU_FREE);
	}
	assert_int_equal(sim_run(f->vm, 0, &f->exit), AXVM_OK);
	assert_int_equal(f->exit.reason, AXVM_EXIT_HALT);
	expect_state(f, AXVM_VCPU_BLOCKED);
	assert_int_equal(axvm_inject_interrupt_to_vcpu(f->vm->vm, 1, 3), AXVM_OK);
	assert_int_equal(axvm_vcpu_bind(f->vcpu[0]), AXVM_OK); /* also from there */
	assert_int_equal(axvm_vcpu_run(f->vcpu[0], &f->exit), AXVM_OK);
	assert_int_equal(f->exit.reason, AXVM_EXIT_CPU_DOWN);
	assert_int_equal(axvm_vcpu_unbind(f->vcpu[0]), AXVM_OK);
	expect_state(f, AXVM_VCPU_BLOCKED);
	assert_int_equal(axvm_vcpu_bind(f->vcpu[0]), AXVM_ERR_BAD_STATE);
	expect_state(f, AXVM_VCPU_BLOCKED);
}

/* One bind serves any number of runs. */
static void runs_of_one_bind(void **state)
{
	struct fixture *f = *state;

	BOOT(f, STEP(YIELD), STEP_OF(JUMP, .value = 0));
	assert_int_equal(axvm_vcpu_bind(f->vcpu[0]), AXVM_OK);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(axvm_vcpu_run(f->vcpu[0], &f->exit), AXVM_OK);
	assert_int_equal(axvm_vcpu_unbind(f->vcpu[0]), AXVM_OK);
	assert_int_equal(axvm_sim_cpu_get(f->vcpu[0])->steps, 9);
}

static void calls_in_the_wrong_state(void **state)
{
	struct fixture *f = *state;

	/* Not booted. */
	assert_int_equal(axvm_vcpu_bind(f->vcpu[0]), AXVM_ERR_BAD_STATE);
	BOOT(f, STEP(YIELD), STEP_OF(JUMP, .value = 0));
	/* FREE. */
	assert_int_equal(axvm_vcpu_run(f->vcpu[0], &f->exit), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_vcpu_unbind(f->vcpu[0]), AXVM_ERR_BAD_STATE);
	expect_state(f, AXVM_VCPU_FREE);
	/* FREE, but not started. */
	assert_int_equal(axvm_vcpu_bind(f->vcpu[1]), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_vcpu_get_state(f->vcpu[1]), AXVM_VCPU_FREE);
	/* READY. */
	assert_int_equal(axvm_vcpu_bind(f->vcpu[0]), AXVM_OK);
	assert_int_equal(axvm_vcpu_bind(f->vcpu[0]), AXVM_ERR_BAD_STATE);
	assert_int_equal(sim_run(f->vm, 0, &f->exit), AXVM_ERR_BAD_STATE);
	expect_state(f, AXVM_VCPU_READY);
	/* READY, but the VM stops: it stays bound, and can be unbound. */
	assert_int_equal(axvm_shutdown(f->vm->vm), AXVM_OK);
	assert_int_equal(axvm_vcpu_run(f->vcpu[0], &f->exit), AXVM_ERR_BAD_STATE);
	expect_state(f, AXVM_VCPU_READY);
	assert_true(axvm_shutting_down(f->vm->vm));
	assert_int_equal(axvm_vcpu_unbind(f->vcpu[0]), AXVM_OK);
	expect_state(f, AXVM_VCPU_FREE);
	assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_STOPPED);
}

/* Calls every step on its own vCPU while that is RUNNING. */
static bool calling_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct fixture *f = arg;

	next->op = AXVM_SIM_YIELD;
	if (cpu->pc)
		return true;
	expect_state(f, AXVM_VCPU_RUNNING);
	assert_int_equal(axvm_vcpu_bind(f->vcpu[0]), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_vcpu_run(f->vcpu[0], &f->exit), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_vcpu_unbind(f->vcpu[0]), AXVM_ERR_BAD_STATE);
	set_hardware(f, true);
	assert_int_equal(axvm_vcpu_set_entry(f->vcpu[0], axvm_gpa(0), 0), AXVM_ERR_BAD_STATE);
	expect_state(f, AXVM_VCPU_RUNNING);
	return true;
}

static void calls_while_it_runs(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(axvm_sim_set_program(f->vcpu[0], calling_program, f), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
	assert_int_equal(sim_run(f->vm, 0, &f->exit), AXVM_OK);
	assert_int_equal(f->exit.reason, AXVM_EXIT_PREEMPTED);
	expect_state(f, AXVM_VCPU_FREE);
	set_hardware(f, false);
}

static void null_and_numbers_that_do_not_exist(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(axvm_vcpu_bind(NULL), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_vcpu_run(NULL, &f->exit), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_vcpu_run(f->vcpu[0], NULL), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_vcpu_unbind(NULL), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_vcpu_set_gpr(NULL, 0, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_vcpu_set_gpr(f->vcpu[0], AXVM_SIM_GPRS, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_vcpu_set_gpr(f->vcpu[0], UINT32_MAX, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_vcpu_set_return_value(NULL, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_vcpu_set_entry(NULL, axvm_gpa(0), 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_run_vcpu(NULL, 0, &f->exit), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_run_vcpu(f->vm->vm, 0, NULL), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_run_vcpu(f->vm->vm, CPUS, &f->exit), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_run_vcpu(f->vm->vm, UINT32_MAX, &f->exit), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_run_vcpu(f->vm->vm, 0, &f->exit), AXVM_ERR_BAD_STATE);
	expect_state(f, AXVM_VCPU_FREE);
}

static void entries_of_several(void **state)
{
	static const struct axvm_sim_step off[] = { STEP(NOP), STEP(CPU_OFF) };
	struct fixture *f = *state;

	assert_int_equal(axvm_vcpu_set_entry(f->vcpu[0], axvm_gpa(0), 11), AXVM_OK);
	assert_int_equal(axvm_vcpu_set_entry(f->vcpu[2], axvm_gpa(9), 9), AXVM_OK);
	assert_int_equal(axvm_vcpu_set_entry(f->vcpu[2], axvm_gpa(1), 12), AXVM_OK); /* the last */
	assert_int_equal(axvm_sim_set_steps(f->vcpu[2], off, 2), AXVM_OK);
	BOOT(f, STEP(CPU_OFF));
	assert_int_equal(axvm_vcpu_set_entry(f->vcpu[2], axvm_gpa(0), 1), AXVM_ERR_BAD_STATE);
	for (uint32_t i = 0; i < CPUS; i += 2) {
		assert_int_equal(sim_run(f->vm, i, &f->exit), AXVM_OK);
		assert_int_equal(axvm_sim_cpu_get(f->vcpu[i])->gpr[0], i ? 12 : 11);
	}
	assert_int_equal(axvm_sim_cpu_get(f->vcpu[2])->entry, 1);
	assert_int_equal(axvm_sim_cpu_get(f->vcpu[2])->steps, 1);
	assert_int_equal(sim_run(f->vm, 1, &f->exit), AXVM_ERR_BAD_STATE);
}

/* ---- Two threads at once ---- */

struct racer {
	struct fixture *f;
	pthread_barrier_t *start;
	unsigned wins, others;
};

/* Of two that bind, one has it; the loser is told, and what the winner does is not disturbed. */
static void *race(void *arg)
{
	struct racer *r = arg;
	struct axvm_vcpu *vcpu = r->f->vcpu[0];
	struct axvm_exit exit;

	for (unsigned i = 0; i < ROUND; i++) {
		enum axvm_error err;

		pthread_barrier_wait(r->start);
		err = axvm_vcpu_bind(vcpu);
		pthread_barrier_wait(r->start);
		if (err == AXVM_OK) {
			r->wins++;
			r->others += axvm_vcpu_run(vcpu, &exit) != AXVM_OK;
			r->others += axvm_vcpu_unbind(vcpu) != AXVM_OK;
		}
		r->others += err != AXVM_OK && err != AXVM_ERR_BAD_STATE;
	}
	return NULL;
}

static void of_two_that_bind_one_wins(void **state)
{
	struct fixture *f = *state;
	struct racer racers[2] = { { .f = f }, { .f = f } };
	pthread_barrier_t start;
	pthread_t thread;

	BOOT(f, STEP(YIELD), STEP_OF(JUMP, .value = 0));
	pthread_barrier_init(&start, NULL, 2);
	racers[0].start = racers[1].start = &start;
	assert_int_equal(pthread_create(&thread, NULL, race, &racers[1]), 0);
	race(&racers[0]);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&start);
	assert_int_equal(racers[0].wins + racers[1].wins, ROUND);
	assert_int_equal(racers[0].others + racers[1].others, 0);
	expect_state(f, AXVM_VCPU_FREE);
}

/* Everything that may be asked at any time, while what is asked about changes. */
static void *ask(void *arg)
{
	struct fixture *f = arg;
	struct axvm *vm = f->vm->vm;
	uint64_t sum = 0;

	while (!__atomic_load_n(&f->stop, __ATOMIC_ACQUIRE)) {
		struct axvm_vcpu *vcpu;
		size_t num;

		for (uint32_t i = 0; axvm_vcpu(vm, i, &vcpu) == AXVM_OK; i++) {
			const struct axvm_vcpu_stats *stats = axvm_vcpu_get_stats(vcpu);

			sum += axvm_vcpu_id(vcpu) + axvm_vcpu_get_state(vcpu) +
			       axvm_vcpu_runnable(vcpu);
			for (unsigned r = 0; r < AXVM_EXIT_REASON_NUM; r++)
				sum += __atomic_load_n(&stats->exits[r], __ATOMIC_RELAXED);
		}
		sum += axvm_id(vm) + (uint64_t)axvm_name(vm)[0] + axvm_config(vm)->cpu_num;
		sum += axvm_vcpu_num(vm) + axvm_running(vm) + axvm_shutting_down(vm);
		sum += (uint64_t)axvm_status(vm) + (uint64_t)axvm_stop_reason(vm);
		sum += axvm_ept_root(vm).v + axvm_overhead(vm);
		sum += axvm_get_devices(vm, &num) != NULL;
	}
	return (void *)(uintptr_t)(sum | 1);
}

/* Every way in which a vCPU's and a VM's state changes. */
static void change(struct fixture *f, axvm_hpa_t frame)
{
	const axvm_gpa_t gpa = axvm_gpa(HIGH);
	struct axvm *vm = f->vm->vm;

	assert_int_equal(axvm_boot(vm), AXVM_OK);
	sim_vm_start(f->vm);
	assert_int_equal(axvm_map_region(vm, gpa, frame, PAGE, AXVM_MEM_READ), AXVM_OK);
	assert_int_equal(axvm_inject_interrupt_to_vcpu(vm, 1, 7), AXVM_OK);
	assert_int_equal(axvm_pause(vm), AXVM_OK);
	assert_int_equal(axvm_unmap_region(vm, gpa, PAGE), AXVM_OK);
	assert_int_equal(axvm_resume(vm), AXVM_OK);
	usleep(1000);
	assert_int_equal(axvm_shutdown(vm), AXVM_OK);
	sim_vm_join(f->vm);
	while (axvm_reset(vm) == AXVM_ERR_WOULD_BLOCK)
		;
	assert_int_equal(axvm_status(vm), AXVM_VM_CREATED);
}

static void lesson_23_a_vm_can_be_asked_while_it_runs(void **state)
{
	static const struct axvm_sim_step first[] = {
		STEP_OF(CPU_ON, .addr = 1),
		STEP_OF(STORE, .addr = RAM, .width = 8),
		STEP_OF(STORE, .addr = UART, .width = 4, .value = 'x'),
		STEP_OF(LOAD, .addr = HIGH, .width = 4),
		STEP_OF(HYPERCALL, .value = 0),
		STEP_OF(IPI, .addr = 2, .value = 3),
		STEP_OF(SYSREG_READ, .addr = 1),
		STEP_OF(SYSREG_WRITE, .addr = 1),
		STEP_OF(IO_READ, .addr = AXVM_SIM_PORT, .width = 1),
		STEP_OF(IO_WRITE, .addr = AXVM_SIM_PORT, .width = 1),
		STEP_OF(CLAIM),
		STEP_OF(JUMP, .value = 0),
	};
	static const struct axvm_sim_step second[] = { STEP(HALT), STEP(CLAIM), STEP(YIELD),
						       STEP(CPU_OFF) };
	struct fixture *f = *state;
	pthread_t threads[2];
	axvm_hpa_t frame;

	assert_int_equal(axvm_sim_set_steps(f->vcpu[0], first, 12), AXVM_OK);
	assert_int_equal(axvm_sim_set_steps(f->vcpu[1], second, 4), AXVM_OK);
	assert_int_equal(f->host.hal.alloc_frame(&f->host.hal, &frame), AXVM_OK);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask, f), 0);
	for (unsigned i = 0; i < 10; i++)
		change(f, frame);
	__atomic_store_n(&f->stop, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	f->host.hal.dealloc_frame(&f->host.hal, frame);
}

/* Nothing that a host asks of a VM has to wait for its guests, who never give way. */
static void lesson_22_management_while_guests_spin(void **state)
{
	static const struct axvm_sim_step spin[] = { STEP_OF(JUMP, .value = 0) };
	const axvm_gpa_t gpa = axvm_gpa(RAM);
	struct fixture *f = *state;
	struct axvm *vm = f->vm->vm;
	uint64_t value = 5;

	for (uint32_t i = 0; i < CPUS; i++) {
		assert_int_equal(axvm_sim_set_steps(f->vcpu[i], spin, 1), AXVM_OK);
		assert_int_equal(axvm_vcpu_set_entry(f->vcpu[i], axvm_gpa(0), 0), AXVM_OK);
	}
	assert_int_equal(axvm_boot(vm), AXVM_OK);
	sim_vm_start(f->vm);
	for (uint32_t i = 0; i < CPUS; i++)
		while (axvm_vcpu_get_state(f->vcpu[i]) != AXVM_VCPU_RUNNING)
			sched_yield();
	assert_true(axvm_running(vm));
	assert_int_equal(axvm_write_to_guest(vm, gpa, &value, 8), AXVM_OK);
	assert_int_equal(axvm_read_from_guest(vm, gpa, &value, 8), AXVM_OK);
	assert_int_equal(axvm_unmap_region(vm, gpa, PAGE), AXVM_OK);
	assert_int_equal(axvm_console_input(vm, (const uint8_t *)"x", 1), 1);
	assert_int_equal(axvm_inject_interrupt_to_vcpu(vm, 7, 3), AXVM_OK);
	assert_int_equal(axvm_pause(vm), AXVM_OK);
	assert_int_equal(axvm_resume(vm), AXVM_OK);
	assert_int_equal(axvm_shutdown(vm), AXVM_OK);
	sim_vm_join(f->vm);
	assert_int_equal(axvm_status(vm), AXVM_VM_STOPPED);
}

/* ---- After a failure ---- */

static void reset_and_boot(struct fixture *f)
{
	while (axvm_reset(f->vm->vm) == AXVM_ERR_WOULD_BLOCK)
		;
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
}

/* A run that ends in an error, or that ends its VM, leaves the vCPU where the next can bind it. */
static void lesson_05_a_vcpu_is_unbound_after_an_error(void **state)
{
	struct fixture *f = *state;

	BOOT(f, STEP_OF(FAIL, .value = 1));
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(sim_run(f->vm, 0, &f->exit), AXVM_OK);
		assert_int_equal(f->exit.reason, AXVM_EXIT_FAIL_ENTRY);
		expect_state(f, AXVM_VCPU_FREE);
		assert_int_equal(sim_run(f->vm, 0, &f->exit), AXVM_ERR_BAD_STATE);
		expect_state(f, AXVM_VCPU_FREE);
		assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_STOPPED);
		reset_and_boot(f);
	}
	/* The VM stops between its bind and its run. */
	assert_int_equal(axvm_vcpu_bind(f->vcpu[0]), AXVM_OK);
	assert_int_equal(axvm_shutdown(f->vm->vm), AXVM_OK);
	assert_int_equal(axvm_vcpu_run(f->vcpu[0], &f->exit), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_vcpu_unbind(f->vcpu[0]), AXVM_OK);
	reset_and_boot(f);
	assert_int_equal(axvm_vcpu_bind(f->vcpu[0]), AXVM_OK);
	assert_int_equal(axvm_vcpu_unbind(f->vcpu[0]), AXVM_OK);
}

static bool failing_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	pthread_barrier_t *both = arg;

	(void)cpu;
	pthread_barrier_wait(both);
	*next = (struct axvm_sim_step){ .op = AXVM_SIM_FAIL, .value = 0x77 };
	return true;
}

/* Two of one VM fail at the same moment: each is told, the VM stops once, and the first counts. */
static void lesson_33_a_second_failing_vcpu(void **state)
{
	struct fixture *f = *state;
	pthread_barrier_t both;

	pthread_barrier_init(&both, NULL, 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(axvm_sim_set_program(f->vcpu[i], failing_program, &both), AXVM_OK);
		assert_int_equal(axvm_vcpu_set_entry(f->vcpu[i], axvm_gpa(0), 0), AXVM_OK);
	}
	for (unsigned i = 1; i <= 20; i++) {
		assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
		sim_vm_start(f->vm);
		sim_vm_join(f->vm);
		assert_int_equal(sim_vm_exits(f->vm, AXVM_EXIT_FAIL_ENTRY), 2 * i);
		assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_STOPPED);
		assert_int_equal(axvm_stop_reason(f->vm->vm), AXVM_STOP_FAULT);
		assert_int_equal(axvm_shutdown(f->vm->vm), AXVM_ERR_BAD_STATE);
		while (axvm_reset(f->vm->vm) == AXVM_ERR_WOULD_BLOCK)
			;
	}
	pthread_barrier_destroy(&both);
}

/* It is the guest's own fault, once, and the next step is done. */
static void lesson_34_an_unhandled_fault_is_not_tried_again(void **state)
{
	struct fixture *f = *state;
	const struct axvm_sim_cpu *cpu = axvm_sim_cpu_get(f->vcpu[0]);
	axvm_hpa_t frame;

	assert_int_equal(f->host.hal.alloc_frame(&f->host.hal, &frame), AXVM_OK);
	assert_int_equal(axvm_map_region(f->vm->vm, axvm_gpa(HIGH), frame, PAGE, AXVM_MEM_READ),
			 AXVM_OK);
	axvm_sim_set_slice(f->vcpu[0], 100);
	BOOT(f, STEP_OF(STORE, .addr = HIGH, .width = 8), STEP_OF(FETCH, .addr = HIGH),
	     STEP_OF(LOAD, .addr = HIGH + PAGE, .width = 4), STEP_OF(FETCH, .addr = UINT64_MAX),
	     STEP_OF(STORE, .addr = HIGH + PAGE - 4, .width = 8), STEP_OF(CPU_OFF, .value = 3));
	assert_int_equal(sim_run(f->vm, 0, &f->exit), AXVM_OK);
	assert_int_equal(f->exit.reason, AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->exit.cpu_down.state, 3);
	assert_int_equal(cpu->fault_num, 5);
	assert_int_equal(cpu->fault, AXVM_SIM_FAULT_ABORT);
	assert_int_equal(cpu->steps, 6);
	assert_int_equal(axvm_vcpu_get_stats(f->vcpu[0])->exits[AXVM_EXIT_NESTED_PAGE_FAULT], 5);
	f->host.hal.dealloc_frame(&f->host.hal, frame);
}

/* What is sent to a vCPU that is off waits for it; what is sent to none is nobody's. */
static void lesson_35_an_ipi_to_a_vcpu_that_has_not_been_started(void **state)
{
	static const struct axvm_sim_step other[] = { STEP_OF(CLAIM, .reg = 4), STEP(CPU_OFF) };
	struct fixture *f = *state;

	assert_int_equal(axvm_sim_set_steps(f->vcpu[1], other, 2), AXVM_OK);
	BOOT(f, STEP_OF(IPI, .addr = UINT64_MAX << CPUS, .value = 9),
	     STEP_OF(IPI, .addr = 2, .value = 9), STEP(YIELD),
	     STEP_OF(CPU_ON, .addr = 1, .value = 0), STEP(CPU_OFF));
	assert_int_equal(sim_run(f->vm, 0, &f->exit), AXVM_OK);
	assert_int_equal(f->exit.reason, AXVM_EXIT_PREEMPTED);
	assert_false(axvm_vcpu_runnable(f->vcpu[1])); /* an interrupt starts nobody */
	assert_int_equal(sim_run(f->vm, 1, &f->exit), AXVM_ERR_BAD_STATE);
	assert_int_equal(sim_run(f->vm, 0, &f->exit), AXVM_OK);
	assert_int_equal(sim_run(f->vm, 1, &f->exit), AXVM_OK);
	assert_int_equal(axvm_sim_cpu_get(f->vcpu[1])->gpr[4], 9);
	assert_int_equal(axvm_sim_cpu_get(f->vcpu[0])->fault_num, 0);
}

static bool chatty_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	(void)arg;
	*next = (struct axvm_sim_step){
		.op = AXVM_SIM_STORE, .addr = UART, .width = 4, .value = '#'
	};
	if (cpu->pc % 3 == 1)
		*next = (struct axvm_sim_step){ .op = AXVM_SIM_CPU_ON,
						.addr = cpu->pc * UINT64_MAX };
	if (cpu->pc == 30000)
		next->op = AXVM_SIM_SYSTEM_RESET;
	return true;
}

/*
 * More output than its host keeps, calls about vCPUs that are on or do not exist, and a reset: all
 * of it this VM's own affair.
 */
static void lesson_18_output_status_calls_and_a_reset_end_the_guest_only(void **state)
{
	struct fixture *f = *state;
	struct sim_vm *other;

	sim_config(&f->config, 2, 1);
	assert_int_equal(sim_vm_new(&f->host, &f->config, &other, NULL), AXVM_OK);
	assert_int_equal(axvm_boot(other->vm), AXVM_OK);
	assert_int_equal(axvm_sim_set_program(f->vcpu[0], chatty_program, NULL), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
	assert_int_equal(sim_run(f->vm, 0, &f->exit), AXVM_OK);
	assert_int_equal(f->exit.reason, AXVM_EXIT_SYSTEM_RESET);
	assert_int_equal(axvm_stop_reason(f->vm->vm), AXVM_STOP_GUEST_RESET);
	assert_int_equal(f->host.console_len, sizeof(f->host.console));
	assert_true(axvm_running(other->vm));
	assert_int_equal(sim_run(other, 0, &f->exit), AXVM_OK);
	assert_int_equal(f->exit.reason, AXVM_EXIT_CPU_DOWN);
	sim_vm_free(other);
}

/* ---- Names ---- */

static void every_exit_reason_has_its_name(void **state)
{
	static const struct {
		enum axvm_exit_reason reason;
		const char *name;
	} names[] = {
		{ AXVM_EXIT_NOTHING, "NOTHING" },
		{ AXVM_EXIT_HYPERCALL, "HYPERCALL" },
		{ AXVM_EXIT_MMIO_READ, "MMIO_READ" },
		{ AXVM_EXIT_MMIO_WRITE, "MMIO_WRITE" },
		{ AXVM_EXIT_SYSREG_READ, "SYSREG_READ" },
		{ AXVM_EXIT_SYSREG_WRITE, "SYSREG_WRITE" },
		{ AXVM_EXIT_IO_READ, "IO_READ" },
		{ AXVM_EXIT_IO_WRITE, "IO_WRITE" },
		{ AXVM_EXIT_EXTERNAL_INTERRUPT, "EXTERNAL_INTERRUPT" },
		{ AXVM_EXIT_NESTED_PAGE_FAULT, "NESTED_PAGE_FAULT" },
		{ AXVM_EXIT_HALT, "HALT" },
		{ AXVM_EXIT_CPU_UP, "CPU_UP" },
		{ AXVM_EXIT_CPU_DOWN, "CPU_DOWN" },
		{ AXVM_EXIT_SYSTEM_DOWN, "SYSTEM_DOWN" },
		{ AXVM_EXIT_SYSTEM_RESET, "SYSTEM_RESET" },
		{ AXVM_EXIT_SEND_IPI, "SEND_IPI" },
		{ AXVM_EXIT_FAIL_ENTRY, "FAIL_ENTRY" },
		{ AXVM_EXIT_PREEMPTED, "PREEMPTED" },
	};

	(void)state;
	assert_int_equal(sizeof(names) / sizeof(names[0]), AXVM_EXIT_REASON_NUM);
	for (size_t i = 0; i < AXVM_EXIT_REASON_NUM; i++)
		assert_string_equal(axvm_exit_reason_name(names[i].reason), names[i].name);
	assert_string_equal(axvm_exit_reason_name(AXVM_EXIT_REASON_NUM), "UNKNOWN");
	assert_string_equal(axvm_exit_reason_name((enum axvm_exit_reason)INT32_MIN), "UNKNOWN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(bind_run_unbind),
		T(runs_of_one_bind),
		T(calls_in_the_wrong_state),
		T(calls_while_it_runs),
		T(null_and_numbers_that_do_not_exist),
		T(entries_of_several),
		T(of_two_that_bind_one_wins),
		T(lesson_22_management_while_guests_spin),
		T(lesson_23_a_vm_can_be_asked_while_it_runs),
		T(lesson_05_a_vcpu_is_unbound_after_an_error),
		T(lesson_33_a_second_failing_vcpu),
		T(lesson_34_an_unhandled_fault_is_not_tried_again),
		T(lesson_35_an_ipi_to_a_vcpu_that_has_not_been_started),
		T(lesson_18_output_status_calls_and_a_reset_end_the_guest_only),
		T(every_exit_reason_has_its_name),
	};

	return cmocka_run_group_tests_name("vcpu", tests, NULL, NULL);
}
