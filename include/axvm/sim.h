/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated CPU: a backend that runs whole VMs in an ordinary process, on any machine, under
 * sanitizers. A guest is a program of the host's: a list of steps, or a function that gives one
 * step at a time. A step that touches a device, makes a call or faults takes the same way through
 * AxVM as a real guest's trap does; memory is reached through the VM's stage-2 tables. An aligned
 * access is atomic. What the host's phys_to_virt() gives for a passthrough device's range is the
 * device; NULL: nothing answers there.
 */
#ifndef AXVM_SIM_H
#define AXVM_SIM_H

#include <axvm/vm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a simulated CPU has. */
#define AXVM_SIM_GPRS	 16u   /* general-purpose registers */
#define AXVM_SIM_SYSREGS 8u    /* registers 0 to 7 are storage; others do not exist */
#define AXVM_SIM_PORT	 0x80u /* the one port with something behind it: eight bytes of storage */
#define AXVM_SIM_IRQS	 1024u /* 0 to 1023; below 32: each vCPU's own; others: vCPU 0's */
#define AXVM_SIM_NO_IRQ	 UINT64_MAX /* CLAIM: nothing is pending */

/* What a step does. */
enum axvm_sim_op {
	AXVM_SIM_NOP = 0,      /* nothing */
	AXVM_SIM_LOAD,	       /* reg = width bytes at addr, extended to reg_width */
	AXVM_SIM_STORE,	       /* width bytes at addr = value */
	AXVM_SIM_FETCH,	       /* executes at addr: takes the right to do so, does nothing else */
	AXVM_SIM_SET,	       /* reg = value */
	AXVM_SIM_HYPERCALL,    /* number value, args; result in register 0 */
	AXVM_SIM_SYSREG_READ,  /* reg = system register addr */
	AXVM_SIM_SYSREG_WRITE, /* system register addr = value */
	AXVM_SIM_IO_READ,      /* reg = width (1, 2, 4) bytes at port addr */
	AXVM_SIM_IO_WRITE,     /* width (1, 2, 4) bytes at port addr = value */
	AXVM_SIM_HALT,	       /* waits for an interrupt */
	AXVM_SIM_CLAIM,	  /* reg = the lowest pending interrupt, pending no more if no line holds it
			   */
	AXVM_SIM_IPI,	  /* interrupt value to each vCPU of the mask addr */
	AXVM_SIM_TIME,	  /* reg = the guest's time in nanoseconds */
	AXVM_SIM_TIMER,	  /* interrupt AXVM_SIM_TIMER_IRQ at guest time value */
	AXVM_SIM_CPU_ON,  /* starts vCPU addr at step value with args[0]; result in register 0 */
	AXVM_SIM_CPU_OFF, /* switches itself off */
	AXVM_SIM_SYSTEM_OFF,   /* powers the VM off */
	AXVM_SIM_SYSTEM_RESET, /* asks for a reset */
	AXVM_SIM_HOST_IRQ,     /* the host's interrupt value arrives: EXTERNAL_INTERRUPT */
	AXVM_SIM_YIELD,	       /* waits in a loop: PREEMPTED */
	AXVM_SIM_FAIL,	       /* the entry fails for hardware reason value: the VM stops */
	AXVM_SIM_JUMP,	       /* goes on at step value */
	AXVM_SIM_OP_NUM,       /* how many there are */
};

/* The interrupt of each vCPU's timer. */
#define AXVM_SIM_TIMER_IRQ 27u

/* One step; members that its operation does not name are not looked at. */
struct axvm_sim_step {
	enum axvm_sim_op op; /* which of the others count */
	uint64_t addr;	     /* guest-physical, port, register, mask or vCPU */
	uint64_t value;	     /* to write, or number, time or step */
	uint64_t args[6];    /* of a hypercall; [0] of CPU_ON */
	uint8_t width;	     /* bytes: 1, 2, 4 or 8 */
	uint8_t reg;	     /* below AXVM_SIM_GPRS */
	uint8_t reg_width;   /* LOAD: bytes of the register that are written, 4 or 8; 0: 8 */
	bool signed_ext;     /* LOAD: the value is sign-extended to reg_width */
};

/* What the guest's own exception handler would be told. */
enum axvm_sim_fault {
	AXVM_SIM_FAULT_NONE = 0,  /* none so far */
	AXVM_SIM_FAULT_ABORT,	  /* nothing answers at fault_addr, or it may not be accessed so */
	AXVM_SIM_FAULT_UNDEFINED, /* no such system register, width, register or operation */
};

/* The visible state of a simulated vCPU, for its program and for whoever tests it. */
struct axvm_sim_cpu {
	uint64_t gpr[AXVM_SIM_GPRS];	   /* general-purpose registers */
	uint64_t pc;			   /* number of the next step */
	uint64_t entry;			   /* where it was started: a step, or a kernel's address */
	uint64_t fault_num;		   /* faults taken */
	enum axvm_sim_fault fault;	   /* the last */
	uint64_t fault_addr;		   /* of an ABORT: guest-physical */
	uint64_t steps;			   /* done */
	uint64_t sysreg[AXVM_SIM_SYSREGS]; /* system registers */
};

/*
 * Gives the next step of a program that is a function: cpu->pc counts its calls since the start,
 * and the registers hold the results of the steps before. Result: false: the vCPU switches itself
 * off. Called on the vCPU's thread; must not call AxVM for its own vCPU.
 */
typedef bool axvm_sim_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg);

/*
 * What a vCPU runs when it is started: a list of steps, at whose end it switches itself off, or a
 * function. A list begins at the step that the vCPU is started at, or at its first if there is no
 * such step. Steps and arg must outlive the VM; both calls replace what was set before. A vCPU
 * without a program switches itself off at once.
 * Errors: INVALID_INPUT: NULL; UNSUPPORTED: this library's CPUs are real; BAD_STATE: it runs
 */
enum axvm_error axvm_sim_set_steps(struct axvm_vcpu *vcpu, const struct axvm_sim_step *steps,
				   size_t num);
enum axvm_error axvm_sim_set_program(struct axvm_vcpu *vcpu, axvm_sim_program *next, void *arg);

/* The vCPU's state; read while it does not run. NULL for NULL. */
const struct axvm_sim_cpu *axvm_sim_cpu_get(const struct axvm_vcpu *vcpu);

/* Steps that a vCPU does in one run before it leaves with PREEMPTED, like the end of a time slice;
 * 0: no end. The default is 0. */
void axvm_sim_set_slice(struct axvm_vcpu *vcpu, uint64_t steps);

/* For tests: whether this machine can virtualise. The default is true. */
void axvm_sim_set_hardware(bool present);

/* Called by a CPU that waits for another; NULL: it spins. A process sets sched_yield() or the
 * like. */
extern void (*axvm_sim_relax)(void);

#ifdef __cplusplus
}
#endif

#endif
