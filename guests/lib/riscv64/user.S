/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"
#include <arch/layout.h>

	.text
/* void user_enter(entry, a0): what the caller keeps is on its stack; user_leave finds it there. */
	.globl user_enter
user_enter:
	addi	sp, sp, -112
	sd	ra, 0(sp)
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	sd	s\n, 8 + 8 * \n(sp)
	.endr
	csrw	sscratch, sp
	csrw	sepc, a0
	li	t0, SSTATUS_SPP_SPIE
	csrc	sstatus, t0
	mv	a0, a1
	sret

/* Where trap_handle() sends an exception of U-mode: sp is as user_enter left it. */
	.globl user_leave
user_leave:
	ld	ra, 0(sp)
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	ld	s\n, 8 + 8 * \n(sp)
	.endr
	addi	sp, sp, 112
	ret
