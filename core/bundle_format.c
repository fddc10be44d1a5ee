/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a configuration, in the order in which a bundle has them. */
#include "bundle_format.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define FIELD(type, member, kind) { #member, kind, offsetof(struct type, member), 0, 0 }
#define STRING(type, member)                                                                       \
	{ #member, KIND_STRING, offsetof(struct type, member), 0,                                  \
	  sizeof(((struct type *)0)->member) }
#define LIST(type, member, number, kind)                                                           \
	{ #member, kind, offsetof(struct type, member), offsetof(struct type, number),             \
	  COUNT_OF(((struct type *)0)->member) }

static const struct field config_fields[] = {
	FIELD(axvm_config, arch, KIND_U32),
	FIELD(axvm_config, id, KIND_U32),
	{ "vm_name", KIND_STRING, offsetof(struct axvm_config, name), 0, AXVM_NAME_MAX },
	FIELD(axvm_config, vm_type, KIND_U32),
	FIELD(axvm_config, cpu_num, KIND_U32),
	LIST(axvm_config, phys_cpu_ids, phys_cpu_id_num, KIND_U64_LIST),
	LIST(axvm_config, phys_cpu_sets, phys_cpu_set_num, KIND_U64_LIST),
	FIELD(axvm_config, cpu_config.bsp_entry, KIND_OPT_U64),
	FIELD(axvm_config, cpu_config.ap_entry, KIND_OPT_U64),
	FIELD(axvm_config, image_config.kernel_load_addr, KIND_OPT_U64),
	FIELD(axvm_config, image_config.bios_load_addr, KIND_OPT_U64),
	FIELD(axvm_config, image_config.dtb_load_addr, KIND_OPT_U64),
	FIELD(axvm_config, image_config.ramdisk_load_addr, KIND_OPT_U64),
	STRING(axvm_config, image_config.cmdline),
	LIST(axvm_config, spi_list, spi_num, KIND_U32_LIST),
	FIELD(axvm_config, interrupt_mode, KIND_U32),
};

static const struct field region_fields[] = {
	FIELD(axvm_memory_region, gpa, KIND_U64),
	FIELD(axvm_memory_region, size, KIND_U64),
	FIELD(axvm_memory_region, flags, KIND_U32),
	FIELD(axvm_memory_region, map_type, KIND_U32),
};

static const struct field emu_device_fields[] = {
	{ "device_name", KIND_STRING, offsetof(struct axvm_emu_device, name), 0, AXVM_NAME_MAX },
	FIELD(axvm_emu_device, base_gpa, KIND_U64),
	FIELD(axvm_emu_device, length, KIND_U64),
	FIELD(axvm_emu_device, irq_id, KIND_U32),
	FIELD(axvm_emu_device, emu_type, KIND_U32),
	LIST(axvm_emu_device, cfg_list, cfg_num, KIND_U64_LIST),
};

static const struct field pass_through_fields[] = {
	{ "device_name", KIND_STRING, offsetof(struct axvm_pass_through_device, name), 0,
	  AXVM_NAME_MAX },
	FIELD(axvm_pass_through_device, base_gpa, KIND_U64),
	FIELD(axvm_pass_through_device, base_hpa, KIND_U64),
	FIELD(axvm_pass_through_device, length, KIND_U64),
	FIELD(axvm_pass_through_device, irq_id, KIND_U32),
	FIELD(axvm_pass_through_device, shared, KIND_U32),
};

static const struct field subscriber_fields[] = {
	{ "vm_name", KIND_STRING, offsetof(struct axvm_ivc_subscriber, name), 0, AXVM_NAME_MAX },
	FIELD(axvm_ivc_subscriber, rights, KIND_U32),
};

static const struct field channel_fields[] = {
	FIELD(axvm_ivc_channel, key, KIND_U32),
	FIELD(axvm_ivc_channel, irq_id, KIND_U32),
	STRING(axvm_ivc_channel, publisher),
	FIELD(axvm_ivc_channel, size, KIND_U64),
};

#define TABLE(array)		  { array, COUNT_OF(array), NULL, 0 }
#define TABLE_LISTS(array, lists) { array, COUNT_OF(array), lists, COUNT_OF(lists) }
#define RECORDS(type, member, number, table)                                                       \
	{ #member,                                                                                 \
	  offsetof(struct type, member),                                                           \
	  offsetof(struct type, number),                                                           \
	  COUNT_OF(((struct type *)0)->member),                                                    \
	  sizeof(((struct type *)0)->member[0]),                                                   \
	  table }

static const struct record_list channel_lists[] = {
	RECORDS(axvm_ivc_channel, subscribers, subscriber_num, TABLE(subscriber_fields)),
};

static const struct record_list config_lists[] = {
	RECORDS(axvm_config, memory_regions, memory_region_num, TABLE(region_fields)),
	RECORDS(axvm_config, emu_devices, emu_device_num, TABLE(emu_device_fields)),
	RECORDS(axvm_config, pass_through_devices, pass_through_device_num,
		TABLE(pass_through_fields)),
	RECORDS(axvm_config, ivc_channels, ivc_channel_num,
		TABLE_LISTS(channel_fields, channel_lists)),
};

const struct field_table bundle_config_table = TABLE_LISTS(config_fields, config_lists);

const struct image_field bundle_image_fields[BUNDLE_IMAGES] = {
	{ "kernel", offsetof(struct axvm_images, kernel) },
	{ "ramdisk", offsetof(struct axvm_images, ramdisk) },
	{ "dtb", offsetof(struct axvm_images, dtb) },
	{ "bios", offsetof(struct axvm_images, bios) },
};
