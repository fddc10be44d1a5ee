/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only code of the hypervisor that touches floating-point and vector registers; sstatus.FS or
 * VS says that the unit is on.
 */
#include "asm_offsets.h"

	.text
	.option	arch, +d

	.macro	each_fp insn
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\insn	f\n, FP_F + 8 * \n(a0)
	.endr
	.endm

/* void riscv64_fp_save(struct arch_fpregs *fp) */
	.globl	riscv64_fp_save
	.type	riscv64_fp_save, %function
riscv64_fp_save:
	each_fp	fsd
	frcsr	a1
	sd	a1, FP_FCSR(a0)
	ret
	.size	riscv64_fp_save, . - riscv64_fp_save

/* void riscv64_fp_load(const struct arch_fpregs *fp) */
	.globl	riscv64_fp_load
	.type	riscv64_fp_load, %function
riscv64_fp_load:
	each_fp	fld
	ld	a1, FP_FCSR(a0)
	fscsr	a1
	ret
	.size	riscv64_fp_load, . - riscv64_fp_load

	.option	arch, +v

/*
 * void riscv64_vector_save(void *vector): vstart, vl, vtype, vcsr, then the registers. Moves of
 * whole registers depend on vstart and nothing else; it is put back, as all stay the vCPU's until
 * another takes the unit.
 */
	.globl	riscv64_vector_save
	.type	riscv64_vector_save, %function
riscv64_vector_save:
	csrr	a1, vstart
	csrr	a2, vl
	csrr	a3, vtype
	csrr	a4, vcsr
	sd	a1, 0(a0)
	sd	a2, 8(a0)
	sd	a3, 16(a0)
	sd	a4, 24(a0)
	mv	a5, a1
	csrr	a1, vlenb
	csrw	vstart, zero
	slli	a1, a1, 3
	addi	a0, a0, 32
	vs8r.v	v0, (a0)
	add	a0, a0, a1
	vs8r.v	v8, (a0)
	add	a0, a0, a1
	vs8r.v	v16, (a0)
	add	a0, a0, a1
	vs8r.v	v24, (a0)
	csrw	vstart, a5
	ret
	.size	riscv64_vector_save, . - riscv64_vector_save

/* void riscv64_vector_load(const void *vector) */
	.globl	riscv64_vector_load
	.type	riscv64_vector_load, %function
riscv64_vector_load:
	csrr	a1, vlenb
	csrw	vstart, zero
	slli	a1, a1, 3
	addi	a2, a0, 32
	vl8r.v	v0, (a2)
	add	a2, a2, a1
	vl8r.v	v8, (a2)
	add	a2, a2, a1
	vl8r.v	v16, (a2)
	add	a2, a2, a1
	vl8r.v	v24, (a2)
	ld	a1, 8(a0)
	ld	a2, 16(a0)
	vsetvl	zero, a1, a2
	ld	a1, 24(a0)
	csrw	vcsr, a1
	ld	a1, 0(a0)
	csrw	vstart, a1
	ret
	.size	riscv64_vector_load, . - riscv64_vector_load
