/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a bundle: VM after VM, then the index before them. */
#include <libfdt.h>

#include "bundle_format.h"

static size_t align_up(size_t value, size_t align)
{
	return (value + align - 1) / align * align;
}

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

static int write_fields(void *fdt, const struct field_table *table, const void *record)
{
	int error = 0;

	for (size_t i = 0; i < table->num && !error; i++)
		error = write_field(fdt, &table->fields[i], record);
	return error;
}

/* A node's name: its place in the list, of less than 1000 entries. */
static int begin_numbered_node(void *fdt, size_t number)
{
	char name[4] = { (char)('0' + number / 100), (char)('0' + number / 10 % 10),
			 (char)('0' + number % 10), '\0' };

	return fdt_begin_node(fdt, name);
}

static int write_records(void *fdt, const struct record_list *list, const void *owner);

/* As deep as the tables are: a list in a list in the configuration. */
static int write_lists(void *fdt, const struct field_table *table, const void *record)
{
	int error = 0;

	for (size_t i = 0; i < table->list_num && !error; i++)
		error = write_records(fdt, &table->lists[i], record);
	return error;
}

/* Properties come before subnodes. */
static int write_record(void *fdt, const struct field_table *table, const void *record)
{
	int error = write_fields(fdt, table, record);

	if (!error)
		error = write_lists(fdt, table, record);
	return error ? error : fdt_end_node(fdt);
}

static int write_records(void *fdt, const struct record_list *list, const void *owner)
{
	const uint8_t *records = const_member_of(owner, list->offset);
	size_t num = u32_at(owner, list->count);
	int error = num > list->max ? -FDT_ERR_BADVALUE : fdt_begin_node(fdt, list->name);

	for (size_t i = 0; i < num && !error; i++) {
		error = begin_numbered_node(fdt, i);
		if (!error)
			error = write_record(fdt, &list->table, records + i * list->record_size);
	}
	return error ? error : fdt_end_node(fdt);
}

static int write_config(void *fdt, const struct axvm_config *config)
{
	int error = fdt_begin_node(fdt, "config");

	return error ? error : write_record(fdt, &bundle_config_table, config);
}

/* Values are at multiples of 4; the next one shall be at one of 8, as fast copies want it. */
static int align_value(void *fdt)
{
	size_t at = fdt_off_dt_struct(fdt) + fdt_size_dt_struct(fdt) + sizeof(struct fdt_property);

	return at % 8 ? fdt_property(fdt, "align", "", 0) : 0;
}

static int write_images(void *fdt, const struct axvm_images *images)
{
	int error = fdt_begin_node(fdt, "images");

	for (size_t i = 0; i < BUNDLE_IMAGES && !error; i++) {
		const struct axvm_image *image = const_member_of(images,
								 bundle_image_fields[i].offset);

		if (image->size > MAX_TREE_SIZE)
			return -FDT_ERR_NOSPACE;
		if (!image->size)
			continue;
		error = align_value(fdt);
		if (!error)
			error = fdt_property(fdt, bundle_image_fields[i].name, image->data,
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

	for (size_t i = 0; i < BUNDLE_IMAGES; i++) {
		const struct axvm_image *image = const_member_of(images,
								 bundle_image_fields[i].offset);

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
