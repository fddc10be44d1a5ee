/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vCPUs on threads of their own, and what others do to them meanwhile. To be run under
 * ThreadSanitizer as well. Every wait here ends only if no wake-up is lost.
 */
#include "sim_host.h"
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VCPUS  8u
#define PAGE   UINT64_C(0x1000)
#define RAM    UINT64_C(0x40000000)
#define HIGH   UINT64_C(0x80000000)
#define RTC_LR UINT64_C(0x09010008)
#define RW     (AXVM_MEM_READ | AXVM_MEM_WRITE)

struct guest;

struct fixture {
	struct sim_host sim;
	struct sim_vm *vm;
	struct axvm_vcpu *vcpu[VCPUS];
	struct guest *guests; /* one for each vCPU */
	unsigned left;	      /* vCPUs that have not finished */
	unsigned wrong;
	unsigned faults; /* that guests have met */
};

/* What a program of a vCPU keeps. */
struct guest {
	struct fixture *f;
	uint32_t id;
	unsigned phase;
	uint64_t count, faults, last;
	unsigned claimed[32]; /* by interrupt; read by others */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct axvm_config config;

	sim_host_init(&f->sim);
	sim_config(&config, 1, VCPUS);
	assert_int_equal(sim_vm_new(&f->sim, &config, &f->vm, NULL), AXVM_OK);
	f->guests = calloc(VCPUS, sizeof(*f->guests));
	f->left = VCPUS;
	for (uint32_t i = 0; i < VCPUS; i++) {
		assert_int_equal(axvm_vcpu(f->vm->vm, i, &f->vcpu[i]), AXVM_OK);
		f->guests[i].f = f;
		f->guests[i].id = i;
	}
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sim_vm_free(f->vm);
	sim_host_fini(&f->sim);
	free(f->guests);
	free(f);
	return 0;
}

/* All vCPUs start with the VM. */
static void start(struct fixture *f, axvm_sim_program *program)
{
	for (uint32_t i = 0; i < VCPUS; i++) {
		struct guest *g = &f->guests[i];

		assert_int_equal(axvm_sim_set_program(f->vcpu[i], program, g), AXVM_OK);
		assert_int_equal(axvm_vcpu_set_entry(f->vcpu[i], axvm_gpa(0), 0), AXVM_OK);
	}
	sim_vm_start(f->vm);
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
}

static unsigned get(const unsigned *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static void wrong(struct guest *g)
{
	__atomic_add_fetch(&g->f->wrong, 1, __ATOMIC_RELAXED);
}

static struct axvm_sim_step step(enum axvm_sim_op op, uint64_t addr, uint64_t value)
{
	return (struct axvm_sim_step){
		.op = op, .addr = addr, .value = value, .width = 8, .reg = 1
	};
}

/* The last one that finishes powers the machine off. */
static bool finish(struct guest *g, struct axvm_sim_step *next)
{
	bool last = __atomic_sub_fetch(&g->f->left, 1, __ATOMIC_SEQ_CST) == 0;

	*next = step(last ? AXVM_SIM_SYSTEM_OFF : AXVM_SIM_CPU_OFF, 0, 0);
	return true;
}

/* ---- Work ---- */

#define WORK 500u

/* Its own word, a word that all write, and a device. */
static bool working_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct guest *g = arg;
	uint64_t own = RAM + 8 * g->id;

	if (cpu->pc % 4 == 3 && cpu->gpr[1] != g->count++)
		wrong(g);
	if (g->count == WORK)
		return finish(g, next);
	switch (cpu->pc % 4) {
	case 0:
		*next = step(AXVM_SIM_STORE, own, g->count);
		break;
	case 1:
		*next = step(AXVM_SIM_STORE, g->count % 2 ? RTC_LR : RAM + PAGE, g->count);
		break;
	case 2:
		*next = step(AXVM_SIM_LOAD, own, 0);
		break;
	default:
		*next = step(AXVM_SIM_LOAD, RAM + PAGE, 0);
	}
	return true;
}

