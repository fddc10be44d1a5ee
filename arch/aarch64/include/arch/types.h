/* SPDX-License-Identifier: Apache-2.0 */
/* The AArch64 parts of a VM and of a vCPU. */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include <arch/vgic_types.h>
#include <axvm/types.h>

/*
 * General registers of a guest as the world switch saves them: offsets are known to entry.S.
 */
struct arch_regs {
	uint64_t x[31];
	uint64_t pc;   /* ELR_EL2 */
	uint64_t spsr; /* SPSR_EL2 */
};

/* EL1 and EL0 system registers: they move only when a CPU changes from one vCPU to another. */
struct arch_sysregs {
	uint64_t sp_el0, sp_el1, elr_el1, spsr_el1;
	uint64_t sctlr_el1, cpacr_el1;
	uint64_t ttbr0_el1, ttbr1_el1, tcr_el1, mair_el1, amair_el1;
	uint64_t esr_el1, far_el1, afsr0_el1, afsr1_el1, par_el1;
	uint64_t vbar_el1, contextidr_el1, csselr_el1;
	uint64_t tpidr_el0, tpidrro_el0, tpidr_el1;
	uint64_t cntkctl_el1, mdscr_el1;
	uint64_t apia[2], apib[2], apda[2], apdb[2], apga[2]; /* pointer authentication keys */
};

/* Floating-point and SIMD registers: they move at the first use after another vCPU's use. */
struct arch_fpregs {
	uint64_t v[64];
	uint64_t fpcr, fpsr;
} __attribute__((aligned(16)));

/* A generic timer: the guest's CTL without ISTATUS, and its compare value in guest ticks. */
struct arch_timer {
	uint64_t ctl;
	uint64_t cval;
};

struct arch_vcpu {
	struct arch_regs regs; /* first */
	uint64_t vmpidr;
	struct arch_sysregs sys;
	struct arch_timer vtimer; /* CNTV, in hardware while the vCPU is bound */
	struct arch_timer ptimer; /* CNTP, emulated */
	uint64_t host_deadline;	  /* what the host's timer waits for, or UINT64_MAX */
	uint64_t uid;		  /* of this life of the vCPU: tells whose state a CPU holds */
	uint32_t last_pcpu;	  /* where its system registers were last */
	uint32_t fp_pcpu;	  /* where its floating-point registers were last */
	bool fp_live;		  /* it has used them since it was bound */
	struct vgic_vcpu vgic;
	struct arch_fpregs fp;
};

struct arch_vm {
	uint64_t vttbr;	  /* VMID and root of the stage-2 tables */
	uint64_t cntvoff; /* counter at the guest's time 0 */
	uint64_t paused_at;
	bool has_vmid;
	uint32_t last_ran[AXVM_MAX_PCPUS]; /* vCPU number + 1 whose TLB entries a CPU may hold */
	struct vgic_vm vgic;
};

#endif
