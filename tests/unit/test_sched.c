/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler of the bare-metal host, on CPUs that the test plays: a CPU runs until it idles, and
 * what a vCPU does in its guest is a function of the test, which may let other CPUs run meanwhile.
 */
#include "sched.h"

#include "arch.h"
#include "clock.h"
#include "console.h"
#include "log.h"
#include "vms.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CPUS  3u
#define MS    1000000u
#define NEVER UINT64_MAX

uint64_t test_ticks; /* one per nanosecond */
void *test_cpu;

struct cpu cpus[AXVM_MAX_PCPUS];
uint32_t cpu_num = CPUS;

static jmp_buf idled[CPUS];
static uint64_t alarms[CPUS];
static unsigned reschedules[CPUS], kicks[CPUS];
static unsigned runs[8], reaps, refusals, reset_steps;
static bool runnable[8], vm_running;

/* What vCPU `id` does in its guest this time. */
static enum axvm_error (*guest)(uint32_t id, struct axvm_exit *exit);

static uint32_t here(void)
{
	return this_cpu()->id;
}

uint64_t isa_ticks_per_second(void)
{
	return 1000000000;
}

void isa_alarm_set(uint64_t ticks)
{
	alarms[here()] = ticks;
}

void isa_alarm_off(void)
{
	alarms[here()] = NEVER;
}

void isa_ipi_send(const struct cpu *target, enum isa_ipi ipi)
{
	assert_ptr_not_equal(target, this_cpu());
	(ipi == IPI_KICK ? kicks : reschedules)[target->id]++;
}

void isa_irq_handle(uint32_t vector)
{
	sched_alarm();
}

void isa_irq_poll(void)
{
}

void isa_idle(void)
{
	longjmp(idled[here()], 1);
}

static void (*typed)(void); /* what input does */

void console_receive(void)
{
	sched_poll_at(NEVER);
	if (typed)
		typed();
}

enum axvm_error axvm_run_vcpu(struct axvm *vm, uint32_t id, struct axvm_exit *exit)
{
	assert_true(runs[id] < 1000);
	runs[id]++;
	return guest(id, exit);
}

bool axvm_vcpu_runnable(const struct axvm_vcpu *vcpu)
{
	return runnable[(uintptr_t)vcpu - 1];
}

enum axvm_vm_status axvm_status(const struct axvm *vm)
{
	return vm_running ? AXVM_VM_RUNNING : AXVM_VM_STOPPED;
}

void vms_stopping(struct host_vm *vm, const struct axvm_exit *exit)
{
	vm_running = false;
}

void vms_refused(struct host_vm *vm, uint32_t vcpu_id, enum axvm_error error)
{
	refusals++;
}

void vms_reap(struct host_vm *vm)
{
	reaps++;
}

static struct host_vm *vm;

void vms_reset_step(struct cpu *cpu)
{
	if (--reset_steps == 0) {
		cpu->reset = NULL;
		sched_readmit(vm);
		sched_wake(&vm->vcpus[0]);
	}
}

/* CPU `id` works until it has nothing more to do. */
static void run_cpu(uint32_t id)
{
	void *before = test_cpu;

	test_cpu = &cpus[id];
	if (setjmp(idled[id]) == 0)
		sched_run();
	test_cpu = before;
}

static void make_vm(uint32_t vcpus, const uint64_t *masks)
{
	vm = calloc(1, sizeof(*vm) + vcpus * sizeof(vm->vcpus[0]));
	vm->vcpu_num = vcpus;
	for (uint32_t i = 0; i < vcpus; i++) {
		vm->vcpus[i].vm = vm;
		vm->vcpus[i].id = i;
		vm->vcpus[i].vcpu = (struct axvm_vcpu *)(uintptr_t)(i + 1);
		vm->vcpus[i].mask = masks ? masks[i] : 0x7;
		sched_add(&vm->vcpus[i]);
	}
}

static int setup(void **state)
{
	clock_init(1000000000);
	test_ticks = 100 * MS;
	memset(cpus, 0, sizeof(cpus));
	memset(alarms, 0xff, sizeof(alarms));
	memset(reschedules, 0, sizeof(reschedules));
	memset(runs, 0, sizeof(runs));
	memset(runnable, 0, sizeof(runnable));
	reaps = refusals = 0;
	vm_running = true;
	for (uint32_t i = 0; i < CPUS; i++) {
		cpus[i].id = i;
		sched_init_cpu(&cpus[i]);
	}
	for (uint32_t i = 0; i < CPUS; i++)
		run_cpu(i);
	test_cpu = &cpus[0];
	return 0;
}

static int teardown(void **state)
{
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		if (vm->vcpus[i].state == SCHED_READY)
			run_cpu(vm->vcpus[i].cpu->id);
		sched_remove(&vm->vcpus[i]);
	}
	free(vm);
	return 0;
}

