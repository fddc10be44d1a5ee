/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reading and writing a bundle share (its layout is in <axvm/bundle.h>): the fields of a
 * configuration as data. Every property must be there with its exact length, optional numbers
 * excepted.
 */
#ifndef CORE_BUNDLE_FORMAT_H
#define CORE_BUNDLE_FORMAT_H

#include <axvm/bundle.h>
#include <string.h>

#include "crc32.h"

#define BUNDLE_VERSION 2
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

struct record_list;

/* The fields of a structure, then the lists of structures in it. */
struct field_table {
	const struct field *fields;
	size_t num;
	const struct record_list *lists;
	size_t list_num;
};

/* A list of structures: a node with one subnode for each, in order. */
struct record_list {
	const char *name;
	size_t offset;
	size_t count;
	size_t max;
	size_t record_size;
	struct field_table table;
};

/* An image's place in struct axvm_images. */
struct image_field {
	const char *name;
	size_t offset;
};

#define BUNDLE_IMAGES 4

/* Of struct axvm_config. */
extern const struct field_table bundle_config_table;
extern const struct image_field bundle_image_fields[BUNDLE_IMAGES];

/* Where a VM's tree lies, as its index entry says. */
struct index_entry {
	const char *name;
	uint64_t offset;
	uint64_t size;
	uint64_t hash;
};

/* The fields of a table are reached through their offsets: these do the arithmetic. */
static inline void *member_of(void *record, size_t offset)
{
	return (uint8_t *)record + offset;
}

static inline const void *const_member_of(const void *record, size_t offset)
{
	return (const uint8_t *)record + offset;
}

static inline uint32_t u32_at(const void *record, size_t offset)
{
	uint32_t value;

	memcpy(&value, const_member_of(record, offset), sizeof(value));
	return value;
}

static inline uint64_t u64_at(const void *record, size_t offset)
{
	uint64_t value;

	memcpy(&value, const_member_of(record, offset), sizeof(value));
	return value;
}

static inline uint64_t hash_of(const void *data, size_t size)
{
	return crc32_of(data, size);
}

#endif
