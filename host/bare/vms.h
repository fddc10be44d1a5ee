/* SPDX-License-Identifier: Apache-2.0 */
/* The VMs of the bundle: made at start, reaped when their last vCPU has stopped. */
#ifndef BARE_VMS_H
#define BARE_VMS_H

#include "host.h"
#include "lines.h"
#include "lock.h"
#include "sched.h"

#include <axvm/vm.h>

#define VMS_INPUT_SIZE 256u /* a power of two */

struct host_vm {
	struct axvm_hal hal; /* its own, so that an operation finds the VM at once */
	struct axvm *core;
	struct axvm_images images; /* in the bundle, for a reset */
	struct host_vm *next_reset;
	const char *name;
	char name_buf[LINES_NAME_MAX];
	uint32_t id;
	unsigned refs; /* under the table's lock; the last one frees everything */
	struct lines_port port;
	struct spinlock log_lock;
	struct bucket bucket;
	struct {
		uint32_t head, tail;
		uint8_t bytes[VMS_INPUT_SIZE];
	} input; /* typed, not yet taken by the guest; the boot CPU's */

	/* The scheduler's, under its lock. */
	bool ended;
	uint32_t running; /* vCPUs that are SCHED_RUNNING */

	enum axvm_exit_reason end; /* why; set once, by the vCPU that ended it */
	uint64_t end_code;
	uint32_t vcpu_num;
	struct sched_vcpu vcpus[];
};

/* DEBUG lines appear: boot argument axvm.debug=1. */
extern bool vms_debug;
/* A VM that asks for a reset ends instead: boot argument axvm.no-reboot=1. */
extern bool vms_no_reboot;

/* Starts every VM of the board's bundle; ends the host when there is nothing to run. */
void vms_start(void);

/* The VM with this id, with a reference; NULL: none. */
struct host_vm *vms_get(uint32_t id);
void vms_put(struct host_vm *vm);

/*
 * Keys for the VM behind a speaker, on the boot CPU alone: whether one more can be kept, keeping
 * one (dropped when there is no such VM), and passing on what is kept. Result of the last: some is
 * left.
 */
bool vms_can_type(const struct lines_port *port);
void vms_type(const struct lines_port *port, uint8_t byte);
bool vms_deliver(void);

/* From the scheduler, without its lock: an exit that ends the VM; a vCPU that cannot be run; the
 * last vCPU has stopped. */
void vms_stopping(struct host_vm *vm, const struct axvm_exit *exit);
void vms_refused(struct host_vm *vm, uint32_t vcpu_id, enum axvm_error error);
void vms_reap(struct host_vm *vm);
/* The next step of the resets that this CPU does. */
void vms_reset_step(struct cpu *cpu);

/* hal.c */
void hal_init(struct axvm_hal *hal);

#endif
