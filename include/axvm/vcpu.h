/* SPDX-License-Identifier: Apache-2.0 */
/* vCPUs: states, exit reasons, and the counters of the exit path. */
#ifndef AXVM_VCPU_H
#define AXVM_VCPU_H

#include <axvm/error.h>
#include <axvm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a vCPU is: bound, running, or waiting. */
enum axvm_vcpu_state {
	AXVM_VCPU_INVALID = 0, /* no vCPU */
	AXVM_VCPU_CREATED,     /* not yet set up: only while its VM is being built */
	AXVM_VCPU_FREE,	       /* set up, on no CPU */
	AXVM_VCPU_READY,       /* bound to a physical CPU */
	AXVM_VCPU_RUNNING,     /* in the guest, or handling its exit */
	AXVM_VCPU_BLOCKED,     /* halted until an interrupt, or not yet started */
};

/* Why a vCPU left its guest; struct axvm_exit says which of them the host sees. */
enum axvm_exit_reason {
	AXVM_EXIT_NOTHING = 0,	      /* it did not leave */
	AXVM_EXIT_HYPERCALL,	      /* a number of <axvm/hypercall.h>, or the host's */
	AXVM_EXIT_MMIO_READ,	      /* of a device */
	AXVM_EXIT_MMIO_WRITE,	      /* to a device */
	AXVM_EXIT_SYSREG_READ,	      /* of a system register that traps */
	AXVM_EXIT_SYSREG_WRITE,	      /* to one */
	AXVM_EXIT_IO_READ,	      /* of an I/O port */
	AXVM_EXIT_IO_WRITE,	      /* to one */
	AXVM_EXIT_EXTERNAL_INTERRUPT, /* an interrupt of the host */
	AXVM_EXIT_NESTED_PAGE_FAULT,  /* stage 2 does not allow the access */
	AXVM_EXIT_HALT,		      /* it waits for an interrupt */
	AXVM_EXIT_CPU_UP,	      /* it starts another vCPU */
	AXVM_EXIT_CPU_DOWN,	      /* it switches itself off */
	AXVM_EXIT_SYSTEM_DOWN,	      /* the guest powers off */
	AXVM_EXIT_SYSTEM_RESET,	      /* the guest asks for a reset */
	AXVM_EXIT_SEND_IPI,	      /* an interrupt from vCPU to vCPU */
	AXVM_EXIT_FAIL_ENTRY,	      /* the guest cannot go on */
	AXVM_EXIT_PREEMPTED,	      /* nothing of the guest's: its turn is over */
	AXVM_EXIT_REASON_NUM,	      /* how many there are */
};

/* The name of an exit reason, for instance "MMIO_READ". Never NULL. */
const char *axvm_exit_reason_name(enum axvm_exit_reason reason);

/*
 * One exit. Access widths are 1, 2, 4 or 8 bytes. What axvm_run_vcpu() returns to its caller:
 * EXTERNAL_INTERRUPT (the host's interrupt `vector` was acknowledged; the host handles and
 * completes it), HALT (run again after wake_vcpu), CPU_DOWN (run again after wake_vcpu),
 * SYSTEM_DOWN, SYSTEM_RESET, PREEMPTED (kicked, or the guest waits in a loop; run again),
 * FAIL_ENTRY (the VM stopped on a fault), HYPERCALL (a number that AxVM leaves to the host, which
 * answers with axvm_vcpu_set_return_value() before the next run; else the guest reads
 * UNSUPPORTED). The others are handled inside, and counted in struct axvm_vcpu_stats.
 */
struct axvm_exit {
	enum axvm_exit_reason reason; /* which member of the union counts */
	union {
		struct {
			uint64_t nr;	  /* the number, without the architecture's prefix */
			uint64_t args[6]; /* those that the call does not have are undefined */
		} hypercall;		  /* HYPERCALL */
		struct {
			axvm_gpa_t addr;   /* guest-physical */
			uint8_t width;	   /* bytes that are read */
			uint8_t reg;	   /* number of the guest register that takes the value */
			uint8_t reg_width; /* bytes of that register that are written */
			bool signed_ext;   /* the value is sign-extended to reg_width */
		} mmio_read;		   /* MMIO_READ */
		struct {
			axvm_gpa_t addr; /* guest-physical */
			uint8_t width;	 /* bytes that are written */
			uint64_t data;	 /* in its low `width` bytes */
		} mmio_write;		 /* MMIO_WRITE */
		struct {
			uint64_t addr; /* AArch64: op0:op1:CRn:CRm:op2 as in ESR_EL2.ISS */
			uint8_t reg;   /* number of the guest register that takes the value */
		} sysreg_read;	       /* SYSREG_READ */
		struct {
			uint64_t addr;	/* as in sysreg_read */
			uint64_t value; /* to write */
		} sysreg_write;		/* SYSREG_WRITE */
		struct {
			uint16_t port; /* its number */
			uint8_t width; /* bytes that are read: 1, 2 or 4 */
		} io_read;	       /* IO_READ */
		struct {
			uint16_t port; /* its number */
			uint8_t width; /* bytes that are written: 1, 2 or 4 */
			uint32_t data; /* in its low `width` bytes */
		} io_write;	       /* IO_WRITE */
		struct {
			uint32_t vector; /* AArch64: INTID; RISC-V: code of scause */
		} external_interrupt;	 /* EXTERNAL_INTERRUPT */
		struct {
			axvm_gpa_t addr;	 /* guest-physical */
			enum axvm_access access; /* what the guest wanted */
		} nested_page_fault;		 /* NESTED_PAGE_FAULT */
		struct {
			uint64_t target;  /* vCPU number */
			axvm_gpa_t entry; /* where it begins */
			uint64_t arg;	  /* its first argument */
		} cpu_up;		  /* CPU_UP */
		struct {
			uint64_t state; /* what the guest gave for it (PSCI: power_state) */
		} cpu_down;		/* CPU_DOWN */
		struct {
			axvm_cpu_mask_t targets; /* bit n: vCPU n */
			uint32_t vector;	 /* AArch64: INTID */
		} send_ipi;			 /* SEND_IPI */
		struct {
			uint64_t hardware_reason; /* AArch64: ESR_EL2; RISC-V: scause */
		} fail_entry;			  /* FAIL_ENTRY */
	};
};

