/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations: defaults, every error that a check can find, and the accessors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <axvm/config.h>

#define GIB (UINT64_C(1) << 30)

static struct axvm_crate_config short_crate(void)
{
	struct axvm_crate_config crate = { .arch = AXVM_ARCH_AARCH64 };

	crate.base.name = "linux";
	crate.base.cpu_num = axvm_some(2);
	return crate;
}

/* The machine's defaults, and a passthrough device. */
static struct axvm_config good_config(void)
{
	static const struct axvm_pass_through_device device = {
		.name = "uart",
		.base_gpa = 0x0b000000,
		.base_hpa = 0x09000000,
		.length = 0x1000,
	};
	struct axvm_crate_config crate = short_crate();
	struct axvm_config config;

	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_int_equal(axvm_config_add_pass_through_device(&config, &device), AXVM_OK);
	return config;
}

static void add_emu(struct axvm_config *config, uint64_t gpa, uint32_t irq, uint32_t type)
{
	config->emu_devices[config->emu_device_num++] = (struct axvm_emu_device){
		.name = "extra",
		.base_gpa = gpa,
		.length = 0x1000,
		.irq_id = irq,
		.emu_type = type,
	};
}

static void add_ram(struct axvm_config *config, uint64_t gpa, uint64_t size)
{
	config->memory_regions[config->memory_region_num++] = (struct axvm_memory_region){
		.gpa = gpa, .size = size, .flags = 7
	};
}

/* A channel that this VM publishes to "b", and its window. */
static struct axvm_ivc_channel *add_channel(struct axvm_config *config, uint32_t key)
{
	struct axvm_ivc_channel *channel = &config->ivc_channels[config->ivc_channel_num++];

	*channel = (struct axvm_ivc_channel){
		.key = key,
		.irq_id = 200 + key,
		.size = 0x10000,
		.subscriber_num = 1,
		.subscribers = { { .name = "b", .rights = AXVM_ACCESS_READ } },
	};
	if (config->ivc_channel_num == 1)
		config->emu_devices[config->emu_device_num++] =
			*axvm_machine_get(config->arch)->ivc;
	return channel;
}

static struct axvm_ivc_channel *add_subscription(struct axvm_config *config, uint32_t key)
{
	struct axvm_ivc_channel *channel = add_channel(config, key);

	strcpy(channel->publisher, "b");
	channel->size = 0;
	channel->subscriber_num = 0;
	return channel;
}

static void add_subscriber(struct axvm_ivc_channel *channel, const char *name, uint32_t rights)
{
	struct axvm_ivc_subscriber *subscriber = &channel->subscribers[channel->subscriber_num++];

	strcpy(subscriber->name, name);
	subscriber->rights = rights;
}

