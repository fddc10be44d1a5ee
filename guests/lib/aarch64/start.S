/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of a guest: the Linux Image header, the first steps of each CPU, identity-mapped memory
 * with caches, and the exception vectors.
 */
#include "layout.h"
#include <arch/layout.h>

	.section .head, "ax", %progbits
	.globl _start
_start:
	/* Linux, Documentation/arch/arm64/booting.rst, "Call the kernel image" */
	b	primary
	nop
	.quad	0			/* text_offset */
	.quad	_end - _start		/* image_size */
	.quad	0x2			/* flags: little-endian, 4 KiB pages */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

	.text
primary:
	mov	x19, x0
	ldr	x0, =_bss_start
	ldr	x1, =_bss_end
1:	cmp	x0, x1
	b.hs	2f
	stp	xzr, xzr, [x0], #16
	b	1b
2:	mov	x20, #0
	bl	cpu_setup
	mov	x0, x19
	bl	guest_start
	b	.

/* Where PSCI starts the other CPUs; x0 is the CPU's number. */
	.globl secondary
secondary:
	mov	x20, x0
	bl	cpu_setup
	mov	x0, x20
	bl	guest_start_secondary
	b	.

/* x20: the CPU's number, kept in TPIDR_EL1. */
cpu_setup:
	msr	spsel, #1
	msr	tpidr_el1, x20
	ldr	x1, =_stacks
	mov	x2, #STACK_SIZE
	add	x3, x20, #1
	madd	x1, x2, x3, x1
	mov	sp, x1
	ldr	x1, =vectors
	msr	vbar_el1, x1
	mov	x1, #3 << 20		/* CPACR_EL1.FPEN: no trap */
	msr	cpacr_el1, x1

	mov	x1, #0xff00		/* attribute 0 device-nGnRnE, 1 normal write-back */
	msr	mair_el1, x1
	/* T0SZ 25 (39 bits), walks write-back inner-shareable, 4 KiB, no TTBR1 walks */
	ldr	x1, =(25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23)
	mrs	x2, id_aa64mmfr0_el1
	bfi	x1, x2, #32, #3		/* IPS = PARange */
	msr	tcr_el1, x1
	ldr	x1, =page_table
	msr	ttbr0_el1, x1
	isb
	tlbi	vmalle1
	dsb	nsh
	mrs	x1, sctlr_el1
	mov	x2, #(1 << 0 | 1 << 2 | 1 << 12)	/* M, C, I */
	orr	x1, x1, x2
	bic	x1, x1, #2		/* A */
	msr	sctlr_el1, x1
	isb
	ret

/*
 * Level 1, 1 GiB blocks (Arm ARM D8.3.1): RAM from 1 to 8 GiB, everything else device memory, and
 * two aliases for tests.
 */
#define BLOCK		(1 | 3 << 8 | 1 << 10)	/* inner shareable, AF */
#define NORMAL		(BLOCK | 1 << 2)
#define READ_ONLY	(1 << 7)
#define NO_EXECUTE	(3 << 53)

	.section .data.page_table, "aw", %progbits
	.balign 4096
	.globl page_table
page_table:
	.quad	BLOCK | NO_EXECUTE
	.set	gib, 1
	.rept	7
	.quad	NORMAL | (gib << 30)
	.set	gib, gib + 1
	.endr
	.rept	510 - 8
	.quad	BLOCK | NO_EXECUTE | (gib << 30)
	.set	gib, gib + 1
	.endr
	.quad	NORMAL | READ_ONLY | (1 << 30)	/* ALIAS_READ_ONLY */
	.quad	NORMAL | NO_EXECUTE		/* ALIAS_NORMAL_DEVICES */

	.macro	save
	sub	sp, sp, #TRAP_FRAME_SIZE
	stp	x0, x1, [sp]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x0, elr_el1
	mrs	x1, spsr_el1
	stp	x30, x0, [sp, #240]
	mrs	x2, esr_el1
	stp	x1, x2, [sp, #256]
	mrs	x3, far_el1
	str	x3, [sp, #272]
	mov	x0, sp
	.endm

	.text
restore:
	ldp	x30, x0, [sp, #240]
	ldr	x1, [sp, #256]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	ldp	x0, x1, [sp]
	add	sp, sp, #TRAP_FRAME_SIZE
	eret

	.macro	handler name
handle_\name:
	save
	bl	trap_\name
	b	restore
	.endm
	handler	sync
	handler	irq
	handler	serror
	handler	stray

	.macro	vector name
	.balign	0x80
	b	handle_\name
	.endm

	.balign	0x800
vectors:
	.rept	4
	vector	stray			/* from EL1 with SP_EL0 */
	.endr
	vector	sync
	vector	irq
	vector	stray
	vector	serror
	.rept	8
	vector	stray			/* from EL0 */
	.endr

	.section .bss.stacks, "aw", %nobits
	.balign	4096
_stacks:
	.space	STACK_SIZE * MAX_CPUS
