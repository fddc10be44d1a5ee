/* SPDX-License-Identifier: Apache-2.0 */
#include "irq.h"
#include "aia.h"
#include "plic.h"
#include "sbi.h"

void irq_init(void)
{
	if (aia_present())
		aia_init();
	irq_init_cpu();
}

void irq_init_cpu(void)
{
	if (aia_present())
		aia_init_cpu();
	else
		plic_init_cpu();
	csr_clear(sip, SI_SOFT);
	csr_write(sie, SI_EXTERNAL);
}

static void set(unsigned irq, bool on)
{
	if (aia_present())
		aia_set_enabled(irq - IRQ_EXTERNALS, on);
	else
		plic_set_enabled(plic_context(cpu_id()), irq - IRQ_EXTERNALS, on);
}

static uint64_t own_bit(unsigned irq)
{
	return irq == IRQ_IPI ? SI_SOFT : SI_TIMER;
}

void irq_on(unsigned irq)
{
	if (irq >= IRQ_EXTERNALS)
		set(irq, true);
	else
		csr_set(sie, own_bit(irq));
}

void irq_off(unsigned irq)
{
	if (irq >= IRQ_EXTERNALS)
		set(irq, false);
	else
		csr_clear(sie, own_bit(irq));
}

/* A PLIC takes what its gateways are made for. */
void irq_set_edge(unsigned irq, bool edge)
{
	if (aia_present())
		aia_set_edge(irq - IRQ_EXTERNALS, edge);
}

static unsigned claim(void)
{
	if (aia_present())
		return aia_claim();
	return read32(plic_claim(plic_context(cpu_id())));
}

unsigned irq_ack(void)
{
	uint64_t pending = csr_read(sip) & csr_read(sie);
	unsigned line = pending & SI_EXTERNAL ? claim() : 0;

	if (line)
		return IRQ_EXTERNALS + line;
	if (pending & SI_SOFT) {
		csr_clear(sip, SI_SOFT);
		return IRQ_IPI;
	}
	return pending & SI_TIMER ? IRQ_TIMER : IRQ_NONE;
}

void irq_eoi(unsigned irq)
{
	if (irq < IRQ_EXTERNALS)
		return;
	if (aia_present())
		aia_eoi(irq - IRQ_EXTERNALS);
	else
		write32(plic_claim(plic_context(cpu_id())), irq - IRQ_EXTERNALS);
}

void ipi_send(unsigned cpu)
{
	mb();
	sbi_call(SBI_IPI, SBI_IPI_SEND, 1, cpu_hwid(cpu), 0, 0, 0);
}
