/* SPDX-License-Identifier: Apache-2.0 */
/* The Goldfish RTC. */
#include "boot.h"
#include "irq.h"
#include "machine.h"
#include "test.h"
#include "timer.h"

#define SECOND 1000000000ul

enum {
	TIME_LOW = 0x00,
	TIME_HIGH = 0x04,
	ALARM_LOW = 0x08,
	ALARM_HIGH = 0x0c,
	IRQ_ENABLED = 0x10,
	CLEAR_ALARM = 0x14,
	ALARM_STATUS = 0x18,
	CLEAR_INTERRUPT = 0x1c,
};

static uint32_t rd(unsigned offset)
{
	return read32(RTC_BASE + offset);
}

static void wr(unsigned offset, uint32_t value)
{
	write32(RTC_BASE + offset, value);
}

/* The low half latches the high one. */
static uint64_t now(void)
{
	uint64_t low = rd(TIME_LOW);

	return (uint64_t)rd(TIME_HIGH) << 32 | low;
}

static void set_alarm(uint64_t when)
{
	wr(ALARM_HIGH, (uint32_t)(when >> 32));
	wr(ALARM_LOW, (uint32_t)when);
}

static void counting(void)
{
	uint64_t first = now(), last = first, start = timer_now();
	unsigned backwards = 0;

	CHECK(first / SECOND > 1600000000, "%lu s: later than 2020", first / SECOND);
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t next = now();

		backwards += next < last;
		last = next;
	}
	CHECK_EQ(backwards, 0, "time does not go backwards");
	first = now();
	start = timer_now();
	delay_us(200000);
	uint64_t us = (now() - first) / 1000, want = timer_us(timer_now() - start);
	CHECK(us > want / 2 && us < want * 2, "as fast as the timer: %lu us in %lu", us, want);
}

static void setting(void)
{
	uint64_t before = now(), other = 1000 * SECOND;

	wr(TIME_HIGH, (uint32_t)(other >> 32));
	wr(TIME_LOW, (uint32_t)other);
	CHECK(now() >= other && now() < other + 10 * SECOND, "the time can be set");
	wr(TIME_HIGH, (uint32_t)(before >> 32));
	wr(TIME_LOW, (uint32_t)before);
	CHECK(now() >= before && now() < before + 10 * SECOND, "and back");
}

static void alarm(void)
{
	unsigned got = IRQ_NONE;

	irq_on(irq_line(RTC_LINE));
	wr(CLEAR_INTERRUPT, 1);
	wr(IRQ_ENABLED, 1);
	set_alarm(now() + 3600 * SECOND);
	CHECK_EQ(rd(ALARM_STATUS), 1, "an alarm is set");
	CHECK_EQ(irq_ack(), IRQ_NONE, "it is not due");
	wr(CLEAR_ALARM, 1);
	CHECK_EQ(rd(ALARM_STATUS), 0, "it is cleared");
	set_alarm(now() + SECOND / 20);
	wait_for((got = irq_ack()) != IRQ_NONE, 5000000);
	CHECK_EQ(got, irq_line(RTC_LINE), "the alarm interrupts");
	CHECK_EQ(rd(ALARM_STATUS), 0, "no alarm is set any more");
	wr(CLEAR_INTERRUPT, 1);
	irq_eoi(got);
	CHECK_EQ(irq_ack(), IRQ_NONE, "and the line is low");
	set_alarm(now() - SECOND);
	wait_for((got = irq_ack()) != IRQ_NONE, 5000000);
	CHECK_EQ(got, irq_line(RTC_LINE), "a time that is over interrupts at once");
	wr(IRQ_ENABLED, 0);
	irq_eoi(got);
	CHECK_EQ(irq_ack(), IRQ_NONE, "not while interrupts are off");
	wr(CLEAR_INTERRUPT, 1);
	irq_off(irq_line(RTC_LINE));
}

void guest_main(void)
{
	counting();
	setting();
	alarm();
}
