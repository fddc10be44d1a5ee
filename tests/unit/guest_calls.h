/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated guest that does what the test tells it, one step at a time, on the test's thread. */
#ifndef TESTS_GUEST_CALLS_H
#define TESTS_GUEST_CALLS_H

#include "sim_host.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct guest {
	struct sim_vm *vm;
	struct axvm_sim_step step;
	bool wanted;
};

static inline bool guest_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct guest *g = arg;

	(void)cpu;
	*next = g->wanted ? g->step : (struct axvm_sim_step){ .op = AXVM_SIM_YIELD };
	g->wanted = false;
	return true;
}

/* Makes and boots a VM whose vCPU 0 is such a guest. */
static inline void guest_boot(struct guest *g, struct sim_host *host,
			      const struct axvm_config *config)
{
	struct axvm_vcpu *vcpu;

	assert_int_equal(sim_vm_new(host, config, &g->vm, NULL), AXVM_OK);
	assert_int_equal(axvm_vcpu(g->vm->vm, 0, &vcpu), AXVM_OK);
	assert_int_equal(axvm_sim_set_program(vcpu, guest_program, g), AXVM_OK);
	assert_int_equal(axvm_boot(g->vm->vm), AXVM_OK);
}

static inline const struct axvm_sim_cpu *guest_cpu(struct guest *g)
{
	struct axvm_vcpu *vcpu;

	assert_int_equal(axvm_vcpu(g->vm->vm, 0, &vcpu), AXVM_OK);
	return axvm_sim_cpu_get(vcpu);
}

/* Does one step; the exit that ended the run. */
static inline enum axvm_exit_reason guest_step(struct guest *g, struct axvm_sim_step step)
{
	struct axvm_exit exit;

	g->step = step;
	g->wanted = true;
	assert_int_equal(sim_run(g->vm, 0, &exit), AXVM_OK);
	if (exit.reason == AXVM_EXIT_PREEMPTED && g->wanted) /* a request from before */
		assert_int_equal(sim_run(g->vm, 0, &exit), AXVM_OK);
	return exit.reason;
}

static inline int64_t guest_call(struct guest *g, uint64_t number, uint64_t a, uint64_t b)
{
	guest_step(g, (struct axvm_sim_step){
			      .op = AXVM_SIM_HYPERCALL,
			      .value = number,
			      .args = { a, b },
		      });
	return (int64_t)guest_cpu(g)->gpr[0];
}

/* Whether a load of 8 bytes succeeds, and what it finds. */
static inline bool guest_load(struct guest *g, uint64_t addr, uint64_t *value)
{
	uint64_t faults = guest_cpu(g)->fault_num;

	guest_step(g, (struct axvm_sim_step){
			      .op = AXVM_SIM_LOAD, .addr = addr, .width = 8, .reg = 1 });
	*value = guest_cpu(g)->gpr[1];
	return guest_cpu(g)->fault_num == faults;
}

static inline bool guest_store(struct guest *g, uint64_t addr, uint64_t value)
{
	uint64_t faults = guest_cpu(g)->fault_num;

	guest_step(g, (struct axvm_sim_step){
			      .op = AXVM_SIM_STORE, .addr = addr, .width = 8, .value = value });
	return guest_cpu(g)->fault_num == faults;
}

/* The lowest pending interrupt, or AXVM_SIM_NO_IRQ. */
static inline uint64_t guest_claim(struct guest *g)
{
	guest_step(g, (struct axvm_sim_step){ .op = AXVM_SIM_CLAIM, .reg = 2 });
	return guest_cpu(g)->gpr[2];
}

#endif
