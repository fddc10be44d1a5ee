/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All there is to know about the keys of a VM file, as data: the parser, the JSON Schema and the
 * reference are made from it.
 */
#ifndef CONFIG_KEYS_HPP
#define CONFIG_KEYS_HPP

#include "toml_values.hpp"

#include "config_toml.h"

#include <deque>

/* A device named by its model. */
struct virtual_device {
	char id[AXVM_NAME_MAX];
	uint32_t model;
};

/* A device model and the architecture of its guest machine in one number, and back. */
constexpr uint32_t model_word(axvm_arch arch, uint32_t emu_type)
{
	return static_cast<uint32_t>(arch) << 16 | emu_type;
}

constexpr axvm_virtual_device model_of(uint32_t word)
{
	return { word & 0xffff, word >> 16 };
}

/* A parsed file. The lists keep what axvm_crate_config points to. */
struct axvm_toml {
	toml::table root;
	axvm_crate_config crate = {};
	std::vector<uint64_t> cpu_ids;
	std::vector<uint64_t> cpu_sets;
	std::vector<axvm_memory_region> regions;
	std::vector<axvm_emu_device> emu_devices;
	std::vector<virtual_device> virtual_devices;
	std::vector<axvm_virtual_device> virtual_list;
	std::vector<axvm_pass_through_device> pass_through;
	std::vector<axvm_pass_through_device> addresses;
	std::vector<axvm_ivc_channel> channels;
	std::vector<axvm_toml_path> paths;
	std::deque<std::string> path_fields; /* do not move */
};

namespace config
{

/* No path in a device tree is that long, with a NUL behind it. */
constexpr size_t DEVICE_PATH_MAX = 256;

/* What a value may be, and what it is stored as. */
enum class kind {
	opt_number, /* axvm_opt_u64 */
	u64,
	u32,
	opt_size,  /* axvm_opt_u64: a number of bytes, or "512M" */
	size,	   /* uint64_t, the same */
	flags,	   /* uint32_t: letters of `names`, or a number */
	opt_named, /* axvm_opt_u64: one of `names`, or a number */
	named,	   /* uint32_t, the same */
	model,	   /* uint32_t: one of `names` */
	choice,	   /* const char *: one of `names` */
	text,	   /* const char *: less than `max` bytes */
	name,	   /* char[AXVM_NAME_MAX] */
	boolean,   /* uint32_t */
	table,	   /* `fields` of the same record */
	numbers,   /* list of numbers, each a uint64_t where `append` says */
	records,   /* list of `fields`, the record where `append` says */
	paths,	   /* devices of the host that no VM of the file gets */
};

/* The shapes in which an entry of kind::records may stand. */
enum shape {
	SHAPE_NAMED = 0x1,     /* { key = value, ... } */
	SHAPE_POSITIONS = 0x2, /* [value, ...] */
	SHAPE_PATH = 0x4,      /* ["/path"], or { path = "/path" }: its `name` */
	SHAPE_OPEN = 0x8,      /* other keys are somebody else's */
};

/* A key of a table, or a field of a record. */
struct field {
	const char *name;
	kind type;
	size_t offset = 0;
	const char *help;
	const char *fallback = nullptr; /* what holds without it; nullptr: it must be there */
	uint64_t min = 0;
	uint64_t max = INT64_MAX;
	size_t most = 0; /* entries of a list; 0: as many as there are */
	const std::vector<name_value> *names = nullptr;
	const std::vector<field> *fields = nullptr;
	unsigned shapes = SHAPE_NAMED | SHAPE_POSITIONS;
	/* Room for one entry more, with its defaults; nullptr when the list is full. */
	void *(*append)(axvm_toml &file, void *owner) = nullptr;
};

/* The file: its tables, with offsets in axvm_crate_config. */
extern const std::vector<field> file_fields;

/* nullptr when there is none. */
const field *find_field(const std::vector<field> &fields, std::string_view name);

} // namespace config

#endif
