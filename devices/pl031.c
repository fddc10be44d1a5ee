/* SPDX-License-Identifier: Apache-2.0 */
/* Real-time clock: Arm PrimeCell PL031 (DDI 0224). It always runs, as after a board's firmware. */
#include "rtc.h"
#include <libfdt.h>

#define TICK NANOS_PER_SECOND

enum {
	REG_DR = 0x00,
	REG_MR = 0x04,
	REG_LR = 0x08,
	REG_CR = 0x0c,
	REG_IMSC = 0x10,
	REG_RIS = 0x14,
	REG_MIS = 0x18,
	REG_ICR = 0x1c,
	REG_ID = 0xfe0,
};

#define CR_START 1u

struct pl031 {
	struct rtc rtc; /* the register is the counter's lower half */
	uint32_t mr, lr;
	uint32_t imsc, ris;
};

static uint32_t counter(struct axvm_device *dev)
{
	const struct pl031 *p = dev->state;

	return (uint32_t)rtc_count(dev, &p->rtc, TICK);
}

static void irq_update(struct axvm_device *dev)
{
	const struct pl031 *p = dev->state;

	axvm_device_set_irq(dev, p->ris & p->imsc);
}

/* Raises the interrupt once the match lies behind. */
static void match_check(struct axvm_device *dev)
{
	struct pl031 *p = dev->state;

	if (!rtc_alarm_due(dev, &p->rtc, TICK))
		return;
	p->ris = 1;
	irq_update(dev);
}

/* When the counter next equals MR, modulo 2^32 seconds. */
static void match_arm(struct axvm_device *dev)
{
	struct pl031 *p = dev->state;

	rtc_alarm_set(dev, &p->rtc, (uint32_t)(p->mr - counter(dev)), TICK);
	match_check(dev);
}

static void sync(struct axvm_device *dev)
{
	struct pl031 *p = dev->state;

	rtc_start(dev, &p->rtc, TICK);
	match_check(dev);
}

static void lr_write(struct axvm_device *dev, uint32_t value)
{
	struct pl031 *p = dev->state;

	p->lr = value;
	p->rtc.offset = value - rtc_vm_ticks(dev, TICK);
	if (p->rtc.alarm != RTC_NEVER)
		match_arm(dev);
}

static uint32_t id_read(uint64_t offset)
{
	/* PeriphID 0 to 3, PCellID 0 to 3 */
	static const uint8_t ids[8] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	return offset >= REG_ID && offset % 4 == 0 && (offset - REG_ID) / 4 < sizeof(ids) ?
		       ids[(offset - REG_ID) / 4] :
		       0;
}

static uint64_t pl031_read(struct axvm_device *dev, uint64_t offset, unsigned width)
{
	const struct pl031 *p = dev->state;

	(void)width;
	sync(dev);
	switch (offset) {
	case REG_DR:
		return counter(dev);
	case REG_MR:
		return p->mr;
	case REG_LR:
		return p->lr;
	case REG_CR:
		return CR_START;
	case REG_IMSC:
		return p->imsc;
	case REG_RIS:
		return p->ris;
	case REG_MIS:
		return p->ris & p->imsc;
	default:
		return id_read(offset);
	}
}

static void pl031_write(struct axvm_device *dev, uint64_t offset, unsigned width, uint64_t value)
{
	struct pl031 *p = dev->state;

	(void)width;
	sync(dev);
	switch (offset) {
	case REG_MR:
		p->mr = (uint32_t)value;
		match_arm(dev);
		break;
	case REG_LR:
		lr_write(dev, (uint32_t)value);
		break;
	case REG_IMSC:
		p->imsc = value & 1;
		break;
	case REG_ICR:
		p->ris &= ~(uint32_t)value;
		break;
	default:
		return;
	}
	irq_update(dev);
}

static void pl031_reset(struct axvm_device *dev)
{
	*(struct pl031 *)dev->state = (struct pl031){ .rtc.alarm = RTC_NEVER };
	irq_update(dev);
}

static int pl031_describe(struct axvm_device *dev, void *fdt)
{
	int err = fdt_property_u32(fdt, "clocks", AXVM_FDT_CLOCK_PHANDLE);

	(void)dev;
	return err ? err : fdt_property_string(fdt, "clock-names", "apb_pclk");
}

static const struct axvm_device_model pl031_model = {
	.name = "pl031",
	.compatible = "arm,pl031 arm,primecell",
	.arch = AXVM_ARCH_AARCH64,
	.emu_type = AXVM_EMU_RTC,
	.min_length = 0x1000,
	.state_size = sizeof(struct pl031),
	.state_version = 2,
	.reset = pl031_reset,
	.read = pl031_read,
	.write = pl031_write,
	.timer = match_check,
	.describe = pl031_describe,
};
AXVM_DEVICE_MODEL(pl031_model);
