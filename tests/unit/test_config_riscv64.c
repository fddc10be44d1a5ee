/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations of the RISC-V machine: what they get by default, and the rules that are its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <axvm/config.h>

static struct axvm_config from(const struct axvm_crate_config *crate)
{
	struct axvm_config config;

	assert_int_equal(axvm_config_from_crate_config(crate, &config, NULL), AXVM_OK);
	return config;
}

static struct axvm_config machine_config(void)
{
	return from(&(struct axvm_crate_config){ .arch = AXVM_ARCH_RISCV64 });
}

static struct axvm_emu_device *device(struct axvm_config *config, uint32_t emu_type)
{
	for (uint32_t i = 0; i < config->emu_device_num; i++)
		if (config->emu_devices[i].emu_type == emu_type)
			return &config->emu_devices[i];
	return NULL;
}

static void refused(const struct axvm_config *config, enum axvm_error error, const char *where)
{
	struct axvm_diag diag;

	assert_int_equal(axvm_config_check(config, &diag), error);
	assert_string_equal(diag.where, where);
}

static void invalid(const struct axvm_config *config, const char *where)
{
	refused(config, AXVM_ERR_INVALID_INPUT, where);
}

static void accepted(const struct axvm_config *config)
{
	assert_int_equal(axvm_config_check(config, NULL), AXVM_OK);
}

/* ---- What it gets ---- */

static void expect_device(struct axvm_config *config, uint32_t emu_type, uint64_t gpa, uint32_t irq)
{
	const struct axvm_emu_device *d = device(config, emu_type);

	assert_non_null(d);
	assert_int_equal(d->base_gpa, gpa);
	assert_int_equal(d->irq_id, irq);
}

static void the_machine(void **state)
{
	struct axvm_config config = machine_config();

	(void)state;
	accepted(&config);
	assert_int_equal(config.memory_regions[0].gpa, 0x80000000);
	assert_int_equal(config.interrupt_mode, AXVM_INTERRUPT_EMULATED);
	assert_int_equal(config.emu_device_num, 4);
	expect_device(&config, AXVM_EMU_PLIC, 0x0c000000, 0);
	expect_device(&config, AXVM_EMU_CONSOLE, 0x10000000, 10);
	expect_device(&config, AXVM_EMU_RTC, 0x00101000, 11);
	expect_device(&config, AXVM_EMU_POWER, 0x00100000, 0);
	config.cpu_num = 64;
	accepted(&config);
}

static void harts_are_numbered(void **state)
{
	struct axvm_vcpu_affinity out[AXVM_MAX_VCPUS];
	struct axvm_config config = machine_config();

	(void)state;
	config.cpu_num = 64;
	assert_int_equal(axvm_config_get_vcpu_affinities_pcpu_ids(&config, out, 64), AXVM_OK);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(out[i].phys_id, i);
}

/* Naming one part of the other interrupt controller is enough. */
static void aia_instead_of_the_plic(void **state)
{
	static const struct axvm_virtual_device aplic = { AXVM_EMU_APLIC, 0 };
	static const struct axvm_emu_device imsic = {
		.name = "imsic",
		.base_gpa = 0x30000000,
		.length = 0x1000,
		.emu_type = AXVM_EMU_IMSIC,
	};
	struct axvm_crate_config crate = { .arch = AXVM_ARCH_RISCV64 };
	struct axvm_config config;

	(void)state;
	crate.devices.virtual_devices = &aplic;
	crate.devices.virtual_device_num = 1;
	config = from(&crate);
	accepted(&config);
	assert_int_equal(config.emu_device_num, 5);
	assert_null(device(&config, AXVM_EMU_PLIC));
	expect_device(&config, AXVM_EMU_APLIC, 0x0d000000, 0);
	expect_device(&config, AXVM_EMU_IMSIC, 0x28000000, 0);
	config.cpu_num = 64;
	accepted(&config);

	crate.devices.virtual_device_num = 0;
	crate.devices.emu_devices_set = true;
	crate.devices.emu_devices = &imsic;
	crate.devices.emu_device_num = 1;
	config = from(&crate);
	accepted(&config);
	assert_int_equal(config.emu_device_num, 2);
	expect_device(&config, AXVM_EMU_IMSIC, 0x30000000, 0);
	expect_device(&config, AXVM_EMU_APLIC, 0x0d000000, 0);
}