static enum axvm_error halts(uint32_t id, struct axvm_exit *exit)
{
	exit->reason = AXVM_EXIT_HALT;
	return AXVM_OK;
}

static void new_vcpus_spread_over_the_cpus(void **state)
{
	make_vm(6, NULL);
	for (uint32_t i = 0; i < CPUS; i++)
		assert_int_equal(cpus[i].homed, 2);
}

static void a_wake_reaches_an_idle_cpu(void **state)
{
	make_vm(2, NULL);
	guest = halts;
	sched_wake(&vm->vcpus[1]);
	assert_int_equal(reschedules[1], 1);
	run_cpu(0);
	assert_int_equal(runs[1], 1); /* stolen: this CPU came first */
	sched_wake(&vm->vcpus[0]);
	run_cpu(0);
	assert_int_equal(runs[0], 1);
	assert_int_equal(vm->vcpus[0].state, SCHED_BLOCKED);
}

static enum axvm_error woken_while_halting(uint32_t id, struct axvm_exit *exit)
{
	if (runs[id] == 1)
		sched_wake(&vm->vcpus[id]);
	return halts(id, exit);
}

static void a_wake_during_the_halt_is_not_lost(void **state)
{
	make_vm(1, NULL);
	guest = woken_while_halting;
	sched_wake(&vm->vcpus[0]);
	run_cpu(0);
	assert_int_equal(runs[0], 2);
}

static enum axvm_error interrupted_while_halting(uint32_t id, struct axvm_exit *exit)
{
	runnable[id] = runs[id] == 1;
	return halts(id, exit);
}

static void an_interrupt_during_the_halt_is_not_lost(void **state)
{
	make_vm(1, NULL);
	guest = interrupted_while_halting;
	sched_wake(&vm->vcpus[0]);
	run_cpu(0);
	assert_int_equal(runs[0], 2);
}

static enum axvm_error sleeps_20_ms(uint32_t id, struct axvm_exit *exit)
{
	if (runs[id] == 1)
		sched_set_timer(&vm->vcpus[id], clock_now() + 20 * MS);
	return halts(id, exit);
}

static void a_deadline_wakes_a_halted_vcpu_once(void **state)
{
	make_vm(1, NULL);
	guest = sleeps_20_ms;
	sched_wake(&vm->vcpus[0]);
	run_cpu(0);
	assert_int_equal(alarms[0], 120 * MS);
	test_ticks = 120 * MS - 1;
	run_cpu(0);
	assert_int_equal(runs[0], 1);
	test_ticks = 120 * MS;
	sched_alarm();
	run_cpu(0);
	assert_int_equal(runs[0], 2);
	assert_int_equal(reschedules[1] + reschedules[2], 0); /* its own CPU was free */
	assert_int_equal(alarms[0], NEVER);
}

static void a_deadline_set_from_elsewhere_reaches_its_cpu(void **state)
{
	make_vm(2, NULL);
	guest = halts;
	sched_set_timer(&vm->vcpus[1], 130 * MS);
	assert_int_equal(reschedules[1], 1);
	run_cpu(1);
	assert_int_equal(alarms[1], 130 * MS);
	sched_set_timer(&vm->vcpus[1], NEVER);
	test_ticks = 140 * MS;
	run_cpu(1);
	assert_int_equal(runs[1], 0);
	assert_int_equal(alarms[1], NEVER);
}

static char order[64];

/* Works until the alarm, or 4 ms; halts in its third slice. */
static enum axvm_error works(uint32_t id, struct axvm_exit *exit)
{
	uint64_t until = test_ticks + 4 * MS;

	if (strlen(order) < sizeof(order) - 1)
		order[strlen(order)] = (char)('0' + id);
	test_ticks = alarms[here()] < until ? alarms[here()] : until;
	exit->reason = AXVM_EXIT_EXTERNAL_INTERRUPT;
	if (runs[id] == 9)
		return halts(id, exit);
	return AXVM_OK;
}

static void two_on_one_cpu_take_turns_of_10_ms(void **state)
{
	static const uint64_t masks[] = { 0x1, 0x1 };

	make_vm(2, masks);
	memset(order, 0, sizeof(order));
	guest = works;
	sched_wake(&vm->vcpus[0]);
	sched_wake(&vm->vcpus[1]);
	run_cpu(0);
	assert_string_equal(order, "000111000111000111");
}

static enum axvm_error lets_others_run(uint32_t id, struct axvm_exit *exit)
{
	if (id == 0) {
		assert_int_equal(alarms[0], NEVER); /* alone: no slice */
		sched_wake(&vm->vcpus[1]);
		assert_int_equal(alarms[0], 110 * MS);
		sched_wake(&vm->vcpus[2]);
		assert_int_equal(reschedules[2], 1);
		run_cpu(2);
		assert_int_equal(runs[2], 1);
		assert_int_equal(runs[1], 0);
	}
	return halts(id, exit);
}

