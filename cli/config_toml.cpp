/* SPDX-License-Identifier: Apache-2.0 */
/* The table `keys` below is all there is to know about the file's keys. */
#include "config_toml.h"

#include "toml_values.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

struct axvm_toml {
	toml::table root;
	axvm_crate_config crate = {};
	std::vector<uint64_t> cpu_ids;
	std::vector<uint64_t> cpu_sets;
	std::vector<axvm_memory_region> regions;
	std::vector<axvm_emu_device> emu_devices;
	std::vector<axvm_pass_through_device> pass_through;
	std::vector<axvm_pass_through_device> addresses;
};

using namespace config;

namespace
{

/* ---- Records: lists of positions, or tables of named fields ---- */

enum class field_kind { u64, u32, size, flags, map_type, emu_type, name, cfg };

struct field {
	const char *name;
	field_kind kind;
	size_t offset;
	bool required;
};

const std::vector<field> region_fields = {
	{ "gpa", field_kind::u64, offsetof(axvm_memory_region, gpa), true },
	{ "size", field_kind::size, offsetof(axvm_memory_region, size), true },
	{ "flags", field_kind::flags, offsetof(axvm_memory_region, flags), false },
	{ "map_type", field_kind::map_type, offsetof(axvm_memory_region, map_type), false },
};

const std::vector<field> emu_device_fields = {
	{ "name", field_kind::name, offsetof(axvm_emu_device, name), true },
	{ "base_gpa", field_kind::u64, offsetof(axvm_emu_device, base_gpa), true },
	{ "length", field_kind::size, offsetof(axvm_emu_device, length), true },
	{ "irq_id", field_kind::u32, offsetof(axvm_emu_device, irq_id), true },
	{ "emu_type", field_kind::emu_type, offsetof(axvm_emu_device, emu_type), true },
	{ "cfg_list", field_kind::cfg, 0, false },
};

const std::vector<field> pass_through_fields = {
	{ "name", field_kind::name, offsetof(axvm_pass_through_device, name), true },
	{ "base_gpa", field_kind::u64, offsetof(axvm_pass_through_device, base_gpa), true },
	{ "base_hpa", field_kind::u64, offsetof(axvm_pass_through_device, base_hpa), true },
	{ "length", field_kind::size, offsetof(axvm_pass_through_device, length), true },
	{ "irq_id", field_kind::u32, offsetof(axvm_pass_through_device, irq_id), false },
};

const std::vector<field> address_fields = {
	{ "base_gpa", field_kind::u64, offsetof(axvm_pass_through_device, base_gpa), true },
	{ "length", field_kind::size, offsetof(axvm_pass_through_device, length), true },
};

const std::vector<name_value> map_types = {
	{ "allocate", AXVM_MAP_ALLOC },
	{ "identical", AXVM_MAP_IDENTICAL },
	{ "reserved", AXVM_MAP_RESERVED },
};

const std::vector<name_value> emu_types = {
	{ "gicd", AXVM_EMU_GICD },
	{ "gicr", AXVM_EMU_GICR },
	{ "console", AXVM_EMU_CONSOLE },
	{ "rtc", AXVM_EMU_RTC },
};

bool read_name(reader &r, const value &v, char *out)
{
	const char *text = read_text(r, v);

	if (!text)
		return false;
	if (std::strlen(text) >= AXVM_NAME_MAX) {
		fail(r, v, "too long: at most " + std::to_string(AXVM_NAME_MAX - 1) + " bytes");
		return false;
	}
	std::strcpy(out, text);
	return true;
}

bool read_cfg(reader &r, const value &v, axvm_emu_device &device)
{
	const auto *list = v.node.as_array();

	if (!list) {
		wrong_type(r, v, "a list of numbers");
		return false;
	}
	if (list->size() > AXVM_MAX_DEVICE_CFG) {
		fail(r, v, "at most " + std::to_string(AXVM_MAX_DEVICE_CFG) + " entries");
		return false;
	}
	for (const toml::node &entry : *list) {
		if (!read_number(r, { entry, v.path }, INT64_MAX,
				 device.cfg_list[device.cfg_num++]))
			return false;
	}
	return true;
}

template <typename N> bool store(bool ok, N number, char *at)
{
	if (ok)
		std::memcpy(at, &number, sizeof(number));
	return ok;
}

template <typename T> bool read_field(reader &r, const value &v, const field &f, T &record)
{
	char *at = reinterpret_cast<char *>(&record) + f.offset;
	uint64_t number = 0;
	uint32_t word = 0;
	bool ok;

	switch (f.kind) {
	case field_kind::u64:
		ok = read_number(r, v, INT64_MAX, number);
		return store(ok, number, at);
	case field_kind::u32:
		ok = read_number(r, v, UINT32_MAX, number);
		return store(ok, static_cast<uint32_t>(number), at);
	case field_kind::size:
		ok = read_size(r, v, number);
		return store(ok, number, at);
	case field_kind::flags:
		ok = read_flags(r, v, word);
		return store(ok, word, at);
	case field_kind::map_type:
		ok = read_named(r, v, map_types, word);
		return store(ok, word, at);
	case field_kind::emu_type:
		ok = read_named(r, v, emu_types, word);
		return store(ok, word, at);
	case field_kind::name:
		return read_name(r, v, at);
	case field_kind::cfg:
		break;
	}
	if constexpr (std::is_same_v<T, axvm_emu_device>)
		return read_cfg(r, v, record);
	return false;
}

std::string fields_text(const std::vector<field> &fields)
{
	std::string text;

	for (const field &f : fields)
		text += (text.empty() ? "" : ", ") + std::string(f.name);
	return text;
}

template <typename T>
bool read_positions(reader &r, const value &v, const toml::array &list,
		    const std::vector<field> &fields, T &record)
{
	size_t least = static_cast<size_t>(
		std::count_if(fields.begin(), fields.end(), [](auto &f) { return f.required; }));

	if (list.size() < least || list.size() > fields.size()) {
		fail(r, v,
		     "has " + std::to_string(list.size()) + " entries instead of [" +
			     fields_text(fields) + "]");
		return false;
	}
	for (size_t i = 0; i < list.size(); i++) {
		if (!read_field(r, { list[i], v.path + "." + fields[i].name }, fields[i], record))
			return false;
	}
	return true;
}

template <typename T>
bool read_named_fields(reader &r, const value &v, const toml::table &table,
		       const std::vector<field> &fields, T &record)
{
	std::vector<std::string> known;

	for (const field &f : fields) {
		const toml::node *node = table.get(f.name);

		known.push_back(f.name);
		if (!node && f.required) {
			fail(r, v, "needs " + quoted(f.name));
			return false;
		}
		if (node && !read_field(r, { *node, v.path + "." + f.name }, f, record))
			return false;
	}
	for (auto &&[key, node] : table) {
		if (std::find(known.begin(), known.end(), key.str()) == known.end())
			unknown_key(r, key, v.path, known);
	}
	return true;
}

template <typename T>
void read_record(reader &r, const value &v, const std::vector<field> &fields, T record,
		 std::vector<T> &out)
{
	bool ok = false;

	if (const auto *list = v.node.as_array())
		ok = read_positions(r, v, *list, fields, record);
	else if (const auto *table = v.node.as_table())
		ok = read_named_fields(r, v, *table, fields, record);
	else
		wrong_type(r, v, "[" + fields_text(fields) + "], or a table with these keys");
	if (ok)
		out.push_back(record);
}

template <typename F> void for_each(reader &r, const value &v, F &&entry)
{
	const auto *list = v.node.as_array();
	size_t i = 0;

	if (!list) {
		wrong_type(r, v, "a list");
		return;
	}
	for (const toml::node &node : *list)
		entry(value{ node, v.path + "[" + std::to_string(i++) + "]" });
}

/* ---- Keys ---- */

struct key {
	const char *table;
	const char *name;
	void (*read)(reader &r, const value &v, void *target);
	size_t offset; /* of the target in axvm_crate_config, where there is one */
	const std::vector<field> *fields;
};

void key_number(reader &r, const value &v, void *target)
{
	auto *out = static_cast<axvm_opt_u64 *>(target);

	out->set = read_number(r, v, INT64_MAX, out->value);
}

void key_size(reader &r, const value &v, void *target)
{
	auto *out = static_cast<axvm_opt_u64 *>(target);

	out->set = read_size(r, v, out->value);
}

void key_text(reader &r, const value &v, void *target)
{
	*static_cast<const char **>(target) = read_text(r, v);
}

void read_numbers(reader &r, const value &v, std::vector<uint64_t> &out)
{
	for_each(r, v, [&](const value &entry) {
		uint64_t number = 0;

		if (read_number(r, entry, INT64_MAX, number))
			out.push_back(number);
	});
}

void key_cpu_ids(reader &r, const value &v, void *)
{
	read_numbers(r, v, r.file.cpu_ids);
}

void key_cpu_sets(reader &r, const value &v, void *)
{
	read_numbers(r, v, r.file.cpu_sets);
}

void key_regions(reader &r, const value &v, void *)
{
	axvm_memory_region start = {};

	start.flags = AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE;
	for_each(r, v, [&](const value &entry) {
		read_record(r, entry, region_fields, start, r.file.regions);
	});
	if (r.findings.empty() && r.file.regions.empty())
		fail(r, v, "the list is empty: a VM needs RAM");
}

void key_emu_devices(reader &r, const value &v, void *)
{
	r.file.crate.devices.emu_devices_set = true;
	for_each(r, v, [&](const value &entry) {
		read_record(r, entry, emu_device_fields, axvm_emu_device{}, r.file.emu_devices);
	});
}

/* ["/path/in/the/host/device/tree"] */
const toml::node *path_of_list(const toml::node &node)
{
	const auto *list = node.as_array();

	return list && list->size() == 1 && (*list)[0].is_string() ? &(*list)[0] : nullptr;
}

/* { path = "..." } */
const toml::node *path_of_table(const toml::node &node)
{
	const auto *table = node.as_table();

	return table ? table->get("path") : nullptr;
}

void read_path(reader &r, const value &v)
{
	axvm_pass_through_device device = {};

	if (!read_name(r, v, device.name))
		return;
	if (device.name[0] != '/')
		fail(r, v, "not a path in the device tree: it begins with \"/\"");
	r.file.pass_through.push_back(device);
}

void key_pass_through(reader &r, const value &v, void *)
{
	for_each(r, v, [&](const value &entry) {
		const toml::node *path = path_of_list(entry.node);

		if (!path)
			path = path_of_table(entry.node);
		if (path)
			read_path(r, { *path, entry.path });
		else
			read_record(r, entry, pass_through_fields, axvm_pass_through_device{},
				    r.file.pass_through);
	});
}

void key_addresses(reader &r, const value &v, void *)
{
	for_each(r, v, [&](const value &entry) {
		read_record(r, entry, address_fields, axvm_pass_through_device{}, r.file.addresses);
	});
}

/* Devices of the host that stay with the host: without a device given by its path, all do. */
void key_excluded(reader &r, const value &v, void *)
{
	for_each(r, v, [](const value &) {});
}

/* The machine's own devices have no address here, and are there anyway. */
void key_virtual(reader &r, const value &v, void *)
{
	static const std::vector<std::string> models = { "pl011", "pl031", "arm-pl011",
							 "arm-pl031" };

	for_each(r, v, [&](const value &entry) {
		const auto *table = entry.node.as_table();
		const toml::node *id = table ? table->get("id") : nullptr;
		const toml::node *model = table ? table->get("model") : nullptr;

		if (!id || !model) {
			fail(r, entry, "must be a table with \"id\" and \"model\"");
			return;
		}
		const char *name = read_text(r, { *model, entry.path + ".model" });

		read_text(r, { *id, entry.path + ".id" });
		if (name && std::find(models.begin(), models.end(), name) == models.end())
			fail(r, { *model, entry.path + ".model" },
			     "no device model " + quoted(name) + ": there are pl011 and pl031");
	});
}

#define TARGET(member) offsetof(axvm_crate_config, member), nullptr
#define NO_TARGET      0

const key keys[] = {
	{ "base", "id", key_number, TARGET(base.id) },
	{ "base", "name", key_text, TARGET(base.name) },
	{ "base", "vm_type", key_number, TARGET(base.vm_type) },
	{ "base", "cpu_num", key_number, TARGET(base.cpu_num) },
	{ "base", "phys_cpu_ids", key_cpu_ids, NO_TARGET, nullptr },
	{ "base", "phys_cpu_sets", key_cpu_sets, NO_TARGET, nullptr },
	{ "kernel", "entry_point", key_number, TARGET(kernel.entry_point) },
	{ "kernel", "image_location", key_text, TARGET(kernel.image_location) },
	{ "kernel", "kernel_path", key_text, TARGET(kernel.kernel_path) },
	{ "kernel", "kernel_load_addr", key_number, TARGET(kernel.kernel_load_addr) },
	{ "kernel", "dtb_path", key_text, TARGET(kernel.dtb_path) },
	{ "kernel", "dtb_load_addr", key_number, TARGET(kernel.dtb_load_addr) },
	{ "kernel", "ramdisk_path", key_text, TARGET(kernel.ramdisk_path) },
	{ "kernel", "ramdisk_load_addr", key_number, TARGET(kernel.ramdisk_load_addr) },
	{ "kernel", "bios_path", key_text, TARGET(kernel.bios_path) },
	{ "kernel", "bios_load_addr", key_number, TARGET(kernel.bios_load_addr) },
	{ "kernel", "cmdline", key_text, TARGET(kernel.cmdline) },
	{ "kernel", "disk_path", key_text, TARGET(kernel.disk_path) },
	{ "kernel", "memory", key_size, TARGET(kernel.memory) },
	{ "kernel", "memory_regions", key_regions, NO_TARGET, &region_fields },
	{ "devices", "interrupt_mode", key_text, TARGET(devices.interrupt_mode) },
	{ "devices", "emu_devices", key_emu_devices, NO_TARGET, &emu_device_fields },
	{ "devices", "passthrough_devices", key_pass_through, NO_TARGET, &pass_through_fields },
	{ "devices", "passthrough", key_pass_through, NO_TARGET, &pass_through_fields },
	{ "devices", "passthrough_addresses", key_addresses, NO_TARGET, &address_fields },
	{ "devices", "excluded_devices", key_excluded, NO_TARGET, nullptr },
	{ "devices", "disabled", key_excluded, NO_TARGET, nullptr },
	{ "devices", "virtual", key_virtual, NO_TARGET, nullptr },
};

const std::vector<std::string> tables = { "base", "kernel", "devices" };

const key *find_key(std::string_view table, std::string_view name)
{
	for (const key &k : keys) {
		if (k.table == table && k.name == name)
			return &k;
	}
	return nullptr;
}

void unknown_in_table(reader &r, const toml::key &key, const std::string &table)
{
	std::vector<std::string> known;

	for (const auto &k : keys) {
		if (k.name == key.str()) {
			fail_at(r, key.source().begin,
				quoted(key.str()) + " belongs into [" + k.table + "], not into [" +
					table + "]");
			return;
		}
		if (k.table == table)
			known.push_back(k.name);
	}
	unknown_key(r, key, "[" + table + "]", known);
}

void read_table(reader &r, const std::string &name, const toml::table &table)
{
	for (auto &&[k, node] : table) {
		const key *known = find_key(name, k.str());
		char *crate = reinterpret_cast<char *>(&r.file.crate);

		if (known)
			known->read(r, { node, name + "." + known->name }, crate + known->offset);
		else
			unknown_in_table(r, k, name);
	}
}

void read_root(reader &r)
{
	for (auto &&[k, node] : r.file.root) {
		std::string name(k.str());

		if (std::find(tables.begin(), tables.end(), name) == tables.end())
			unknown_key(r, k, "", tables);
		else if (!node.is_table())
			wrong_type(r, { node, name }, "a table: [" + name + "]");
		else
			read_table(r, name, *node.as_table());
	}
}

/* The lists are complete now, so that their storage stays where it is. */
void link_lists(axvm_toml &file)
{
	axvm_crate_config &c = file.crate;

	c.base.phys_cpu_ids = file.cpu_ids.data();
	c.base.phys_cpu_id_num = file.cpu_ids.size();
	c.base.phys_cpu_sets = file.cpu_sets.data();
	c.base.phys_cpu_set_num = file.cpu_sets.size();
	c.kernel.memory_regions = file.regions.data();
	c.kernel.memory_region_num = file.regions.size();
	c.devices.emu_devices = file.emu_devices.data();
	c.devices.emu_device_num = file.emu_devices.size();
	c.devices.passthrough_devices = file.pass_through.data();
	c.devices.passthrough_device_num = file.pass_through.size();
	c.devices.passthrough_addresses = file.addresses.data();
	c.devices.passthrough_address_num = file.addresses.size();
}

/* In the file's order: a table's keys come sorted by name. */
void report_all(reader &r, axvm_toml_report *report, void *ctx)
{
	std::stable_sort(r.findings.begin(), r.findings.end(),
			 [](const finding &a, const finding &b) { return a.at < b.at; });
	for (const finding &f : r.findings)
		report(ctx, f.at.line ? f.at.line : 1, f.at.column ? f.at.column : 1,
		       f.text.c_str());
}

/* ---- Places ---- */

/* One step of a field's path: a name, or an index in brackets. */
struct step {
	std::string name;
	size_t index = 0;
	bool is_index = false;
};

std::vector<step> split(std::string_view path)
{
	std::vector<step> steps;

	while (!path.empty()) {
		step s;

		if (path[0] == '.' || path[0] == ']') {
			path.remove_prefix(1);
			continue;
		}
		s.is_index = path[0] == '[';
		if (s.is_index)
			path.remove_prefix(1);
		s.name = path.substr(0, path.find_first_of(".[]"));
		path.remove_prefix(s.name.size());
		if (s.is_index)
			s.index = std::strtoul(s.name.c_str(), nullptr, 10);
		steps.push_back(s);
	}
	return steps;
}

/* The position of a named field in a list of positions. */
step to_position(const step &s, const std::vector<field> *fields)
{
	step position = s;

	for (size_t i = 0; fields && i < fields->size(); i++) {
		if (s.name == (*fields)[i].name) {
			position.index = i;
			position.is_index = true;
		}
	}
	return position;
}

const toml::node *follow(const toml::node *node, const step &s, const std::vector<field> *fields)
{
	if (const auto *table = node->as_table())
		return s.is_index ? nullptr : table->get(s.name);
	if (const auto *list = node->as_array()) {
		step position = to_position(s, fields);

		return position.is_index ? list->get(position.index) : nullptr;
	}
	return nullptr;
}

/* The deepest node on the way to a field. */
const toml::node *locate(const toml::table &root, const std::vector<step> &steps, bool &found)
{
	const std::vector<field> *fields = nullptr;
	const toml::node *node = &root;

	if (steps.size() > 1) {
		const key *k = find_key(steps[0].name, steps[1].name);

		fields = k ? k->fields : nullptr;
	}
	for (const step &s : steps) {
		const toml::node *next = follow(node, s, fields);

		found = next != nullptr;
		if (!next)
			break;
		node = next;
	}
	return node;
}

/* Fields that the file may spell in another way. */
std::vector<step> other_spelling(const axvm_toml &file, std::vector<step> steps)
{
	if (steps.size() < 2)
		return steps;
	if (steps[1].name == "memory_regions")
		return { steps[0], split("memory")[0] };
	if (steps[1].name == "passthrough_devices" && steps.size() > 2) {
		size_t num = file.pass_through.size();
		bool address = steps[2].index >= num;

		steps[1].name = address ? "passthrough_addresses" : "passthrough";
		steps[2].index -= address ? num : 0;
	}
	return steps;
}

} // namespace

