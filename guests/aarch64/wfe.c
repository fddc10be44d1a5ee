/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for events. */
#include "boot.h"
#include "irq.h"
#include "test.h"
#include "timer.h"

#define TIMEOUT_US 3000000

/* SEV and SEVL set the event register, WFE clears it: none of these waits for ever. */
static void events(void)
{
	asm volatile("sevl\n\twfe" ::: "memory");
	CHECK(true, "WFE after SEVL");
	asm volatile("sev\n\twfe" ::: "memory");
	CHECK(true, "WFE after SEV");
	irq_on(IRQ_TIMER);
	timer_set(timer_now() + timer_ticks(20000));
	unsigned rounds = 0;
	while (!timer_due()) {
		asm volatile("wfe" ::: "memory");
		rounds++;
	}
	CHECK(rounds >= 1, "WFE until the timer is due");
	timer_stop();
	irq_off(IRQ_TIMER);
}

static volatile bool flag;

static void event_waiter(void)
{
	while (!flag)
		asm volatile("wfe" ::: "memory");
	flag = false;
	asm volatile("dsb sy\n\tsev" ::: "memory");
}

static void by_event(void)
{
	if (!CHECK(cpu_start(1, event_waiter), "CPU 1 started"))
		return;
	delay_us(10000);
	flag = true;
	asm volatile("dsb sy\n\tsev" ::: "memory");
	CHECK(wait_for(!flag, TIMEOUT_US), "SEV wakes another CPU from WFE");
	CHECK(cpu_wait_off(1), "CPU 1 off");
}

void guest_main(void)
{
	events();
	if (cpu_count() > 1)
		by_event();
}
