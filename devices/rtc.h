/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What real-time clocks share: a counter that goes on from the wall clock with the VM's time, and
 * one alarm. Their unit is the model's tick.
 */
#ifndef DEVICES_RTC_H
#define DEVICES_RTC_H

#include <axvm/device.h>

#define NANOS_PER_SECOND UINT64_C(1000000000)
#define RTC_NEVER	 UINT64_MAX

struct rtc {
	bool set;	 /* offset is valid: not before the first access */
	uint64_t offset; /* counter when the VM's time was 0 */
	uint64_t alarm;	 /* ticks of the VM's time, or RTC_NEVER */
};

/* The VM's time in ticks of `tick` nanoseconds. */
static inline uint64_t rtc_vm_ticks(struct axvm_device *dev, uint64_t tick)
{
	return axvm_device_now(dev) / tick;
}

/* Before each access: the first one reads the wall clock. */
static inline void rtc_start(struct axvm_device *dev, struct rtc *rtc, uint64_t tick)
{
	if (rtc->set)
		return;
	rtc->offset = axvm_device_wall_clock_base(dev) * (NANOS_PER_SECOND / tick);
	rtc->set = true;
}

static inline uint64_t rtc_count(struct axvm_device *dev, const struct rtc *rtc, uint64_t tick)
{
	return rtc->offset + rtc_vm_ticks(dev, tick);
}

static inline void rtc_alarm_cancel(struct axvm_device *dev, struct rtc *rtc)
{
	rtc->alarm = RTC_NEVER;
	axvm_device_set_timer(dev, RTC_NEVER);
}

/* The alarm is to come `ticks` from now; further away than time goes is never. */
static inline void rtc_alarm_set(struct axvm_device *dev, struct rtc *rtc, uint64_t ticks,
				 uint64_t tick)
{
	uint64_t now = rtc_vm_ticks(dev, tick);

	if (ticks >= RTC_NEVER / tick - now) {
		rtc_alarm_cancel(dev, rtc);
		return;
	}
	rtc->alarm = now + ticks;
	axvm_device_set_timer(dev, rtc->alarm * tick);
}

/* Whether the alarm's moment has come; it comes once. */
static inline bool rtc_alarm_due(struct axvm_device *dev, struct rtc *rtc, uint64_t tick)
{
	if (rtc->alarm > rtc_vm_ticks(dev, tick))
		return false;
	rtc_alarm_cancel(dev, rtc);
	return true;
}

#endif
