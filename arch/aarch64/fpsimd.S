/* SPDX-License-Identifier: Apache-2.0 */
/* The only code of the hypervisor that touches floating-point and SIMD registers. */
#include "asm_offsets.h"

	.arch_extension fp
	.arch_extension simd
	.text

	.macro	each_pair insn
	.irp	n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
	fp_pair	\insn, \n
	.endr
	.endm

	.altmacro
	.macro	fp_pair insn, n
	fp_pair_do \insn, \n, %(\n + 1)
	.endm
	.macro	fp_pair_do insn, n, m
	\insn	q\n, q\m, [x0, #FP_V + 16 * \n]
	.endm

/* void fpsimd_save(struct arch_fpregs *fp) */
	.globl	fpsimd_save
	.type	fpsimd_save, %function
fpsimd_save:
	each_pair stp
	mrs	x1, fpcr
	mrs	x2, fpsr
	add	x0, x0, #FP_FPCR
	stp	x1, x2, [x0]
	ret
	.size	fpsimd_save, . - fpsimd_save

/* void fpsimd_restore(const struct arch_fpregs *fp) */
	.globl	fpsimd_restore
	.type	fpsimd_restore, %function
fpsimd_restore:
	each_pair ldp
	add	x0, x0, #FP_FPCR
	ldp	x1, x2, [x0]
	msr	fpcr, x1
	msr	fpsr, x2
	ret
	.size	fpsimd_restore, . - fpsimd_restore