/* What is wrong, the error, the field that the diagnostic names. */
#define CASES(X)                                                                                   \
	X(arch_unknown, UNSUPPORTED, "", c->arch = 77)                                             \
	X(arch_without_machine, UNSUPPORTED, "", c->arch = 0)                                      \
	X(id_reserved, INVALID_INPUT, "base.id", c->id = UINT32_MAX)                               \
	X(name_empty, INVALID_INPUT, "base.name", c->name[0] = '\0')                               \
	X(name_escape, INVALID_INPUT, "base.name", c->name[0] = '\033')                            \
	X(name_endless, INVALID_INPUT, "base.name", memset(c->name, 'a', sizeof(c->name)))         \
	X(vm_type_range, INVALID_INPUT, "base.vm_type", c->vm_type = 3)                            \
	X(cpu_num_none, INVALID_INPUT, "base.cpu_num", c->cpu_num = 0)                             \
	X(cpu_num_range, INVALID_INPUT, "base.cpu_num", c->cpu_num = 65)                           \
	X(mode_passthrough, UNSUPPORTED, "devices.interrupt_mode",                                 \
	  c->interrupt_mode = AXVM_INTERRUPT_PASSTHROUGH)                                          \
	X(mode_range, INVALID_INPUT, "devices.interrupt_mode", c->interrupt_mode = 3)              \
	X(cmdline_endless, INVALID_INPUT, "kernel.cmdline",                                        \
	  memset(c->image_config.cmdline, 'a', AXVM_CMDLINE_MAX))                                  \
	X(ids_short, INVALID_INPUT, "base.phys_cpu_ids", c->phys_cpu_id_num = 1)                   \
	X(ids_long, INVALID_INPUT, "base.phys_cpu_ids", c->phys_cpu_id_num = 0xffffffff)           \
	X(ids_same, INVALID_INPUT, "base.phys_cpu_ids[1]", c->phys_cpu_id_num = 2)                 \
	X(ids_mpidr_bits, INVALID_INPUT, "base.phys_cpu_ids[0]", c->phys_cpu_id_num = 2;           \
	  c->phys_cpu_ids[0] = 0x80000000)                                                         \
	X(sets_short, INVALID_INPUT, "base.phys_cpu_sets", c->phys_cpu_set_num = 1)                \
	X(sets_long, INVALID_INPUT, "base.phys_cpu_sets", c->phys_cpu_set_num = 3)                 \
	X(sets_empty, INVALID_INPUT, "base.phys_cpu_sets[1]", c->phys_cpu_set_num = 2;             \
	  c->phys_cpu_sets[0] = 1)                                                                 \
	X(entry_far, INVALID_INPUT, "kernel.entry_point",                                          \
	  c->cpu_config.bsp_entry = axvm_some(UINT64_C(1) << 40))                                  \
	X(entry_unaligned, INVALID_INPUT, "kernel.entry_point",                                    \
	  c->cpu_config.ap_entry = axvm_some(0x40200002))                                          \
	X(ram_none, INVALID_INPUT, "kernel.memory_regions", c->memory_region_num = 0)              \
	X(ram_many, INVALID_INPUT, "kernel.memory_regions", c->memory_region_num = 17)             \
	X(ram_unaligned, INVALID_INPUT, "kernel.memory_regions[0].gpa",                            \
	  c->memory_regions[0].gpa += 0x800)                                                       \
	X(ram_size_unaligned, INVALID_INPUT, "kernel.memory_regions[0].size",                      \
	  c->memory_regions[0].size += 1)                                                          \
	X(ram_empty, INVALID_INPUT, "kernel.memory_regions[0].size",                               \
	  c->memory_regions[0].size = 0)                                                           \
	X(ram_wraps, INVALID_INPUT, "kernel.memory_regions[0].gpa",                                \
	  c->memory_regions[0].size = UINT64_MAX - 0xfff)                                          \
	X(ram_far, INVALID_INPUT, "kernel.memory_regions[0].gpa",                                  \
	  c->memory_regions[0].gpa = (UINT64_C(1) << 40) - 0x1000)                                 \
	X(ram_map_type, INVALID_INPUT, "kernel.memory_regions[0].map_type",                        \
	  c->memory_regions[0].map_type = 3)                                                       \
	X(ram_flags_unknown, INVALID_INPUT, "kernel.memory_regions[0].flags",                      \
	  c->memory_regions[0].flags = 0x87)                                                       \
	X(ram_flags_device, INVALID_INPUT, "kernel.memory_regions[0].flags",                       \
	  c->memory_regions[0].flags = 0x13)                                                       \
	X(ram_flags_nothing, INVALID_INPUT, "kernel.memory_regions[0].flags",                      \
	  c->memory_regions[0].flags = AXVM_MEM_USER)                                              \
	X(emu_many, INVALID_INPUT, "devices.emu_devices",                                          \
	  c->emu_device_num = AXVM_MAX_EMU_DEVICES + 1)                                            \
	X(emu_name, INVALID_INPUT, "devices.emu_devices[1].name",                                  \
	  c->emu_devices[1].name[0] = '\0')                                                        \
	X(emu_cfg, INVALID_INPUT, "devices.emu_devices[0].cfg_list",                               \
	  c->emu_devices[0].cfg_num = 9)                                                           \
	X(emu_type, UNSUPPORTED, "devices.emu_devices[4].emu_type",                                \
	  add_emu(c, 0x0a000000, 16, AXVM_EMU_VIRTIO_BLK))                                         \
	X(emu_irq_range, INVALID_INPUT, "devices.emu_devices[2].irq_id",                           \
	  c->emu_devices[2].irq_id = 256)                                                          \
	X(emu_irq_twice, ALREADY_EXISTS, "devices.emu_devices[3].irq_id",                          \
	  c->emu_devices[3].irq_id = 1)                                                            \
	X(emu_short, INVALID_INPUT, "devices.emu_devices[2].length",                               \
	  c->emu_devices[2].length = 0x100)                                                        \
	X(emu_unaligned, INVALID_INPUT, "devices.emu_devices[0].base_gpa",                         \
	  c->emu_devices[0].base_gpa += 0x1000)                                                    \
	X(emu_far, INVALID_INPUT, "devices.emu_devices[2].base_gpa",                               \
	  c->emu_devices[2].length = UINT64_MAX)                                                   \
	X(gicr_short, INVALID_INPUT, "devices.emu_devices[1].length",                              \
	  c->emu_devices[1].length = 0x20000)                                                      \
	X(gicd_twice, ALREADY_EXISTS, "devices.emu_devices[4].emu_type",                           \
	  c->emu_devices[4] = c->emu_devices[0];                                                   \
	  c->emu_device_num = 5)                                                                   \
	X(gic_missing, INVALID_INPUT, "devices.emu_devices", c->emu_device_num = 1)                \
	X(pt_many, INVALID_INPUT, "devices.passthrough_devices", c->pass_through_device_num = 33)  \
	X(pt_name, INVALID_INPUT, "devices.passthrough_devices[0].name",                           \
	  c->pass_through_devices[0].name[0] = '\0')                                               \
	X(pt_empty, INVALID_INPUT, "devices.passthrough_devices[0].length",                        \
	  c->pass_through_devices[0].length = 0)                                                   \
	X(pt_offset, INVALID_INPUT, "devices.passthrough_devices[0].base_hpa",                     \
	  c->pass_through_devices[0].base_hpa += 4)                                                \
	X(pt_host_wraps, INVALID_INPUT, "devices.passthrough_devices[0].length",                   \
	  c->pass_through_devices[0].base_hpa = UINT64_MAX - 0xfff)                                \
	X(pt_far, INVALID_INPUT, "devices.passthrough_devices[0].base_gpa",                        \
	  c->pass_through_devices[0].base_gpa = UINT64_MAX - 0xfff)                                \
	X(pt_irq, INVALID_INPUT, "devices.passthrough_devices[0].irq_id",                          \
	  c->pass_through_devices[0].irq_id = 288)                                                 \
	X(spis_many, INVALID_INPUT, "devices.spi_list", c->spi_num = 65)                           \
	X(spi_range, INVALID_INPUT, "devices.spi_list", c->spi_num = 1; c->spi_list[0] = 256)      \
	X(spi_forwarded, UNSUPPORTED, "devices.spi_list", axvm_config_add_pass_through_spi(c, 9))  \
	X(ram_shared_alloc, INVALID_INPUT, "kernel.memory_regions[0].flags",                       \
	  c->memory_regions[0].flags |= AXVM_MEM_SHARED)                                           \
	X(pt_shared, INVALID_INPUT, "devices.passthrough_devices[0].shared",                       \
	  c->pass_through_devices[0].shared = 2)                                                   \
	X(pt_irq_of_device, ALREADY_EXISTS, "devices.passthrough_devices[0].irq_id",               \
	  c->pass_through_devices[0].irq_id = 33)                                                  \
	X(ivc_many, INVALID_INPUT, "devices.ivc", c->ivc_channel_num = 9)                          \
	X(ivc_window_missing, INVALID_INPUT, "devices.ivc", add_channel(c, 1);                     \
	  c->emu_device_num--)                                                                     \
	X(ivc_window_twice, ALREADY_EXISTS, "devices.emu_devices[5].emu_type", add_channel(c, 1);  \
	  add_emu(c, 0x0a000000, 0, AXVM_EMU_IVC_CHANNEL))                                         \
	X(ivc_window_unaligned, INVALID_INPUT, "devices.emu_devices[4].base_gpa",                  \
	  add_channel(c, 1);                                                                       \
	  c->emu_devices[4].base_gpa += 4)                                                         \
	X(ivc_window_length, INVALID_INPUT, "devices.emu_devices[4].length", add_channel(c, 1);    \
	  c->emu_devices[4].length -= 1)                                                           \
	X(ivc_window_full, INVALID_INPUT, "devices.ivc[1].size", add_channel(c, 1);                \
	  add_channel(c, 2)->size = 0x01fef001)                                                    \
	X(ivc_size_wraps, INVALID_INPUT, "devices.ivc[0].size",                                    \
	  add_channel(c, 1)->size = UINT64_MAX)                                                    \
	X(ivc_key_twice, ALREADY_EXISTS, "devices.ivc[1].key", add_channel(c, 1);                  \
	  add_subscription(c, 1)->irq_id = 9)                                                      \
	X(ivc_irq_range, INVALID_INPUT, "devices.ivc[0].irq_id", add_channel(c, 1)->irq_id = 256)  \
	X(ivc_irq_any, INVALID_INPUT, "devices.ivc[0].irq_id",                                     \
	  add_channel(c, 1)->irq_id = AXVM_IVC_IRQ_ANY)                                            \
	X(ivc_irq_of_device, ALREADY_EXISTS, "devices.ivc[0].irq_id",                              \
	  add_channel(c, 1)->irq_id = 1)                                                           \
	X(ivc_irq_of_channel, ALREADY_EXISTS, "devices.ivc[1].irq_id", add_channel(c, 1);          \
	  add_channel(c, 2)->irq_id = 201)                                                         \
	X(ivc_irq_of_pt, ALREADY_EXISTS, "devices.ivc[0].irq_id",                                  \
	  c->pass_through_devices[0].irq_id = 233;                                                 \
	  add_channel(c, 1))                                                                       \
	X(ivc_size_none, INVALID_INPUT, "devices.ivc[0].size", add_channel(c, 1)->size = 0)        \
	X(ivc_subscribers_none, INVALID_INPUT, "devices.ivc[0].subscribers",                       \
	  add_channel(c, 1)->subscriber_num = 0)                                                   \
	X(ivc_subscribers_many, INVALID_INPUT, "devices.ivc[0].subscribers",                       \
	  add_channel(c, 1)->subscriber_num = 9)                                                   \
	X(ivc_subscriber_name, INVALID_INPUT, "devices.ivc[0].subscribers[1].name",                \
	  add_subscriber(add_channel(c, 1), "", 1))                                                \
	X(ivc_subscriber_endless, INVALID_INPUT, "devices.ivc[0].subscribers[0].name",             \
	  memset(add_channel(c, 1)->subscribers[0].name, 'a', AXVM_NAME_MAX))                      \
	X(ivc_subscriber_self, INVALID_INPUT, "devices.ivc[0].subscribers[1].name",                \
	  add_subscriber(add_channel(c, 1), "linux", 1))                                           \
	X(ivc_subscriber_twice, INVALID_INPUT, "devices.ivc[0].subscribers[1].name",               \
	  add_subscriber(add_channel(c, 1), "b", 3))                                               \
	X(ivc_rights_none, INVALID_INPUT, "devices.ivc[0].subscribers[1].rights",                  \
	  add_subscriber(add_channel(c, 1), "c", 0))                                               \
	X(ivc_rights_write, INVALID_INPUT, "devices.ivc[0].subscribers[1].rights",                 \
	  add_subscriber(add_channel(c, 1), "c", AXVM_ACCESS_WRITE))                               \
	X(ivc_rights_execute, INVALID_INPUT, "devices.ivc[0].subscribers[1].rights",               \
	  add_subscriber(add_channel(c, 1), "c", 7))                                               \
	X(ivc_publisher_endless, INVALID_INPUT, "devices.ivc[0].publisher",                        \
	  memset(add_subscription(c, 1)->publisher, 'a', AXVM_NAME_MAX))                           \
	X(ivc_publisher_self, INVALID_INPUT, "devices.ivc[0].publisher",                           \
	  strcpy(add_subscription(c, 1)->publisher, "linux"))                                      \
	X(ivc_subscription_size, INVALID_INPUT, "devices.ivc[0].size",                             \
	  add_subscription(c, 1)->size = 1)                                                        \
	X(ivc_subscription_subscribers, INVALID_INPUT, "devices.ivc[0].subscribers",               \
	  add_subscription(c, 1)->subscriber_num = 1)                                              \
	X(ivc_window_overlaps, ALREADY_EXISTS, "devices.passthrough_devices[0]",                   \
	  add_channel(c, 1);                                                                       \
	  c->pass_through_devices[0].base_gpa = 0x0dfff000)                                        \
	X(overlap_ram_ram, ALREADY_EXISTS, "kernel.memory_regions[1]",                             \
	  add_ram(c, 0x4ffff000, 0x2000))                                                          \
	X(overlap_ram_inside, ALREADY_EXISTS, "kernel.memory_regions[1]",                          \
	  add_ram(c, 0x48000000, 0x1000))                                                          \
	X(overlap_ram_device, ALREADY_EXISTS, "devices.emu_devices[0]", add_ram(c, 0, GIB))        \
	X(overlap_devices, ALREADY_EXISTS, "devices.emu_devices[4]",                               \
	  add_emu(c, 0x09010000, 9, AXVM_EMU_RTC))                                                 \
	X(overlap_pt_ram, ALREADY_EXISTS, "devices.passthrough_devices[0]",                        \
	  c->pass_through_devices[0].base_gpa = 0x40000000)                                        \
	X(overlap_pt_page, ALREADY_EXISTS, "devices.passthrough_devices[0]",                       \
	  c->pass_through_devices[0].base_gpa = 0x3ffffff0;                                        \
	  c->pass_through_devices[0].base_hpa = 0x3ffffff0;                                        \
	  c->pass_through_devices[0].length = 0x20)                                                \
	X(overlap_pt_device, ALREADY_EXISTS, "devices.passthrough_devices[0]",                     \
	  c->pass_through_devices[0].base_gpa = 0x09000000)

