/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host in an ordinary process, for VMs on the simulated CPU: for unit tests, fuzzers and
 * benchmarks. Its memory is counted and can run out at any chosen allocation; host-physical
 * addresses differ from pointers, so that mixing them up shows; its clock stands still until told.
 *
 * Two ways to run a VM: the test calls sim_run() itself, on one thread, step by step; or
 * sim_vm_start() gives each vCPU a thread. What the host finds wrong with its use ends the process.
 */
#ifndef TESTS_SIM_HOST_H
#define TESTS_SIM_HOST_H

#include <axvm/hal.h>
#include <axvm/sim.h>
#include <axvm/vm.h>
#include <pthread.h>

#define SIM_RAM_BASE UINT64_C(0x100000000) /* host-physical; devices may lie below */
#define SIM_RAM_SIZE UINT64_C(0x100000000) /* of addresses, used sparsely */
#define SIM_FRAMES   (SIM_RAM_SIZE / AXVM_PAGE_SIZE)
#define SIM_POISON   0xa5 /* what fresh and freed frames hold, up to 16 MiB of them */
#define SIM_VMS	     64u
#define SIM_RANGES   8u
#define SIM_NEVER    UINT64_MAX

struct sim_range {
	uint64_t base;
	uint64_t size;
};

/* The host's side of one vCPU. */
struct sim_vcpu {
	struct sim_vm *vm;
	uint32_t id;
	uint32_t pcpu; /* that it is running on, or AXVM_NO_ID */
	pthread_t thread;
	pthread_mutex_t lock; /* woken, deadline */
	pthread_cond_t changed;
	bool woken;
	uint64_t deadline;		      /* of set_timer() */
	uint64_t exits[AXVM_EXIT_REASON_NUM]; /* that axvm_run_vcpu() returned to its thread */
	unsigned errors; /* other than BAD_STATE, which comes with every stop */
};

struct sim_vm {
	struct sim_host *host;
	struct axvm *vm;
	struct sim_vm *next;
	uint32_t id;
	bool started;
	uint32_t vcpu_num;
	struct sim_vcpu vcpus[];
};

/* What a vCPU's thread does with an exit that axvm_run_vcpu() has returned. */
typedef void sim_on_exit(struct sim_vm *vm, uint32_t vcpu_id, const struct axvm_exit *exit);

struct sim_host {
	struct axvm_hal hal; /* first */
	struct axvm_host host;
	sim_on_exit *on_exit;
	void *data; /* the test's */

	pthread_mutex_t memory_lock;
	uint8_t *map;  /* all host-physical addresses from 0 on */
	uint8_t *used; /* per frame of RAM */
	size_t frames_used;
	size_t fail_after;    /* allocations that succeed before the others fail; SIZE_MAX: all */
	size_t largest;	      /* frames an allocation may have */
	uint64_t worst_align; /* alignment above it cannot be had */
	struct sim_range kept[SIM_RANGES]; /* no VM may have a device there */
	unsigned kept_num;
	struct sim_range devices[SIM_RANGES]; /* plain memory, for vCPUs that have it mapped */
	unsigned device_num;

	uint64_t now;	/* nanoseconds, while the clock stands */
	uint64_t start; /* of the running clock; 0: it stands */
	uint64_t wall;	/* seconds */

	struct sim_vm *vms[SIM_VMS];
	struct sim_vm *ended;
	pthread_mutex_t vms_lock;
	uint32_t next_pcpu;
	unsigned kicks, wakes;
	uint64_t timer; /* what set_timer() was called with last */

	pthread_mutex_t text_lock;
	uint8_t console[4096]; /* of all VMs; what does not fit is lost */
	size_t console_len;
	char log[16384]; /* lines; what does not fit is lost */
	size_t log_len;
	unsigned log_lines[AXVM_LOG_DEBUG + 1];
};

/* The calling thread becomes physical CPU 0. */
void sim_host_init(struct sim_host *h);
/* Ends the process when frames are still taken or a VM is left. */
void sim_host_fini(struct sim_host *h);

/* A VM of the AArch64 machine with its devices and 32 MiB of RAM. */
void sim_config(struct axvm_config *config, uint32_t id, uint32_t cpu_num);
/* The same of another architecture's machine. */
void sim_config_of(struct axvm_config *config, enum axvm_arch arch, uint32_t id, uint32_t cpu_num);

/* ---- Running ---- */

/* axvm_new(), and the host knows the VM. */
enum axvm_error sim_vm_new(struct sim_host *h, const struct axvm_config *config,
			   struct sim_vm **out, struct axvm_diag *diag);
/* axvm_put(); no thread of it is left. */
void sim_vm_free(struct sim_vm *vm);
/* axvm_run_vcpu() on this thread. */
enum axvm_error sim_run(struct sim_vm *vm, uint32_t vcpu_id, struct axvm_exit *exit);
/* A thread for each vCPU, until the VM stops. */
void sim_vm_start(struct sim_vm *vm);
/* Waits for the threads, so for the VM to stop. */
void sim_vm_join(struct sim_vm *vm);
/* How many exits of a kind axvm_run_vcpu() has returned to its threads; after sim_vm_join(). */
uint64_t sim_vm_exits(const struct sim_vm *vm, enum axvm_exit_reason reason);

/* ---- Time ---- */

void sim_clock_run(struct sim_host *h);
void sim_clock_stop(struct sim_host *h);
/* The standing clock moves, and the timers that are due by then wake their vCPUs. */
void sim_clock_advance(struct sim_host *h, uint64_t nanos);

/* ---- Memory and text ---- */

/* No VM may have a device in this range; a passthrough device is there. */
void sim_keep(struct sim_host *h, uint64_t base, uint64_t size);
void sim_add_device(struct sim_host *h, uint64_t base, uint64_t size);
/* Host memory behind a host-physical address. */
void *sim_memory(struct sim_host *h, uint64_t hpa);

/*
 * Calls an operation with none, then one, then two ... allocations to be had, until it succeeds.
 * Each failure must be NO_MEMORY and leave as many frames in use as before, or the process ends.
 * Result: how many allocations it takes.
 */
unsigned sim_fail_each_allocation(struct sim_host *h, enum axvm_error (*operation)(void *arg),
				  void *arg);

/* Whether a line with this text has been logged. */
bool sim_logged(struct sim_host *h, const char *text);

#endif
