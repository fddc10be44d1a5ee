/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle (its layout is in <axvm/bundle.h>). A configuration is written field by field after
 * the tables below, which reading uses too; every property must be there with its exact length,
 * optional numbers excepted.
 */
#include <axvm/bundle.h>
#include <libfdt.h>
#include <string.h>

#include "crc32.h"
#include "diag.h"

#define BUNDLE_VERSION 1
#define BUNDLE_ALIGN   AXVM_PAGE_SIZE
#define HASH_SIZE      8

/* libfdt counts in int. */
#define MAX_TREE_SIZE ((size_t)1 << 30)

enum kind {
	KIND_U32,
	KIND_U64,
	KIND_OPT_U64, /* no property when it is not set */
	KIND_STRING,  /* max: size of the array */
	KIND_U32_LIST,
	KIND_U64_LIST, /* max: entries; count: offset of their number */
};

struct field {
	const char *name;
	enum kind kind;
	size_t offset;
	size_t count;
	size_t max;
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define FIELD(type, member, kind)  { #member, kind, offsetof(struct type, member), 0, 0 }
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
};

/* A list of structures: a node with one subnode for each, in order. */
struct record_list {
	const char *name;
	size_t offset;
	size_t count;
	size_t max;
	size_t record_size;
	const struct field *fields;
	size_t field_num;
};

#define RECORDS(member, number, table)                                                             \
	{ #member,                                                                                 \
	  offsetof(struct axvm_config, member),                                                    \
	  offsetof(struct axvm_config, number),                                                    \
	  COUNT_OF(((struct axvm_config *)0)->member),                                             \
	  sizeof(((struct axvm_config *)0)->member[0]),                                            \
	  table,                                                                                   \
	  COUNT_OF(table) }

static const struct record_list config_lists[] = {
	RECORDS(memory_regions, memory_region_num, region_fields),
	RECORDS(emu_devices, emu_device_num, emu_device_fields),
	RECORDS(pass_through_devices, pass_through_device_num, pass_through_fields),
};

static const struct image_field {
	const char *name;
	size_t offset;
} image_fields[] = {
	{ "kernel", offsetof(struct axvm_images, kernel) },
	{ "ramdisk", offsetof(struct axvm_images, ramdisk) },
	{ "dtb", offsetof(struct axvm_images, dtb) },
	{ "bios", offsetof(struct axvm_images, bios) },
};

/* The fields of a table are reached through their offsets: these do the arithmetic. */
static void *member_of(void *record, size_t offset)
{
	return (uint8_t *)record + offset;
}

static const void *const_member_of(const void *record, size_t offset)
{
	return (const uint8_t *)record + offset;
}

static uint32_t u32_at(const void *record, size_t offset)
{
	uint32_t value;

	memcpy(&value, const_member_of(record, offset), sizeof(value));
	return value;
}

static uint64_t u64_at(const void *record, size_t offset)
{
	uint64_t value;

	memcpy(&value, const_member_of(record, offset), sizeof(value));
	return value;
}

static uint64_t hash_of(const void *data, size_t size)
{
	return crc32_of(data, size);
}

static size_t align_up(size_t value, size_t align)
{
	return (value + align - 1) / align * align;
}

/* ---- Reading ---- */

static enum axvm_error damaged(struct axvm_diag *diag, const char *what)
{
	return diag_set(diag, AXVM_ERR_INVALID_DATA, what);
}

/* A property of exactly `len` bytes, or NULL. */
static const void *property(const void *fdt, int node, const char *name, size_t len)
{
	int actual;
	const void *value = fdt_getprop(fdt, node, name, &actual);

	return value && actual >= 0 && (size_t)actual == len ? value : NULL;
}

static bool read_u32(const void *fdt, int node, const char *name, uint32_t *value)
{
	const void *p = property(fdt, node, name, 4);

	if (p)
		*value = fdt32_ld(p);
	return p != NULL;
}

static bool read_u64(const void *fdt, int node, const char *name, uint64_t *value)
{
	const void *p = property(fdt, node, name, 8);

	if (p)
		*value = fdt64_ld(p);
	return p != NULL;
}

static bool read_opt_u64(const void *fdt, int node, const char *name, struct axvm_opt_u64 *value)
{
	value->set = fdt_getprop(fdt, node, name, NULL) != NULL;
	return !value->set || read_u64(fdt, node, name, &value->value);
}

/* A string that ends where its property ends; NULL when it is not one. */
static const char *string_property(const void *fdt, int node, const char *name, size_t max)
{
	int len;
	const char *value = fdt_getprop(fdt, node, name, &len);

	if (!value || len <= 0 || (size_t)len > max || value[len - 1])
		return NULL;
	return memchr(value, '\0', (size_t)len) == value + len - 1 ? value : NULL;
}

static bool read_string(const void *fdt, int node, const struct field *field, char *to)
{
	const char *value = string_property(fdt, node, field->name, field->max);

	if (value)
		memcpy(to, value, strlen(value) + 1);
	return value != NULL;
}

/* The number of entries of a list property, or -1. */
static int list_length(const void *fdt, int node, const struct field *field, size_t width)
{
	int len;

	if (!fdt_getprop(fdt, node, field->name, &len) || len < 0 || (size_t)len % width ||
	    (size_t)len / width > field->max)
		return -1;
	return (int)((size_t)len / width);
}

static bool read_u32_list(const void *fdt, int node, const struct field *field, void *record)
{
	const fdt32_t *from = fdt_getprop(fdt, node, field->name, NULL);
	uint32_t *to = member_of(record, field->offset);
	int num = list_length(fdt, node, field, 4);

	for (int i = 0; i < num; i++)
		to[i] = fdt32_ld(&from[i]);
	if (num >= 0)
		*(uint32_t *)member_of(record, field->count) = (uint32_t)num;
	return num >= 0;
}

static bool read_u64_list(const void *fdt, int node, const struct field *field, void *record)
{
	const uint8_t *from = fdt_getprop(fdt, node, field->name, NULL);
	uint64_t *to = member_of(record, field->offset);
	int num = list_length(fdt, node, field, 8);

	for (int i = 0; i < num; i++)
		to[i] = fdt64_ld((const void *)(from + 8 * i));
	if (num >= 0)
		*(uint32_t *)member_of(record, field->count) = (uint32_t)num;
	return num >= 0;
}

static bool read_field(const void *fdt, int node, const struct field *field, void *record)
{
	void *to = member_of(record, field->offset);

	switch (field->kind) {
	case KIND_U32:
		return read_u32(fdt, node, field->name, to);
	case KIND_U64:
		return read_u64(fdt, node, field->name, to);
	case KIND_OPT_U64:
		return read_opt_u64(fdt, node, field->name, to);
	case KIND_STRING:
		return read_string(fdt, node, field, to);
	case KIND_U32_LIST:
		return read_u32_list(fdt, node, field, record);
	case KIND_U64_LIST:
		return read_u64_list(fdt, node, field, record);
	}
	return false;
}

static enum axvm_error read_fields(const void *fdt, int node, const struct field *fields,
				   size_t num, void *record, struct axvm_diag *diag)
{
	for (size_t i = 0; i < num; i++) {
		if (read_field(fdt, node, &fields[i], record))
			continue;
		damaged(diag, "a field of the configuration is missing or damaged");
		diag_where(diag, fields[i].name);
		return AXVM_ERR_INVALID_DATA;
	}
	return AXVM_OK;
}

static enum axvm_error read_list(const void *fdt, int config_node, const struct record_list *list,
				 struct axvm_config *config, struct axvm_diag *diag)
{
	int node, list_node = fdt_subnode_offset(fdt, config_node, list->name);
	uint8_t *records = member_of(config, list->offset);
	uint32_t num = 0;

