/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ns16550.h"

#include "arch.h"

#define RBR 0u
#define THR 0u
#define IER 1u
#define FCR 2u
#define LCR 3u
#define MCR 4u
#define LSR 5u

#define IER_RECEIVED 0x01u
#define FCR_ENABLE   0x01u
#define LCR_8_BITS   0x03u
#define MCR_ON	     0x0bu /* DTR, RTS; OUT2, which lets a PC's interrupt through */
#define LSR_READY    0x01u
#define LSR_THRE     0x20u

void ns16550_init(void)
{
	uart_write(IER, 0);
	uart_write(LCR, LCR_8_BITS);
	uart_write(FCR, FCR_ENABLE);
	uart_write(MCR, MCR_ON);
}

void isa_uart_put(uint8_t byte)
{
	if (!uart_present())
		return;
	while (!(uart_read(LSR) & LSR_THRE))
		isa_relax();
	uart_write(THR, byte);
}

int isa_uart_get(void)
{
	if (!uart_present() || !(uart_read(LSR) & LSR_READY))
		return -1;
	return uart_read(RBR);
}

void isa_uart_irq(bool on)
{
	if (uart_present())
		uart_write(IER, on ? IER_RECEIVED : 0);
}
