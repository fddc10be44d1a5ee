/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions that EL2 takes from itself. The host's own vectors serve until the backend installs
 * its own, which lead here too.
 */
#include "isa.h"

	.text
	.p2align 11
	.globl host_vectors
host_vectors:
	.rept	16
	b	host_fault_entry
	.p2align 7
	.endr

/*
 * The stack may be what is broken: registers go to the CPU's own fault frame, and C runs on its
 * emergency stack. TPIDR_EL1 is a guest's, but no guest will run here again.
 */
	.globl host_fault_entry
	.type host_fault_entry, %function
host_fault_entry:
	msr	tpidr_el1, x0
	mrs	x0, tpidr_el2
	stp	x1, x2, [x0, #CPU_FRAME + 8]
	ldr	x1, [x0, #CPU_IN_FAULT]
	cbnz	x1, 1f
	mov	x1, #1
	str	x1, [x0, #CPU_IN_FAULT]
	mrs	x1, tpidr_el1
	str	x1, [x0, #CPU_FRAME]
	stp	x3, x4, [x0, #CPU_FRAME + 8 * 3]
	stp	x5, x6, [x0, #CPU_FRAME + 8 * 5]
	stp	x7, x8, [x0, #CPU_FRAME + 8 * 7]
	stp	x9, x10, [x0, #CPU_FRAME + 8 * 9]
	stp	x11, x12, [x0, #CPU_FRAME + 8 * 11]
	stp	x13, x14, [x0, #CPU_FRAME + 8 * 13]
	stp	x15, x16, [x0, #CPU_FRAME + 8 * 15]
	stp	x17, x18, [x0, #CPU_FRAME + 8 * 17]
	stp	x19, x20, [x0, #CPU_FRAME + 8 * 19]
	stp	x21, x22, [x0, #CPU_FRAME + 8 * 21]
	stp	x23, x24, [x0, #CPU_FRAME + 8 * 23]
	stp	x25, x26, [x0, #CPU_FRAME + 8 * 25]
	stp	x27, x28, [x0, #CPU_FRAME + 8 * 27]
	stp	x29, x30, [x0, #CPU_FRAME + 8 * 29]
	mov	x1, sp
	str	x1, [x0, #CPU_FRAME + FRAME_SP]
	mrs	x1, elr_el2
	mrs	x2, spsr_el2
	stp	x1, x2, [x0, #CPU_FRAME + FRAME_ELR]
	mrs	x1, esr_el2
	mrs	x2, far_el2
	stp	x1, x2, [x0, #CPU_FRAME + FRAME_ESR]
	ldr	x1, [x0, #CPU_EMERGENCY_TOP]
	mov	sp, x1
	mov	x29, xzr
	mov	x30, xzr
	b	fault_report
1:	ldr	x1, [x0, #CPU_EMERGENCY_TOP]
	mov	sp, x1
	b	fault_nested