#define DEFINE_CHANGE(name, error, where, ...)                                                     \
	static void change_##name(struct axvm_config *c)                                           \
	{                                                                                          \
		__VA_ARGS__;                                                                       \
	}
CASES(DEFINE_CHANGE)

struct bad_case {
	void (*change)(struct axvm_config *config);
	enum axvm_error error;
	const char *where;
};

#define CASE_ENTRY(name, err, wh, ...) { change_##name, AXVM_ERR_##err, wh },
static const struct bad_case bad_cases[] = { CASES(CASE_ENTRY) };

static void check_refuses(void **state)
{
	const struct bad_case *bad = *state;
	struct axvm_config config = good_config();
	struct axvm_diag diag;

	bad->change(&config);
	assert_int_equal(axvm_config_check(&config, &diag), bad->error);
	assert_int_equal(diag.error, bad->error);
	assert_string_equal(diag.where, bad->where);
	assert_non_null(diag.what);
	assert_int_equal(axvm_config_check(&config, NULL), bad->error);
}

static void check_accepts_the_machine(void **state)
{
	struct axvm_config config = good_config();

	assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
}

static void check_accepts_neighbours(void **state)
{
	struct axvm_config config = good_config();

	add_ram(&config, 0x50000000, 0x1000);
	add_emu(&config, 0x09002000, 255, AXVM_EMU_CONSOLE);
	assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
}

