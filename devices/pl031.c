/* SPDX-License-Identifier: Apache-2.0 */
/* Real-time clock: Arm PrimeCell PL031 (DDI 0224). It always runs, as after a board's firmware. */
#include <axvm/device.h>
#include <libfdt.h>

#define NANOS_PER_SECOND UINT64_C(1000000000)
#define NEVER		 UINT64_MAX

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
	bool set;	 /* offset is valid: not before the first access */
	uint32_t offset; /* counter when the VM's time was 0 */
	uint32_t mr, lr;
	uint32_t imsc, ris;
	uint64_t match; /* second of the VM's time at which the counter reaches MR, or NEVER */
};

static uint64_t seconds(struct axvm_device *dev)
{
	return axvm_device_now(dev) / NANOS_PER_SECOND;
}

static void irq_update(struct axvm_device *dev)
{
	const struct pl031 *rtc = dev->state;

	axvm_device_set_irq(dev, rtc->ris & rtc->imsc);
}

/* Raises the interrupt once the match lies behind. */
static void match_check(struct axvm_device *dev)
{
	struct pl031 *rtc = dev->state;

	if (rtc->match > seconds(dev))
		return;
	rtc->match = NEVER;
	rtc->ris = 1;
	axvm_device_set_timer(dev, NEVER);
	irq_update(dev);
}

/* When the counter next equals MR, modulo 2^32 seconds. */
static void match_arm(struct axvm_device *dev)
{
	struct pl031 *rtc = dev->state;
	uint64_t now = seconds(dev);

	rtc->match = now + (uint32_t)(rtc->mr - (rtc->offset + (uint32_t)now));
	if (rtc->match > now)
		axvm_device_set_timer(dev, rtc->match * NANOS_PER_SECOND);
	match_check(dev);
}

static void sync(struct axvm_device *dev)
{
	struct pl031 *rtc = dev->state;

	if (!rtc->set) {
		rtc->offset = (uint32_t)axvm_device_wall_clock_base(dev);
		rtc->set = true;
	}
	match_check(dev);
}

static void lr_write(struct axvm_device *dev, uint32_t value)
{
	struct pl031 *rtc = dev->state;

	rtc->lr = value;
	rtc->offset = value - (uint32_t)seconds(dev);
	if (rtc->match != NEVER)
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
	const struct pl031 *rtc = dev->state;

	(void)width;
	sync(dev);
	switch (offset) {
	case REG_DR:
		return rtc->offset + (uint32_t)seconds(dev);
	case REG_MR:
		return rtc->mr;
	case REG_LR:
		return rtc->lr;
	case REG_CR:
		return CR_START;
	case REG_IMSC:
		return rtc->imsc;
	case REG_RIS:
		return rtc->ris;
	case REG_MIS:
		return rtc->ris & rtc->imsc;
	default:
		return id_read(offset);
	}
}

static void pl031_write(struct axvm_device *dev, uint64_t offset, unsigned width, uint64_t value)
{
	struct pl031 *rtc = dev->state;

	(void)width;
	sync(dev);
	switch (offset) {
	case REG_MR:
		rtc->mr = (uint32_t)value;
		match_arm(dev);
		break;
	case REG_LR:
		lr_write(dev, (uint32_t)value);
		break;
	case REG_IMSC:
		rtc->imsc = value & 1;
		break;
	case REG_ICR:
		rtc->ris &= ~(uint32_t)value;
		break;
	default:
		return;
	}
	irq_update(dev);
}

static void pl031_reset(struct axvm_device *dev)
{
	*(struct pl031 *)dev->state = (struct pl031){ .match = NEVER };
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
	.state_version = 1,
	.reset = pl031_reset,
	.read = pl031_read,
	.write = pl031_write,
	.timer = match_check,
	.describe = pl031_describe,
};
AXVM_DEVICE_MODEL(pl031_model);
