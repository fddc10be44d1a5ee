/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: what is written is read, and damage costs only the VMs that it hits. */
#include "bundle_format.h"
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <axvm/bundle.h>

#define VM_NUM 2

struct bundle {
	struct axvm_bundle_vm vms[VM_NUM];
	uint8_t *data;
	size_t size;
};

static void fill(struct axvm_config *config)
{
	static const struct axvm_pass_through_device device = {
		.name = "uart",
		.base_gpa = 0x0b000000,
		.base_hpa = 0x09000000,
		.length = 0x1000,
		.irq_id = 33,
		.shared = 1,
	};
	static const struct axvm_ivc_channel channels[] = {
		{ .key = 5,
		  .irq_id = 200,
		  .size = UINT64_C(0x123456789),
		  .subscriber_num = 2,
		  .subscribers = { { "two", AXVM_ACCESS_READ }, { "three", 3 } } },
		{ .key = 0xffffffff, .irq_id = 201, .publisher = "two" },
	};

	config->id = 7;
	config->vm_type = AXVM_VM_TYPE_LINUX;
	config->cpu_num = 3;
	config->phys_cpu_id_num = config->phys_cpu_set_num = 3;
	for (uint32_t i = 0; i < 3; i++) {
		config->phys_cpu_ids[i] = UINT64_C(0x0100000000) + i;
		config->phys_cpu_sets[i] = UINT64_C(0x8000000000000001);
	}
	config->cpu_config.bsp_entry = axvm_some(0x40200000);
	config->image_config.ramdisk_load_addr = axvm_some(0);
	strcpy(config->image_config.cmdline, "console=ttyAMA0 quiet");
	config->emu_devices[0].cfg_num = 2;
	config->emu_devices[0].cfg_list[0] = UINT64_MAX;
	config->emu_devices[0].cfg_list[1] = 5;
	axvm_config_add_pass_through_device(config, &device);
	config->memory_regions[0].flags |= AXVM_MEM_SHARED;
	memcpy(config->ivc_channels, channels, sizeof(channels));
	config->ivc_channel_num = 2;
	axvm_config_add_pass_through_spi(config, 9);
	axvm_config_add_pass_through_spi(config, 11);
}

static int setup(void **state)
{
	struct axvm_crate_config crate = { .arch = AXVM_ARCH_AARCH64 };
	struct bundle *b = calloc(1, sizeof(*b));
	size_t bound;

	crate.base.name = "one";
	axvm_config_from_crate_config(&crate, &b->vms[0].config, NULL);
	fill(&b->vms[0].config);
	b->vms[0].images.kernel = (struct axvm_image){ "kernel of one", 13 };
	b->vms[0].images.ramdisk = (struct axvm_image){ "ramdisk", 7 };
	b->vms[0].images.bios = (struct axvm_image){ "b", 1 };
	crate.base.name = "two";
	axvm_config_from_crate_config(&crate, &b->vms[1].config, NULL);
	b->vms[1].images.kernel = (struct axvm_image){ "KERNEL", 6 };
	b->vms[1].images.dtb = (struct axvm_image){ "dtb", 3 };

	bound = axvm_bundle_bound(b->vms, VM_NUM);
	b->data = malloc(bound);
	memset(b->data, 0xa5, bound);
	if (axvm_bundle_write(b->vms, VM_NUM, b->data, bound, &b->size))
		return -1;
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bundle *b = *state;

	free(b->data);
	free(b);
	return 0;
}

static void same_image(const struct axvm_image *a, const struct axvm_image *b)
{
	assert_int_equal(a->size, b->size);
	if (a->size)
		assert_memory_equal(a->data, b->data, a->size);
}

static void same_vm(const struct axvm_bundle_vm *a, const struct axvm_bundle_vm *b)
{
	assert_memory_equal(&a->config, &b->config, sizeof(a->config));
	same_image(&a->images.kernel, &b->images.kernel);
	same_image(&a->images.ramdisk, &b->images.ramdisk);
	same_image(&a->images.dtb, &b->images.dtb);
	same_image(&a->images.bios, &b->images.bios);
}

