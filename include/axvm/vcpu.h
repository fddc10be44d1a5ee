/* SPDX-License-Identifier: Apache-2.0 */
/* vCPUs: states, exit reasons, and the counters of the exit path. */
#ifndef AXVM_VCPU_H
#define AXVM_VCPU_H

#include <axvm/error.h>
#include <axvm/types.h>

enum axvm_vcpu_state {
	AXVM_VCPU_INVALID = 0,
	AXVM_VCPU_CREATED, /* not yet set up: only while its VM is being built */
	AXVM_VCPU_FREE,	   /* set up, on no CPU */
	AXVM_VCPU_READY,   /* bound to a physical CPU */
	AXVM_VCPU_RUNNING, /* in the guest, or handling its exit */
	AXVM_VCPU_BLOCKED, /* halted until an interrupt, or not yet started */
};

enum axvm_exit_reason {
	AXVM_EXIT_NOTHING = 0,
	AXVM_EXIT_HYPERCALL,
	AXVM_EXIT_MMIO_READ,
	AXVM_EXIT_MMIO_WRITE,
	AXVM_EXIT_SYSREG_READ,
	AXVM_EXIT_SYSREG_WRITE,
	AXVM_EXIT_IO_READ,
	AXVM_EXIT_IO_WRITE,
	AXVM_EXIT_EXTERNAL_INTERRUPT,
	AXVM_EXIT_NESTED_PAGE_FAULT,
	AXVM_EXIT_HALT,
	AXVM_EXIT_CPU_UP,
	AXVM_EXIT_CPU_DOWN,
	AXVM_EXIT_SYSTEM_DOWN,
	AXVM_EXIT_SYSTEM_RESET,
	AXVM_EXIT_SEND_IPI,
	AXVM_EXIT_FAIL_ENTRY,
	AXVM_EXIT_PREEMPTED,
	AXVM_EXIT_REASON_NUM,
};

/* The name of an exit reason, for instance "MMIO_READ". Never NULL. */
const char *axvm_exit_reason_name(enum axvm_exit_reason reason);

/*
 * One exit. Access widths are 1, 2, 4 or 8 bytes. What axvm_run_vcpu() returns to its caller:
 * EXTERNAL_INTERRUPT (the host's interrupt `vector` was acknowledged; the host handles and
 * completes it), HALT (run again after wake_vcpu), CPU_DOWN (run again after wake_vcpu),
 * SYSTEM_DOWN, SYSTEM_RESET, PREEMPTED (kicked, or the guest waits in a loop; run again),
 * FAIL_ENTRY (the VM stopped on a fault), HYPERCALL (a number that AxVM leaves to the host).
 */
struct axvm_exit {
	enum axvm_exit_reason reason;
	union {
		struct {
			uint64_t nr;
			uint64_t args[6];
		} hypercall;
		struct {
			axvm_gpa_t addr;
			uint8_t width;
			uint8_t reg;	   /* number of the guest register that takes the value */
			uint8_t reg_width; /* bytes of that register that are written */
			bool signed_ext;   /* the value is sign-extended to reg_width */
		} mmio_read;
		struct {
			axvm_gpa_t addr;
			uint8_t width;
			uint64_t data;
		} mmio_write;
		struct {
			uint64_t addr; /* AArch64: op0:op1:CRn:CRm:op2 as in ESR_EL2.ISS */
			uint8_t reg;
		} sysreg_read;
		struct {
			uint64_t addr;
			uint64_t value;
		} sysreg_write;
		struct {
			uint16_t port;
			uint8_t width;
		} io_read;
		struct {
			uint16_t port;
			uint8_t width;
			uint32_t data;
		} io_write;
		struct {
			uint32_t vector;
		} external_interrupt;
		struct {
			axvm_gpa_t addr;
			enum axvm_access access;
		} nested_page_fault;
		struct {
			uint64_t target; /* vCPU number */
			axvm_gpa_t entry;
			uint64_t arg;
		} cpu_up;
		struct {
			uint64_t state;
		} cpu_down;
		struct {
			axvm_cpu_mask_t targets;
			uint32_t vector;
		} send_ipi;
		struct {
			uint64_t hardware_reason; /* AArch64: ESR_EL2 */
		} fail_entry;
	};
};

/*
 * axvm_run_vcpu() in its steps, for a host that has something to do between them: bind, run any
 * number of times, unbind, all on one physical CPU. Errors: INVALID_INPUT: NULL; BAD_STATE: the
 * vCPU is not in the state that the step begins with, or (bind, run) the VM is not running or the
 * vCPU has not been started. An error changes nothing: a bound vCPU stays bound.
 */
/* FREE or BLOCKED -> READY. */
enum axvm_error axvm_vcpu_bind(struct axvm_vcpu *vcpu);
/* READY -> RUNNING -> READY. */
enum axvm_error axvm_vcpu_run(struct axvm_vcpu *vcpu, struct axvm_exit *exit);
/* READY -> FREE, or BLOCKED after HALT and CPU_DOWN. */
enum axvm_error axvm_vcpu_unbind(struct axvm_vcpu *vcpu);

/*
 * Writes a guest's general-purpose register; or the register that a hypercall returns its result
 * in. Errors: INVALID_INPUT: no such register; BAD_STATE: it is running.
 */
enum axvm_error axvm_vcpu_set_gpr(struct axvm_vcpu *vcpu, unsigned reg, uint64_t value);
enum axvm_error axvm_vcpu_set_return_value(struct axvm_vcpu *vcpu, uint64_t value);
/*
 * Where and with which first argument the vCPU begins. Such a vCPU starts when its VM is booted,
 * like vCPU 0, which axvm_load_images() and the configuration set too. BAD_STATE: it has been
 * started.
 */
enum axvm_error axvm_vcpu_set_entry(struct axvm_vcpu *vcpu, axvm_gpa_t entry, uint64_t arg);

/* Counters of one vCPU, for people; read without a lock, and so only nearly consistent. */
struct axvm_vcpu_stats {
	uint64_t exits[AXVM_EXIT_REASON_NUM];
};

/* Accessors; any context, any time. Of NULL: AXVM_NO_ID, INVALID, NULL, false. */
uint32_t axvm_vcpu_id(const struct axvm_vcpu *vcpu);
enum axvm_vcpu_state axvm_vcpu_get_state(const struct axvm_vcpu *vcpu);
const struct axvm_vcpu_stats *axvm_vcpu_get_stats(const struct axvm_vcpu *vcpu);
/*
 * Whether the vCPU has something to do: started, and not halted or with an interrupt for it.
 * A host calls it after HALT under its own wake-up lock to close the race with wake_vcpu.
 */
bool axvm_vcpu_runnable(const struct axvm_vcpu *vcpu);

#endif
