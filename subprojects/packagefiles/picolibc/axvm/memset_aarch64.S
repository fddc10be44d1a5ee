/* SPDX-License-Identifier: Apache-2.0 */
/*
 * void *memset(void *dst, int c, size_t count)
 *
 * General registers only: the vector registers belong to the guest. Needs the
 * MMU on (unaligned stores, DC ZVA).
 */
	.text
	.p2align 4
	.globl	memset
	.type	memset, %function
memset:
	hint	34			/* bti c */
	and	x1, x1, #0xff
	mov	x8, #0x0101010101010101
	mul	x1, x1, x8
	add	x4, x0, x2		/* end */
	cmp	x2, #16
	b.lo	.Lunder16
	cmp	x2, #64
	b.hi	.Lover64

	/* 16 to 64: from both ends, overlapping. */
	stp	x1, x1, [x0]
	stp	x1, x1, [x4, #-16]
	cmp	x2, #32
	b.ls	.Ldone
	stp	x1, x1, [x0, #16]
	stp	x1, x1, [x4, #-32]
.Ldone:
	ret

.Lunder16:
	tbz	x2, #3, .Lunder8
	str	x1, [x0]
	str	x1, [x4, #-8]
	ret
.Lunder8:
	tbz	x2, #2, .Lunder4
	str	w1, [x0]
	str	w1, [x4, #-4]
	ret
.Lunder4:
	cbz	x2, .Ldone
	strb	w1, [x0]
	tbz	x2, #1, .Ldone
	strh	w1, [x4, #-2]
	ret

.Lover64:
	stp	x1, x1, [x0]		/* covers up to the first aligned 16 */
	add	x3, x0, #16
	and	x3, x3, #~15
	cbnz	x1, .Lstores
	cmp	x2, #512
	b.lo	.Lstores
	mrs	x5, dczid_el0
	tbnz	x5, #4, .Lstores	/* DZP: DC ZVA prohibited */
	and	x5, x5, #15
	mov	x6, #4
	lsl	x6, x6, x5		/* block size in bytes */
	cmp	x6, #16
	b.lo	.Lstores
	cmp	x6, #256
	b.hi	.Lstores
	sub	x7, x6, #1
.Lalign:
	tst	x3, x7
	b.eq	.Lblocks
	stp	x1, x1, [x3], #16
	b	.Lalign
.Lblocks:
	sub	x5, x4, x6		/* last start of a whole block */
1:	dc	zva, x3
	add	x3, x3, x6
	cmp	x3, x5
	b.ls	1b

.Lstores:
	sub	x5, x4, #64
2:	cmp	x3, x5
	b.hi	3f
	stp	x1, x1, [x3]
	stp	x1, x1, [x3, #16]
	stp	x1, x1, [x3, #32]
	stp	x1, x1, [x3, #48]
	add	x3, x3, #64
	b	2b
3:	/* fewer than 64 left: the last 64, overlapping what is written */
	stp	x1, x1, [x4, #-64]
	stp	x1, x1, [x4, #-48]
	stp	x1, x1, [x4, #-32]
	stp	x1, x1, [x4, #-16]
	ret
	.size	memset, . - memset
