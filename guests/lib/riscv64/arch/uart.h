/* SPDX-License-Identifier: Apache-2.0 */
/* A 16550. Registers: National Semiconductor PC16550D, 8; a byte each. */
#ifndef ARCH_UART_H
#define ARCH_UART_H

#define UART_BASE 0x10000000ull
#define UART_LINE 10

#define UART_RBR 0 /* reading */
#define UART_THR 0 /* writing */
#define UART_DLL 0 /* with LCR.DLAB */
#define UART_IER 1
#define UART_DLM 1 /* with LCR.DLAB */
#define UART_IIR 2 /* reading */
#define UART_FCR 2 /* writing */
#define UART_LCR 3
#define UART_MCR 4
#define UART_LSR 5
#define UART_MSR 6
#define UART_SCR 7

#define UART_IER_RX	0x01
#define UART_IER_THRE	0x02
#define UART_IER_LINE	0x04
#define UART_IER_MODEM	0x08
#define UART_IIR_NONE	0x01
#define UART_IIR_MODEM	0x00
#define UART_IIR_THRE	0x02
#define UART_IIR_RX	0x04
#define UART_IIR_LINE	0x06
#define UART_IIR_TIMEUP 0x0c
#define UART_IIR_FIFO	0xc0
#define UART_FCR_FIFO	0x01
#define UART_FCR_CLEAR	0x06
#define UART_LCR_8BIT	0x03
#define UART_LCR_DLAB	0x80
#define UART_MCR_DTR	0x01
#define UART_MCR_RTS	0x02
#define UART_MCR_OUT1	0x04
#define UART_MCR_OUT2	0x08
#define UART_MCR_LOOP	0x10
#define UART_LSR_DR	0x01
#define UART_LSR_OE	0x02
#define UART_LSR_THRE	0x20
#define UART_LSR_TEMT	0x40

#endif