static void reads_what_was_written(void **state)
{
	struct bundle *b = *state;
	struct axvm_bundle_vm vm;
	size_t num;

	assert_int_equal(axvm_bundle_open(b->data, b->size, &num, NULL), AXVM_OK);
	assert_int_equal(num, VM_NUM);
	assert_string_equal(axvm_bundle_vm_name(b->data, b->size, 0), "one");
	assert_string_equal(axvm_bundle_vm_name(b->data, b->size, 1), "two");
	assert_string_equal(axvm_bundle_vm_name(b->data, b->size, 2), "?");
	for (size_t i = 0; i < VM_NUM; i++) {
		memset(&vm, 0xff, sizeof(vm));
		assert_int_equal(axvm_bundle_read_vm(b->data, b->size, i, &vm, NULL), AXVM_OK);
		same_vm(&vm, &b->vms[i]);
	}
	assert_int_equal(axvm_bundle_read_vm(b->data, b->size, 2, &vm, NULL), AXVM_ERR_NOT_FOUND);
}

/*
 * Reads a damaged bundle of exactly `size` bytes. Every VM that can be read must be the one that
 * was written. Result: one bit for each.
 */
static unsigned readable(const struct bundle *b, const uint8_t *data, size_t size)
{
	struct axvm_diag diag;
	struct axvm_bundle_vm vm;
	unsigned good = 0;
	size_t num;

	if (axvm_bundle_open(data, size, &num, &diag)) {
		assert_int_equal(diag.error, AXVM_ERR_INVALID_DATA);
		assert_non_null(diag.what);
		return 0;
	}
	assert_int_equal(num, VM_NUM);
	for (size_t i = 0; i < num; i++) {
		if (axvm_bundle_read_vm(data, size, i, &vm, &diag)) {
			assert_string_equal(diag.other, i ? "two" : "one");
			continue;
		}
		same_vm(&vm, &b->vms[i]);
		good |= 1u << i;
	}
	return good;
}

static void every_truncation(void **state)
{
	struct bundle *b = *state;
	bool only_one = false;

	for (size_t size = 0; size < b->size; size++) {
		/* The end of the copy is the end of its memory. */
		uint8_t *copy = malloc(size ? size : 1);
		unsigned good;

		memcpy(copy, b->data, size);
		good = readable(b, copy, size);
		assert_false(good & 2);
		only_one |= good == 1;
		free(copy);
	}
	assert_true(only_one);
}

static void every_byte_flipped(void **state)
{
	struct bundle *b = *state;
	unsigned first_lost = 0, second_lost = 0;

	for (size_t at = 0; at < b->size; at++) {
		const uint8_t flip = (uint8_t)(1u << at % 8);
		unsigned good;

		b->data[at] ^= flip;
		good = readable(b, b->data, b->size);
		first_lost += good == 2;
		second_lost += good == 1;
		b->data[at] ^= flip;
	}
	/* Damage in one VM leaves the other one alone. */
	assert_true(first_lost > 1000);
	assert_true(second_lost > 1000);
}

static void damage_in_a_vm_names_it(void **state)
{
	struct bundle *b = *state;
	struct axvm_bundle_vm vm;
	struct axvm_diag diag;

	b->data[b->size - 1] ^= 1;
	assert_int_equal(readable(b, b->data, b->size), 1);
	assert_int_equal(axvm_bundle_read_vm(b->data, b->size, 1, &vm, &diag),
			 AXVM_ERR_INVALID_DATA);
	assert_string_equal(diag.other, "two");
}

static void writing_is_bounded(void **state)
{
	struct bundle *b = *state;
	uint8_t *buf = malloc(b->size);
	size_t size;

	for (size_t room = 0; room < b->size; room += 7)
		assert_int_equal(axvm_bundle_write(b->vms, VM_NUM, buf, room, &size),
				 AXVM_ERR_NO_MEMORY);
	assert_int_equal(axvm_bundle_write(b->vms, 0, buf, b->size, &size), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_bundle_write(b->vms, AXVM_BUNDLE_MAX_VMS + 1, buf, b->size, &size),
			 AXVM_ERR_INVALID_INPUT);
	free(buf);
}

