/* SPDX-License-Identifier: Apache-2.0 */
/* All floating-point and vector registers from and to memory, struct fp_state. */
	.option	arch, +d, +v
	.text

	.globl fp_load_scalar
fp_load_scalar:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	fld	f\n, \n * 8(a0)
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fld	f\n, \n * 8(a0)
	.endr
	ld	t0, 256(a0)
	csrw	fcsr, t0
	ret

	.globl fp_store_scalar
fp_store_scalar:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	fsd	f\n, \n * 8(a0)
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fsd	f\n, \n * 8(a0)
	.endr
	csrr	t0, fcsr
	sd	t0, 256(a0)
	ret

	.globl fp_load_vector
fp_load_vector:
	csrw	vstart, zero
	csrr	t1, vlenb
	slli	t1, t1, 3
	addi	t0, a0, 296
	vl8re8.v v0, (t0)
	add	t0, t0, t1
	vl8re8.v v8, (t0)
	add	t0, t0, t1
	vl8re8.v v16, (t0)
	add	t0, t0, t1
	vl8re8.v v24, (t0)
	ld	t0, 264(a0)
	ld	t1, 272(a0)
	vsetvl	zero, t0, t1
	ld	t0, 288(a0)
	csrw	vcsr, t0
	ld	t0, 280(a0)
	csrw	vstart, t0
	ret

	.globl fp_store_vector
fp_store_vector:
	csrr	t0, vl
	sd	t0, 264(a0)
	csrr	t0, vtype
	sd	t0, 272(a0)
	csrr	t0, vstart
	sd	t0, 280(a0)
	csrr	t0, vcsr
	sd	t0, 288(a0)
	csrw	vstart, zero
	csrr	t1, vlenb
	slli	t1, t1, 3
	addi	t0, a0, 296
	vs8r.v	v0, (t0)
	add	t0, t0, t1
	vs8r.v	v8, (t0)
	add	t0, t0, t1
	vs8r.v	v16, (t0)
	add	t0, t0, t1
	vs8r.v	v24, (t0)
	ret
