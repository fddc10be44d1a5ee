/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler. Each CPU has a queue of vCPUs that wait for it and runs one at a time; a vCPU has
 * no thread. A vCPU goes back to the CPU it was on last, unless that one is busy and another idles.
 * Its one lock is a leaf: it may be taken with locks of a VM held, and nothing is called under it
 * but the architecture's alarm and IPI.
 */
#ifndef BARE_SCHED_H
#define BARE_SCHED_H

#include "cpu.h"

enum sched_state {
	SCHED_BLOCKED, /* halted, or not started */
	SCHED_READY,   /* in a CPU's queue */
	SCHED_RUNNING,
	SCHED_DEAD, /* its VM has ended */
};

struct sched_vcpu {
	struct host_vm *vm;
	struct axvm_vcpu *vcpu;
	uint32_t id;
	enum sched_state state;
	bool woken;	   /* sched_wake() came while it ran */
	struct cpu *cpu;   /* where it is, or was last */
	uint64_t mask;	   /* CPUs it may run on; not empty */
	uint64_t deadline; /* ns, UINT64_MAX: none */
	struct list link;  /* in cpu->ready, or cpu->parked */
};

void sched_init_cpu(struct cpu *cpu);
/* Finds the vCPU a home, the allowed CPU with the fewest. It is blocked. */
void sched_add(struct sched_vcpu *v);
/* The reverse, of a dead one or one that never ran. */
/* A VM whose vCPUs have all stopped begins anew: they are blocked. */
void sched_readmit(struct host_vm *vm);
void sched_remove(struct sched_vcpu *v);

/* Any CPU, with any lock but the scheduler's own. */
void sched_wake(struct sched_vcpu *v);
void sched_set_timer(struct sched_vcpu *v, uint64_t deadline);

/* This CPU's alarm went off. */
void sched_alarm(void);
/* When this CPU calls console_receive() next; UINT64_MAX: only at an interrupt. */
void sched_poll_at(uint64_t deadline);

/* Runs vCPUs for ever. */
_Noreturn void sched_run(void);

#endif