/* An APLIC has fewer sources than a PLIC. */
static void numbers_of_the_aplic(void **state)
{
	static const struct axvm_virtual_device aplic = { AXVM_EMU_APLIC, 0 };
	static const struct axvm_ivc_channel channel = { .irq_id = 96, .publisher = "b" };
	struct axvm_crate_config crate = { .arch = AXVM_ARCH_RISCV64 };
	struct axvm_config config;

	(void)state;
	crate.devices.virtual_devices = &aplic;
	crate.devices.virtual_device_num = 1;
	crate.devices.ivc_channels = &channel;
	crate.devices.ivc_channel_num = 1;
	config = from(&crate);
	accepted(&config);
	config.ivc_channels[0].irq_id = 97;
	invalid(&config, "devices.ivc[0].irq_id");
	config.ivc_channels[0].irq_id = 95;
	device(&config, AXVM_EMU_RTC)->irq_id = 97;
	invalid(&config, "devices.emu_devices[1].irq_id");
}

static void doorbells(void **state)
{
	static const struct axvm_ivc_channel channels[] = {
		{ .key = 1,
		  .irq_id = AXVM_IVC_IRQ_ANY,
		  .size = 4096,
		  .subscriber_num = 1,
		  .subscribers = { { .name = "b", .rights = AXVM_ACCESS_READ } } },
		{ .key = 2, .irq_id = AXVM_IVC_IRQ_ANY, .publisher = "b" },
	};
	struct axvm_crate_config crate = { .arch = AXVM_ARCH_RISCV64 };
	struct axvm_config config;

	(void)state;
	crate.devices.ivc_channels = channels;
	crate.devices.ivc_channel_num = 2;
	config = from(&crate);
	accepted(&config);
	assert_int_equal(config.ivc_channels[0].irq_id, 95);
	assert_int_equal(config.ivc_channels[1].irq_id, 94);
	expect_device(&config, AXVM_EMU_IVC_CHANNEL, 0x04000000, 0);
	config.ivc_channels[0].irq_id = 0;
	invalid(&config, "devices.ivc[0].irq_id");
}

/* With every number but 0 taken. */
static void no_doorbell_is_left(void **state)
{
	static const struct axvm_ivc_channel channel = { .irq_id = AXVM_IVC_IRQ_ANY,
							 .publisher = "b" };
	static struct axvm_emu_device consoles[95];
	struct axvm_crate_config crate = { .arch = AXVM_ARCH_RISCV64 };
	struct axvm_config config;
	struct axvm_diag diag;

	(void)state;
	for (uint32_t i = 0; i < 95; i++)
		consoles[i] = (struct axvm_emu_device){ .irq_id = i + 1,
							.emu_type = AXVM_EMU_CONSOLE };
	crate.devices.ivc_channels = &channel;
	crate.devices.ivc_channel_num = 1;
	crate.devices.emu_devices_set = true;
	crate.devices.emu_devices = consoles;
	crate.devices.emu_device_num = 95;
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, &diag),
			 AXVM_ERR_INVALID_INPUT);
	assert_string_equal(diag.where, "devices.ivc");
}

/* ---- What it refuses ---- */

static void interrupt_controllers(void **state)
{
	struct axvm_config config = machine_config();
	const struct axvm_machine *machine = axvm_machine_get(AXVM_ARCH_RISCV64);
	struct axvm_emu_device *plic = device(&config, AXVM_EMU_PLIC);

	(void)state;
	*plic = machine->others[0]; /* an APLIC alone */
	invalid(&config, "devices.emu_devices");
	config.emu_devices[config.emu_device_num++] = machine->others[1];
	accepted(&config);
	config.emu_devices[config.emu_device_num++] = machine->devices[0]; /* and a PLIC */
	invalid(&config, "devices.emu_devices");
	config.interrupt_mode = AXVM_INTERRUPT_NONE;
	accepted(&config);
}

