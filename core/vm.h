/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM and its vCPUs, as the core and the architectures see them. The architecture's own parts are
 * embedded: <arch/types.h> gives struct arch_vcpu and struct arch_vm.
 */
#ifndef CORE_VM_H
#define CORE_VM_H

#include "arena.h"
#include "aspace.h"
#include "bus.h"
#include "ivc.h"
#include "lock.h"
#include <arch/types.h>
#include <axvm/device.h>
#include <axvm/vcpu.h>
#include <axvm/vm.h>

struct axvm_vcpu {
	struct arch_vcpu arch; /* first: the world switch finds the registers at the start */

	struct axvm *vm;
	uint32_t id;
	uint32_t state;	   /* enum axvm_vcpu_state; FREE and BLOCKED are left by compare-and-swap */
	struct lock lock;  /* powered, start */
	bool powered;	   /* started and not switched off (PSCI, HSM) */
	bool halted;	   /* waits for an interrupt */
	uint32_t in_guest; /* 1 while it takes a kick to make it look at its requests */
	uint32_t request;  /* VCPU_REQ_*: looked at before every entry */
	uint32_t pcpu;	   /* physical CPU of the last run */
	struct {
		bool set; /* starts with its VM; vCPU 0 does always */
		uint64_t entry;
		uint64_t arg;
	} boot;
	struct {
		bool pending; /* begin at `entry` at the next run */
		uint64_t entry;
		uint64_t arg;
	} start;
	uint64_t phys_id;	      /* the hardware id that the guest sees */
	struct bus_range *last_range; /* of its last access to a device */
	struct axvm_exit exit;	      /* what the run in progress will return */
	struct axvm_vcpu_stats stats;
};

/* An exit, by the CPU that the vCPU runs on; others read the counters meanwhile. */
static inline void vcpu_count(struct axvm_vcpu *vcpu, enum axvm_exit_reason reason)
{
	uint64_t *counter = &vcpu->stats.exits[reason];

	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

/* Memory that one call clears at most, so that nobody on its CPU waits for long; bytes. */
#define VM_CLEAR_STEP (UINT64_C(8) << 20)

/* Something other than the next guest instruction has to happen before the next entry. */
enum vcpu_request {
	VCPU_REQ_LEAVE = 0x1, /* return to the host (PREEMPTED) */
	VCPU_REQ_IRQ = 0x2,   /* its virtual interrupt controller has changed */
};

struct axvm {
	struct axvm_hal *hal;
	struct axvm *next; /* of the same host, by its lock */
	struct axvm_config config;
	struct arena arena;
	struct aspace aspace;
	struct bus bus;
	struct bus ports; /* of I/O ports, where the architecture has them */
	struct ivc ivc;
	struct axvm_device *devices;
	uint32_t device_num;
	uint64_t device_deadline; /* VM time: no device's timer is due before it */
	struct axvm_vcpu *vcpus;
	uint32_t vcpu_num;
	uint32_t refs;
	uint32_t status;      /* enum axvm_vm_status, changed by compare-and-swap */
	uint32_t active;      /* vCPUs bound to a CPU */
	uint32_t stop_reason; /* enum axvm_stop_reason */
	uint64_t clock;	      /* see clock.c */
	struct lock life_lock;
	uint64_t reset_done; /* bytes of RAM that the reset under way has cleared */
	struct arch_vm arch;
};

/* What the handling of an exit decides. */
enum run_verdict {
	RUN_RESUME, /* back into the guest */
	RUN_LEAVE,  /* axvm_run_vcpu() returns vcpu->exit to the host */
};

/*
 * The way of an exit from the architecture's world switch into the core, on the CPU of the vCPU.
 * false: no device answers the whole access; the architecture injects its own fault.
 */
bool run_mmio_read(struct axvm_vcpu *vcpu, const struct axvm_exit *exit);
bool run_mmio_write(struct axvm_vcpu *vcpu, const struct axvm_exit *exit);
/* The same without the guest's registers. Of *value the low `width` bytes count. */
bool run_bus_read(struct axvm_vcpu *vcpu, uint64_t gpa, unsigned width, uint64_t *value);
bool run_bus_write(struct axvm_vcpu *vcpu, uint64_t gpa, unsigned width, uint64_t value);
/*
 * Whether guest memory at gpa allows the access after all: its mapping was being changed, or
 * another vCPU's change has just brought it. The guest tries again.
 */
bool run_memory_fault(struct axvm_vcpu *vcpu, axvm_gpa_t gpa, enum axvm_access access);
/* The same for a walk of the guest's own tables: those may not lie in a device. */
bool run_walk_fault(struct axvm_vcpu *vcpu, axvm_gpa_t gpa, enum axvm_access access);
/*
 * Port I/O. Like a bus without a device: what nobody answers reads as ones and is written nowhere.
 */
uint32_t run_io_read(struct axvm_vcpu *vcpu, const struct axvm_exit *exit);
void run_io_write(struct axvm_vcpu *vcpu, const struct axvm_exit *exit);
/* A hypercall of <axvm/hypercall.h>; its result is in the guest's register. */
enum run_verdict run_hypercall(struct axvm_vcpu *vcpu, const struct axvm_exit *exit);
/* The guest waits for an interrupt. */
enum run_verdict run_halt(struct axvm_vcpu *vcpu);
/* The guest switches this vCPU off. */
enum run_verdict run_cpu_down(struct axvm_vcpu *vcpu, uint64_t state);
/* The guest powers the machine off, or asks for a reset. */
enum run_verdict run_system_down(struct axvm_vcpu *vcpu, bool reset);
/*
 * The guest did something that can be neither emulated nor answered with a fault of its own: the
 * report is logged, and the VM stops.
 */
enum run_verdict run_fault(struct axvm_vcpu *vcpu, const char *what, uint64_t value);

/* Wakes a halted vCPU, kicks a running one, so that it sees `request`. Any context. */
void vcpu_notify(struct axvm_vcpu *vcpu, uint32_t request);
/* Starts a vCPU that is off. ALREADY_EXISTS: it is on. */
enum axvm_error vcpu_power_on(struct axvm_vcpu *vcpu, uint64_t entry, uint64_t arg);

/* Leaving an axvm_*() call that needs what a destroyed VM has no more. */
static inline bool vm_gone(const struct axvm *vm)
{
	return __atomic_load_n(&vm->status, __ATOMIC_SEQ_CST) == AXVM_VM_DESTROYED;
}

/* The VM ends: every vCPU leaves its guest. The first reason stays. */
void vm_stop(struct axvm *vm, enum axvm_stop_reason reason);
/* A vCPU has been unbound: the last one of a stopping VM makes it STOPPED. */
void vm_left(struct axvm *vm);

/* The VM's own time in nanoseconds: it begins at axvm_boot() and stands still while it is paused.
 */
uint64_t vm_time(struct axvm *vm);
/* Host time at a moment of VM time to come; UINT64_MAX: not as things are. */
uint64_t vm_time_to_host(struct axvm *vm, uint64_t when);
void vm_time_reset(struct axvm *vm);
void vm_time_stop(struct axvm *vm);
void vm_time_go(struct axvm *vm);

void vm_log(struct axvm *vm, enum axvm_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
