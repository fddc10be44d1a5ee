/* SPDX-License-Identifier: Apache-2.0 */
/* A PL011. Registers: Arm DDI 0183, 3.2. */
#ifndef ARCH_UART_H
#define ARCH_UART_H

#define UART_BASE  0x09000000ull
#define UART_LINE  1
#define UART_INTID 33

#define UART_DR	       0x000
#define UART_FR	       0x018
#define UART_IBRD      0x024
#define UART_FBRD      0x028
#define UART_LCRH      0x02c
#define UART_CR	       0x030
#define UART_IFLS      0x034
#define UART_IMSC      0x038
#define UART_RIS       0x03c
#define UART_MIS       0x040
#define UART_ICR       0x044
#define UART_PERIPHID0 0xfe0
#define UART_PCELLID0  0xff0

#define UART_FR_RXFE	 (1u << 4)
#define UART_FR_TXFF	 (1u << 5)
#define UART_FR_RXFF	 (1u << 6)
#define UART_FR_TXFE	 (1u << 7)
#define UART_LCRH_FEN	 (1u << 4)
#define UART_LCRH_8BIT	 (3u << 5)
#define UART_CR_EN	 (1u << 0)
#define UART_CR_LOOPBACK (1u << 7)
#define UART_CR_TXE	 (1u << 8)
#define UART_CR_RXE	 (1u << 9)
#define UART_INT_RX	 (1u << 4)
#define UART_INT_TX	 (1u << 5)
#define UART_INT_RT	 (1u << 6)
#define UART_INT_OE	 (1u << 10)

#endif
