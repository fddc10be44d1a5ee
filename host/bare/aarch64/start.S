/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the boot loader to C. The loader jumps to image_head with the MMU off, x0 the device tree,
 * at any multiple of 2 MiB (Linux Documentation/arch/arm64/booting.rst); the image is linked at 0.
 *
 * The first tables map, in blocks of 1 GiB, only what holds the image and the device tree: C needs
 * the MMU for its unaligned accesses. They serve EL1 too, so that a board without EL2 can be told
 * so. boot.c then makes the real ones.
 */
#include "isa.h"

#define CURRENT_EL1 0x4
#define CURRENT_EL2 0x8

#define MAIR_VALUE	0x04ff		/* 0: normal write-back, 1: device nGnRE */
#define BLOCK_NORMAL	0x701		/* AF, inner shareable, attribute 0, read and write at EL1 */
#define TCR_COMMON	0x3510		/* T0SZ 16, write-back, inner shareable, 4 KiB */
#define TCR_EL2_RES1	(1 << 31 | 1 << 23)
#define TCR_EL1_EPD1	(1 << 23)
#define SCTLR_EL2_ON	0x30c5183d	/* RES1, I, SA, C, M */
#define SCTLR_EL1_ON	0x30d0180d	/* the same; SPAN */
#define HCR_EL2_RW	(1 << 31)

	.section .noinit.boot, "aw", %nobits
	.p2align 12
boot_tables:
	.skip	6 * 4096
boot_tables_end:
	.globl boot_tables, boot_tables_end

	.section .head.text, "ax"
	.globl image_head
image_head:
	b	start
	.long	0
	.quad	0			/* text_offset */
	.quad	image_size
	.quad	0xa			/* little-endian, 4 KiB pages, anywhere in memory */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

	.macro	addr reg, symbol
	adrp	\reg, \symbol
	add	\reg, \reg, :lo12:\symbol
	.endm

/* Cleans and invalidates [x0, x1) to the point of coherency. Clobbers x0, x2, x3. */
clean_invalidate:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x2, x3, x2		/* smallest data cache line, bytes */
	sub	x3, x2, #1
	bic	x0, x0, x3
1:	dc	civac, x0
	add	x0, x0, x2
	cmp	x0, x1
	b.lo	1b
	dsb	sy
	ret

/* Maps the GiB of x0 in the first tables; x23 is the next free one. Clobbers x1-x4. */
map_gib:
	addr	x1, boot_tables
	ubfx	x2, x0, #39, #9
	add	x1, x1, x2, lsl #3
	ldr	x3, [x1]
	cbnz	x3, 1f
	orr	x3, x23, #3
	str	x3, [x1]
	add	x23, x23, #4096
