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

static const struct axvm_emu_device riscv64_devices[] = {
	{
		/* Room for two contexts of each of 512 harts. */
		.name = "plic",
		.base_gpa = 0x0c000000,
		.length = 0x600000,
		.emu_type = AXVM_EMU_PLIC,
	},
	{
		.name = "ns16550",
		.base_gpa = 0x10000000,
		.length = 0x100,
		.irq_id = 10,
		.emu_type = AXVM_EMU_CONSOLE,
	},
	{
		.name = "goldfish-rtc",
		.base_gpa = 0x00101000,
		.length = 0x1000,
		.irq_id = 11,
		.emu_type = AXVM_EMU_RTC,
	},
	{
		.name = "test",
		.base_gpa = 0x00100000,
		.length = 0x1000,
		.emu_type = AXVM_EMU_POWER,
	},
};

/* Instead of the PLIC: supervisor level only, an interrupt file for each of 64 harts. */
static const struct axvm_emu_device riscv64_others[] = {
	{
		.name = "aplic",
		.base_gpa = 0x0d000000,
		.length = 0x8000,
		.emu_type = AXVM_EMU_APLIC,
	},
	{
		.name = "imsic",
		.base_gpa = 0x28000000,
		.length = 0x40000,
		.emu_type = AXVM_EMU_IMSIC,
	},
};

/* Where the board has its platform bus. */
static const struct axvm_emu_device riscv64_ivc = {
	.name = "ivc",
	.base_gpa = 0x04000000,
	.length = 0x02000000,
	.emu_type = AXVM_EMU_IVC_CHANNEL,
};

#define NUM(list) (sizeof(list) / sizeof((list)[0]))

static const struct axvm_machine machines[] = {
	{
		.arch = AXVM_ARCH_AARCH64,
		.name = "aarch64",
		.ram_base = 0x40000000,
		.ram_size = 256 * MIB,
		.kernel_offset = 2 * MIB,
		.max_gpa = UINT64_C(1) << 40,
		.spi_max = 256,
		.doorbell_max = 256,
		.irq_host_base = 32,
		.devices = aarch64_devices,
		.device_num = NUM(aarch64_devices),
		.ivc = &aarch64_ivc,
	},
	{
		.arch = AXVM_ARCH_RISCV64,
		.name = "riscv64",
		.ram_base = 0x80000000,
		.ram_size = 256 * MIB,
		.kernel_offset = 2 * MIB,
		.max_gpa = UINT64_C(1) << 40,
		.irq_min = 1,
		.spi_max = 1024,
		.doorbell_max = 96, /* guests prepare every source below the highest there is */
		.devices = riscv64_devices,
		.device_num = NUM(riscv64_devices),
		.others = riscv64_others,
		.other_num = NUM(riscv64_others),
		.ivc = &riscv64_ivc,
	},
};

const struct axvm_machine *axvm_machine_get(enum axvm_arch arch)
{
	for (size_t i = 0; i < NUM(machines); i++) {
		if (machines[i].arch == arch)
			return &machines[i];
	}
	return NULL;
}