extern "C" bool axvm_parse_size(const char *text, uint64_t *size)
{
	return parse_size(text, *size);
}

extern "C" struct axvm_toml *axvm_toml_parse(const char *text, size_t size,
					     axvm_toml_report *report, void *ctx)
{
	toml::parse_result result = toml::parse(std::string_view(text, size));
	auto *file = new (std::nothrow) axvm_toml;

	if (!file)
		return nullptr;

	reader r = { *file, {} };

	if (result) {
		file->root = std::move(result).table();
		read_root(r);
		link_lists(*file);
	} else {
		fail_at(r, result.error().source().begin,
			"not TOML: " + std::string(result.error().description()));
	}
	report_all(r, report, ctx);
	if (!r.findings.empty()) {
		delete file;
		return nullptr;
	}
	return file;
}

extern "C" void axvm_toml_free(struct axvm_toml *toml)
{
	delete toml;
}

extern "C" const struct axvm_crate_config *axvm_toml_crate(const struct axvm_toml *toml)
{
	return &toml->crate;
}

extern "C" bool axvm_toml_place(const struct axvm_toml *toml, const char *field_path,
				unsigned *line, unsigned *column)
{
	std::vector<step> steps = split(field_path);
	bool found = false;
	const toml::node *node = locate(toml->root, steps, found);

	if (!found) {
		const toml::node *other = locate(toml->root, other_spelling(*toml, steps), found);

		node = found ? other : node;
	}
	*line = node->source().begin.line ? node->source().begin.line : 1;
	*column = node->source().begin.column ? node->source().begin.column : 1;
	return found;
}