/* As many channels as there may be, and sizes that fill the window to its last page. */
static void check_accepts_channels(void **state)
{
	struct axvm_config config = good_config();

	add_channel(&config, 0)->size = 0x01000001;
	add_channel(&config, 1)->size = 0x00ffe000; /* a page between them stays free */
	add_subscriber(&config.ivc_channels[1], "c", AXVM_ACCESS_READ | AXVM_ACCESS_WRITE);
	for (uint32_t key = 2; key < AXVM_MAX_IVC_CHANNELS; key++)
		add_subscription(&config, key);
	assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
}

static void check_accepts_shared_ranges(void **state)
{
	struct axvm_config config = good_config();

	add_ram(&config, 0x50000000, 0x1000);
	config.memory_regions[1].map_type = AXVM_MAP_RESERVED;
	config.memory_regions[1].flags |= AXVM_MEM_SHARED;
	config.pass_through_devices[0].shared = 1;
	assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
}

/* Below 32 a passthrough interrupt says nothing: files give the same number to many devices. */
static void check_accepts_placeholders_of_interrupts(void **state)
{
	struct axvm_config config = good_config();

	axvm_config_add_pass_through_device(&config, &config.pass_through_devices[0]);
	config.pass_through_devices[1].base_gpa += 0x1000;
	config.pass_through_devices[0].irq_id = config.pass_through_devices[1].irq_id = 1;
	assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
}

struct findings {
	char where[4][AXVM_DIAG_TEXT];
	size_t num;
};

static void collect(void *ctx, const struct axvm_diag *diag)
{
	struct findings *findings = ctx;

	assert_in_range(findings->num, 0, 3);
	strcpy(findings->where[findings->num++], diag->where);
}

