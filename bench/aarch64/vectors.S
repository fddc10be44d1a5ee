/* SPDX-License-Identifier: Apache-2.0 */
	.text

handle:
	stp	x1, x2, [sp, #-16]!
	mrs	x2, tpidr_el0
	str	x0, [x2]
	mrs	x1, ICC_IAR1_EL1
	cmp	x1, #27			/* the virtual timer */
	b.ne	1f
	msr	cntv_ctl_el0, xzr
1:	msr	ICC_EOIR1_EL1, x1
	ldr	w1, [x2, #8]
	add	w1, w1, #1
	str	w1, [x2, #8]
	ldp	x1, x2, [sp], #16
	ldr	x0, [sp], #16
	eret

	.balign	0x800
	.globl bench_vectors
bench_vectors:
	.rept	16
	.balign	0x80
	str	x0, [sp, #-16]!
	mrs	x0, cntvct_el0
	b	handle
	.endr
