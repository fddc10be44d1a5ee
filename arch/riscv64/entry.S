/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world switch. riscv64_enter_guest() enters the guest; an exit calls the handler on the stack
 * that the guest was entered from, and goes straight back unless the handler says otherwise. sepc,
 * sstatus and hstatus keep the guest's state meanwhile: nothing in HS-mode changes them, since it
 * runs with interrupts masked and a trap here is final. sscratch is the vCPU while a guest runs,
 * else 0.
 *
 * Of the general registers an exit moves those that a C function may change. The others, "kept" ones,
 * stay where they are: C gives s2 to s11 back, and never uses gp. For all but the frequent exits,
 * and for leaving, they go to the vCPU too.
 */
#include "asm_offsets.h"

#define FRAME	 128
#define FRAME_TP (FRAME - 14 * 8)

	.macro	each insn, base, registers:vararg
	.irp	n, \registers
	\insn	x\n, VCPU_X + 8 * \n(\base)
	.endr
	.endm

	/* All that C may change but for a0, and s1. */
	.macro	each_changed insn, base
	each	\insn, \base, 1,2,4,5,6,7,8,11,12,13,14,15,16,17,28,29,30,31
	.endm

	.macro	each_kept insn
	each	\insn, s1, 3,18,19,20,21,22,23,24,25,26,27
	.endm

	/* What the caller expects back. The frame record is below where s0 points. */
	.macro	each_of_host insn
	\insn	ra, FRAME - 1 * 8(sp)
	\insn	s0, FRAME - 2 * 8(sp)
	\insn	s1, FRAME - 3 * 8(sp)
	\insn	s2, FRAME - 4 * 8(sp)
	\insn	s3, FRAME - 5 * 8(sp)
	\insn	s4, FRAME - 6 * 8(sp)
	\insn	s5, FRAME - 7 * 8(sp)
	\insn	s6, FRAME - 8 * 8(sp)
	\insn	s7, FRAME - 9 * 8(sp)
	\insn	s8, FRAME - 10 * 8(sp)
	\insn	s9, FRAME - 11 * 8(sp)
	\insn	s10, FRAME - 12 * 8(sp)
	\insn	s11, FRAME - 13 * 8(sp)
	.endm

	.text

/* void riscv64_enter_guest(struct axvm_vcpu *vcpu) */
	.globl	riscv64_enter_guest
	.type	riscv64_enter_guest, %function
riscv64_enter_guest:
	addi	sp, sp, -FRAME
	each_of_host sd
	sd	tp, FRAME_TP(sp)
	sd	sp, VCPU_HOST_SP(a0)
	addi	s0, sp, FRAME
	mv	s1, a0
	each_kept ld
	j	resume
	.size	riscv64_enter_guest, . - riscv64_enter_guest

/*
 * stvec: a guest's exit, or a trap that HS-mode itself took. sp, tp and s0 become the host's (a
 * backtrace must not follow a guest's pointer), s1 the vCPU.
 */
	.balign	64
	.globl	arch_vectors
	.type	arch_vectors, %function
arch_vectors:
	csrrw	a0, sscratch, a0
	beqz	a0, host_trap
	each_changed sd, a0
	sd	s1, VCPU_X + 8 * 9(a0)
	csrrw	t0, sscratch, zero
	sd	t0, VCPU_X + 8 * 10(a0)
	ld	sp, VCPU_HOST_SP(a0)
	ld	tp, FRAME_TP(sp)
	addi	s0, sp, FRAME
	mv	s1, a0
	csrr	t0, scause
	li	t1, CAUSE_ECALL_VS
	bne	t0, t1, not_ecall
	csrr	t0, sepc
	addi	t0, t0, 4
	csrw	sepc, t0
	call	riscv64_sbi_call
	bnez	a0, leave_from_simple
resume:
	lw	a0, VCPU_REQUEST(s1)
	bnez	a0, request
restore:
	csrw	sscratch, s1
	each_changed ld, s1
	ld	a0, VCPU_X + 8 * 10(s1)
	ld	s1, VCPU_X + 8 * 9(s1)
	sret

not_ecall:
	li	t1, CAUSE_LOAD_GUEST_PAGE
	bne	t0, t1, not_load
	call	riscv64_simple_load
	bnez	a0, resume
	j	full
not_load:
	li	t1, CAUSE_STORE_GUEST_PAGE
	bne	t0, t1, full
	call	riscv64_simple_store
	bnez	a0, resume
full:
	each_kept sd
	mv	a0, s1
	call	riscv64_exit
	bnez	a0, leave
	each_kept ld
	j	resume

request:
	mv	a0, s1
	call	riscv64_handle_requests
	beqz	a0, restore
leave_from_simple:
	each_kept sd
leave:
	each_of_host ld
	addi	sp, sp, FRAME
	ret

host_trap:
	csrrw	a0, sscratch, a0
	j	host_fault_entry
	.size	arch_vectors, . - arch_vectors

/*
 * Guarded accesses: whatever trap comes meanwhile goes to the instruction behind. sepc, scause,
 * stval, htval, htinst, sstatus and hstatus are then that trap's.
 */
	.macro	guard label
	la	t0, \label
	csrrw	t1, stvec, t0
	.endm

	.macro	unguard label
	.balign	4
\label:	csrw	stvec, t1
	.endm

/* bool riscv64_probe_hypervisor(void): hgatp exists */
	.globl	riscv64_probe_hypervisor
	.type	riscv64_probe_hypervisor, %function
riscv64_probe_hypervisor:
	li	a0, 0
	guard	1f
	csrr	t2, hgatp
	li	a0, 1
	unguard	1
	ret
	.size	riscv64_probe_hypervisor, . - riscv64_probe_hypervisor

/* bool riscv64_load_code(uint64_t va, uint16_t *half): 16 bits of code, by the guest's translation */
	.globl	riscv64_load_code
	.type	riscv64_load_code, %function
riscv64_load_code:
	mv	t3, a0
	li	a0, 0
	guard	1f
	hlvx.hu	t2, (t3)
	li	a0, 1
	unguard	1
	beqz	a0, 2f
	sh	t2, (a1)
2:	ret
	.size	riscv64_load_code, . - riscv64_load_code

/* bool riscv64_load_data(uint64_t va, uint64_t *word): of data, by the guest's translation */
	.globl	riscv64_load_data
	.type	riscv64_load_data, %function
riscv64_load_data:
	mv	t3, a0
	li	a0, 0
	guard	1f
	hlv.d	t2, (t3)
	li	a0, 1
	unguard	1
	beqz	a0, 2f
	sd	t2, (a1)
2:	ret
	.size	riscv64_load_data, . - riscv64_load_data
