/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world switch. aarch64_enter_guest() enters the guest with the vCPU on top of the stack; an
 * exit saves the guest's general registers, calls the handler on the same stack, and goes straight
 * back unless the handler says RUN_LEAVE. ELR_EL2 and SPSR_EL2 keep the guest's state meanwhile:
 * nothing at EL2 changes them, since EL2 runs with interrupts masked and a fault here is final.
 */
#include "asm_offsets.h"

	.text

/* void aarch64_enter_guest(struct axvm_vcpu *vcpu) */
	.globl	aarch64_enter_guest
	.type	aarch64_enter_guest, %function
aarch64_enter_guest:
	sub	sp, sp, #112
	stp	x29, x30, [sp, #16]
	add	x29, sp, #16
	stp	x19, x20, [sp, #32]
	stp	x21, x22, [sp, #48]
	stp	x23, x24, [sp, #64]
	stp	x25, x26, [sp, #80]
	stp	x27, x28, [sp, #96]
	str	x0, [sp]
	b	resume_checked
	.size	aarch64_enter_guest, . - aarch64_enter_guest

	.balign	64
	.type	resume, %function
resume:
	ldr	x0, [sp]
resume_checked:
	ldr	w1, [x0, #VCPU_REQUEST]
	cbnz	w1, request
restore:
	ldp	x2, x3, [x0, #VCPU_X + 16]
	ldp	x4, x5, [x0, #VCPU_X + 32]
	ldp	x6, x7, [x0, #VCPU_X + 48]
	ldp	x8, x9, [x0, #VCPU_X + 64]
	ldp	x10, x11, [x0, #VCPU_X + 80]
	ldp	x12, x13, [x0, #VCPU_X + 96]
	ldp	x14, x15, [x0, #VCPU_X + 112]
	ldp	x16, x17, [x0, #VCPU_X + 128]
	ldp	x18, x19, [x0, #VCPU_X + 144]
	ldp	x20, x21, [x0, #VCPU_X + 160]
	ldp	x22, x23, [x0, #VCPU_X + 176]
	ldp	x24, x25, [x0, #VCPU_X + 192]
	ldp	x26, x27, [x0, #VCPU_X + 208]
	ldp	x28, x29, [x0, #VCPU_X + 224]
	ldr	x30, [x0, #VCPU_X + 240]
	ldp	x0, x1, [x0, #VCPU_X]
	eret
	/* No speculation past the exception return (the straight line). */
	dsb	nsh
	isb

request:
	bl	aarch64_handle_requests
	cbnz	w0, leave
	ldr	x0, [sp]
	b	restore

leave:
	ldp	x19, x20, [sp, #32]
	ldp	x21, x22, [sp, #48]
	ldp	x23, x24, [sp, #64]
	ldp	x25, x26, [sp, #80]
	ldp	x27, x28, [sp, #96]
	ldp	x29, x30, [sp, #16]
	add	sp, sp, #112
	ret
	.size	resume, . - resume

/*
 * An exit: x0 becomes the vCPU, the guest's registers go to it, and x29 to the frame record that
 * aarch64_enter_guest() made (a backtrace must not follow a guest's pointer).
 */
	.macro	exit_to handler
	stp	x0, x1, [sp, #-16]!
	ldr	x0, [sp, #16]
	stp	x2, x3, [x0, #VCPU_X + 16]
	stp	x4, x5, [x0, #VCPU_X + 32]
	stp	x6, x7, [x0, #VCPU_X + 48]
	ldp	x2, x3, [sp], #16
	stp	x8, x9, [x0, #VCPU_X + 64]
	stp	x10, x11, [x0, #VCPU_X + 80]
	stp	x12, x13, [x0, #VCPU_X + 96]
	stp	x14, x15, [x0, #VCPU_X + 112]
	stp	x16, x17, [x0, #VCPU_X + 128]
	stp	x18, x19, [x0, #VCPU_X + 144]
	stp	x20, x21, [x0, #VCPU_X + 160]
	stp	x22, x23, [x0, #VCPU_X + 176]
	stp	x24, x25, [x0, #VCPU_X + 192]
	stp	x26, x27, [x0, #VCPU_X + 208]
	stp	x28, x29, [x0, #VCPU_X + 224]
	str	x30, [x0, #VCPU_X + 240]
	stp	x2, x3, [x0, #VCPU_X]
	add	x29, sp, #16
	bl	\handler
	cbz	w0, resume
	b	leave
	.endm

	.macro	vector target
	.balign	128
	b	\target
	.endm

	.macro	guest_vector handler
	.balign	128
	exit_to	\handler
	.endm

	.balign	2048
	.globl	arch_vectors
arch_vectors:
	/* From EL2 itself: the host's own fault, whatever it is. */
	.rept	8
	vector	host_fault_entry
	.endr
	/* From the guest in AArch64, then in AArch32 (its EL0). */
	.rept	2
	guest_vector	aarch64_sync_exit
	guest_vector	aarch64_irq_exit
	guest_vector	aarch64_irq_exit
	guest_vector	aarch64_serror_exit
	.endr
