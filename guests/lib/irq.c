/* SPDX-License-Identifier: Apache-2.0 */
#include "irq.h"

void (*volatile irq_handler)(unsigned irq);
volatile unsigned irq_count[MAX_CPUS][IRQ_COUNTED];

void irq_handle(void)
{
	unsigned irq = irq_ack();

	if (irq == IRQ_NONE)
		return;
	if (irq < IRQ_COUNTED)
		irq_count[cpu_id()][irq]++;
	if (irq_handler)
		irq_handler(irq);
	irq_eoi(irq);
}
