/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real-time clock: Goldfish, a counter of nanoseconds since 1970 (GOLDFISH-VIRTUAL-HARDWARE.TXT of
 * the Android emulator, and QEMU's additions: the time can be written, an alarm cancelled and
 * asked for).
 */
#include "rtc.h"

#define TICK UINT64_C(1)

enum {
	REG_TIME_LOW = 0x00,
	REG_TIME_HIGH = 0x04,
	REG_ALARM_LOW = 0x08,
	REG_ALARM_HIGH = 0x0c,
	REG_IRQ_ENABLED = 0x10,
	REG_CLEAR_ALARM = 0x14,
	REG_ALARM_STATUS = 0x18,
	REG_CLEAR_INTERRUPT = 0x1c,
};

struct goldfish_rtc {
	struct rtc rtc;
	uint64_t alarm; /* the counter's value at which it is due; as the guest has written it */
	uint32_t time_high; /* of the last reading of TIME_LOW */
	bool armed;
	bool irq_pending;
	bool irq_enabled;
};

static uint64_t with_low(uint64_t value, uint32_t low)
{
	return value >> 32 << 32 | low;
}

static uint64_t with_high(uint64_t value, uint32_t high)
{
	return (uint64_t)high << 32 | (uint32_t)value;
}

static void irq_update(struct axvm_device *dev)
{
	const struct goldfish_rtc *g = dev->state;

	axvm_device_set_irq(dev, g->irq_pending && g->irq_enabled);
}

static void alarm_check(struct axvm_device *dev)
{
	struct goldfish_rtc *g = dev->state;

	if (!rtc_alarm_due(dev, &g->rtc, TICK))
		return;
	g->armed = false;
	g->irq_pending = true;
	irq_update(dev);
}

/* One that lies in the past is due at once. */
static void alarm_arm(struct axvm_device *dev)
{
	struct goldfish_rtc *g = dev->state;
	uint64_t now = rtc_count(dev, &g->rtc, TICK);

	g->armed = true;
	rtc_alarm_set(dev, &g->rtc, g->alarm > now ? g->alarm - now : 0, TICK);
	alarm_check(dev);
}

static void alarm_cancel(struct axvm_device *dev)
{
	struct goldfish_rtc *g = dev->state;

	g->armed = false;
	rtc_alarm_cancel(dev, &g->rtc);
}

static uint32_t time_read(struct axvm_device *dev)
{
	struct goldfish_rtc *g = dev->state;
	uint64_t now = rtc_count(dev, &g->rtc, TICK);

	g->time_high = (uint32_t)(now >> 32);
	return (uint32_t)now;
}

/* The alarm keeps its place on the new time. */
static void time_set(struct axvm_device *dev, uint64_t count)
{
	struct goldfish_rtc *g = dev->state;

	g->rtc.offset = count - rtc_vm_ticks(dev, TICK);
	if (g->armed)
		alarm_arm(dev);
}

static void sync(struct axvm_device *dev)
{
	struct goldfish_rtc *g = dev->state;

	rtc_start(dev, &g->rtc, TICK);
	alarm_check(dev);
}

/* Registers are words; narrower and wider accesses at their address reach them too. */
static uint64_t goldfish_rtc_read(struct axvm_device *dev, uint64_t offset, unsigned width)
{
	const struct goldfish_rtc *g = dev->state;

	(void)width;
	sync(dev);
	switch (offset) {
	case REG_TIME_LOW:
		return time_read(dev);
	case REG_TIME_HIGH:
		return g->time_high;
	case REG_ALARM_LOW:
		return (uint32_t)g->alarm;
	case REG_ALARM_HIGH:
		return g->alarm >> 32;
	case REG_IRQ_ENABLED:
		return g->irq_enabled;
	case REG_ALARM_STATUS:
		return g->armed;
	default:
		return 0;
	}
}

static void goldfish_rtc_write(struct axvm_device *dev, uint64_t offset, unsigned width,
			       uint64_t value)
{
	struct goldfish_rtc *g = dev->state;
	uint64_t now;

	(void)width;
	sync(dev);
	now = rtc_count(dev, &g->rtc, TICK);
	switch (offset) {
	case REG_TIME_LOW:
		time_set(dev, with_low(now, (uint32_t)value));
		break;
	case REG_TIME_HIGH:
		time_set(dev, with_high(now, (uint32_t)value));
		break;
	case REG_ALARM_LOW: /* the high half comes first */
		g->alarm = with_low(g->alarm, (uint32_t)value);
		alarm_arm(dev);
		break;
	case REG_ALARM_HIGH:
		g->alarm = with_high(g->alarm, (uint32_t)value);
		break;
	case REG_IRQ_ENABLED:
		g->irq_enabled = value & 1;
		break;
	case REG_CLEAR_ALARM:
		alarm_cancel(dev);
		break;
	case REG_CLEAR_INTERRUPT:
		g->irq_pending = false;
		break;
	default:
		return;
	}
	irq_update(dev);
}

static void goldfish_rtc_reset(struct axvm_device *dev)
{
	*(struct goldfish_rtc *)dev->state = (struct goldfish_rtc){ .rtc.alarm = RTC_NEVER };
	irq_update(dev);
}

static const struct axvm_device_model goldfish_rtc_model = {
	.name = "goldfish-rtc",
	.compatible = "google,goldfish-rtc",
	.arch = AXVM_ARCH_RISCV64,
	.emu_type = AXVM_EMU_RTC,
	.min_length = 0x20,
	.state_size = sizeof(struct goldfish_rtc),
	.state_version = 1,
	.reset = goldfish_rtc_reset,
	.read = goldfish_rtc_read,
	.write = goldfish_rtc_write,
	.timer = alarm_check,
};
AXVM_DEVICE_MODEL(goldfish_rtc_model);
