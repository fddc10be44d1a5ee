/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated CPU's parts of a VM and of a vCPU. */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include "irqset.h"
#include <axvm/sim.h>

/* What a vCPU runs; the host's, and the only pointers here. */
struct sim_program {
	const struct axvm_sim_step *steps; /* a list, or */
	size_t step_num;
	axvm_sim_program *next; /* a function */
	void *arg;
	uint64_t slice; /* steps of one run; 0: no end */
};

struct arch_vcpu {
	struct axvm_sim_cpu cpu;
	struct axvm_sim_step step; /* the one under way */
	bool again;		   /* it has to be done once more: a mapping has changed */
	uint64_t timer;		   /* guest time at which AXVM_SIM_TIMER_IRQ comes, or UINT64_MAX */
	uint64_t host_deadline;	   /* what the host's timer waits for, or UINT64_MAX */
	struct irqset pending;	   /* injected, until the guest claims them */
	struct irqset lines;	   /* high, until their devices lower them */
	uint64_t accesses;	   /* to memory, begun and ended: odd during one */
	struct sim_program program;
};

struct arch_vm {
	uint64_t port; /* AXVM_SIM_PORT */
};

#endif
