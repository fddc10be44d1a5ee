/* SPDX-License-Identifier: Apache-2.0 */
#include "uart.h"

#include "drivers/ns16550.h"
#include "dt/tree.h"
#include "mmio.h"
#include "mmu.h"

static struct {
	uint64_t base, size;
	char *regs; /* NULL: none */
	uint32_t shift, width;
	uint32_t source, trigger;
} uart;

void uart_probe(const void *fdt)
{
	int node = dt_console(fdt, "ns16550a", &uart.base, &uart.size);
	uint32_t offset = 0;

	if (node < 0)
		node = dt_console(fdt, "snps,dw-apb-uart", &uart.base, &uart.size);
	if (node < 0)
		return;
	uart.width = 1;
	dt_cell(fdt, node, "reg-offset", 0, &offset);
	dt_cell(fdt, node, "reg-shift", 0, &uart.shift);
	dt_cell(fdt, node, "reg-io-width", 0, &uart.width);
	dt_cell(fdt, node, "interrupts", 0, &uart.source);
	dt_cell(fdt, node, "interrupts", 1, &uart.trigger); /* APLIC only */
	if (uart.shift > 3 || offset >= uart.size || uart.size - offset < 8ull << uart.shift)
		return;
	uart.regs = (char *)(uintptr_t)uart.base + offset;
	ns16550_init();
}

void uart_map(void)
{
	if (uart.regs)
		mmu_map_device(uart.base, uart.size);
}

uint32_t uart_source(void)
{
	return uart.regs ? uart.source : 0;
}

uint32_t uart_trigger(void)
{
	return uart.trigger;
}

bool uart_present(void)
{
	return uart.regs;
}

uint8_t uart_read(unsigned reg)
{
	const char *p = uart.regs + (reg << uart.shift);

	return uart.width == 4 ? (uint8_t)mmio_read32(p) : mmio_read8(p);
}

void uart_write(unsigned reg, uint8_t value)
{
	char *p = uart.regs + (reg << uart.shift);

	if (uart.width == 4)
		mmio_write32(p, value);
	else
		mmio_write8(p, value);
}
