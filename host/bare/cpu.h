/* SPDX-License-Identifier: Apache-2.0 */
/* The physical CPUs. Their numbers are their order in the board's device tree. */
#ifndef BARE_CPU_H
#define BARE_CPU_H

#include "isa.h"
#include "list.h"
#include "slot.h"

#include <axvm/types.h>

struct sched_vcpu;
struct host_vm;

struct cpu {
	/* Assembly knows the offsets of these. */
	uint64_t stack_top; /* 0: there is no place for its stacks */
	uint64_t emergency_top;
	uint64_t in_fault;
	struct isa_cpu isa;

	uint32_t id;
	uint32_t online; /* set by the CPU itself, once */
	uint64_t hw_id;	 /* MPIDR affinity, hart id */

	/* The scheduler's, under its lock. */
	struct list ready;	    /* vCPUs that wait for this CPU */
	struct list parked;	    /* blocked vCPUs that have a deadline */
	struct sched_vcpu *current; /* NULL: idle, or in the host */
	struct host_vm *reap;	    /* its last vCPU left here */
	struct host_vm *reset; /* this CPU resets it, and those behind it; not under the lock */
	unsigned homed;	       /* vCPUs whose home this is */
	uint64_t slice_end;
	uint64_t earliest; /* no deadline of a parked vCPU is before it */
	uint64_t poll_at;  /* when the host wants control on this CPU */
	uint64_t armed;	   /* what the alarm is set to; UINT64_MAX: off */
};

_Static_assert(offsetof(struct cpu, stack_top) == CPU_STACK_TOP, "offset");
_Static_assert(offsetof(struct cpu, emergency_top) == CPU_EMERGENCY_TOP, "offset");
_Static_assert(offsetof(struct cpu, in_fault) == CPU_IN_FAULT, "offset");
_Static_assert(offsetof(struct cpu, isa) == CPU_ISA, "offset");

extern struct cpu cpus[AXVM_MAX_PCPUS];
extern uint32_t cpu_num;

static inline struct cpu *this_cpu(void)
{
	return isa_this_cpu();
}

#endif