static void writing_refuses_bad_counts(void **state)
{
	struct bundle *b = *state;
	size_t bound = axvm_bundle_bound(b->vms, VM_NUM), size;
	uint8_t *buf = malloc(bound);

	b->vms[0].config.spi_num = AXVM_MAX_SPIS + 1;
	assert_int_equal(axvm_bundle_write(b->vms, VM_NUM, buf, bound, &size),
			 AXVM_ERR_INVALID_INPUT);
	b->vms[0].config.spi_num = 0;
	b->vms[0].config.emu_device_num = UINT32_MAX;
	assert_int_equal(axvm_bundle_write(b->vms, VM_NUM, buf, bound, &size),
			 AXVM_ERR_INVALID_INPUT);
	b->vms[0].config.emu_device_num = 0;
	b->vms[0].config.ivc_channels[1].subscriber_num = AXVM_MAX_IVC_SUBSCRIBERS + 1;
	assert_int_equal(axvm_bundle_write(b->vms, VM_NUM, buf, bound, &size),
			 AXVM_ERR_INVALID_INPUT);
	b->vms[0].config.ivc_channels[1].subscriber_num = 0;
	memset(b->vms[0].config.name, 'a', AXVM_NAME_MAX);
	assert_int_equal(axvm_bundle_write(b->vms, VM_NUM, buf, bound, &size),
			 AXVM_ERR_INVALID_INPUT);
	free(buf);
}

/* The largest configuration, as often as a bundle may hold it. */
static void bound_is_enough(void **state)
{
	struct bundle *b = *state;
	struct axvm_bundle_vm *vms = calloc(AXVM_BUNDLE_MAX_VMS, sizeof(*vms));
	struct axvm_bundle_vm vm, *full = &vms[0];
	size_t bound, size, num;
	uint8_t *buf;

	*full = b->vms[0];
	full->config.cpu_num = AXVM_MAX_VCPUS;
	full->config.phys_cpu_id_num = full->config.phys_cpu_set_num = AXVM_MAX_VCPUS;
	memset(full->config.name, 'n', AXVM_NAME_MAX - 1);
	memset(full->config.image_config.cmdline, 'c', AXVM_CMDLINE_MAX - 1);
	full->config.memory_region_num = AXVM_MAX_MEMORY_REGIONS;
	full->config.pass_through_device_num = AXVM_MAX_PASS_THROUGH_DEVICES;
	full->config.emu_device_num = AXVM_MAX_EMU_DEVICES;
	for (uint32_t i = 0; i < AXVM_MAX_EMU_DEVICES; i++) {
		memset(full->config.emu_devices[i].name, 'd', AXVM_NAME_MAX - 1);
		full->config.emu_devices[i].cfg_num = AXVM_MAX_DEVICE_CFG;
	}
	for (uint32_t i = 0; i < AXVM_MAX_PASS_THROUGH_DEVICES; i++)
		memset(full->config.pass_through_devices[i].name, 'p', AXVM_NAME_MAX - 1);
	full->config.spi_num = AXVM_MAX_SPIS;
	full->config.ivc_channel_num = AXVM_MAX_IVC_CHANNELS;
	for (uint32_t i = 0; i < AXVM_MAX_IVC_CHANNELS; i++) {
		struct axvm_ivc_channel *channel = &full->config.ivc_channels[i];

		memset(channel->publisher, 'p', AXVM_NAME_MAX - 1);
		channel->subscriber_num = AXVM_MAX_IVC_SUBSCRIBERS;
		for (uint32_t k = 0; k < AXVM_MAX_IVC_SUBSCRIBERS; k++)
			memset(channel->subscribers[k].name, 's', AXVM_NAME_MAX - 1);
	}
	for (size_t i = 1; i < AXVM_BUNDLE_MAX_VMS; i++)
		vms[i] = *full;

	bound = axvm_bundle_bound(vms, AXVM_BUNDLE_MAX_VMS);
	buf = malloc(bound);
	assert_int_equal(axvm_bundle_write(vms, AXVM_BUNDLE_MAX_VMS, buf, bound, &size), AXVM_OK);
	assert_int_equal(axvm_bundle_open(buf, size, &num, NULL), AXVM_OK);
	assert_int_equal(num, AXVM_BUNDLE_MAX_VMS);
	assert_int_equal(axvm_bundle_read_vm(buf, size, num - 1, &vm, NULL), AXVM_OK);
	same_vm(&vm, full);
	free(buf);
	free(vms);
}

