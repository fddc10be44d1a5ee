/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of a guest: the Linux Image header, the first steps of each CPU, identity-mapped memory,
 * and the trap vector.
 */
#include "layout.h"
#include <arch/layout.h>

	.section .head, "ax", %progbits
	.option	norvc
	.globl _start
_start:
	/* Linux, Documentation/arch/riscv/boot-image-header.rst */
	j	primary
	nop
	.quad	0x200000		/* text_offset */
	.quad	_end - _start		/* image_size */
	.quad	0			/* flags: little-endian */
	.long	2			/* version 0.2 */
	.long	0
	.quad	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.long	0
	.option	rvc

	.text
primary:
	la	t0, _bss_start
	la	t1, _bss_end
1:	bgeu	t0, t1, 2f
	sd	zero, (t0)
	addi	t0, t0, 8
	j	1b
2:	la	t0, boot_hart
	sd	a0, (t0)
	mv	s0, a1
	li	tp, 0
	call	cpu_setup
	mv	a0, s0
	call	guest_start
	j	.

/* Where SBI starts the other harts; a1 is the CPU's number. */
	.globl secondary
	.balign	4
secondary:
	mv	tp, a1
	mv	s0, a1
	call	cpu_setup
	mv	a0, s0
	call	guest_start_secondary
	j	.

/* tp: the CPU's number, which stays there. */
cpu_setup:
	la	sp, _stacks
	li	t0, STACK_SIZE
	addi	t1, tp, 1
	mul	t0, t0, t1
	add	sp, sp, t0
	la	t0, vectors
	csrw	stvec, t0
	csrw	sscratch, zero
	csrw	sie, zero
	li	t0, SSTATUS_FS_VS
	csrs	sstatus, t0
	la	t0, page_table
	srli	t0, t0, 12
	li	t1, SATP_SV39
	or	t0, t0, t1
	sfence.vma
	csrw	satp, t0
	sfence.vma
	ret

/*
 * Sv39, 1 GiB leaves (Privileged 12.4): devices below 2 GiB, RAM from there to 10, more devices up
 * to 256, and two aliases of the first GiB of RAM for tests.
 */
#define V	0x1
#define R	0x2
#define W	0x4
#define X	0x8
#define A	0x40
#define D	0x80
#define DEVICES	(V | R | W | A | D)
#define NORMAL	(DEVICES | X)

	.section .data.page_table, "aw", %progbits
	.balign 4096
	.globl page_table
page_table:
	.set	gib, 0
	.rept	2
	.quad	DEVICES | (gib << 28)
	.set	gib, gib + 1
	.endr
	.rept	8
	.quad	NORMAL | (gib << 28)
	.set	gib, gib + 1
	.endr
	.rept	256 - 10
	.quad	DEVICES | (gib << 28)
	.set	gib, gib + 1
	.endr
	.rept	254
	.quad	0
	.endr
	.quad	V | R | A | D | (2 << 28)	/* ALIAS_READ_ONLY */
	.quad	V | X | A | D | (2 << 28)	/* ALIAS_EXECUTE_ONLY */

	.text
/* sscratch is 0, or the stack for traps where U-mode runs. */
	.balign	4
	.globl vectors
vectors:
	csrrw	sp, sscratch, sp
	bnez	sp, 1f
	csrr	sp, sscratch
1:	addi	sp, sp, -TRAP_FRAME_SIZE
	sd	x1, 8(sp)
	.irp	n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
	sd	x\n, \n * 8(sp)
	.endr
	.irp	n, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	sd	x\n, \n * 8(sp)
	.endr
	csrrw	t0, sscratch, zero
	sd	t0, 16(sp)
	csrr	t0, sepc
	csrr	t1, sstatus
	csrr	t2, scause
	csrr	t3, stval
	sd	t0, 256(sp)
	sd	t1, 264(sp)
	sd	t2, 272(sp)
	sd	t3, 280(sp)
	mv	a0, sp
	call	trap_handle
	ld	t0, 256(sp)
	ld	t1, 264(sp)
	csrw	sepc, t0
	csrw	sstatus, t1
	andi	t1, t1, 0x100		/* SPP */
	bnez	t1, 2f
	addi	t0, sp, TRAP_FRAME_SIZE
	csrw	sscratch, t0
2:	ld	x1, 8(sp)
	.irp	n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
	ld	x\n, \n * 8(sp)
	.endr
	.irp	n, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ld	x\n, \n * 8(sp)
	.endr
	ld	sp, 16(sp)
	sret

	.data
	.balign	8
	.globl boot_hart
boot_hart:
	.quad	0

	.section .bss.stacks, "aw", %nobits
	.balign	4096
_stacks:
	.space	STACK_SIZE * MAX_CPUS
