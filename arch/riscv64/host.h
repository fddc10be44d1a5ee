/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this backend share. "Live" state is in the registers of the current CPU;
 * "owner" is as in arch.h.
 */
#ifndef RISCV64_HOST_H
#define RISCV64_HOST_H

#include "arch.h"
#include "csrs.h"
#include "diag.h"
#include <axvm/riscv64.h>

/* Facts of the board, as the host gave them. */
extern struct axvm_riscv64_host riscv64_host;

/* ---- entry.S ---- */

void riscv64_enter_guest(struct axvm_vcpu *vcpu);
void arch_vectors(void); /* stvec's */
/* Whether this CPU has hypervisor registers. No guest is live. */
bool riscv64_probe_hypervisor(void);
/*
 * 16 bits of code at a virtual address of the live guest, with its rights. false: scause says why
 * not; sepc, stval, htval, htinst, sstatus and hstatus are that trap's.
 */
bool riscv64_load_code(uint64_t va, uint16_t *half);
/* The same for eight bytes of data. */
bool riscv64_load_data(uint64_t va, uint64_t *word);

/* ---- exit.c: what entry.S calls ---- */

enum run_verdict riscv64_exit(struct axvm_vcpu *vcpu);
/*
 * An access of a device, of the kind that is frequent. Like riscv64_sbi_call() these do without gp
 * and s2 to s11 of the guest, which are still in the CPU. false: riscv64_exit() is to handle it.
 */
bool riscv64_simple_load(struct axvm_vcpu *vcpu);
bool riscv64_simple_store(struct axvm_vcpu *vcpu);
enum run_verdict riscv64_handle_requests(struct axvm_vcpu *vcpu);
/* The guest waits for an interrupt. Owner, bound. */
enum run_verdict riscv64_halt(struct axvm_vcpu *vcpu);

/* ---- inject.c: exceptions into the live guest ---- */

void riscv64_inject(uint64_t cause, uint64_t tval);
/* The instruction of the live guest at pc. false: *fault could not be read, scause says why. */
bool riscv64_peek(uint64_t pc, uint32_t *insn, uint64_t *fault);
/*
 * The same, for an instruction that the guest has just executed. false: the guest has been given
 * the fault, or tries again, and has to be resumed.
 */
bool riscv64_fetch(uint64_t pc, uint32_t *insn);
/*
 * A word of the live guest's data for the ECALL that it has just made, by its translation and
 * rights. false: the guest has been given the fault at the ECALL, or makes that again.
 */
bool riscv64_read_word(struct axvm_vcpu *vcpu, uint64_t va, uint64_t *word);

/* ---- fp.S: sstatus.FS or VS is not Off ---- */

void riscv64_fp_save(struct arch_fpregs *fp);
void riscv64_fp_load(const struct arch_fpregs *fp);
void riscv64_vector_save(void *vector);
void riscv64_vector_load(const void *vector);

/* ---- units.c: floating point and vectors, which move when the guest uses them ---- */

/* Memory for the vCPUs' vectors. NO_MEMORY. */
enum axvm_error units_vm_init(struct axvm *vm);
void units_vcpu_reset(struct axvm_vcpu *vcpu);
/* Owner: on in regs.sstatus what of the vCPU's is in this CPU; and the reverse, saving it. */
void units_bind(struct axvm_vcpu *vcpu);
void units_unbind(struct axvm_vcpu *vcpu);
void units_forget_loaded(void);
/* Bytes of a vector register of this CPU, 0: no vectors. No guest is live. */
uint64_t units_vlenb(void);
/* Owner. An illegal instruction: true: a unit was off, and is on now. */
bool units_use(struct axvm_vcpu *vcpu);

/* ---- cpu.c ---- */

/* hstateen0 for a VM; only with Smstateen. */
uint64_t riscv64_stateen(const struct axvm *vm);
/* How many values hgatp.VMID takes on this CPU, and which modes it offers (bit n: mode n). */
uint32_t riscv64_vmid_num(void);
/* cycle or instret of this CPU, by its number as a CSR. */
uint64_t riscv64_read_counter(uint32_t csr);
/* The guest's reads of 0xc00 + n trap for each bit n; of no other it may read at all. */
void riscv64_trap_counters(uint32_t traps);
uint32_t riscv64_hgatp_modes(void);

