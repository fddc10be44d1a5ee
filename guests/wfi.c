/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting: for interrupts and for events. */
#include "boot.h"
#include "gic.h"
#include "test.h"
#include "timer.h"

#define TIMEOUT_US 3000000

static void set_alarm(uint64_t us)
{
	msr(cntv_cval_el0, timer_now() + timer_ticks(us));
	msr(cntv_ctl_el0, TIMER_ENABLE);
	isb();
}

static void clear_alarm(void)
{
	msr(cntv_ctl_el0, 0);
	isb();
}

static void stop_alarm(unsigned intid)
{
	if (intid == TIMER_VIRTUAL_INTID)
		clear_alarm();
}

/* WFI returns for a pending interrupt, masked or not. */
static void by_timer(void)
{
	uint64_t start = timer_now();

	gic_enable(TIMER_VIRTUAL_INTID);
	set_alarm(20000);
	while (!(mrs(cntv_ctl_el0) & TIMER_ISTATUS))
		wfi();
	CHECK(timer_us(timer_now() - start) >= 20000, "woken by the timer, interrupts masked");
	start = timer_now();
	wfi();
	CHECK(timer_us(timer_now() - start) < TIMEOUT_US,
	      "does not wait while an interrupt is pending");
	clear_alarm();
	gic_handler = stop_alarm;
	set_alarm(20000);
	while (!gic_count[0][TIMER_VIRTUAL_INTID]) {
		wfi();
		irq_enable();
		irq_disable();
	}
	gic_handler = NULL;
	CHECK_EQ(gic_count[0][TIMER_VIRTUAL_INTID], 1, "woken by the timer, interrupts taken");
	gic_disable(TIMER_VIRTUAL_INTID);
}

static void by_self(void)
{
	gic_enable(3);
	gic_sgi(cpu_mpidr(0), 3);
	wfi();
	CHECK_EQ(gic_ack(), 3, "WFI with an SGI to self pending");
	gic_eoi(3);
}

/* SEV and SEVL set the event register, WFE clears it: none of these waits for ever. */
static void events(void)
{
	asm volatile("sevl\n\twfe" ::: "memory");
	CHECK(true, "WFE after SEVL");
	asm volatile("sev\n\twfe" ::: "memory");
	CHECK(true, "WFE after SEV");
	gic_enable(TIMER_VIRTUAL_INTID);
	set_alarm(20000);
	unsigned rounds = 0;
	while (!(mrs(cntv_ctl_el0) & TIMER_ISTATUS)) {
		asm volatile("wfe" ::: "memory");
		rounds++;
	}
	CHECK(rounds >= 1, "WFE until the timer is due");
	clear_alarm();
	gic_disable(TIMER_VIRTUAL_INTID);
}

static volatile unsigned ping, pong;

static void sleeper(void)
{
	gic_enable(1);
	while (ping != ~0u) {
		wfi();
		if (gic_ack() == 1) {
			gic_eoi(1);
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
		dsb();
		gic_sgi(cpu_mpidr(1), 1);
		lost += !wait_for(pong == i, TIMEOUT_US);
	}
	CHECK_EQ(lost, 0, "an SGI wakes another CPU, a hundred times");
	ping = ~0u;
	dsb();
	gic_sgi(cpu_mpidr(1), 1);
	CHECK(cpu_wait_off(1), "CPU 1 off");
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
	if (!CHECK(cpu_start(1, event_waiter), "CPU 1 started again"))
		return;
	delay_us(10000);
	flag = true;
	asm volatile("dsb sy\n\tsev" ::: "memory");
	CHECK(wait_for(!flag, TIMEOUT_US), "SEV wakes another CPU from WFE");
	CHECK(cpu_wait_off(1), "CPU 1 off");
}

void guest_main(void)
{
	by_timer();
	by_self();
	events();
	if (cpu_count() > 1) {
		by_other_cpu();
		by_event();
	}
}
