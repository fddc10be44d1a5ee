/* SPDX-License-Identifier: Apache-2.0 */
/* One trip to AArch32 at EL0. */
#define VBAR_LOWER_AARCH32 0x600

	.text
/*
 * uint64_t aarch32_run(uint64_t entry, uint64_t spsr, uint64_t r[4]);
 * r: registers 0 to 3, in and out. Result: ESR_EL1 of the exception that came back.
 */
	.globl aarch32_run
	.type aarch32_run, %function
aarch32_run:
	stp	x29, x30, [sp, #-128]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	mrs	x3, vbar_el1
	stp	x2, x3, [sp, #96]
	adr	x3, vectors32
	msr	vbar_el1, x3
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x0, x1, [x2]
	ldp	x2, x3, [x2, #16]
	eret

back:
	ldp	x4, x5, [sp, #96]
	stp	x0, x1, [x4]
	stp	x2, x3, [x4, #16]
	msr	vbar_el1, x5
	isb
	mrs	x0, esr_el1
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #128
	ret

	.balign	2048
vectors32:
	.rept	16
	.balign	128
	b	back
	.endr