static void vcpus_work_side_by_side(void **state)
{
	struct fixture *f = *state;
	uint64_t words[VCPUS];

	start(f, working_program);
	sim_vm_join(f->vm);
	assert_int_equal(f->wrong, 0);
	assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_STOPPED);
	assert_int_equal(axvm_stop_reason(f->vm->vm), AXVM_STOP_GUEST_OFF);
	assert_int_equal(sim_vm_exits(f->vm, AXVM_EXIT_SYSTEM_DOWN), 1);
	assert_int_equal(sim_vm_exits(f->vm, AXVM_EXIT_CPU_DOWN), VCPUS - 1);
	assert_int_equal(axvm_read_from_guest(f->vm->vm, axvm_gpa(RAM), words, sizeof(words)),
			 AXVM_OK);
	for (unsigned i = 0; i < VCPUS; i++)
		assert_int_equal(words[i], WORK - 1);
}

/* ---- Interrupts ---- */

#define INJECTORS 4u
#define ROUNDS	  30u

/* Claims until there is nothing, then halts. */
static bool claiming_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct guest *g = arg;

	if (g->phase == 1 && cpu->gpr[1] != AXVM_SIM_NO_IRQ)
		__atomic_add_fetch(&g->claimed[cpu->gpr[1] % 32], 1, __ATOMIC_SEQ_CST);
	if (g->phase == 1 && cpu->gpr[1] == AXVM_SIM_NO_IRQ) {
		g->phase = 0;
		*next = step(AXVM_SIM_HALT, 0, 0);
		return true;
	}
	g->phase = 1;
	*next = step(AXVM_SIM_CLAIM, 0, 0);
	return true;
}

struct injector {
	struct fixture *f;
	uint32_t irq;
};

/* One interrupt at a time to each vCPU: it has to arrive before the next is sent. */
static void *injector_main(void *arg)
{
	struct injector *in = arg;
	struct axvm_hal *hal = &in->f->sim.hal;

	for (unsigned round = 1; round <= ROUNDS; round++) {
		for (uint32_t i = 0; i < VCPUS; i++)
			if (hal->inject_irq_to_vcpu(hal, 1, i, in->irq) != AXVM_OK)
				wrong(&in->f->guests[i]);
		for (uint32_t i = 0; i < VCPUS; i++)
			while (get(&in->f->guests[i].claimed[in->irq]) != round)
				sched_yield();
	}
	return NULL;
}

static void injection_from_many_threads_loses_nothing(void **state)
{
	struct fixture *f = *state;
	struct injector injectors[INJECTORS];
	pthread_t threads[INJECTORS];

	start(f, claiming_program);
	for (uint32_t i = 0; i < INJECTORS; i++) {
		injectors[i] = (struct injector){ f, 7 * i };
		pthread_create(&threads[i], NULL, injector_main, &injectors[i]);
	}
	for (uint32_t i = 0; i < INJECTORS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(axvm_shutdown(f->vm->vm), AXVM_OK);
	sim_vm_join(f->vm);
	assert_int_equal(f->wrong, 0);
	for (unsigned i = 0; i < VCPUS; i++)
		for (uint32_t irq = 0; irq < 32; irq++)
			assert_int_equal(f->guests[i].claimed[irq],
					 irq % 7 == 0 && irq < 7 * INJECTORS ? ROUNDS : 0);
}

/* A ring: each vCPU waits for the interrupt of the one before it, and passes it on. */
static bool ring_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct guest *g = arg;
	bool got = g->phase == 1 && cpu->gpr[1] == 1;

	if (got && ++g->count == ROUNDS && g->id == VCPUS - 1) {
		*next = step(AXVM_SIM_SYSTEM_OFF, 0, 0);
	} else if (got || (g->id == 0 && g->last == 0)) {
		g->last = 1;
		g->phase = 0;
		*next = step(AXVM_SIM_IPI, UINT64_C(1) << (g->id + 1) % VCPUS, 1);
	} else {
		g->phase = g->phase == 1 ? 2 : 1;
		*next = step(g->phase == 1 ? AXVM_SIM_CLAIM : AXVM_SIM_HALT, 0, 0);
	}
	return true;
}

static void vcpus_wake_each_other(void **state)
{
	struct fixture *f = *state;

	start(f, ring_program);
	sim_vm_join(f->vm);
	assert_int_equal(f->guests[VCPUS - 1].count, ROUNDS);
	assert_int_equal(axvm_stop_reason(f->vm->vm), AXVM_STOP_GUEST_OFF);
}

/* ---- Memory that comes and goes ---- */

#define PAGES	  8u
#define CHANGES	  100u
#define TAG(page) (UINT64_C(0x1122334400000000) | (page))

