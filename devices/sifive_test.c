/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SiFive's test device, as QEMU's boards have it: one word that ends the machine. Guests know it as
 * a system controller with a way to power off and one to reboot (Linux's
 * Documentation/devicetree/bindings: power/reset/syscon-poweroff.yaml, syscon-reboot.yaml).
 */
#include <axvm/device.h>
#include <libfdt.h>

#define FINISH_FAIL  0x3333u /* its code in the upper half */
#define FINISH_PASS  0x5555u
#define FINISH_RESET 0x7777u

static void sifive_test_reset(struct axvm_device *dev)
{
	(void)dev;
}

static uint64_t sifive_test_read(struct axvm_device *dev, uint64_t offset, unsigned width)
{
	(void)dev;
	(void)offset;
	(void)width;
	return 0;
}

static void sifive_test_write(struct axvm_device *dev, uint64_t offset, unsigned width,
			      uint64_t value)
{
	(void)width;
	if (offset != 0)
		return;
	switch (value & 0xffff) {
	case FINISH_PASS:
		axvm_device_power(dev, AXVM_DEVICE_POWER_OFF, 0);
		break;
	case FINISH_RESET:
		axvm_device_power(dev, AXVM_DEVICE_RESET, 0);
		break;
	case FINISH_FAIL:
		axvm_device_power(dev, AXVM_DEVICE_FAILURE, value >> 16 & 0xffff);
		break;
	default:
		break;
	}
}

static int describe_use(void *fdt, const char *name, const char *compatible, uint32_t value)
{
	int err = fdt_begin_node(fdt, name);

	if (!err)
		err = fdt_property_string(fdt, "compatible", compatible);
	if (!err)
		err = fdt_property_u32(fdt, "regmap", AXVM_FDT_POWER_PHANDLE);
	if (!err)
		err = fdt_property_u32(fdt, "offset", 0);
	if (!err)
		err = fdt_property_u32(fdt, "value", value);
	return err ? err : fdt_end_node(fdt);
}

static int sifive_test_describe(struct axvm_device *dev, void *fdt)
{
	int err = fdt_property_u32(fdt, "phandle", AXVM_FDT_POWER_PHANDLE);

	(void)dev;
	if (!err)
		err = describe_use(fdt, "poweroff", "syscon-poweroff", FINISH_PASS);
	return err ? err : describe_use(fdt, "reboot", "syscon-reboot", FINISH_RESET);
}

static const struct axvm_device_model sifive_test_model = {
	.name = "test",
	.compatible = "sifive,test1 sifive,test0 syscon simple-mfd",
	.arch = AXVM_ARCH_RISCV64,
	.emu_type = AXVM_EMU_POWER,
	.no_irq = true,
	.min_length = 4,
	.state_size = 1,
	.state_version = 1,
	.reset = sifive_test_reset,
	.read = sifive_test_read,
	.write = sifive_test_write,
	.describe = sifive_test_describe,
};
AXVM_DEVICE_MODEL(sifive_test_model);
