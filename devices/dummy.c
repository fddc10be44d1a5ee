/* SPDX-License-Identifier: Apache-2.0 */
/* A place holder for a device that a guest looks for and does not need: reads give 0, writes go
 * nowhere. Its guest is not told of it. */
#include <axvm/device.h>

static void dummy_reset(struct axvm_device *dev)
{
	(void)dev;
}

static uint64_t dummy_read(struct axvm_device *dev, uint64_t offset, unsigned width)
{
	(void)dev;
	(void)offset;
	(void)width;
	return 0;
}

static void dummy_write(struct axvm_device *dev, uint64_t offset, unsigned width, uint64_t value)
{
	(void)dev;
	(void)offset;
	(void)width;
	(void)value;
}

static const struct axvm_device_model dummy = {
	.name = "dummy",
	.emu_type = AXVM_EMU_DUMMY,
	.no_irq = true,
	.min_length = 1,
	.state_size = 1,
	.reset = dummy_reset,
	.read = dummy_read,
	.write = dummy_write,
};
AXVM_DEVICE_MODEL(dummy);