	if (list_node < 0)
		return damaged(diag, "a list of the configuration is missing");
	fdt_for_each_subnode(node, fdt, list_node) {
		if (num >= list->max)
			return damaged(diag, "a list of the configuration is too long");
		if (read_fields(fdt, node, list->fields, list->field_num,
				records + num * list->record_size, diag))
			return AXVM_ERR_INVALID_DATA;
		num++;
	}
	*(uint32_t *)member_of(config, list->count) = num;
	return AXVM_OK;
}

static enum axvm_error read_config(const void *fdt, struct axvm_config *config,
				   struct axvm_diag *diag)
{
	int node = fdt_subnode_offset(fdt, 0, "config");
	enum axvm_error error;

	if (node < 0)
		return damaged(diag, "there is no configuration");
	error = read_fields(fdt, node, config_fields, COUNT_OF(config_fields), config, diag);
	for (size_t i = 0; i < COUNT_OF(config_lists) && !error; i++)
		error = read_list(fdt, node, &config_lists[i], config, diag);
	return error;
}

static enum axvm_error read_images(const void *fdt, struct axvm_images *images,
				   struct axvm_diag *diag)
{
	int node = fdt_subnode_offset(fdt, 0, "images");

	if (node < 0)
		return damaged(diag, "there are no images");
	for (size_t i = 0; i < COUNT_OF(image_fields); i++) {
		struct axvm_image *image = member_of(images, image_fields[i].offset);
		int len;
		const void *data = fdt_getprop(fdt, node, image_fields[i].name, &len);

		if (data && len > 0)
			*image = (struct axvm_image){ data, (size_t)len };
	}
	return AXVM_OK;
}

/* libfdt checks everything about a tree but its blocks' alignment; fdt is at a multiple of 8. */
static bool tree_valid(const void *fdt, size_t size)
{
	return size >= sizeof(struct fdt_header) && fdt_off_mem_rsvmap(fdt) % 8 == 0 &&
	       fdt_off_dt_struct(fdt) % 4 == 0 && fdt_check_full(fdt, size) == 0;
}

static enum axvm_error read_tree(const void *fdt, struct axvm_bundle_vm *out,
				 struct axvm_diag *diag)
{
	enum axvm_error error = read_config(fdt, &out->config, diag);