static void refuses_what_is_no_bundle(void **state)
{
	_Alignas(8) uint8_t zeros[4096] = { 0 };
	struct bundle *b = *state;
	size_t num;

	assert_int_equal(axvm_bundle_open(zeros, sizeof(zeros), &num, NULL), AXVM_ERR_INVALID_DATA);
	memmove(b->data + 4, b->data, b->size - 4);
	assert_int_equal(axvm_bundle_open(b->data + 4, b->size - 4, &num, NULL),
			 AXVM_ERR_INVALID_DATA);
	assert_string_equal(axvm_bundle_vm_name(zeros, sizeof(zeros), 0), "?");
}

/* ---- Forged: whoever made these knows how to hash ---- */

static int index_node(const struct bundle *b, size_t i)
{
	int node;

	fdt_for_each_subnode(node, b->data, 0) {
		if (i-- == 0)
			return node;
	}
	fail();
	return -1;
}

static uint64_t index_number(const struct bundle *b, int node, const char *name)
{
	const fdt64_t *p = fdt_getprop(b->data, node, name, NULL);

	assert_non_null(p);
	return fdt64_ld(p);
}

static void *vm_tree(struct bundle *b, size_t i)
{
	return b->data + index_number(b, index_node(b, i), "offset");
}

static void seal_index(struct bundle *b)
{
	size_t size = fdt_totalsize((void *)b->data);

	fdt64_st(b->data + size, hash_of(b->data, size));
}

static void seal_vm(struct bundle *b, size_t i)
{
	int node = index_node(b, i);
	uint64_t hash = hash_of(vm_tree(b, i), index_number(b, node, "size"));

	assert_int_equal(fdt_setprop_inplace_u64(b->data, node, "hash", hash), 0);
	seal_index(b);
}

/* Reads VM 0, which is refused for `where` in the configuration, or read as it was written. */
static void reads_or_refuses(struct bundle *b, bool reads, const char *where)
{
	struct axvm_diag diag = { 0 };
	struct axvm_bundle_vm vm;
	enum axvm_error err;

	seal_vm(b, 0);
	err = axvm_bundle_read_vm(b->data, b->size, 0, &vm, &diag);
	if (reads) {
		assert_int_equal(err, AXVM_OK);
		return;
	}
	assert_int_equal(err, AXVM_ERR_INVALID_DATA);
	assert_string_equal(diag.other, "one");
	assert_string_equal(diag.where, where);
}

/* Calls try() for each property of VM 0's tree, which it may change. */
static void each_property(struct bundle *b,
			  void (*try)(struct bundle *b, void *fdt, int node, int property))
{
	size_t size = index_number(b, index_node(b, 0), "size");
	uint8_t *fdt = vm_tree(b, 0), *before = malloc(size);
	unsigned tried = 0;
	int property;

	memcpy(before, fdt, size);
	for (int node = 0; node >= 0; node = fdt_next_node(fdt, node, NULL)) {
		fdt_for_each_property_offset(property, fdt, node) {
			try(b, fdt, node, property);
			memcpy(fdt, before, size);
			tried++;
		}
	}
	assert_true(tried > 60);
	free(before);
}

static bool is_image(const void *fdt, int node)
{
	return node == fdt_subnode_offset(fdt, 0, "images");
}

static bool is_optional(const void *fdt, int node, const char *name)
{
	return is_image(fdt, node) || strstr(name, "_load_addr") || strstr(name, "_entry");
}

static void try_without(struct bundle *b, void *fdt, int node, int property)
{
	const char *name;

	fdt_getprop_by_offset(fdt, property, &name, NULL);
	assert_int_equal(fdt_nop_property(fdt, node, name), 0);
	reads_or_refuses(b, is_optional(fdt, node, name), name);
}

static void every_field_must_be_there(void **state)
{
	each_property(*state, try_without);
}

/* One byte less: a number too short, a string without its end, half an entry of a list. */
static void try_shorter(struct bundle *b, void *fdt, int node, int property)
{
	struct fdt_property *p = member_of(fdt, fdt_off_dt_struct(fdt) + (size_t)property);
	const char *name;
	int len;

	fdt_getprop_by_offset(fdt, property, &name, &len);
	if (len == 0 || is_image(fdt, node))
		return;
	fdt32_st(&p->len, (uint32_t)len - 1);
	/* A word less, and the rest of the tree is out of step. */
	reads_or_refuses(b, false, len % 4 == 1 ? "" : name);
}