/* What is wrong here and there is told at once, what follows from it is not. */
static void check_all_tells_everything(void **state)
{
	struct axvm_config config = good_config();
	struct findings found = { 0 };

	assert_int_equal(axvm_config_check_all(&config, collect, &found), AXVM_OK);
	assert_int_equal(found.num, 0);
	config.vm_type = 3;
	config.memory_regions[0].gpa = 0x08000800;
	config.emu_devices[2].irq_id = 2;
	axvm_config_add_pass_through_spi(&config, 9);
	assert_int_equal(axvm_config_check_all(&config, collect, &found), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(found.num, 4);
	assert_string_equal(found.where[0], "base.vm_type");
	assert_string_equal(found.where[1], "kernel.memory_regions[0].gpa");
	assert_string_equal(found.where[2], "devices.spi_list");
	assert_string_equal(found.where[3], "devices.emu_devices[3].irq_id");
}

/* No entry is looked at behind a number of entries that cannot be. */
static void check_all_stops_at_lengths(void **state)
{
	struct axvm_config config = good_config();
	struct findings found = { 0 };

	config.emu_device_num = config.ivc_channel_num = UINT32_MAX;
	config.cpu_num = 0;
	axvm_config_check_all(&config, collect, &found);
	assert_int_equal(found.num, 3);
	memset(&found, 0, sizeof(found));
	config.arch = 77;
	assert_int_equal(axvm_config_check_all(&config, collect, &found), AXVM_ERR_UNSUPPORTED);
	assert_int_equal(found.num, 1);
}

static void check_accepts_64_vcpus(void **state)
{
	struct axvm_config config = good_config();

	config.cpu_num = 64;
	assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
}

static void crate_defaults(void **state)
{
	struct axvm_crate_config crate = { .arch = AXVM_ARCH_AARCH64 };
	struct axvm_config config;

	memset(&config, 0xff, sizeof(config));
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
	assert_int_equal(axvm_config_id(&config), 1);
	assert_string_equal(axvm_config_name(&config), "vm1");
	assert_int_equal(config.vm_type, AXVM_VM_TYPE_RTOS);
	assert_int_equal(config.cpu_num, 1);
	assert_false(axvm_config_bsp_entry(&config).set);
	assert_int_equal(axvm_config_interrupt_mode(&config), AXVM_INTERRUPT_EMULATED);
	assert_int_equal(config.memory_region_num, 1);
	assert_int_equal(config.memory_regions[0].gpa, 0x40000000);
	assert_int_equal(config.memory_regions[0].flags, 7);
	assert_int_equal(config.emu_device_num, 4);
}

static void crate_entry_and_addresses(void **state)
{
	struct axvm_crate_config crate = short_crate();
	struct axvm_config config;

	crate.kernel.entry_point = axvm_some(0x40200000);
	crate.kernel.kernel_load_addr = axvm_some(0x40200000);
	crate.kernel.ramdisk_load_addr = axvm_some(0x48000000);
	crate.kernel.cmdline = "quiet";
	crate.kernel.memory = axvm_some(GIB);
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_int_equal(axvm_config_bsp_entry(&config).value, 0x40200000);
	assert_int_equal(axvm_config_ap_entry(&config).value, 0x40200000);
	assert_int_equal(axvm_config_image_config(&config)->kernel_load_addr.value, 0x40200000);
	assert_int_equal(axvm_config_image_config(&config)->ramdisk_load_addr.value, 0x48000000);
	assert_false(axvm_config_image_config(&config)->dtb_load_addr.set);
	assert_string_equal(axvm_config_image_config(&config)->cmdline, "quiet");
	assert_int_equal(config.memory_regions[0].size, GIB);
}

/* A list of devices in the file: only the missing half of the GIC is added to it. */
static void crate_completes_the_gic(void **state)
{
	static const struct axvm_emu_device gicd = {
		.name = "gicd",
		.base_gpa = 0x08000000,
		.length = 0x10000,
		.emu_type = 0x21,
	};
	struct axvm_crate_config crate = short_crate();
	struct axvm_config config;
	size_t num;

	crate.devices.emu_devices_set = true;
	crate.devices.emu_devices = &gicd;
	crate.devices.emu_device_num = 1;
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_int_equal(axvm_config_emu_devices(&config, &num)[1].emu_type, AXVM_EMU_GICR);
	assert_int_equal(num, 2);
	assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
}

static void crate_keeps_an_empty_list(void **state)
{
	struct axvm_crate_config crate = short_crate();
	struct axvm_config config;

	crate.devices.emu_devices_set = true;
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_int_equal(config.emu_device_num, 0);
	assert_int_equal(axvm_config_interrupt_mode(&config), AXVM_INTERRUPT_NONE);
}

static void crate_refused(const struct axvm_crate_config *crate, enum axvm_error error,
			  const char *where)
{
	struct axvm_config config;
	struct axvm_diag diag;

	assert_int_equal(axvm_config_from_crate_config(crate, &config, &diag), error);
	assert_string_equal(diag.where, where);
}

static void crate_names_by_id(void **state)
{
	struct axvm_crate_config crate = { .arch = AXVM_ARCH_AARCH64 };
	struct axvm_config config;

	crate.base.id = axvm_some(0);
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_string_equal(config.name, "vm0");
	crate.base.id = axvm_some(4294967290);
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_string_equal(config.name, "vm4294967290");
}

/* A device named by its model is in the machine, or is added to a list that lacks it. */
static void crate_virtual_devices(void **state)
{
	static const struct axvm_virtual_device consoles[] = {
		{ AXVM_EMU_CONSOLE, 0 },
		{ AXVM_EMU_CONSOLE, AXVM_ARCH_AARCH64 },
	};
	static const struct axvm_virtual_device missing[] = {
		{ AXVM_EMU_VIRTIO_BLK, 0 },
		{ AXVM_EMU_CONSOLE, AXVM_ARCH_RISCV64 },
	};
	struct axvm_crate_config crate = short_crate();
	struct axvm_config config;
	struct axvm_diag diag;

	crate.devices.virtual_devices = consoles;
	crate.devices.virtual_device_num = 2;
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_int_equal(config.emu_device_num, 4);
	crate.devices.emu_devices_set = true;
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_int_equal(config.emu_device_num, 1);
	assert_int_equal(config.emu_devices[0].base_gpa, 0x09000000);
	crate.devices.virtual_device_num = 1;
	for (size_t i = 0; i < 2; i++) {
		crate.devices.virtual_devices = &missing[i];
		assert_int_equal(axvm_config_from_crate_config(&crate, &config, &diag),
				 AXVM_ERR_UNSUPPORTED);
		assert_string_equal(diag.where, "devices.virtual");
	}
}

/* Doorbells that are left open go from the highest interrupt downwards, past those that are taken.
 */
static void crate_channels(void **state)
{
	static const struct axvm_ivc_channel channels[] = {
		{ .key = 1, .irq_id = AXVM_IVC_IRQ_ANY, .publisher = "linux", .size = 1 },
		{ .key = 2, .irq_id = 254, .publisher = "other" },
		{ .key = 3, .irq_id = AXVM_IVC_IRQ_ANY, .publisher = "other" },
	};
	static const struct axvm_pass_through_device device = { .irq_id = 32 + 253 };
	struct axvm_crate_config crate = short_crate();
	struct axvm_config config;

	crate.devices.ivc_channels = channels;
	crate.devices.ivc_channel_num = 3;
	crate.devices.passthrough_devices = &device;
	crate.devices.passthrough_device_num = 1;
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_int_equal(config.ivc_channel_num, 3);
	assert_int_equal(config.ivc_channels[0].irq_id, 255);
	assert_int_equal(config.ivc_channels[1].irq_id, 254);
	assert_int_equal(config.ivc_channels[2].irq_id, 252);
	assert_string_equal(config.ivc_channels[0].publisher, "");
	assert_string_equal(config.ivc_channels[1].publisher, "other");
	assert_int_equal(config.emu_device_num, 5);
	assert_int_equal(config.emu_devices[4].emu_type, AXVM_EMU_IVC_CHANNEL);
	assert_int_equal(config.emu_devices[4].base_gpa, 0x0c000000);
	assert_int_equal(config.emu_devices[4].length, 0x02000000);
}

static void crate_keeps_its_own_window(void **state)
{
	static const struct axvm_ivc_channel channel = { .key = 1, .publisher = "other" };
	static const struct axvm_emu_device window = { .name = "w",
						       .base_gpa = 0x10000000,
						       .length = 0x1000,
						       .emu_type = AXVM_EMU_IVC_CHANNEL };
	struct axvm_crate_config crate = short_crate();
	struct axvm_config config;

	crate.devices.emu_devices_set = true;
	crate.devices.emu_devices = &window;
	crate.devices.emu_device_num = 1;
	crate.devices.ivc_channels = &channel;
	crate.devices.ivc_channel_num = 1;
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_int_equal(config.emu_device_num, 1);
	assert_int_equal(config.emu_devices[0].base_gpa, 0x10000000);
	assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
}

static void crate_refuses_channels(void **state)
{
	struct axvm_ivc_channel many[AXVM_MAX_IVC_CHANNELS + 1] = { { .key = 1 } };
	struct axvm_emu_device takers[AXVM_MAX_EMU_DEVICES];
	struct axvm_crate_config crate = short_crate();
	struct axvm_config config;

	crate.devices.ivc_channels = many;
	crate.devices.ivc_channel_num = AXVM_MAX_IVC_CHANNELS + 1;
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "devices.ivc");
	/* No room for the window. */
	memset(takers, 0, sizeof(takers));
	crate.devices.ivc_channel_num = 1;
	crate.devices.emu_devices_set = true;
	crate.devices.emu_devices = takers;
	crate.devices.emu_device_num = AXVM_MAX_EMU_DEVICES;
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "devices.emu_devices");
	crate.devices.ivc_channel_num = 0;
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
}