	return error ? error : read_images(fdt, &out->images, diag);
}

/* Bytes of the index tree, when data begins with one that can be read; its hash follows. */
static enum axvm_error index_size(const void *data, size_t size, size_t *index,
				  struct axvm_diag *diag)
{
	if ((uintptr_t)data % 8)
		return damaged(diag, "the bundle is not at a multiple of 8 bytes");
	if (size < sizeof(struct fdt_header) || fdt_magic(data) != FDT_MAGIC)
		return damaged(diag, "not a bundle");
	*index = fdt_totalsize(data);
	if (*index < sizeof(struct fdt_header) || *index % HASH_SIZE || *index > MAX_TREE_SIZE ||
	    size < HASH_SIZE || *index > size - HASH_SIZE) {
		damaged(diag, "the index is cut off or damaged");
		diag_value(diag, "size", size);
		diag_value(diag, "index", *index);
		return AXVM_ERR_INVALID_DATA;
	}
	return AXVM_OK;
}

/* Where a VM's tree lies, as its index entry says. */
struct index_entry {
	const char *name;
	uint64_t offset;
	uint64_t size;
	uint64_t hash;
};

static bool index_entry_read(const void *fdt, int node, struct index_entry *entry)
{
	entry->name = string_property(fdt, node, "vm_name", AXVM_NAME_MAX);
	return entry->name && read_u64(fdt, node, "offset", &entry->offset) &&
	       read_u64(fdt, node, "size", &entry->size) &&
	       read_u64(fdt, node, "hash", &entry->hash) && entry->offset % BUNDLE_ALIGN == 0;
}

static enum axvm_error index_check_entries(const void *fdt, size_t *num, struct axvm_diag *diag)
{
	int node;