/* ---- vcpu.c ---- */

/* The guest goes on at pc as a hart that SBI HSM starts, with `arg` in a1. Owner, bound. */
void riscv64_restart(struct axvm_vcpu *vcpu, uint64_t pc, uint64_t arg);
/* What vCPUs have left in the CPUs' registers is not relied on any more; nor in their units. Any
 * context: it costs the others' vCPUs one more load. */
void riscv64_forget_loaded(void);

/* ---- irq.c: the three interrupts of a vCPU ---- */

/* The level of its external interrupt, from the PLIC. Any context, the PLIC's lock held. */
void riscv64_set_external(struct axvm_vcpu *vcpu, bool level);
/* A software interrupt, from SBI IPI. Any context. */
void riscv64_send_soft(struct axvm_vcpu *vcpu);
/* The same to itself, at once, and taking it back. Owner, bound. */
void riscv64_raise_soft(struct axvm_vcpu *vcpu);
void riscv64_clear_soft(struct axvm_vcpu *vcpu);
/* Owner, bound: what others have asked for meanwhile goes into the CPU. */
void riscv64_irq_sync(struct axvm_vcpu *vcpu);
/* Owner, bound: the CPU gets, and loses, the vCPU's pending interrupts. */
void riscv64_irq_load(struct axvm_vcpu *vcpu);
void riscv64_irq_save(struct axvm_vcpu *vcpu);

/* ---- timer.c ---- */

void riscv64_timer_init(void);
void riscv64_timer_load(struct axvm_vcpu *vcpu);
void riscv64_timer_save(struct axvm_vcpu *vcpu);

/* Guest ticks now. */
uint64_t riscv64_guest_time(const struct axvm_vcpu *vcpu);
/* SBI set_timer: guest ticks, UINT64_MAX: never. Takes a pending timer interrupt back. Owner. */
void riscv64_set_timer(struct axvm_vcpu *vcpu, uint64_t when);

/* ---- fence.c ---- */

enum riscv64_fence {
	RISCV64_FENCE_I = 0x1,	 /* FENCE.I */
	RISCV64_FENCE_VMA = 0x2, /* HFENCE.VVMA: all that VS-stage tables translate */
};
/*
 * The vCPUs of `targets`, the caller's own among them perhaps, have fenced, or will before their
 * next guest instruction. Owner of `vcpu`. [va, va + size) is what need be forgotten at least
 * (size UINT64_MAX: all); asid UINT64_MAX: any.
 */
void riscv64_remote_fence(struct axvm_vcpu *vcpu, axvm_cpu_mask_t targets, enum riscv64_fence kind,
			  uint64_t va, uint64_t size, uint64_t asid);
/* Owner, bound: what others have asked for. */
void riscv64_fence_sync(struct axvm_vcpu *vcpu);
/* The guest has met memory that has just been mapped, and tries again: a hart that keeps entries
 * which were not valid would fault for ever (Privileged Architecture, "SFENCE.VMA"). */
void riscv64_forget_invalid(void);
/* Owner: the vCPU comes to this CPU; `anew`: it, or the CPU, has been elsewhere since. */
void riscv64_fence_bind(struct axvm_vcpu *vcpu, bool anew);

/* ---- sbi.c: an ECALL of VS-mode. Owner ---- */

/* a0 to a7 are vcpu->arch.regs.x[10] to x[17] (gp and s2 to s11 are not there, and cannot be
 * changed);
 * sepc is behind the ECALL already. */
enum run_verdict riscv64_sbi_call(struct axvm_vcpu *vcpu);
/* Power-on state. Not running. */
void sbi_vcpu_reset(struct axvm_vcpu *vcpu);
/* Owner. The vCPU comes to this CPU, and goes: steal time, counters. */
void sbi_vcpu_bind(struct axvm_vcpu *vcpu);
void sbi_vcpu_unbind(struct axvm_vcpu *vcpu);
/* Owner. What the guest finds in cycle or instret. false: it has not configured that (SBI PMU). */
bool sbi_pmu_read(const struct axvm_vcpu *vcpu, uint32_t csr, uint64_t *value);

/* ---- isa.c: what the board's harts have, and of it what guests may use ---- */