static void crate_vm_types(void **state)
{
	static const enum axvm_vm_type types[] = { AXVM_VM_TYPE_HOST, AXVM_VM_TYPE_RTOS,
						   AXVM_VM_TYPE_LINUX };

	(void)state;
	for (uint64_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct axvm_crate_config crate = short_crate();
		struct axvm_config config;

		crate.base.vm_type = axvm_some(i);
		assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
		assert_int_equal(config.vm_type, types[i]);
		assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
	}
}

static void crate_interrupt_modes(void **state)
{
	static const struct {
		const char *name;
		enum axvm_interrupt_mode mode;
	} modes[] = {
		{ "no_irq", AXVM_INTERRUPT_NONE },
		{ "no", AXVM_INTERRUPT_NONE },
		{ "none", AXVM_INTERRUPT_NONE },
		{ "emu", AXVM_INTERRUPT_EMULATED },
		{ "emulated", AXVM_INTERRUPT_EMULATED },
		{ "pt", AXVM_INTERRUPT_PASSTHROUGH },
		{ "passthrough", AXVM_INTERRUPT_PASSTHROUGH },
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct axvm_crate_config crate = short_crate();
		struct axvm_config config;

		crate.devices.interrupt_mode = modes[i].name;
		assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
		assert_int_equal(axvm_config_interrupt_mode(&config), modes[i].mode);
	}
}

static void crate_addresses_are_identical(void **state)
{
	static const struct axvm_pass_through_device address = { .base_gpa = 0x28041000,
								 .length = 0x1000000 };
	struct axvm_crate_config crate = short_crate();
	struct axvm_config config;
	size_t num;

	crate.devices.passthrough_addresses = &address;
	crate.devices.passthrough_address_num = 1;
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_int_equal(axvm_config_pass_through_devices(&config, &num)->base_hpa, 0x28041000);
	assert_int_equal(num, 1);
	assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
}