	*num = 0;
	fdt_for_each_subnode(node, fdt, 0) {
		struct index_entry entry;

		if (*num >= AXVM_BUNDLE_MAX_VMS || !index_entry_read(fdt, node, &entry))
			return damaged(diag, "the index is damaged");
		(*num)++;
	}
	return *num ? AXVM_OK : damaged(diag, "the bundle holds no VM");
}

enum axvm_error axvm_bundle_open(const void *data, size_t size, size_t *num, struct axvm_diag *diag)
{
	uint32_t version;
	size_t index;
	enum axvm_error error = index_size(data, size, &index, diag);

	if (error)
		return error;
	if (hash_of(data, index) != fdt64_ld(const_member_of(data, index)) ||
	    !tree_valid(data, index))
		return damaged(diag, "the index is damaged");
	if (!read_u32(data, 0, "version", &version) || version != BUNDLE_VERSION)
		return damaged(diag, "a bundle of another version: pack it again");
	return index_check_entries(data, num, diag);
}

/* The index was checked by axvm_bundle_open(). */
static bool index_find(const void *fdt, size_t i, struct index_entry *entry)
{
	int node;

	fdt_for_each_subnode(node, fdt, 0) {
		if (i-- == 0)
			return index_entry_read(fdt, node, entry);
	}
	return false;
}

const char *axvm_bundle_vm_name(const void *data, size_t size, size_t i)
{
	struct index_entry entry;
	size_t index;

	if (index_size(data, size, &index, NULL) || !index_find(data, i, &entry))
		return "?";
	return entry.name;
}

static enum axvm_error tree_check(const uint8_t *data, size_t size, const struct index_entry *entry,
				  struct axvm_diag *diag)
{
	if (entry->size > MAX_TREE_SIZE || entry->offset > size ||
	    entry->size > size - entry->offset) {
		damaged(diag, "cut off: the bundle ends before the VM's end");
		diag_value(diag, "offset", entry->offset);
		diag_value(diag, "vm_size", entry->size);
		diag_value(diag, "bundle_size", size);
		return AXVM_ERR_INVALID_DATA;
	}
	if (hash_of(data + entry->offset, entry->size) != entry->hash)
		return damaged(diag, "damaged: its hash is wrong");
	if (!tree_valid(data + entry->offset, entry->size))
		return damaged(diag, "damaged: not a device tree");
	return AXVM_OK;
}

enum axvm_error axvm_bundle_read_vm(const void *data, size_t size, size_t i,
				    struct axvm_bundle_vm *out, struct axvm_diag *diag)
{
	struct index_entry entry;
	size_t index;
	enum axvm_error error = index_size(data, size, &index, diag);

