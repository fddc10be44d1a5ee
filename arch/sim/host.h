/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this backend share. */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "arch.h"
#include <axvm/sim.h>

/* exit.c: does the step under way. */
enum run_verdict sim_execute(struct axvm_vcpu *vcpu);

/* The guest's own exception: it is told, and goes on with its next step. */
enum run_verdict sim_fault(struct axvm_vcpu *vcpu, enum axvm_sim_fault fault, uint64_t addr);

/* An access to memory, by the VM's stage-2 tables. */
struct sim_access {
	uint64_t gpa;	/* out, when it is refused: of the byte that cannot be accessed */
	unsigned width; /* 1, 2, 4 or 8 bytes */
	enum axvm_access kind;
	uint64_t value; /* READ: out; WRITE: in */
};

enum sim_access_result {
	SIM_ACCESS_DONE,
	SIM_ACCESS_UNMAPPED,
	SIM_ACCESS_FORBIDDEN, /* mapped, without the right */
	SIM_ACCESS_NOTHING,   /* mapped, but the host has nothing behind it */
};

/* memory.c. Any failure leaves memory as it was. */
enum sim_access_result sim_access(struct axvm_vcpu *vcpu, struct sim_access *access);

/* irqchip.c: the lowest pending interrupt, which is then pending no more unless its line is high;
 * or IRQSET_NONE. */
uint32_t sim_irq_claim(struct axvm_vcpu *vcpu);
/* Puts the interrupt controller's ranges on the bus. */
enum axvm_error sim_irqchip_init(struct axvm *vm, struct axvm_diag *diag);

/* timer.c */
/* What is due by now, of this vCPU and of the devices. */
void sim_timers_expire(struct axvm_vcpu *vcpu);
/* Forgets the wake-up that the last halt asked for. */
void sim_timers_bind(struct axvm_vcpu *vcpu);

#endif