static void crate_refuses_base(void **state)
{
	static const uint64_t list[3] = { 1, 2, 3 };
	struct axvm_crate_config crate = short_crate();

	crate.arch = AXVM_ARCH_X86_64;
	crate_refused(&crate, AXVM_ERR_UNSUPPORTED, "");
	crate = short_crate();
	crate.base.id = axvm_some(UINT64_C(1) << 32);
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "base.id");
	crate = short_crate();
	crate.base.name = "a name that is longer than the forty-seven characters allowed";
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "base.name");
	crate = short_crate();
	crate.base.vm_type = axvm_some(3);
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "base.vm_type");
	crate = short_crate();
	crate.base.phys_cpu_ids = list;
	crate.base.phys_cpu_id_num = 3;
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "base.phys_cpu_ids");
}

/* A list longer than cpu_num, even longer than the array it goes to. */
static void lesson_12_affinity_list_longer_than_the_vcpus(void **state)
{
	static const uint64_t list[100] = { 1 };
	struct axvm_crate_config crate = short_crate();
	struct axvm_vcpu_affinity out[AXVM_MAX_VCPUS];
	struct axvm_config config = good_config();

	crate.base.phys_cpu_sets = list;
	crate.base.phys_cpu_set_num = 100;
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "base.phys_cpu_sets");
	crate.base.cpu_num = axvm_some(100);
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "base.phys_cpu_sets");
	config.phys_cpu_set_num = 3;
	assert_int_equal(axvm_config_get_vcpu_affinities_pcpu_ids(&config, out, AXVM_MAX_VCPUS),
			 AXVM_ERR_INVALID_INPUT);
}

static void crate_refuses_kernel(void **state)
{
	static const struct axvm_memory_region regions[17];
	struct axvm_crate_config crate = short_crate();
	char cmdline[AXVM_CMDLINE_MAX + 1];

	crate.kernel.image_location = "tape";
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "kernel.image_location");
	crate = short_crate();
	crate.kernel.disk_path = "disk.img";
	crate_refused(&crate, AXVM_ERR_UNSUPPORTED, "kernel.disk_path");
	crate = short_crate();
	memset(cmdline, 'a', sizeof(cmdline) - 1);
	cmdline[sizeof(cmdline) - 1] = '\0';
	crate.kernel.cmdline = cmdline;
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "kernel.cmdline");
	crate = short_crate();
	crate.kernel.memory_regions = regions;
	crate.kernel.memory_region_num = 17;
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "kernel.memory_regions");
	crate.kernel.memory_region_num = 1;
	crate.kernel.memory = axvm_some(GIB);
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "kernel.memory");
}

static void crate_refuses_devices(void **state)
{
	static const struct axvm_emu_device emu[AXVM_MAX_EMU_DEVICES + 1];
	static const struct axvm_pass_through_device pt[33] = { { .name = "/soc/uart@9000000" } };
	struct axvm_crate_config crate = short_crate();

	crate.devices.interrupt_mode = "maybe";
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "devices.interrupt_mode");
	crate = short_crate();
	crate.devices.emu_devices_set = true;
	crate.devices.emu_devices = emu;
	crate.devices.emu_device_num = AXVM_MAX_EMU_DEVICES + 1;
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "devices.emu_devices");
	crate = short_crate();
	crate.devices.passthrough_devices = pt;
	crate.devices.passthrough_device_num = 1;
	crate_refused(&crate, AXVM_ERR_UNSUPPORTED, "devices.passthrough_devices[0]");
	crate = short_crate();
	crate.devices.passthrough_addresses = pt;
	crate.devices.passthrough_address_num = 33;
	crate_refused(&crate, AXVM_ERR_INVALID_INPUT, "devices.passthrough_devices");
}

static void affinities_default(void **state)
{
	struct axvm_vcpu_affinity out[AXVM_MAX_VCPUS];
	struct axvm_config config = good_config();

	config.cpu_num = 64;
	assert_int_equal(axvm_config_get_vcpu_affinities_pcpu_ids(&config, out, AXVM_MAX_VCPUS),
			 AXVM_OK);
	assert_false(out[0].has_mask);
	assert_int_equal(out[15].phys_id, 0x00f);
	assert_int_equal(out[16].phys_id, 0x100);
	assert_int_equal(out[63].phys_id, 0x30f);
	assert_int_equal(out[63].vcpu_id, 63);
	assert_int_equal(axvm_config_get_vcpu_affinities_pcpu_ids(&config, out, 63),
			 AXVM_ERR_INVALID_INPUT);
}

static void affinities_given(void **state)
{
	struct axvm_vcpu_affinity out[AXVM_MAX_VCPUS];
	struct axvm_config config = good_config();

	config.phys_cpu_id_num = config.phys_cpu_set_num = 2;
	config.phys_cpu_ids[1] = 0x100;
	config.phys_cpu_sets[0] = 1;
	config.phys_cpu_sets[1] = 2;
	assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
	assert_int_equal(axvm_config_get_vcpu_affinities_pcpu_ids(&config, out, 2), AXVM_OK);
	assert_true(out[1].has_mask);
	assert_int_equal(out[1].mask, 2);
	assert_int_equal(out[1].phys_id, 0x100);
}