/* Whatever can be read at a page is that page's; writing the same must not reach anything else. */
static bool touching_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct guest *g = arg;
	uint64_t page = g->count % PAGES;

	if (g->phase == 1 && cpu->fault_num == g->faults && cpu->gpr[1] != TAG(page))
		wrong(g);
	if (cpu->fault_num != g->faults)
		__atomic_add_fetch(&g->f->faults, 1, __ATOMIC_SEQ_CST);
	g->faults = cpu->fault_num;
	g->count += g->phase == 1;
	page = g->count % PAGES;
	g->phase = !g->phase;
	*next = step(g->phase ? AXVM_SIM_LOAD : AXVM_SIM_STORE, HIGH + page * PAGE + 8 * g->id,
		     TAG(page));
	return true;
}

static void fill(struct fixture *f, axvm_hpa_t frame, uint64_t page)
{
	uint64_t *words = sim_memory(&f->sim, frame.v);

	for (unsigned i = 0; i < PAGE / 8; i++)
		words[i] = TAG(page);
}

/* After unmapping nobody writes there, so the host may give the frame to somebody else at once. */
static void swap(struct fixture *f, uint64_t page, axvm_hpa_t *frame)
{
	axvm_gpa_t gpa = axvm_gpa(HIGH + page * PAGE);

	if (frame->v) {
		assert_int_equal(axvm_unmap_region(f->vm->vm, gpa, PAGE), AXVM_OK);
		f->sim.hal.dealloc_frame(&f->sim.hal, *frame);
	}
	assert_int_equal(f->sim.hal.alloc_frame(&f->sim.hal, frame), AXVM_OK);
	fill(f, *frame, page);
	assert_int_equal(axvm_map_region(f->vm->vm, gpa, *frame, PAGE, RW), AXVM_OK);
}

static void memory_comes_and_goes_under_running_vcpus(void **state)
{
	struct fixture *f = *state;
	axvm_hpa_t frames[PAGES] = { { 0 } };

	start(f, touching_program);
	for (unsigned i = 0; i < CHANGES || get(&f->faults) < CHANGES; i++)
		swap(f, i % PAGES, &frames[i % PAGES]);
	assert_int_equal(axvm_unmap_region(f->vm->vm, axvm_gpa(HIGH), PAGES * PAGE), AXVM_OK);
	for (unsigned i = 0; i < PAGES; i++)
		f->sim.hal.dealloc_frame(&f->sim.hal, frames[i]);
	assert_int_equal(axvm_shutdown(f->vm->vm), AXVM_OK);
	sim_vm_join(f->vm);
	assert_int_equal(f->wrong, 0);
}

/* Splitting and merging a large leaf under accesses to the part of it that stays. */
static void large_leaves_are_split_and_merged_under_running_vcpus(void **state)
{
	struct fixture *f = *state;
	uint64_t size = UINT64_C(2) << 20, hole = HIGH + size / 2;
	axvm_hpa_t first;

	assert_int_equal(f->sim.hal.alloc_contiguous(&f->sim.hal, size / PAGE, size, &first),
			 AXVM_OK);
	for (unsigned i = 0; i < PAGES; i++)
		fill(f, axvm_hpa(first.v + i * PAGE), i);
	assert_int_equal(axvm_map_region(f->vm->vm, axvm_gpa(HIGH), first, size, RW), AXVM_OK);
	start(f, touching_program);
	for (unsigned i = 0; i < CHANGES; i++) {
		assert_int_equal(axvm_unmap_region(f->vm->vm, axvm_gpa(hole), PAGE), AXVM_OK);
		assert_int_equal(axvm_map_region(f->vm->vm, axvm_gpa(hole),
						 axvm_hpa(first.v + size / 2), PAGE, RW),
				 AXVM_OK);
	}
	assert_int_equal(axvm_shutdown(f->vm->vm), AXVM_OK);
	sim_vm_join(f->vm);
	assert_int_equal(f->wrong, 0);
	assert_int_equal(f->faults, 0); /* a guest never sees the gap */
	assert_int_equal(axvm_unmap_region(f->vm->vm, axvm_gpa(HIGH), size), AXVM_OK);
	f->sim.hal.dealloc_contiguous(&f->sim.hal, first, size / PAGE);
}

/* ---- Time ---- */

#define ALARMS	   20u
#define ALARM_NANO 50000u

