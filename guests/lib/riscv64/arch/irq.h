/* SPDX-License-Identifier: Apache-2.0 */
/* The three interrupts of a hart. External ones come by PLIC, or by APLIC and IMSIC. */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include <stdbool.h>

#define IRQ_NONE      (~0u)
#define IRQ_IPI	      0 /* by SBI */
#define IRQ_TIMER     1
#define IRQ_EXTERNALS 16

static inline unsigned irq_line(unsigned line)
{
	return IRQ_EXTERNALS + line;
}

void irq_init(void);
void irq_init_cpu(void);
void irq_on(unsigned irq);
void irq_off(unsigned irq);
void irq_set_edge(unsigned irq, bool edge);
unsigned irq_ack(void);
void irq_eoi(unsigned irq);
void ipi_send(unsigned cpu);

#endif
