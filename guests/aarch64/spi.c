/* SPDX-License-Identifier: Apache-2.0 */
/* Shared interrupts: a device's level, and routing to another CPU. */
#include "boot.h"
#include "gic.h"
#include "irq.h"
#include "test.h"
#include "timer.h"
#include "uart.h"

#define TIMEOUT_US 3000000

/* The UART's transmit interrupt is raised once something was sent; its mask makes it a level. */
static void raise(void)
{
	write32(UART_BASE + UART_IMSC, UART_INT_TX);
}

static void lower(void)
{
	write32(UART_BASE + UART_IMSC, 0);
}

static bool taken(unsigned want)
{
	unsigned got = GIC_SPURIOUS;

	wait_for((got = gic_ack()) != GIC_SPURIOUS, want == GIC_SPURIOUS ? 10000 : TIMEOUT_US);
	return got == want;
}

static void level(void)
{
	gic_set_edge(UART_INTID, false);
	gic_enable(UART_INTID);
	CHECK(taken(GIC_SPURIOUS), "quiet while the device masks it");
	raise();
	CHECK(gic_bit(GIC_ISPENDR, UART_INTID), "a raised level is pending");
	lower();
	CHECK(!gic_bit(GIC_ISPENDR, UART_INTID), "a lowered level is not");
	CHECK(taken(GIC_SPURIOUS), "and is not taken");
	raise();
	gic_set_bit(GIC_ICPENDR, UART_INTID);
	CHECK(gic_bit(GIC_ISPENDR, UART_INTID), "ICPENDR cannot clear a level");
	CHECK(taken(UART_INTID), "a raised level is taken");
	CHECK(taken(GIC_SPURIOUS), "once while it is active");
	gic_eoi(UART_INTID);
	CHECK(taken(UART_INTID), "again after EOI while it stays raised");
	lower();
	gic_eoi(UART_INTID);
	CHECK(taken(GIC_SPURIOUS), "not after EOI once it is lowered");
	gic_disable(UART_INTID);
}

/* The guest lowers the level in its handler, as drivers do; many times. */
static volatile unsigned handled;

static void handle(unsigned intid)
{
	if (intid != UART_INTID)
		return;
	lower();
	handled++;
}

static void by_exception(void)
{
	unsigned lost = 0;

	handled = 0;
	irq_handler = handle;
	gic_enable(UART_INTID);
	irq_enable();
	for (unsigned i = 1; i <= 200 && !lost; i++) {
		raise();
		lost += !wait_for(handled == i, TIMEOUT_US);
	}
	irq_disable();
	CHECK_EQ(lost, 0, "two hundred levels, each taken once");
	gic_disable(UART_INTID);
	irq_handler = NULL;
}

static void edge(void)
{
	gic_set_edge(UART_INTID, true);
	gic_set_bit(GIC_ICPENDR, UART_INTID);
	gic_enable(UART_INTID);
	raise();
	lower();
	CHECK(taken(UART_INTID), "an edge is remembered when the line is low again");
	gic_eoi(UART_INTID);
	CHECK(taken(GIC_SPURIOUS), "one edge comes once");
	gic_disable(UART_INTID);
	gic_set_edge(UART_INTID, false);
}

static void serve(void)
{
	irq_enable();
	for (;;)
		wfi();
}

static void on_cpu(unsigned cpu)
{
	unsigned before = irq_count[cpu][UART_INTID];

	gic_route(UART_INTID, cpu_hwid(cpu));
	dsb();
	raise();
	CHECK(wait_for(irq_count[cpu][UART_INTID] == before + 1, TIMEOUT_US), "routed to CPU %u",
	      cpu);
	lower();
}

/* A pending interrupt follows its route. */
static void rerouted(unsigned to)
{
	unsigned before = irq_count[to][40];

	irq_disable();
	gic_set_edge(40, true);
	gic_enable(40);
	gic_set_bit(GIC_ISPENDR, 40);
	gic_route(40, cpu_hwid(to));
	CHECK(wait_for(irq_count[to][40] == before + 1, TIMEOUT_US),
	      "a pending interrupt follows its route");
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "and leaves the CPU it came from");
	gic_disable(40);
}

static void routing(void)
{
	unsigned last = cpu_count() - 1;

	if (!CHECK(cpu_start(last, serve), "CPU %u started", last))
		return;
	irq_handler = handle;
	gic_enable(UART_INTID);
	irq_enable();
	for (unsigned i = 0; i < 10; i++) {
		on_cpu(last);
		on_cpu(0);
	}
	irq_disable();
	rerouted(last);
	gic_disable(UART_INTID);
}

void guest_main(void)
{
	uart_write("\n", 1);
	CHECK(wait_for(read32(UART_BASE + UART_RIS) & UART_INT_TX, TIMEOUT_US),
	      "the UART raises its transmit interrupt");
	level();
	by_exception();
	edge();
	if (cpu_count() > 1)
		routing();
}
