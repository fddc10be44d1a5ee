/* SPDX-License-Identifier: Apache-2.0 */
#include "uart.h"
#include "cpu.h"

void uart_init(void)
{
	write32(UART_BASE + UART_IMSC, 0);
	write32(UART_BASE + UART_CR, UART_CR_EN | UART_CR_TXE | UART_CR_RXE);
	write32(UART_BASE + UART_LCRH, UART_LCRH_FEN | UART_LCRH_8BIT);
	write32(UART_BASE + UART_ICR, 0x7ff);
}

void uart_write(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		while (read32(UART_BASE + UART_FR) & UART_FR_TXFF)
			cpu_relax();
		write32(UART_BASE + UART_DR, (uint8_t)bytes[i]);
	}
}

int uart_read(void)
{
	if (read32(UART_BASE + UART_FR) & UART_FR_RXFE)
		return -1;
	return (int)(read32(UART_BASE + UART_DR) & 0xff);
}

void uart_listen(bool on)
{
	write32(UART_BASE + UART_IMSC, on ? UART_INT_RX | UART_INT_RT : 0);
}

void uart_look(void)
{
	read32(UART_BASE + UART_FR);
}
