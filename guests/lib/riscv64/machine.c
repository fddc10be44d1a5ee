/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"
#include "aia.h"
#include "irq.h"
#include "plic.h"
#include "test.h"
#include "uart.h"

const struct machine_area machine_areas[] = {
	{ PLIC_BASE + PLIC_PRIORITY, 0x400 },
	{ PLIC_BASE + PLIC_PENDING, 0x100 },
	{ PLIC_BASE + PLIC_ENABLE, 0x400 },
	{ PLIC_BASE + PLIC_THRESHOLD, 0x10 },
	{ PLIC_BASE + PLIC_THRESHOLD + PLIC_CONTEXT, 0x10 },
	{ PLIC_BASE + PLIC_THRESHOLD + 3 * PLIC_CONTEXT, 0x10 },
	{ APLIC_BASE, 0x200 },
	{ APLIC_BASE + APLIC_SETIP, 0x500 },
	{ APLIC_BASE + APLIC_GENMSI, 0x200 },
	{ IMSIC_BASE, 0x10 },
	{ IMSIC_BASE + IMSIC_PAGE, 0x10 },
	{ RTC_BASE, 0x100 },
	{ VIRTIO_BASE, 0x200 },
};
const unsigned machine_area_num = sizeof(machine_areas) / sizeof(*machine_areas);
const struct machine_area machine_console = { UART_BASE + 1, 7 };

void machine_check_irq(void)
{
	irq_handler = NULL;
	if (aia_present())
		aia_clear();
	irq_init();
	irq_on(IRQ_IPI);
	ipi_send(0);
	CHECK_EQ(irq_ack(), IRQ_IPI, "an interrupt after it");
	irq_on(irq_line(UART_LINE));
	irq_eoi(irq_line(UART_LINE)); /* it may have been claimed by a random read */
	write8(UART_BASE + UART_IER, UART_IER_THRE);
	CHECK_EQ(irq_ack(), irq_line(UART_LINE), "a device's interrupt after it");
	uart_listen(false);
	irq_eoi(irq_line(UART_LINE));
}

static bool no_line_is_on(void)
{
	if (aia_present())
		return !read32(APLIC_BASE + APLIC_SETIE) && !read32(APLIC_BASE + APLIC_SOURCECFG);
	return !read32(plic_priority(1)) && !read32(plic_priority(31));
}

void machine_check_fresh(void)
{
	CHECK(no_line_is_on(), "no line has been configured");
	CHECK(read8(UART_BASE + UART_IER) == 0, "the UART's interrupts are masked");
	CHECK(read8(UART_BASE + UART_SCR) == 0, "the UART's scratch register is zero");
}

void machine_make_a_mess(void)
{
	for (unsigned line = 1; line < 32; line++)
		irq_on(irq_line(line));
	write8(UART_BASE + UART_IER, UART_IER_RX | UART_IER_LINE);
	write8(UART_BASE + UART_SCR, 0x5a);
}