static void lists_are_bounded(void **state)
{
	static const struct axvm_memory_region region;
	static const struct axvm_pass_through_device device;
	struct axvm_config config = good_config();
	size_t num;

	config.memory_region_num = AXVM_MAX_MEMORY_REGIONS - 1;
	assert_int_equal(axvm_config_add_memory_region(&config, &region), AXVM_OK);
	assert_int_equal(axvm_config_add_memory_region(&config, &region), AXVM_ERR_NO_MEMORY);
	config.pass_through_device_num = AXVM_MAX_PASS_THROUGH_DEVICES;
	assert_int_equal(axvm_config_add_pass_through_device(&config, &device), AXVM_ERR_NO_MEMORY);
	config.spi_num = AXVM_MAX_SPIS - 1;
	assert_int_equal(axvm_config_add_pass_through_spi(&config, 7), AXVM_OK);
	assert_int_equal(axvm_config_add_pass_through_spi(&config, 8), AXVM_ERR_NO_MEMORY);
	assert_int_equal(axvm_config_pass_through_spis(&config, &num)[AXVM_MAX_SPIS - 1], 7);
	assert_int_equal(num, AXVM_MAX_SPIS);
	axvm_config_memory_regions(&config, &num);
	assert_int_equal(num, AXVM_MAX_MEMORY_REGIONS);
}

static void lesson_13_removing_one_passthrough_device_keeps_the_others(void **state)
{
	static const struct axvm_pass_through_device more[] = { { .name = "eth" },
								{ .name = "usb" } };
	struct axvm_config config = good_config();

	axvm_config_add_pass_through_device(&config, &more[0]);
	axvm_config_add_pass_through_device(&config, &more[1]);
	assert_int_equal(axvm_config_remove_pass_through_device(&config, "eth"), AXVM_OK);
	assert_int_equal(config.pass_through_device_num, 2);
	assert_string_equal(config.pass_through_devices[0].name, "uart");
	assert_string_equal(config.pass_through_devices[1].name, "usb");
	assert_int_equal(axvm_config_remove_pass_through_device(&config, "eth"),
			 AXVM_ERR_NOT_FOUND);
}

static void contains_memory_range(void **state)
{
	struct axvm_config config = good_config();
	const uint64_t base = 0x40000000, size = 0x10000000;

	assert_true(axvm_config_contains_memory_range(&config, base, size));
	assert_true(axvm_config_contains_memory_range(&config, base + size - 1, 1));
	assert_false(axvm_config_contains_memory_range(&config, base, size + 1));
	assert_false(axvm_config_contains_memory_range(&config, base + size, 1));
	assert_false(axvm_config_contains_memory_range(&config, base - 1, 1));
	assert_false(axvm_config_contains_memory_range(&config, base, 0));
	assert_false(axvm_config_contains_memory_range(&config, base + 1, UINT64_MAX));
}

static void lesson_04_id_0_is_an_id(void **state)
{
	struct axvm_crate_config crate = short_crate();
	struct axvm_config config;

	crate.base.id = axvm_some(0);
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	assert_int_equal(axvm_config_check(&config, NULL), AXVM_OK);
	assert_int_equal(axvm_config_id(&config), 0);
}

#define CASE_TEST(name, error, where, ...)                                                         \
	{ "check_refuses_" #name, check_refuses, NULL, NULL, NULL },

int main(void)
{
	struct CMUnitTest checks[] = { CASES(CASE_TEST) };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_accepts_the_machine),
		cmocka_unit_test(check_accepts_neighbours),
		cmocka_unit_test(check_accepts_64_vcpus),
		cmocka_unit_test(check_accepts_channels),
		cmocka_unit_test(check_accepts_shared_ranges),
		cmocka_unit_test(check_accepts_placeholders_of_interrupts),
		cmocka_unit_test(check_all_tells_everything),
		cmocka_unit_test(check_all_stops_at_lengths),
		cmocka_unit_test(crate_names_by_id),
		cmocka_unit_test(crate_virtual_devices),
		cmocka_unit_test(crate_channels),
		cmocka_unit_test(crate_keeps_its_own_window),
		cmocka_unit_test(crate_refuses_channels),
		cmocka_unit_test(crate_defaults),
		cmocka_unit_test(crate_entry_and_addresses),
		cmocka_unit_test(crate_completes_the_gic),
		cmocka_unit_test(crate_keeps_an_empty_list),
		cmocka_unit_test(crate_vm_types),
		cmocka_unit_test(crate_interrupt_modes),
		cmocka_unit_test(crate_addresses_are_identical),
		cmocka_unit_test(crate_refuses_base),
		cmocka_unit_test(lesson_12_affinity_list_longer_than_the_vcpus),
		cmocka_unit_test(crate_refuses_kernel),
		cmocka_unit_test(crate_refuses_devices),
		cmocka_unit_test(affinities_default),
		cmocka_unit_test(affinities_given),
		cmocka_unit_test(lists_are_bounded),
		cmocka_unit_test(lesson_13_removing_one_passthrough_device_keeps_the_others),
		cmocka_unit_test(contains_memory_range),
		cmocka_unit_test(lesson_04_id_0_is_an_id),
	};
	struct CMUnitTest all[(sizeof(checks) + sizeof(tests)) / sizeof(tests[0])];
	const size_t num = sizeof(checks) / sizeof(checks[0]);

	for (size_t i = 0; i < num; i++) {
		checks[i].initial_state = (void *)&bad_cases[i];
		all[i] = checks[i];
	}
	memcpy(&all[num], tests, sizeof(tests));
	return cmocka_run_group_tests_name("config", all, NULL, NULL);
}