static void every_field_has_its_length(void **state)
{
	each_property(*state, try_shorter);
}

static void a_string_ends_where_its_field_does(void **state)
{
	struct bundle *b = *state;
	void *fdt = vm_tree(b, 0);
	int node = fdt_subnode_offset(fdt, 0, "config");

	assert_int_equal(fdt_setprop_inplace(fdt, node, "vm_name", "o\0e", 4), 0);
	reads_or_refuses(b, false, "vm_name");
	assert_int_equal(fdt_setprop_inplace(fdt, node, "vm_name", "one!", 4), 0);
	reads_or_refuses(b, false, "vm_name");
}

static void every_node_must_be_there(void **state)
{
	static const char *const nodes[] = { "/config",
					     "/images",
					     "/config/memory_regions",
					     "/config/emu_devices",
					     "/config/ivc_channels",
					     "/config/pass_through_devices" };
	struct bundle *b = *state;
	size_t size = index_number(b, index_node(b, 0), "size");
	uint8_t *fdt = vm_tree(b, 0), *before = malloc(size);

	memcpy(before, fdt, size);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		assert_int_equal(fdt_nop_node(fdt, fdt_path_offset(fdt, nodes[i])), 0);
		reads_or_refuses(b, false, "");
		memcpy(fdt, before, size);
	}
	reads_or_refuses(b, true, "");
	free(before);
}

/* The last VM's tree gets one more region than a configuration has room for. */
static void a_list_does_not_outgrow_its_array(void **state)
{
	struct bundle *b = *state;
	struct axvm_config *config = &b->vms[1].config;
	size_t bound, room = 0x1000;
	struct axvm_bundle_vm vm;
	struct axvm_diag diag;
	uint64_t size;
	void *fdt;
	int node;

	config->memory_region_num = AXVM_MAX_MEMORY_REGIONS;
	bound = axvm_bundle_bound(b->vms, VM_NUM);
	b->data = realloc(b->data, bound + room);
	assert_int_equal(axvm_bundle_write(b->vms, VM_NUM, b->data, bound, &b->size), AXVM_OK);
	assert_int_equal(axvm_bundle_read_vm(b->data, b->size, 1, &vm, NULL), AXVM_OK);

	fdt = vm_tree(b, 1);
	size = fdt_totalsize(fdt) + room;
	assert_int_equal(fdt_open_into(fdt, fdt, (int)size), 0);
	node = fdt_add_subnode(fdt, fdt_path_offset(fdt, "/config/memory_regions"), "more");
	assert_true(node >= 0);
	assert_int_equal(fdt_setprop_u64(fdt, node, "gpa", 0), 0);
	assert_int_equal(fdt_setprop_u64(fdt, node, "size", 0x1000), 0);
	assert_int_equal(fdt_setprop_u32(fdt, node, "flags", 7), 0);
	assert_int_equal(fdt_setprop_u32(fdt, node, "map_type", 0), 0);
	assert_int_equal(fdt_setprop_inplace_u64(b->data, index_node(b, 1), "size", size), 0);
	b->size += room;
	seal_vm(b, 1);
	assert_int_equal(axvm_bundle_read_vm(b->data, b->size, 1, &vm, &diag),
			 AXVM_ERR_INVALID_DATA);
	assert_string_equal(diag.what, "a list of the configuration is too long");
}

/* A change to the index, and what opening it then says. */
struct index_forgery {
	void (*make)(uint8_t *fdt, int node);
	const char *what;
};

static void without_offset(uint8_t *fdt, int node)
{
	assert_int_equal(fdt_nop_property(fdt, node, "offset"), 0);
}

static void without_size(uint8_t *fdt, int node)
{
	assert_int_equal(fdt_nop_property(fdt, node, "size"), 0);
}

static void without_hash(uint8_t *fdt, int node)
{
	assert_int_equal(fdt_nop_property(fdt, node, "hash"), 0);
}

static void unaligned(uint8_t *fdt, int node)
{
	assert_int_equal(fdt_setprop_inplace_u64(fdt, node, "offset", BUNDLE_ALIGN / 2), 0);
}

static void without_name(uint8_t *fdt, int node)
{
	assert_int_equal(fdt_nop_property(fdt, node, "vm_name"), 0);
}