/* Those that code asks for; isa.c knows more. */
enum riscv64_ext {
	RISCV64_EXT_I,
	RISCV64_EXT_M,
	RISCV64_EXT_A,
	RISCV64_EXT_F,
	RISCV64_EXT_D,
	RISCV64_EXT_C,
	RISCV64_EXT_V, /* the last single letter */
	RISCV64_EXT_ZBC,
	RISCV64_EXT_ZICBOM,
	RISCV64_EXT_ZICBOP,
	RISCV64_EXT_ZICBOZ,
	RISCV64_EXT_ZICNTR,
	RISCV64_EXT_ZIHPM,
	RISCV64_EXT_SMSTATEEN,
	RISCV64_EXT_SSAIA,
	RISCV64_EXT_SSCOFPMF,
	RISCV64_EXT_SSSTATEEN,
	RISCV64_EXT_SSTC,
	RISCV64_EXT_SVADE,
	RISCV64_EXT_SVADU,
	RISCV64_EXT_SVINVAL,
	RISCV64_EXT_SVNAPOT,
	RISCV64_EXT_SVPBMT,
	RISCV64_EXT_ZICSR,
	RISCV64_EXT_ZIFENCEI,
	RISCV64_EXT_NUM,
};
/* Reads the board's device tree, which may be anything. Once, before the functions below. */
void riscv64_isa_init(const void *fdt);
/* Every hart of the board has it. */
bool riscv64_has(enum riscv64_ext ext);
/* Of Zicbom, Zicbop, Zicboz: what their instructions work on, in bytes; 0 without it. */
uint32_t riscv64_block_size(enum riscv64_ext ext);
/* henvcfg for all that guests may use of it. */
uint64_t riscv64_henvcfg(void);
/* Appends riscv,isa, riscv,isa-base, riscv,isa-extensions, block sizes and mmu-type to a cpu node:
 * what a guest may use. */
int riscv64_fdt_isa(struct axvm *vm, void *fdt);

/* ---- plic.c ---- */

/* The VM's PLIC, where its configuration has one (AXVM_EMU_PLIC): state, and its range on the
 * bus. Context 2n + 1 is vCPU n's S-mode, 2n its M-mode, which has none. */
enum axvm_error plic_vm_init(struct axvm *vm, struct axvm_diag *diag);
void plic_vm_reset(struct axvm *vm);
bool plic_irq_valid(const struct axvm *vm, uint32_t irq); /* 1 to 1023 */
/* Any context. */
void plic_set_line(struct axvm *vm, uint32_t irq, bool level);
void plic_inject(struct axvm *vm, uint32_t irq); /* an edge */
/* The interrupt-controller node (phandle FDT_INTC_PHANDLE), whose parents are the harts' own
 * controllers with phandle RISCV64_CPU_PHANDLE(n). */
int plic_fdt(struct axvm *vm, void *fdt);
#define RISCV64_CPU_PHANDLE(n) (0x100u + (n))

/* ---- aia.c, aplic.c, imsic.c: the same for a VM with APLIC and IMSIC ---- */

/* Once per physical CPU, where there are guest interrupt files. */
void aia_hardware_enable(void);
enum axvm_error aia_vm_init(struct axvm *vm, struct axvm_diag *diag);
/* Also after a failure in the middle. */
void aia_vm_fini(struct axvm *vm);
/* Power-on state of the APLIC and of every vCPU's interrupt file. No vCPU runs. */
void aia_vm_reset(struct axvm *vm);
bool aia_irq_valid(const struct axvm *vm, uint32_t irq);
/* Any context. */
void aia_set_line(struct axvm *vm, uint32_t irq, bool level);
void aia_inject(struct axvm *vm, uint32_t irq); /* an edge */
int aia_fdt(struct axvm *vm, void *fdt);

/* Owner, of a VM that has them. Its interrupt file comes to this CPU, with regs.hstatus.VGEIN and
 * vsiselect; and may go. */
void aia_vcpu_bind(struct axvm_vcpu *vcpu);
void aia_vcpu_unbind(struct axvm_vcpu *vcpu);
/* Power-on state of its interrupt file. Not bound. */
void aia_vcpu_reset(struct axvm_vcpu *vcpu);
/* An interrupt waits in its interrupt file, if it has one. Any context; while it is the register of
 * another CPU false, and that CPU wakes the vCPU. */
bool aia_vcpu_pending(const struct axvm_vcpu *vcpu);

#endif
