/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts, whatever controller the machine has. */
#ifndef IRQ_H
#define IRQ_H

#include "cpu.h"
/*
 * Of the architecture:
 *   IRQ_NONE          nothing is pending
 *   IRQ_IPI           between CPUs
 *   IRQ_TIMER         the CPU's timer
 *   irq_line(n)       of a device: input n of the machine
 *   irq_init()        everything off; done with irq_init_cpu() for CPU 0 before guest_main()
 *   irq_init_cpu()
 *   irq_on(irq)       to this CPU, at a priority that is taken
 *   irq_off(irq)
 *   irq_set_edge(irq, edge)  how the machine signals it
 *   irq_ack()         the pending one of the highest priority, or IRQ_NONE
 *   irq_eoi(irq)      it has been handled
 *   ipi_send(cpu)     IRQ_IPI
 */
#include <arch/irq.h>

#define IRQ_COUNTED 64

/* Interrupts taken: irq_handle() acknowledges, counts, calls this if set, and completes. */
extern void (*volatile irq_handler)(unsigned irq);
extern volatile unsigned irq_count[MAX_CPUS][IRQ_COUNTED];
void irq_handle(void);

#endif
