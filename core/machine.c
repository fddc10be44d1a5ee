/* SPDX-License-Identifier: Apache-2.0 */
/* The guest machines. Addresses and interrupts are those of QEMU's "virt" boards. */
#include <axvm/config.h>

#define MIB (UINT64_C(1) << 20)

static const struct axvm_emu_device aarch64_devices[] = {
	{
		.name = "gicd",
		.base_gpa = 0x08000000,
		.length = 0x10000,
		.emu_type = AXVM_EMU_GICD,
	},
	{
		/* Room for 123 redistributors of two 64 KiB frames each. */
		.name = "gicr",
		.base_gpa = 0x080a0000,
		.length = 0xf60000,
		.emu_type = AXVM_EMU_GICR,
	},
	{
		.name = "pl011",
		.base_gpa = 0x09000000,
		.length = 0x1000,
		.irq_id = 1,
		.emu_type = AXVM_EMU_CONSOLE,
	},
	{
		.name = "pl031",
		.base_gpa = 0x09010000,
		.length = 0x1000,
		.irq_id = 2,
		.emu_type = AXVM_EMU_RTC,
	},
};

static const struct axvm_emu_device aarch64_ivc = {
	.name = "ivc",
	.base_gpa = 0x0c000000,
	.length = 0x02000000,
	.emu_type = AXVM_EMU_IVC_CHANNEL,
};

static const struct axvm_machine machines[] = {
	{
		.arch = AXVM_ARCH_AARCH64,
		.name = "aarch64",
		.ram_base = 0x40000000,
		.ram_size = 256 * MIB,
		.kernel_offset = 2 * MIB,
		.max_gpa = UINT64_C(1) << 40,
		.spi_max = 256,
		.devices = aarch64_devices,
		.device_num = sizeof(aarch64_devices) / sizeof(aarch64_devices[0]),
		.ivc = &aarch64_ivc,
	},
};

const struct axvm_machine *axvm_machine_get(enum axvm_arch arch)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (machines[i].arch == arch)
			return &machines[i];
	}
	return NULL;
}