1:	and	x3, x3, #~0xfff
	ubfx	x2, x0, #30, #9
	lsr	x4, x0, #30
	lsl	x4, x4, #30
	mov	x1, #BLOCK_NORMAL
	orr	x4, x4, x1
	str	x4, [x3, x2, lsl #3]
	ret

/* x5 = TCR value of the size field \shift, besides \bits */
	.macro	tcr_value shift, bits
	ldr	x5, =(TCR_COMMON | \bits)
	mrs	x6, id_aa64mmfr0_el1
	and	x6, x6, #0xf
	mov	x7, #5			/* 48 bits at most with 4 KiB pages */
	cmp	x6, x7
	csel	x6, x6, x7, lo
	orr	x5, x5, x6, lsl #\shift
	.endm

start:
	msr	daifset, #0xf
	mov	x19, x0
	mrs	x20, CurrentEL
	addr	x21, image_head
	cmp	x20, #CURRENT_EL1
	b.eq	1f
	cmp	x20, #CURRENT_EL2
	b.ne	park			/* EL3: no firmware below that could switch off */
	ldr	x0, =HCR_EL2_RW
	msr	hcr_el2, x0
	isb
1:	/* What is written before the MMU is on must not lie in a cache. */
	addr	x0, text_end
	addr	x1, data_end
	bl	clean_invalidate
	addr	x0, boot_tables
	addr	x1, boot_tables_end
	bl	clean_invalidate
	addr	x1, cpu_slots + CPU_SLOT_SIZE
	mov	sp, x1
	sub	x0, x1, #4096
	bl	clean_invalidate
	mov	x0, x21
	bl	boot_relocate

	addr	x0, boot_tables
	addr	x1, boot_tables_end
	add	x23, x0, #4096
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	addr	x0, image_head
	bl	map_gib
	addr	x0, image_end
	bl	map_gib
	mov	x0, x19
	bl	map_gib
	add	x0, x19, #0x200000	/* a device tree has 2 MiB at most */
	bl	map_gib
	dsb	sy

	addr	x0, boot_tables
	mov	x1, #MAIR_VALUE
	ic	iallu
	cmp	x20, #CURRENT_EL1
	b.eq	el1_mmu
	tcr_value 16, TCR_EL2_RES1
	ldr	x6, =SCTLR_EL2_ON
	tlbi	alle2
	dsb	sy
	isb
	msr	mair_el2, x1
	msr	tcr_el2, x5
	msr	ttbr0_el2, x0
	isb
	msr	sctlr_el2, x6
	isb
	addr	x0, cpus
	msr	tpidr_el2, x0
	addr	x1, host_vectors
	msr	vbar_el2, x1
	b	to_c
el1_mmu:
	tcr_value 32, TCR_EL1_EPD1
	ldr	x6, =SCTLR_EL1_ON
	tlbi	vmalle1
	dsb	sy
	isb
	msr	mair_el1, x1
	msr	tcr_el1, x5
	msr	ttbr0_el1, x0
	isb
	msr	sctlr_el1, x6
	isb
to_c:
	addr	x0, bss_start
	addr	x1, bss_end
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	isb
	addr	x0, cpu_slots + CPU_SLOT_SIZE
	mov	sp, x0
	addr	x1, cpus
	str	x0, [x1, #CPU_STACK_TOP]
	sub	x0, x0, #(CPU_SLOT_SIZE - CPU_EMERGENCY_END)
	str	x0, [x1, #CPU_EMERGENCY_TOP]
	mov	x0, x19
	lsr	x1, x20, #2
	mov	x29, xzr
	mov	x30, xzr
	b	boot_main

park:	wfe
	b	park

	.text
/*
 * void mmu_switch(const struct mmu_regs *): from the first tables to the real ones, with the MMU off
 * in between, since blocks change size and rights (Arm ARM D8.14.1, break before make). The code is
 * at the same address in both; between off and on it touches no data.
 */
	.globl mmu_switch
mmu_switch:
	ldp	x1, x2, [x0]
	ldp	x3, x4, [x0, #16]
	mrs	x5, sctlr_el2
	bic	x5, x5, #1
	dsb	sy
	msr	sctlr_el2, x5
	isb
	msr	mair_el2, x1
	msr	tcr_el2, x2
	msr	ttbr0_el2, x3
	isb
	tlbi	alle2
	dsb	nsh
	isb
	msr	sctlr_el2, x4
	isb
	ret

/* Where PSCI starts another CPU: MMU off, x0 its struct cpu. mmu_regs was cleaned to memory. */
	.globl secondary_start
secondary_start:
	msr	daifset, #0xf
	mov	x19, x0
	ldr	x0, =HCR_EL2_RW
	msr	hcr_el2, x0
	ic	iallu
	addr	x0, mmu_regs
	bl	mmu_switch
	msr	tpidr_el2, x19
	addr	x0, host_vectors
	msr	vbar_el2, x0
	isb
	ldr	x0, [x19, #CPU_STACK_TOP]
	mov	sp, x0
	mov	x0, x19
	mov	x29, xzr
	mov	x30, xzr
	b	boot_secondary
