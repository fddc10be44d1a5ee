/* SPDX-License-Identifier: Apache-2.0 */
#include "uart.h"

#include "arch.h"
#include "dt/tree.h"
#include "el2.h"
#include "gic.h"
#include "mmio.h"

#define UARTDR	  0x000
#define UARTFR	  0x018
#define UARTLCR_H 0x02c
#define UARTCR	  0x030
#define UARTIFLS  0x034
#define UARTIMSC  0x038
#define UARTICR	  0x044

#define FR_RXFE		 (1u << 4)
#define FR_TXFF		 (1u << 5)
#define LCR_H_FEN_WLEN_8 0x70u
#define CR_ENABLE	 0x301u /* UARTEN, TXE, RXE */
#define INT_RX_RT	 0x50u	/* receive, receive timeout */

static struct {
	char *regs;
	uint32_t intid;
} uart;

void uart_probe(const void *fdt)
{
	uint64_t base, size;
	int node = dt_console(fdt, "arm,pl011", &base, &size);

	if (node < 0)
		return;
	uart.intid = gic_dt_intid(fdt, node, 0);
	uart.regs = (char *)(uintptr_t)base;
	el2_boot_device(base);
	mmio_write32(uart.regs + UARTIMSC, 0);
	mmio_write32(uart.regs + UARTIFLS, 0);
	mmio_write32(uart.regs + UARTLCR_H, LCR_H_FEN_WLEN_8);
	mmio_write32(uart.regs + UARTCR, CR_ENABLE);
}

uint64_t uart_base(void)
{
	return (uintptr_t)uart.regs;
}

uint32_t uart_intid(void)
{
	return uart.intid;
}

void isa_uart_put(uint8_t byte)
{
	if (!uart.regs)
		return;
	while (mmio_read32(uart.regs + UARTFR) & FR_TXFF)
		isa_relax();
	mmio_write32(uart.regs + UARTDR, byte);
}

int isa_uart_get(void)
{
	if (!uart.regs)
		return -1;
	mmio_write32(uart.regs + UARTICR, INT_RX_RT);
	if (mmio_read32(uart.regs + UARTFR) & FR_RXFE)
		return -1;
	return (int)(mmio_read32(uart.regs + UARTDR) & 0xff);
}

void isa_uart_irq(bool on)
{
	if (uart.regs)
		mmio_write32(uart.regs + UARTIMSC, on ? INT_RX_RT : 0);
}