static void sizes_by_harts(void **state)
{
	struct axvm_config config = machine_config();
	const struct axvm_machine *machine = axvm_machine_get(AXVM_ARCH_RISCV64);
	struct axvm_emu_device *plic = device(&config, AXVM_EMU_PLIC);

	(void)state;
	config.cpu_num = 4;
	plic->length = 0x200000 + 4 * 0x2000;
	accepted(&config);
	plic->length--;
	invalid(&config, "devices.emu_devices[0].length");
	plic->length = 0x600000;
	plic->base_gpa += 0x800;
	invalid(&config, "devices.emu_devices[0].base_gpa");
	*plic = machine->others[1];
	config.emu_devices[config.emu_device_num++] = machine->others[0];
	plic->length = 4 * 0x1000;
	accepted(&config);
	plic->length--;
	invalid(&config, "devices.emu_devices[0].length");
}

static void devices_of_another_machine(void **state)
{
	static const uint32_t types[] = { AXVM_EMU_GICD, AXVM_EMU_GICR, AXVM_EMU_IOAPIC,
					  AXVM_EMU_INTERRUPT_CONTROLLER };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct axvm_config config = machine_config();

		device(&config, AXVM_EMU_POWER)->emu_type = types[i];
		refused(&config, AXVM_ERR_UNSUPPORTED, "devices.emu_devices[3].emu_type");
	}
}

static void interrupt_numbers(void **state)
{
	struct axvm_config config = machine_config();
	struct axvm_emu_device *console = device(&config, AXVM_EMU_CONSOLE);

	(void)state;
	console->irq_id = 1023;
	accepted(&config);
	console->irq_id = 1024;
	invalid(&config, "devices.emu_devices[1].irq_id");
	console->irq_id = 0;
	invalid(&config, "devices.emu_devices[1].irq_id");
	console->irq_id = 11;
	refused(&config, AXVM_ERR_ALREADY_EXISTS, "devices.emu_devices[2].irq_id");
}

/* The host's number is the guest's; 0 is none, and many may have it. */
static void numbers_of_pass_through_devices(void **state)
{
	struct axvm_config config = machine_config();

	(void)state;
	for (uint64_t i = 0; i < 2; i++) {
		const struct axvm_pass_through_device d = { .name = "d",
							    .base_gpa = 0x20000000 + i * 0x1000,
							    .base_hpa = 0x20000000,
							    .length = 0x1000 };

		assert_int_equal(axvm_config_add_pass_through_device(&config, &d), AXVM_OK);
	}
	accepted(&config);
	config.pass_through_devices[1].irq_id = 10;
	refused(&config, AXVM_ERR_ALREADY_EXISTS, "devices.passthrough_devices[1].irq_id");
	config.pass_through_devices[1].irq_id = 12;
	accepted(&config);
	config.pass_through_devices[1].irq_id = 1024;
	invalid(&config, "devices.passthrough_devices[1].irq_id");
}

static void harts_ids(void **state)
{
	struct axvm_config config = machine_config();

	(void)state;
	config.cpu_num = config.phys_cpu_id_num = 2;
	config.phys_cpu_ids[0] = UINT32_MAX;
	config.phys_cpu_ids[1] = 7;
	accepted(&config);
	config.phys_cpu_ids[0]++;
	invalid(&config, "base.phys_cpu_ids[0]");
}

static void entries_and_rights(void **state)
{
	struct axvm_config config = machine_config();

	(void)state;
	config.cpu_config.bsp_entry = axvm_some(0x80200002);
	accepted(&config);
	config.cpu_config.bsp_entry = axvm_some(0x80200001);
	invalid(&config, "kernel.entry_point");
	config.cpu_config.bsp_entry.set = false;
	for (uint32_t rights = 1; rights < 8; rights++) {
		config.memory_regions[0].flags = rights;
		if ((rights & 3) == AXVM_MEM_WRITE)
			invalid(&config, "kernel.memory_regions[0].flags");
		else
			accepted(&config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_machine),
		cmocka_unit_test(harts_are_numbered),
		cmocka_unit_test(aia_instead_of_the_plic),
		cmocka_unit_test(numbers_of_the_aplic),
		cmocka_unit_test(doorbells),
		cmocka_unit_test(no_doorbell_is_left),
		cmocka_unit_test(interrupt_controllers),
		cmocka_unit_test(sizes_by_harts),
		cmocka_unit_test(devices_of_another_machine),
		cmocka_unit_test(interrupt_numbers),
		cmocka_unit_test(numbers_of_pass_through_devices),
		cmocka_unit_test(harts_ids),
		cmocka_unit_test(entries_and_rights),
	};

	return cmocka_run_group_tests_name("config_riscv64", tests, NULL, NULL);
}
