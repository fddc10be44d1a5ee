/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the firmware to C. It jumps to image_head in HS-mode on one hart, translation off, a0 its hart
 * id, a1 the device tree, at any multiple of 2 MiB (Linux Documentation/arch/riscv/boot.rst and
 * boot-image-header.rst); the image is linked at 0.
 */
#include "isa.h"

#define SSTATUS_SIE 0x2

	.section .head.text, "ax"
	.globl image_head
image_head:
	.option push
	.option norvc
	j	start
	.option pop
	.word	0
	.dword	0x200000		/* text_offset: from the start of RAM, 2 MiB are the firmware's */
	.dword	image_size
	.dword	0			/* little-endian */
	.word	2			/* version 0.2 */
	.word	0
	.dword	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.word	0

start:
	csrw	sie, zero
	csrci	sstatus, SSTATUS_SIE
	lla	t0, host_vectors
	csrw	stvec, t0
	lla	tp, cpus
	lla	t0, bss_start
	lla	t1, bss_end
1:	sd	zero, (t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b
	lla	t0, cpu_slots
	li	t1, CPU_SLOT_SIZE
	add	sp, t0, t1
	sd	sp, CPU_STACK_TOP(tp)
	li	t1, CPU_EMERGENCY_END
	add	t0, t0, t1
	sd	t0, CPU_EMERGENCY_TOP(tp)

	mv	s1, a0
	mv	s2, a1
	lla	a0, image_head
	call	boot_relocate
	mv	a0, s2
	mv	a1, s1
	li	s0, 0
	li	ra, 0
	tail	boot_main

	.text
/* Where SBI HSM starts another hart: translation off, a1 its struct cpu. */
	.globl secondary_start
secondary_start:
	csrw	sie, zero
	csrci	sstatus, SSTATUS_SIE
	mv	tp, a1
	lla	t0, host_vectors
	csrw	stvec, t0
	lla	t0, mmu_satp
	ld	t0, (t0)
	sfence.vma
	csrw	satp, t0
	sfence.vma
	ld	sp, CPU_STACK_TOP(tp)
	mv	a0, tp
	li	s0, 0
	li	ra, 0
	tail	boot_secondary

/* bool csr_has_REGISTER(void): where it does not exist the read traps, to 1 below. */
	.macro	csr_has name, number
	.globl	csr_has_\name
csr_has_\name:
	li	a0, 0
	lla	t0, 1f
	csrrw	t0, stvec, t0
	csrr	t1, \number
	li	a0, 1
	.p2align 2
1:	csrw	stvec, t0
	ret
	.endm

	csr_has	hgatp, 0x680
	csr_has	stimecmp, 0x14d
