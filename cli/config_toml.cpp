/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a VM file by the table of its keys, and finding a field's place in it. */
#include "config_toml.h"

#include "config_keys.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

using namespace config;

namespace
{

/* ---- Values ---- */

bool read_value(reader &r, const value &v, const field &f, void *record);

std::string fields_text(const std::vector<field> &fields)
{
	std::string text;

	for (const field &f : fields)
		text += (text.empty() ? "" : ", ") + std::string(f.name);
	return text;
}

std::string join(const std::string &path, std::string_view name)
{
	return path.empty() ? std::string(name) : path + "." + std::string(name);
}

template <typename N> bool store(bool ok, N number, void *at)
{
	if (ok)
		std::memcpy(at, &number, sizeof(number));
	return ok;
}

bool read_short_text(reader &r, const value &v, size_t size, const char *&out)
{
	out = read_text(r, v);
	if (!out || std::strlen(out) < size)
		return out != nullptr;
	fail(r, v, "too long: at most " + std::to_string(size - 1) + " bytes");
	return false;
}

bool read_name(reader &r, const value &v, char *out)
{
	const char *text;

	if (!read_short_text(r, v, AXVM_NAME_MAX, text))
		return false;
	std::memcpy(out, text, std::strlen(text) + 1);
	return true;
}

template <typename F> bool for_each(reader &r, const value &v, const field &f, F &&entry)
{
	const auto *list = v.node.as_array();
	bool ok = true;
	size_t i = 0;

	if (!list) {
		wrong_type(r, v, f.type == kind::numbers ? "a list of numbers" : "a list");
		return false;
	}
	if (f.most && list->size() > f.most) {
		fail(r, v, "at most " + std::to_string(f.most) + " entries");
		return false;
	}
	for (const toml::node &node : *list)
		ok = entry(value{ node, v.path + "[" + std::to_string(i++) + "]" }) && ok;
	return ok;
}

bool read_numbers(reader &r, const value &v, const field &f, void *owner)
{
	return for_each(r, v, f, [&](const value &entry) {
		void *at = f.append(r.file, owner);
		uint64_t number = 0;

		return at && store(read_number(r, entry, f.min, f.max, number), number, at);
	});
}

/* ---- Records: lists of positions, or tables of named fields ---- */

bool read_positions(reader &r, const value &v, const toml::array &list, const field &f,
		    void *record)
{
	const std::vector<field> &fields = *f.fields;
	size_t least = static_cast<size_t>(std::count_if(
		fields.begin(), fields.end(), [](const field &p) { return !p.fallback; }));
	bool ok = true;

	if (list.size() < least || list.size() > fields.size()) {
		fail(r, v,
		     "has " + std::to_string(list.size()) + " entries instead of [" +
			     fields_text(fields) + "]");
		return false;
	}
	for (size_t i = 0; i < list.size(); i++)
		ok = read_value(r, { list[i], join(v.path, fields[i].name) }, fields[i], record) &&
		     ok;
	return ok;
}

/* A key of another table of the file is named with that table. */
void unknown_field(reader &r, const toml::key &key, const value &v, const field &f)
{
	std::vector<std::string> known;

	for (const field &table : file_fields) {
		if (f.type != kind::table || &table == &f || !find_field(*table.fields, key.str()))
			continue;
		fail_at(r, key.source().begin,
			quoted(key.str()) + " belongs into [" + table.name + "], not into [" +
				v.path + "]");
		return;
	}
	for (const field &k : *f.fields)
		known.push_back(k.name);
	unknown_key(r, key, f.type == kind::table && !v.path.empty() ? "[" + v.path + "]" : v.path,
		    known);
}

/* In the table's order, so that findings come in the order in which the keys are documented. */
bool read_fields(reader &r, const value &v, const toml::table &table, const field &f, void *record)
{
	bool ok = true;

	for (const field &k : *f.fields) {
		const toml::node *node = table.get(k.name);

		if (!node && !k.fallback)
			fail(r, v, "needs " + quoted(k.name));
		ok = ok && (node || k.fallback);
		if (node)
			ok = read_value(r, { *node, join(v.path, k.name) }, k, record) && ok;
	}
	for (auto &&[key, node] : table) {
		if (!(f.shapes & SHAPE_OPEN) && !find_field(*f.fields, key.str()))
			unknown_field(r, key, v, f);
	}
	return ok;
}

/* ["/path/in/the/host/device/tree"], or { path = "..." }, which has no other key */
const toml::node *path_of(reader &r, const value &v)
{
	const auto *list = v.node.as_array();
	const auto *table = v.node.as_table();
	const toml::node *path = table ? table->get("path") : nullptr;

	if (list)
		return list->size() == 1 && (*list)[0].is_string() ? &(*list)[0] : nullptr;
	if (!path)
		return nullptr;
	for (auto &&[key, node] : *table) {
		if (&node != path)
			unknown_key(r, key, v.path, { "path" });
	}
	return path;
}

void add_path(reader &r, const value &v, const char *path, size_t device)
{
	axvm_toml &file = r.file;

	file.path_fields.push_back(v.path);
	file.paths.push_back({ path, file.path_fields.back().c_str(), device });
}

/* The device that was appended last; its name says what it is until the path is looked up. */
bool read_path(reader &r, const value &v, char *name)
{
	const char *path;

	if (!read_short_text(r, v, DEVICE_PATH_MAX, path))
		return false;
	if (path[0] != '/')
		fail(r, v, "not a path in the device tree: it begins with \"/\"");
	std::string_view(path).copy(name, AXVM_NAME_MAX - 1);
	add_path(r, v, path, r.file.pass_through.size() - 1);
	return path[0] == '/';
}

std::string shapes_text(const field &f)
{
	std::string names = fields_text(*f.fields);

	if (!(f.shapes & SHAPE_POSITIONS))
		return "a table with the keys " + names;
	return "[" + names + "], or a table with these keys";
}

bool read_record(reader &r, const value &v, const field &f, void *record)
{
	const auto *list = f.shapes & SHAPE_POSITIONS ? v.node.as_array() : nullptr;
	const auto *table = v.node.as_table();
	const toml::node *path = f.shapes & SHAPE_PATH ? path_of(r, v) : nullptr;
	const field *name = find_field(*f.fields, "name");

	if (path && name)
		return read_path(r, { *path, v.path }, static_cast<char *>(record) + name->offset);
	if (list)
		return read_positions(r, v, *list, f, record);
	if (table)
		return read_fields(r, v, *table, f, record);
	wrong_type(r, v, shapes_text(f));
	return false;
}

bool read_records(reader &r, const value &v, const field &f, void *owner)
{
	return for_each(r, v, f, [&](const value &entry) {
		void *record = f.append(r.file, owner);

		return record && read_record(r, entry, f, record);
	});
}

/* Also a mere string. */
bool read_paths(reader &r, const value &v, const field &f)
{
	return for_each(r, v, f, [&](const value &entry) {
		const toml::node *node = path_of(r, entry);
		const value text = { node ? *node : entry.node, entry.path };
		const char *path;

		if (!read_short_text(r, text, DEVICE_PATH_MAX, path))
			return false;
		add_path(r, text, path, AXVM_TOML_EXCLUDED);
		return true;
	});
}

bool read_table(reader &r, const value &v, const field &f, void *record)
{
	const auto *table = v.node.as_table();

	if (!table)
		wrong_type(r, v, "a table: [" + v.path + "]");
	return table && read_fields(r, v, *table, f, record);
}

bool read_choice(reader &r, const value &v, const field &f, const char *&out)
{
	uint32_t ignored;

	out = read_text(r, v);
	return out && find_name(r, v, *f.names, ignored);
}

bool read_value(reader &r, const value &v, const field &f, void *record)
{
	char *at = static_cast<char *>(record) + f.offset;
	const char *text = nullptr;
	uint64_t number = 0;
	uint32_t word = 0;
	bool ok;

	switch (f.type) {
	case kind::opt_number:
		ok = read_number(r, v, f.min, f.max, number);
		return store(ok, axvm_some(number), at);
	case kind::u64:
		ok = read_number(r, v, f.min, f.max, number);
		return store(ok, number, at);
	case kind::u32:
		ok = read_number(r, v, f.min, f.max, number);
		return store(ok, static_cast<uint32_t>(number), at);
	case kind::opt_size:
		ok = read_size(r, v, number);
		return store(ok, axvm_some(number), at);
	case kind::size:
		ok = read_size(r, v, number);
		return store(ok, number, at);
	case kind::flags:
		ok = read_flags(r, v, *f.names, word);
		return store(ok, word, at);
	case kind::opt_named:
		ok = read_named(r, v, *f.names, word);
		return store(ok, axvm_some(word), at);
	case kind::named:
		ok = read_named(r, v, *f.names, word);
		return store(ok, word, at);
	case kind::model:
		ok = find_name(r, v, *f.names, word);
		return store(ok, word, at);
	case kind::choice:
		ok = read_choice(r, v, f, text);
		return store(ok, text, at);
	case kind::text:
		ok = read_short_text(r, v, f.max, text);
		return store(ok, text, at);
	case kind::name:
		return read_name(r, v, at);
	case kind::boolean:
		ok = read_boolean(r, v, word);
		return store(ok, word, at);
	case kind::table:
		return read_table(r, v, f, record);
	case kind::numbers:
		return read_numbers(r, v, f, record);
	case kind::records:
		return read_records(r, v, f, record);
	case kind::paths:
		return read_paths(r, v, f);
	}
	return false;
}

/* ---- The file ---- */

/* A list that is there, but empty, is not the same as none. */
void note_empty_lists(reader &r)
{
	const toml::node *regions = r.file.root.at_path("kernel.memory_regions").node();
	const toml::node *devices = r.file.root.at_path("devices.emu_devices").node();

	r.file.crate.devices.emu_devices_set = devices != nullptr;
	if (regions && regions->is_array() && regions->as_array()->empty())
		fail(r, { *regions, "kernel.memory_regions" }, "the list is empty: a VM needs RAM");
}

void read_root(reader &r)
{
	const field file = { .name = "", .type = kind::table, .help = "", .fields = &file_fields };

	read_fields(r, { r.file.root, "" }, r.file.root, file, &r.file.crate);
	note_empty_lists(r);
}

/* The lists are complete now, so that their storage stays where it is. */
void link_lists(axvm_toml &file)
{
	axvm_crate_config &c = file.crate;

	for (const virtual_device &device : file.virtual_devices)
		file.virtual_list.push_back(model_of(device.model));
	c.base.phys_cpu_ids = file.cpu_ids.data();
	c.base.phys_cpu_id_num = file.cpu_ids.size();
	c.base.phys_cpu_sets = file.cpu_sets.data();
	c.base.phys_cpu_set_num = file.cpu_sets.size();
	c.kernel.memory_regions = file.regions.data();
	c.kernel.memory_region_num = file.regions.size();
	c.devices.emu_devices = file.emu_devices.data();
	c.devices.emu_device_num = file.emu_devices.size();
	c.devices.virtual_devices = file.virtual_list.data();
	c.devices.virtual_device_num = file.virtual_list.size();
	c.devices.passthrough_devices = file.pass_through.data();
	c.devices.passthrough_device_num = file.pass_through.size();
	c.devices.passthrough_addresses = file.addresses.data();
	c.devices.passthrough_address_num = file.addresses.size();
	c.devices.ivc_channels = file.channels.data();
	c.devices.ivc_channel_num = file.channels.size();
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

/* One step on from `node`; a named field may be a position in a list. */
const toml::node *follow(const toml::node *node, const step &s, const std::vector<field> *fields)
{
	const auto *table = node->as_table();
	const auto *list = node->as_array();

	if (table)
		return s.is_index ? nullptr : table->get(s.name);
	if (!list || s.is_index)
		return list ? list->get(s.index) : nullptr;
	for (size_t i = 0; fields && i < fields->size(); i++) {
		if (s.name == (*fields)[i].name)
			return list->get(i);
	}
	return nullptr;
}

/* The deepest node on the way to a field. */
const toml::node *locate(const toml::table &root, const std::vector<step> &steps, bool &found)
{
	const std::vector<field> *fields = &file_fields;
	const toml::node *node = &root;

	found = !steps.empty();
	for (const step &s : steps) {
		const toml::node *next = follow(node, s, fields);
		const field *f = fields && !s.is_index ? find_field(*fields, s.name) : nullptr;

		found = next != nullptr;
		if (!next)
			break;
		node = next;
		if (!s.is_index)
			fields = f ? f->fields : nullptr;
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
		const auto *list = file.root.at_path("devices.passthrough_devices").as_array();
		size_t num = file.pass_through.size(), first = list ? list->size() : 0;
		bool address = steps[2].index >= num;

		steps[1].name = address ? "passthrough_addresses" : "passthrough";
		steps[2].index -= address ? num : std::min(first, steps[2].index);
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

extern "C" const struct axvm_toml_path *axvm_toml_paths(const struct axvm_toml *toml, size_t *num)
{
	*num = toml->paths.size();
	return toml->paths.data();
}

extern "C" size_t axvm_name_distance(const char *a, const char *b)
{
	return distance(a, b);
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
