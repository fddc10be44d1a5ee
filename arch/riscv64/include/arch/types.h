/* SPDX-License-Identifier: Apache-2.0 */
/* The RISC-V parts of a VM and of a vCPU. */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include <arch/aia_types.h>
#include <arch/plic_types.h>
#include <arch/sbi_types.h>
#include <axvm/types.h>

/* Registers of a guest as the world switch saves them: offsets are known to entry.S. While the
 * guest runs or its exit is handled, those behind x[] are in the CPU. */
struct arch_regs {
	uint64_t x[32]; /* x[0] stays 0 */
	uint64_t sepc;
	uint64_t sstatus; /* SPP: the guest's privilege; FS and VS: of what is in the CPU */
	uint64_t hstatus;
};

/* VS-mode's registers: they move only when a CPU changes from one vCPU to another. */
struct arch_csrs {
	uint64_t vsstatus, vsie, vstvec, vsscratch, vsepc, vscause, vstval, vsatp;
	uint64_t scounteren, senvcfg;
};

/* Floating-point registers: they move when another vCPU's are in the CPU. */
struct arch_fpregs {
	uint64_t f[32];
	uint64_t fcsr;
};

struct arch_vcpu {
	struct arch_regs regs; /* first */
	uint64_t host_sp;      /* of the CPU that it is in the guest on */
	struct arch_csrs vs;

	/*
	 * Interrupts. While the vCPU is bound hvip is in the CPU, and its owner brings it up to
	 * date from these words when it sees VCPU_REQ_IRQ; others set them and notify.
	 */
	uint64_t hvip;		/* the owner's; VSSIP, VSTIP, VSEIP */
	uint32_t external;	/* level of the external interrupt: 0 or 1 */
	uint32_t soft;		/* a software interrupt has been sent, and not yet put into hvip */
	uint32_t fences;	/* RISCV64_FENCE_*, to be done before the next entry */
	uint32_t fences_done;	/* how often that was looked at and done */
	uint64_t vstimecmp;	/* guest ticks; in the CPU while bound where there is Sstc */
	uint64_t host_deadline; /* what the host's timer waits for, or UINT64_MAX */

	uint64_t uid;	    /* of this life of the vCPU: tells whose state a CPU holds */
	uint32_t last_pcpu; /* where its VS registers were last */
	uint32_t fp_pcpu;   /* where its floating-point registers were last */
	uint32_t vector_pcpu;

	struct sbi_vcpu sbi;
	struct imsic_vcpu imsic;
	struct arch_fpregs fp;
	void *vector; /* 32 registers of vlenb bytes, then vstart, vl, vtype, vcsr; NULL: no V */
};

struct arch_vm {
	uint64_t hgatp;	     /* mode, VMID and root of the stage-2 tables */
	uint64_t htimedelta; /* guest time 0 */
	uint64_t paused_at;
	bool has_vmid;
	uint32_t last_ran[AXVM_MAX_PCPUS]; /* vCPU number + 1 whose TLB entries a CPU may hold */
	bool aia;			   /* APLIC and IMSIC instead of a PLIC */
	struct plic_vm plic;
	struct aplic_vm aplic;
	struct imsic_vm imsic;
};

#endif
