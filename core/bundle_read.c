/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a bundle. It is hostile: nothing is used before it is checked. */
#include <libfdt.h>

#include "bundle_format.h"
#include "diag.h"
#include "fdt_check.h"

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
		to[i] = fdt64_ld((const void *)(from + sizeof(*to) * (size_t)i));
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

static enum axvm_error read_fields(const void *fdt, int node, const struct field_table *table,
				   void *record, struct axvm_diag *diag)
{
	for (size_t i = 0; i < table->num; i++) {
		if (read_field(fdt, node, &table->fields[i], record))
			continue;
		damaged(diag, "a field of the configuration is missing or damaged");
		diag_where(diag, table->fields[i].name);
		return AXVM_ERR_INVALID_DATA;
	}
	return AXVM_OK;
}

static enum axvm_error read_list(const void *fdt, int owner_node, const struct record_list *list,
				 void *owner, struct axvm_diag *diag);

/* As deep as the tables are: a list in a list in the configuration. */
static enum axvm_error read_record(const void *fdt, int node, const struct field_table *table,
				   void *record, struct axvm_diag *diag)
{
	enum axvm_error error = read_fields(fdt, node, table, record, diag);

	for (size_t i = 0; i < table->list_num && !error; i++)
		error = read_list(fdt, node, &table->lists[i], record, diag);
	return error;
}

static enum axvm_error read_list(const void *fdt, int owner_node, const struct record_list *list,
				 void *owner, struct axvm_diag *diag)
{
	int node, list_node = fdt_subnode_offset(fdt, owner_node, list->name);
	uint8_t *records = member_of(owner, list->offset);
	uint32_t num = 0;

	if (list_node < 0)
		return damaged(diag, "a list of the configuration is missing");
	fdt_for_each_subnode(node, fdt, list_node) {
		if (num >= list->max)
			return damaged(diag, "a list of the configuration is too long");
		if (read_record(fdt, node, &list->table, records + num * list->record_size, diag))
			return AXVM_ERR_INVALID_DATA;
		num++;
	}
	*(uint32_t *)member_of(owner, list->count) = num;
	return AXVM_OK;
}

static enum axvm_error read_config(const void *fdt, struct axvm_config *config,
				   struct axvm_diag *diag)
{
	int node = fdt_subnode_offset(fdt, 0, "config");

	if (node < 0)
		return damaged(diag, "there is no configuration");
	return read_record(fdt, node, &bundle_config_table, config, diag);
}

static enum axvm_error read_images(const void *fdt, struct axvm_images *images,
				   struct axvm_diag *diag)
{
	int node = fdt_subnode_offset(fdt, 0, "images");

	if (node < 0)
		return damaged(diag, "there are no images");
	for (size_t i = 0; i < BUNDLE_IMAGES; i++) {
		struct axvm_image *image = member_of(images, bundle_image_fields[i].offset);
		int len;
		const void *data = fdt_getprop(fdt, node, bundle_image_fields[i].name, &len);

		if (data && len > 0)
			*image = (struct axvm_image){ data, (size_t)len };
	}
	return AXVM_OK;
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
	size_t index = 0;
	enum axvm_error error = index_size(data, size, &index, diag);

	if (error)
		return error;
	if (hash_of(data, index) != fdt64_ld(const_member_of(data, index)) ||
	    !fdt_tree_valid(data, index))
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
	size_t index = 0;

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
	if (!fdt_tree_valid(data + entry->offset, entry->size))
		return damaged(diag, "damaged: not a device tree");
	return AXVM_OK;
}

enum axvm_error axvm_bundle_read_vm(const void *data, size_t size, size_t i,
				    struct axvm_bundle_vm *out, struct axvm_diag *diag)
{
	struct index_entry entry;
	size_t index = 0;
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
