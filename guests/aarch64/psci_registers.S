/* SPDX-License-Identifier: Apache-2.0 */
	.text

/*
 * uint64_t psci_registers(void): calls PSCI_VERSION by HVC with a number in each of X4 to X17; the
 * result has a bit for each that is another one afterwards.
 */
	.globl psci_registers
psci_registers:
	.irp	n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
	mov	x\n, #\n
	movk	x\n, #0xa5a5, lsl #48
	.endr
	mov	w0, #0x84000000
	hvc	#0
	mov	x0, #0
	.irp	n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
	mov	x1, #\n
	movk	x1, #0xa5a5, lsl #48
	cmp	x1, x\n
	cset	x1, ne
	orr	x0, x0, x1, lsl #\n
	.endr
	ret