/* Time, timer, halt, claim; until so many alarms have come, none of them early. */
static bool alarm_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct guest *g = arg;

	switch (g->phase) {
	case 0:
		*next = step(AXVM_SIM_TIME, 0, 0);
		break;
	case 1:
		g->last = cpu->gpr[1] + ALARM_NANO;
		*next = step(AXVM_SIM_TIMER, 0, g->last);
		break;
	case 2:
		*next = step(AXVM_SIM_HALT, 0, 0);
		break;
	case 3:
		*next = step(AXVM_SIM_CLAIM, 0, 0);
		break;
	case 4:
		g->faults = cpu->gpr[1]; /* the interrupt */
		*next = step(AXVM_SIM_TIME, 0, 0);
		break;
	default:
		if (g->faults == AXVM_SIM_NO_IRQ) { /* woken for nothing */
			g->phase = 3;
			*next = step(AXVM_SIM_HALT, 0, 0);
			return true;
		}
		if (g->faults != AXVM_SIM_TIMER_IRQ || cpu->gpr[1] < g->last)
			wrong(g);
		if (++g->count == ALARMS)
			return finish(g, next);
		g->phase = 0;
		*next = step(AXVM_SIM_NOP, 0, 0);
		return true;
	}
	g->phase++;
	return true;
}

static void alarms_come_and_not_early(void **state)
{
	struct fixture *f = *state;

	sim_clock_run(&f->sim);
	start(f, alarm_program);
	sim_vm_join(f->vm);
	assert_int_equal(f->wrong, 0);
	for (unsigned i = 0; i < VCPUS; i++)
		assert_int_equal(f->guests[i].count, ALARMS);
}

/* ---- Ends ---- */

static bool spinning_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct guest *g = arg;

	(void)cpu;
	g->count++;
	*next = step(g->count % 64 ? AXVM_SIM_NOP : AXVM_SIM_HYPERCALL, 0, 0);
	return true;
}

static void *shutdown_main(void *arg)
{
	struct fixture *f = arg;

	return axvm_shutdown(f->vm->vm) == AXVM_OK ? f : NULL;
}

static void reset(struct fixture *f)
{
	enum axvm_error err;

	do {
		err = axvm_reset(f->vm->vm);
	} while (err == AXVM_ERR_WOULD_BLOCK);
	assert_int_equal(err, AXVM_OK);
}

/* Of several that shut a VM down one is told that it did; every vCPU leaves. */
static void several_shut_down_at_once(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[3];
	void *done;

	for (unsigned round = 0; round < 10; round++) {
		unsigned winners = 0;

		start(f, spinning_program);
		for (unsigned i = 0; i < 3; i++)
			pthread_create(&threads[i], NULL, shutdown_main, f);
		for (unsigned i = 0; i < 3; i++) {
			pthread_join(threads[i], &done);
			winners += done != NULL;
		}
		sim_vm_join(f->vm);
		assert_int_equal(winners, 1);
		assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_STOPPED);
		reset(f);
	}
}

static bool failing_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct guest *g = arg;

	*next = step(cpu->pc < 20 ? AXVM_SIM_NOP : AXVM_SIM_FAIL, 0, g->id);
	return true;
}

static void lesson_33_every_vcpu_fails_at_once(void **state)
{
	struct fixture *f = *state;

	for (unsigned round = 0; round < 10; round++) {
		start(f, failing_program);
		sim_vm_join(f->vm);
		assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_STOPPED);
		assert_int_equal(axvm_stop_reason(f->vm->vm), AXVM_STOP_FAULT);
		reset(f);
	}
	assert_true(sim_vm_exits(f->vm, AXVM_EXIT_FAIL_ENTRY) >= 10);
}

static void destroyed_while_it_runs(void **state)
{
	struct fixture *f = *state;

	start(f, spinning_program);
	assert_int_equal(axvm_destroy(f->vm->vm), AXVM_OK);
	sim_vm_join(f->vm);
	assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_DESTROYED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vcpus_work_side_by_side),
		TEST(injection_from_many_threads_loses_nothing),
		TEST(vcpus_wake_each_other),
		TEST(memory_comes_and_goes_under_running_vcpus),
		TEST(large_leaves_are_split_and_merged_under_running_vcpus),
		TEST(alarms_come_and_not_early),
		TEST(several_shut_down_at_once),
		TEST(lesson_33_every_vcpu_fails_at_once),
		TEST(destroyed_while_it_runs),
	};

	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
