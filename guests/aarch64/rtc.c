/* SPDX-License-Identifier: Apache-2.0 */
/* The PL031. Arm DDI 0224, 3. */
#include "boot.h"
#include "gic.h"
#include "test.h"
#include "timer.h"

#define RTC	  0x09010000ull
#define RTC_INTID 34

enum {
	RTC_DR = 0x00,
	RTC_MR = 0x04,
	RTC_LR = 0x08,
	RTC_CR = 0x0c,
	RTC_IMSC = 0x10,
	RTC_RIS = 0x14,
	RTC_MIS = 0x18,
	RTC_ICR = 0x1c,
	RTC_PERIPHID0 = 0xfe0,
	RTC_PCELLID0 = 0xff0,
};

static uint32_t rd(unsigned offset)
{
	return read32(RTC + offset);
}

static void wr(unsigned offset, uint32_t value)
{
	write32(RTC + offset, value);
}

static void identification(void)
{
	static const uint8_t periph[] = { 0x31, 0x10, 0x04, 0x00 };
	static const uint8_t cell[] = { 0x0d, 0xf0, 0x05, 0xb1 };

	for (unsigned i = 0; i < 4; i++) {
		uint32_t id = rd(RTC_PERIPHID0 + 4 * i);

		CHECK_EQ(i == 2 ? id & 0xf : id, periph[i], "RTCPeriphID%u", i);
		CHECK_EQ(rd(RTC_PCELLID0 + 4 * i), cell[i], "RTCPCellID%u", i);
	}
}

static void counting(void)
{
	uint32_t before = rd(RTC_DR);
	uint64_t start = timer_now();

	CHECK_EQ(rd(RTC_CR) & 1, 1, "RTCCR: the clock runs");
	CHECK(before > 1600000000, "RTCDR %u: later than 2020", before);
	CHECK(wait_for(rd(RTC_DR) != before, 3000000), "RTCDR goes on within three seconds");
	wait_for(rd(RTC_DR) >= before + 2, 5000000);
	uint64_t us = timer_us(timer_now() - start);
	CHECK(us > 900000 && us < 4000000, "two seconds took %lu us", us);
}

static void setting(void)
{
	uint32_t now = rd(RTC_DR);

	wr(RTC_LR, 1000);
	CHECK(rd(RTC_DR) >= 1000 && rd(RTC_DR) < 1010, "RTCLR sets the time");
	CHECK_EQ(rd(RTC_LR), 1000, "RTCLR is read back");
	wr(RTC_LR, now);
	CHECK(rd(RTC_DR) >= now && rd(RTC_DR) < now + 10, "and back");
}

static void matching(void)
{
	unsigned got = GIC_SPURIOUS;

	gic_enable(RTC_INTID);
	wr(RTC_ICR, 1);
	wr(RTC_IMSC, 1);
	CHECK_EQ(rd(RTC_IMSC), 1, "RTCIMSC");
	wr(RTC_MR, rd(RTC_DR) + 1);
	wait_for((got = gic_ack()) != GIC_SPURIOUS, 5000000);
	CHECK_EQ(got, RTC_INTID, "the match interrupts");
	CHECK_EQ(rd(RTC_RIS), 1, "RTCRIS");
	CHECK_EQ(rd(RTC_MIS), 1, "RTCMIS");
	wr(RTC_IMSC, 0);
	CHECK_EQ(rd(RTC_MIS), 0, "RTCMIS is zero where masked");
	CHECK_EQ(rd(RTC_RIS), 1, "RTCRIS is not");
	wr(RTC_ICR, 1);
	CHECK_EQ(rd(RTC_RIS), 0, "RTCICR clears it");
	gic_eoi(RTC_INTID);
	CHECK_EQ(gic_ack(), GIC_SPURIOUS, "and the line is low");
	gic_disable(RTC_INTID);
}

void guest_main(void)
{
	identification();
	counting();
	setting();
	matching();
}
