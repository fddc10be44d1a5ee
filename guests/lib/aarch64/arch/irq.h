/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include "../gic.h"

#define IRQ_NONE  GIC_SPURIOUS
#define IRQ_IPI	  1
#define IRQ_TIMER 27 /* the virtual one */

static inline unsigned irq_line(unsigned line)
{
	return GIC_FIRST_SPI + line;
}

static inline void irq_init(void)
{
	gic_init();
}

static inline void irq_init_cpu(void)
{
	gic_init_cpu();
}

static inline void irq_on(unsigned irq)
{
	gic_enable(irq);
}

static inline void irq_off(unsigned irq)
{
	gic_disable(irq);
}

static inline void irq_set_edge(unsigned irq, bool edge)
{
	gic_set_edge(irq, edge);
}

static inline unsigned irq_ack(void)
{
	unsigned intid = gic_ack();

	return intid < 1020 ? intid : IRQ_NONE;
}

static inline void irq_eoi(unsigned irq)
{
	gic_eoi(irq);
}

static inline void ipi_send(unsigned cpu)
{
	gic_sgi(cpu_hwid(cpu), IRQ_IPI);
}

#endif
