/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for interrupts. */
#include "boot.h"
#include "irq.h"
#include "test.h"
#include "timer.h"

#define TIMEOUT_US 3000000

static void set_alarm(uint64_t us)
{
	timer_set(timer_now() + timer_ticks(us));
}

static void stop_alarm(unsigned irq)
{
	if (irq == IRQ_TIMER)
		timer_stop();
}

/* WFI returns for a pending interrupt, masked or not. */
static void by_timer(void)
{
	uint64_t start = timer_now();

	irq_on(IRQ_TIMER);
	set_alarm(20000);
	while (!timer_due())
		wfi();
	CHECK(timer_us(timer_now() - start) >= 20000, "woken by the timer, interrupts masked");
	start = timer_now();
	wfi();
	CHECK(timer_us(timer_now() - start) < TIMEOUT_US,
	      "does not wait while an interrupt is pending");
	timer_stop();
	irq_handler = stop_alarm;
	set_alarm(20000);
	while (!irq_count[0][IRQ_TIMER]) {
		wfi();
		irq_enable();
		irq_disable();
	}
	irq_handler = NULL;
	CHECK_EQ(irq_count[0][IRQ_TIMER], 1, "woken by the timer, interrupts taken");
	irq_off(IRQ_TIMER);
}

static void by_self(void)
{
	irq_on(IRQ_IPI);
	ipi_send(0);
	wfi();
	CHECK_EQ(irq_ack(), IRQ_IPI, "WFI with an interrupt to self pending");
	irq_eoi(IRQ_IPI);
}

static volatile unsigned ping, pong;

static void sleeper(void)
{
	irq_on(IRQ_IPI);
	while (ping != ~0u) {
		wfi();
		if (irq_ack() == IRQ_IPI) {
			irq_eoi(IRQ_IPI);
			pong = ping;
		}
	}
}

/* Both CPUs asleep most of the time. */
static void by_other_cpu(void)
{
	unsigned lost = 0;

	if (!CHECK(cpu_start(1, sleeper), "CPU 1 started"))
		return;
	for (unsigned i = 1; i <= 100 && !lost; i++) {
		ping = i;
		mb();
		ipi_send(1);
		lost += !wait_for(pong == i, TIMEOUT_US);
	}
	CHECK_EQ(lost, 0, "an interrupt wakes another CPU, a hundred times");
	ping = ~0u;
	mb();
	ipi_send(1);
	CHECK(cpu_wait_off(1), "CPU 1 off");
}

void guest_main(void)
{
	by_timer();
	by_self();
	if (cpu_count() > 1)
		by_other_cpu();
}