static void without_vms(uint8_t *fdt, int node)
{
	for (; node >= 0; node = fdt_first_subnode(fdt, 0))
		assert_int_equal(fdt_nop_node(fdt, node), 0);
}

static void of_tomorrow(uint8_t *fdt, int node)
{
	(void)node;
	assert_int_equal(fdt_setprop_inplace_u32(fdt, 0, "version", BUNDLE_VERSION + 1), 0);
}

static void without_version(uint8_t *fdt, int node)
{
	(void)node;
	assert_int_equal(fdt_nop_property(fdt, 0, "version"), 0);
}

static void no_tree(uint8_t *fdt, int node)
{
	(void)node;
	fdt_set_off_dt_struct(fdt, 0x7ffffff0);
}

static void the_index_is_checked(void **state)
{
	static const struct index_forgery forgeries[] = {
		{ without_offset, "the index is damaged" },
		{ without_size, "the index is damaged" },
		{ without_hash, "the index is damaged" },
		{ unaligned, "the index is damaged" },
		{ without_name, "the index is damaged" },
		{ no_tree, "the index is damaged" },
		{ without_vms, "the bundle holds no VM" },
		{ of_tomorrow, "a bundle of another version: pack it again" },
		{ without_version, "a bundle of another version: pack it again" },
	};
	struct bundle *b = *state;
	uint8_t *before = malloc(b->size);
	struct axvm_diag diag;
	size_t num;

	memcpy(before, b->data, b->size);
	for (size_t i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		forgeries[i].make(b->data, index_node(b, 0));
		seal_index(b);
		assert_int_equal(axvm_bundle_open(b->data, b->size, &num, &diag),
				 AXVM_ERR_INVALID_DATA);
		assert_string_equal(diag.what, forgeries[i].what);
		memcpy(b->data, before, b->size);
	}
	free(before);
}

static void a_vm_lies_inside_its_bundle(void **state)
{
	static const uint64_t sizes[] = { 0, 8, UINT64_MAX, UINT64_C(1) << 31, 0x100000 };
	struct bundle *b = *state;
	struct axvm_bundle_vm vm;
	int node = index_node(b, 1);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fdt_setprop_inplace_u64(b->data, node, "size", sizes[i]);
		fdt_setprop_inplace_u64(b->data, node, "hash",
					sizes[i] <= 8 ? hash_of(vm_tree(b, 1), sizes[i]) : 0);
		seal_index(b);
		assert_int_equal(axvm_bundle_read_vm(b->data, b->size, 1, &vm, NULL),
				 AXVM_ERR_INVALID_DATA);
	}
	fdt_setprop_inplace_u64(b->data, node, "offset", UINT64_MAX - (BUNDLE_ALIGN - 1));
	seal_index(b);
	assert_int_equal(axvm_bundle_read_vm(b->data, b->size, 1, &vm, NULL),
			 AXVM_ERR_INVALID_DATA);
}

static void an_index_that_says_too_much_of_its_size(void **state)
{
	static const uint32_t sizes[] = { 0, 8, 0x29, 0x40000008, 0xfffffff8 };
	struct bundle *b = *state;
	struct axvm_bundle_vm vm;
	size_t num;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fdt_set_totalsize(b->data, sizes[i]);
		assert_int_equal(axvm_bundle_open(b->data, b->size, &num, NULL),
				 AXVM_ERR_INVALID_DATA);
		assert_int_equal(axvm_bundle_read_vm(b->data, b->size, 0, &vm, NULL),
				 AXVM_ERR_INVALID_DATA);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_what_was_written),
		TEST(every_truncation),
		TEST(every_byte_flipped),
		TEST(damage_in_a_vm_names_it),
		TEST(writing_is_bounded),
		TEST(writing_refuses_bad_counts),
		TEST(bound_is_enough),
		TEST(refuses_what_is_no_bundle),
		TEST(every_field_must_be_there),
		TEST(every_field_has_its_length),
		TEST(a_string_ends_where_its_field_does),
		TEST(every_node_must_be_there),
		TEST(a_list_does_not_outgrow_its_array),
		TEST(the_index_is_checked),
		TEST(a_vm_lies_inside_its_bundle),
		TEST(an_index_that_says_too_much_of_its_size),
	};

	return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