	if (error)
		return error;
	if (!index_find(data, i, &entry))
		return diag_set(diag, AXVM_ERR_NOT_FOUND, "the bundle has no such VM");
	memset(out, 0, sizeof(*out));
	error = tree_check(data, size, &entry, diag);
	if (!error)
		error = read_tree((const uint8_t *)data + entry.offset, out, diag);
	if (error)
		diag_other(diag, entry.name);
	return error;
}

/* ---- Writing ---- */

static int write_u64(void *fdt, const char *name, uint64_t value)
{
	return fdt_property_u64(fdt, name, value);
}

static int write_opt_u64(void *fdt, const char *name, const struct axvm_opt_u64 *value)
{
	return value->set ? write_u64(fdt, name, value->value) : 0;
}

static int write_list(void *fdt, const struct field *field, const void *record, size_t width)
{
	const uint8_t *from = const_member_of(record, field->offset);
	size_t num = u32_at(record, field->count);
	uint8_t *to;
	void *value;
	int error;

	if (num > field->max)
		return -FDT_ERR_BADVALUE;
	error = fdt_property_placeholder(fdt, field->name, (int)(num * width), &value);
	if (error)
		return error;
	to = value;
	for (size_t i = 0; i < num; i++) {
		if (width == 4)
			fdt32_st(to + i * width, u32_at(from, i * width));
		else
			fdt64_st(to + i * width, u64_at(from, i * width));
	}
	return 0;
}

static int write_string(void *fdt, const struct field *field, const char *string)
{
	const char *end = memchr(string, '\0', field->max);

	if (!end)
		return -FDT_ERR_BADVALUE;
	return fdt_property(fdt, field->name, string, (int)(end - string + 1));
}

static int write_field(void *fdt, const struct field *field, const void *record)
{
	switch (field->kind) {
	case KIND_U32:
		return fdt_property_u32(fdt, field->name, u32_at(record, field->offset));
	case KIND_U64:
		return write_u64(fdt, field->name, u64_at(record, field->offset));
	case KIND_OPT_U64:
		return write_opt_u64(fdt, field->name, const_member_of(record, field->offset));
	case KIND_STRING:
		return write_string(fdt, field, const_member_of(record, field->offset));
	case KIND_U32_LIST:
		return write_list(fdt, field, record, 4);
	case KIND_U64_LIST:
		return write_list(fdt, field, record, 8);
	}
	return -FDT_ERR_BADVALUE;
}

static int write_fields(void *fdt, const struct field *fields, size_t num, const void *record)
{
	int error = 0;

	for (size_t i = 0; i < num && !error; i++)
		error = write_field(fdt, &fields[i], record);
	return error;
}

/* A node's name: its place in the list. */
static int begin_numbered_node(void *fdt, size_t number)
{
	char name[3] = { (char)('0' + number / 10), (char)('0' + number % 10), '\0' };

	return fdt_begin_node(fdt, name);
}

static int write_records(void *fdt, const struct record_list *list, const void *config)
{
	const uint8_t *records = const_member_of(config, list->offset);
	size_t num = u32_at(config, list->count);
	int error = num > list->max ? -FDT_ERR_BADVALUE : fdt_begin_node(fdt, list->name);

	for (size_t i = 0; i < num && !error; i++) {
		error = begin_numbered_node(fdt, i);
		if (!error)
			error = write_fields(fdt, list->fields, list->field_num,
					     records + i * list->record_size);
		if (!error)
			error = fdt_end_node(fdt);
	}
	return error ? error : fdt_end_node(fdt);
}

static int write_config(void *fdt, const struct axvm_config *config)
{
	int error = fdt_begin_node(fdt, "config");

	if (!error)
		error = write_fields(fdt, config_fields, COUNT_OF(config_fields), config);
	for (size_t i = 0; i < COUNT_OF(config_lists) && !error; i++)
		error = write_records(fdt, &config_lists[i], config);
	return error ? error : fdt_end_node(fdt);
}

static int write_images(void *fdt, const struct axvm_images *images)
{
	int error = fdt_begin_node(fdt, "images");

	for (size_t i = 0; i < COUNT_OF(image_fields) && !error; i++) {
		const struct axvm_image *image = const_member_of(images, image_fields[i].offset);

		if (image->size > MAX_TREE_SIZE)
			return -FDT_ERR_NOSPACE;
		if (image->size)
			error = fdt_property(fdt, image_fields[i].name, image->data,
					     (int)image->size);
	}
	return error ? error : fdt_end_node(fdt);
}

static int tree_begin(void *buf, size_t size)
{
	int error = fdt_create(buf, size < MAX_TREE_SIZE ? (int)size : (int)MAX_TREE_SIZE);

	if (!error)
		error = fdt_finish_reservemap(buf);
	return error ? error : fdt_begin_node(buf, "");
}

static int tree_end(void *buf)
{
	int error = fdt_end_node(buf);

	return error ? error : fdt_finish(buf);
}

static int write_tree(const struct axvm_bundle_vm *vm, void *buf, size_t size)
{
	int error = tree_begin(buf, size);

	if (!error)
		error = write_config(buf, &vm->config);
	if (!error)
		error = write_images(buf, &vm->images);
	return error ? error : tree_end(buf);
}

static int write_index_entry(void *fdt, size_t i, const struct index_entry *entry)
{
	int error = begin_numbered_node(fdt, i);

	if (!error)
		error = fdt_property_string(fdt, "vm_name", entry->name);
	if (!error)
		error = write_u64(fdt, "offset", entry->offset);
	if (!error)
		error = write_u64(fdt, "size", entry->size);
	if (!error)
		error = write_u64(fdt, "hash", entry->hash);
	return error ? error : fdt_end_node(fdt);
}

/* Grown to a multiple of the hash's size, so that the hash behind it is aligned. */
static int write_index(const struct index_entry *entries, size_t num, uint8_t *buf, size_t size)
{
	int error = tree_begin(buf, size);
	size_t total;

	if (!error)
		error = fdt_property_u32(buf, "version", BUNDLE_VERSION);
	for (size_t i = 0; i < num && !error; i++)
		error = write_index_entry(buf, i, &entries[i]);
	if (!error)
		error = tree_end(buf);
	if (error)
		return error;
	total = align_up(fdt_totalsize((void *)buf), HASH_SIZE);
	if (total > size || size - total < HASH_SIZE)
		return -FDT_ERR_NOSPACE;
	fdt_set_totalsize(buf, (uint32_t)total);
	fdt64_st(buf + total, hash_of(buf, total));
	return 0;
}

/* Room for an index of num VMs, with its hash. An entry takes 160 bytes with the longest name. */
static size_t index_room(size_t num)
{
	return align_up(512 + 192 * num, BUNDLE_ALIGN);
}

static size_t images_size(const struct axvm_images *images)
{
	size_t total = 0;

	for (size_t i = 0; i < COUNT_OF(image_fields); i++) {
		const struct axvm_image *image = const_member_of(images, image_fields[i].offset);

		total += align_up(image->size, 4);
	}
	return total;
}

size_t axvm_bundle_bound(const struct axvm_bundle_vm *vms, size_t num)
{
	/* A property costs 12 bytes more than its value, and no value is longer than its field. */
	const size_t config_room = 4 * sizeof(struct axvm_config);
	size_t total = index_room(num);

	for (size_t i = 0; i < num; i++)
		total += align_up(config_room + images_size(&vms[i].images), BUNDLE_ALIGN);
	return total;
}

static enum axvm_error error_of_fdt(int fdt_error)
{
	if (!fdt_error)
		return AXVM_OK;
	return fdt_error == -FDT_ERR_NOSPACE ? AXVM_ERR_NO_MEMORY : AXVM_ERR_INVALID_INPUT;
}

enum axvm_error axvm_bundle_write(const struct axvm_bundle_vm *vms, size_t num, void *buf,
				  size_t buf_size, size_t *size)
{
	struct index_entry entries[AXVM_BUNDLE_MAX_VMS];
	size_t end = index_room(num);
	uint8_t *bytes = buf;
	int error = 0;

	if (num == 0 || num > AXVM_BUNDLE_MAX_VMS)
		return AXVM_ERR_INVALID_INPUT;
	if (buf_size < end)
		return AXVM_ERR_NO_MEMORY;
	/* What is padding must not depend on what was in the buffer. */
	memset(buf, 0, buf_size);
	for (size_t i = 0; i < num && !error; i++) {
		size_t start = align_up(end, BUNDLE_ALIGN);

		if (start >= buf_size)
			return AXVM_ERR_NO_MEMORY;
		error = write_tree(&vms[i], bytes + start, buf_size - start);
		if (error)
			break;
		end = start + fdt_totalsize((void *)(bytes + start));
		entries[i] = (struct index_entry){ vms[i].config.name, start, end - start,
						   hash_of(bytes + start, end - start) };
	}
	if (!error)
		error = write_index(entries, num, buf, index_room(num));
	*size = end;
	return error_of_fdt(error);
}
