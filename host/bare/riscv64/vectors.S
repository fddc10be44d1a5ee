/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traps that HS-mode takes from itself; interrupts are masked, so that every one is a fault. The
 * host's own vector serves until the backend installs its own, which leads here too.
 *
 * The stack may be what is broken: registers go to the CPU's own fault frame, and C runs on its
 * emergency stack.
 */
#include "isa.h"

	.text
	.p2align 2
	.globl host_vectors, host_fault_entry
	.type host_fault_entry, %function
host_vectors:
host_fault_entry:
	sd	t0, CPU_SCRATCH(tp)
	ld	t0, CPU_IN_FAULT(tp)
	bnez	t0, 1f
	li	t0, 1
	sd	t0, CPU_IN_FAULT(tp)
	ld	t0, CPU_SCRATCH(tp)
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, \
		23, 24, 25, 26, 27, 28, 29, 30, 31
	sd	x\n, CPU_FRAME + 8 * \n(tp)
	.endr
	csrr	t0, sepc
	sd	t0, CPU_FRAME + FRAME_SEPC(tp)
	csrr	t0, sstatus
	sd	t0, CPU_FRAME + FRAME_SSTATUS(tp)
	csrr	t0, scause
	sd	t0, CPU_FRAME + FRAME_SCAUSE(tp)
	csrr	t0, stval
	sd	t0, CPU_FRAME + FRAME_STVAL(tp)
	ld	sp, CPU_EMERGENCY_TOP(tp)
	mv	a0, tp
	li	s0, 0
	li	ra, 0
	tail	fault_report
1:	ld	sp, CPU_EMERGENCY_TOP(tp)
	mv	a0, tp
	tail	fault_nested
