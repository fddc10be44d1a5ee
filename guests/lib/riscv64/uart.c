/* SPDX-License-Identifier: Apache-2.0 */
#include "uart.h"
#include "cpu.h"

void uart_init(void)
{
	write8(UART_BASE + UART_LCR, UART_LCR_8BIT);
	write8(UART_BASE + UART_IER, 0);
	write8(UART_BASE + UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
	write8(UART_BASE + UART_FCR, UART_FCR_FIFO | UART_FCR_CLEAR);
}

void uart_write(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		while (!(read8(UART_BASE + UART_LSR) & UART_LSR_THRE))
			cpu_relax();
		write8(UART_BASE + UART_THR, (uint8_t)bytes[i]);
	}
}

int uart_read(void)
{
	if (!(read8(UART_BASE + UART_LSR) & UART_LSR_DR))
		return -1;
	return read8(UART_BASE + UART_RBR);
}

void uart_listen(bool on)
{
	write8(UART_BASE + UART_IER, on ? UART_IER_RX : 0);
}

void uart_look(void)
{
	read8(UART_BASE + UART_SCR);
}
