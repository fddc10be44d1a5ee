/* SPDX-License-Identifier: Apache-2.0 */
/* Sends back what it receives, by interrupt, in capital letters; ends at a line "quit". */
#include "boot.h"
#include "irq.h"
#include "test.h"
#include "uart.h"
#include <ctype.h>
#include <string.h>

static char line[128];
static volatile unsigned len;
static volatile bool quit;

static void end_line(void)
{
	line[len] = '\0';
	quit = !strcmp(line, "quit");
	len = 0;
	uart_write("\r\n", 2);
}

static void take(int c)
{
	char upper = (char)toupper(c);

	if (c == '\r' || c == '\n') {
		end_line();
		return;
	}
	if (len < sizeof(line) - 1)
		line[len++] = (char)c;
	uart_write(&upper, 1);
}

static void handle(unsigned irq)
{
	int c;

	if (irq == irq_line(UART_LINE))
		while ((c = uart_read()) >= 0)
			take(c);
}

void guest_main(void)
{
	uart_init();
	irq_handler = handle;
	irq_on(irq_line(UART_LINE));
	uart_listen(true);
	print("guest: echo ready\n");
	while (!quit) {
		wfi(); /* interrupts are masked until it waits, so that none slips by */
		irq_enable();
		irq_disable();
	}
	uart_listen(false);
	CHECK(true, "echo ended");
}
