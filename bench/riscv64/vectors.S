/* SPDX-License-Identifier: Apache-2.0 */
	.text

	.balign	4
	.globl bench_vectors
bench_vectors:
	csrrw	t0, sscratch, t0
	sd	t1, 16(t0)
	rdcycle	t1
	sd	t1, 0(t0)
	li	t1, 1 << 5
	csrc	sie, t1			/* the timer */
	csrci	sip, 1 << 1		/* the software interrupt */
	lw	t1, 8(t0)
	addi	t1, t1, 1
	sw	t1, 8(t0)
	ld	t1, 16(t0)
	csrrw	t0, sscratch, t0
	sret