/*
 * The first step of axvm_run_vcpu(), for a host that has something to do between them: bind, run
 * any number of times, unbind, all on one physical CPU. FREE or BLOCKED -> READY. A VM is not
 * PAUSED or STOPPED before its vCPUs are unbound.
 * Errors: INVALID_INPUT: NULL; BAD_STATE: neither FREE nor BLOCKED, the VM is not RUNNING, or the
 * vCPU has not been started
 * Context: as axvm_run_vcpu()
 */
enum axvm_error axvm_vcpu_bind(struct axvm_vcpu *vcpu);
/*
 * The second step: READY -> RUNNING -> READY. An error leaves the vCPU bound, and *exit as it was.
 * Errors: INVALID_INPUT: NULL; BAD_STATE: not READY, or the VM is not RUNNING, or the vCPU has
 * switched itself off: unbind it
 * Context: the physical CPU of axvm_vcpu_bind()
 */
enum axvm_error axvm_vcpu_run(struct axvm_vcpu *vcpu, struct axvm_exit *exit);
/*
 * The last step: READY -> FREE, or BLOCKED after HALT and CPU_DOWN.
 * Errors: INVALID_INPUT: NULL; BAD_STATE: not READY
 * Context: the physical CPU of axvm_vcpu_bind()
 */
enum axvm_error axvm_vcpu_unbind(struct axvm_vcpu *vcpu);

/*
 * Writes a guest's general-purpose register.
 *
 * reg      its number (AArch64: 0 to 30; RISC-V: 0 to 31, of which 0 stays 0)
 * Errors   INVALID_INPUT: NULL, or no such register; BAD_STATE: it is RUNNING
 * Context  the CPU that has bound it, or any while none has
 */
enum axvm_error axvm_vcpu_set_gpr(struct axvm_vcpu *vcpu, unsigned reg, uint64_t value);
/*
 * Writes the register that a hypercall returns its result in (AArch64: X0; RISC-V: a1).
 * Errors: INVALID_INPUT: NULL; BAD_STATE: it is RUNNING
 * Context: as axvm_vcpu_set_gpr()
 */
enum axvm_error axvm_vcpu_set_return_value(struct axvm_vcpu *vcpu, uint64_t value);
/*
 * Where and with which first argument the vCPU begins. Such a vCPU starts when its VM is booted,
 * like vCPU 0, which axvm_load_images() and the configuration set too.
 *
 * entry    guest-physical
 * arg      in the register of the first argument (AArch64: X0; RISC-V: a1, as a0 has the hart's id)
 * Errors   INVALID_INPUT: NULL; BAD_STATE: it has been started
 */
enum axvm_error axvm_vcpu_set_entry(struct axvm_vcpu *vcpu, axvm_gpa_t entry, uint64_t arg);

/* Counters of one vCPU, for people; read without a lock, each by an atomic load, and so only nearly
 * consistent. */
struct axvm_vcpu_stats {
	/* by enum axvm_exit_reason */
	uint64_t exits[AXVM_EXIT_REASON_NUM];
};

/* Its number in its VM. Of NULL: AXVM_NO_ID. Context: any */
uint32_t axvm_vcpu_id(const struct axvm_vcpu *vcpu);
/* Its state at this moment. Of NULL: AXVM_VCPU_INVALID. Context: any */
enum axvm_vcpu_state axvm_vcpu_get_state(const struct axvm_vcpu *vcpu);
/* Its counters; they live as long as the VM, and a reset does not clear them. Of NULL: NULL.
 * Context: any */
const struct axvm_vcpu_stats *axvm_vcpu_get_stats(const struct axvm_vcpu *vcpu);
/*
 * Whether the vCPU has something to do: its VM is RUNNING, it has been started, and it is not
 * halted, or has an interrupt. Of NULL: false.
 * A host calls it after HALT under its own wake-up lock to close the race with wake_vcpu.
 * Context: any, also with a lock of the host that wake_vcpu takes
 */
bool axvm_vcpu_runnable(const struct axvm_vcpu *vcpu);

#ifdef __cplusplus
}
#endif

#endif