static void masks_are_kept_and_a_waiter_starts_the_slice(void **state)
{
	static const uint64_t masks[] = { 0x1, 0x1, 0x4 };

	make_vm(3, masks);
	guest = lets_others_run;
	sched_wake(&vm->vcpus[0]);
	run_cpu(0);
	assert_int_equal(runs[1], 1);
	assert_ptr_equal(vm->vcpus[1].cpu, &cpus[0]);
	assert_ptr_equal(vm->vcpus[2].cpu, &cpus[2]);
}

/* vCPU 0 runs on CPU 0 when vCPU 1, on CPU 1, ends the VM. */
static enum axvm_error one_ends_the_vm(uint32_t id, struct axvm_exit *exit)
{
	if (id == 1) {
		exit->reason = AXVM_EXIT_SYSTEM_DOWN;
		return AXVM_OK;
	}
	sched_wake(&vm->vcpus[2]);
	sched_wake(&vm->vcpus[1]);
	run_cpu(1);
	assert_int_equal(reaps, 0);
	assert_true(reschedules[0] > 0);
	exit->reason = AXVM_EXIT_EXTERNAL_INTERRUPT;
	return AXVM_OK;
}

static void a_vm_is_reaped_once_when_all_have_left(void **state)
{
	static const uint64_t masks[] = { 0x1, 0x2, 0x1, 0x7 };

	make_vm(4, masks);
	guest = one_ends_the_vm;
	sched_wake(&vm->vcpus[0]);
	run_cpu(0);
	assert_int_equal(reaps, 1);
	assert_int_equal(runs[2] + runs[3], 0);
	sched_wake(&vm->vcpus[3]);
	for (uint32_t i = 0; i < CPUS; i++)
		run_cpu(i);
	assert_int_equal(reaps, 1);
	assert_int_equal(runs[3], 0);
}

static enum axvm_error not_started(uint32_t id, struct axvm_exit *exit)
{
	return AXVM_ERR_BAD_STATE;
}

static void waking_a_vcpu_that_is_off_harms_nobody(void **state)
{
	make_vm(1, NULL);
	guest = not_started;
	sched_wake(&vm->vcpus[0]);
	run_cpu(0);
	assert_int_equal(runs[0], 1);
	assert_int_equal(refusals + reaps, 0);
	assert_int_equal(vm->vcpus[0].state, SCHED_BLOCKED);
}

static enum axvm_error cannot_run(uint32_t id, struct axvm_exit *exit)
{
	return AXVM_ERR_UNSUPPORTED;
}

static void a_vcpu_that_cannot_run_ends_its_vm(void **state)
{
	make_vm(1, NULL);
	guest = cannot_run;
	sched_wake(&vm->vcpus[0]);
	run_cpu(0);
	assert_int_equal(runs[0], 1);
	assert_int_equal(refusals, 1);
	assert_int_equal(reaps, 1);
}

/* The CPU does not sleep before the reset is done, nor before it has looked for the vCPU again. */
static void a_reset_goes_on_step_by_step(void **state)
{
	make_vm(1, NULL);
	guest = halts;
	vm->vcpus[0].state = SCHED_DEAD;
	cpus[0].reset = vm;
	reset_steps = 3;
	run_cpu(0);
	assert_int_equal(reset_steps, 0);
	assert_int_equal(runs[0], 1);
}

static void wakes_here(void)
{
	sched_wake(&vm->vcpus[0]);
}

/* Nobody sends this CPU an interrupt for what it has made ready itself. */
static void an_idle_cpu_sees_its_own_wakes(void **state)
{
	make_vm(1, (uint64_t[]){ 1 });
	guest = halts;
	typed = wakes_here;
	cpus[0].poll_at = test_ticks;
	run_cpu(0);
	typed = NULL;
	assert_int_equal(runs[0], 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(new_vcpus_spread_over_the_cpus),
		TEST(a_wake_reaches_an_idle_cpu),
		TEST(a_wake_during_the_halt_is_not_lost),
		TEST(an_interrupt_during_the_halt_is_not_lost),
		TEST(a_deadline_wakes_a_halted_vcpu_once),
		TEST(a_deadline_set_from_elsewhere_reaches_its_cpu),
		TEST(two_on_one_cpu_take_turns_of_10_ms),
		TEST(masks_are_kept_and_a_waiter_starts_the_slice),
		TEST(a_vm_is_reaped_once_when_all_have_left),
		TEST(waking_a_vcpu_that_is_off_harms_nobody),
		TEST(a_vcpu_that_cannot_run_ends_its_vm),
		TEST(a_reset_goes_on_step_by_step),
		TEST(an_idle_cpu_sees_its_own_wakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
