/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM file may say, for programs and for people, from the table that the parser reads by. */
#include "config_toml.h"

#include "config_keys.hpp"

#include <cstring>
#include <sstream>

using namespace config;

namespace
{

/* ---- JSON Schema (draft 2020-12) ---- */

toml::table schema_of(const field &f);

toml::table type_of(const char *type)
{
	return toml::table{ { "type", type } };
}

toml::table any_of(toml::array choices)
{
	return toml::table{ { "anyOf", std::move(choices) } };
}

toml::table integer(uint64_t min, uint64_t max)
{
	return toml::table{ { "type", "integer" },
			    { "minimum", static_cast<int64_t>(min) },
			    { "maximum", static_cast<int64_t>(max) } };
}

toml::table pattern(const std::string &expression)
{
	return toml::table{ { "type", "string" }, { "pattern", expression } };
}

/* No NUL, and a length that counts the one behind it. */
toml::table text(uint64_t size)
{
	toml::table schema = pattern("^[^\\u0000]*$");

	if (size < INT64_MAX)
		schema.insert("maxLength", static_cast<int64_t>(size - 1));
	return schema;
}

toml::table one_of_names(const std::vector<name_value> &names)
{
	toml::array list;

	for (const name_value &name : names)
		list.push_back(name.name);
	return toml::table{ { "enum", std::move(list) } };
}

toml::table name_or_value(const std::vector<name_value> &names)
{
	toml::array list;

	for (const name_value &name : names) {
		list.push_back(name.name);
		list.push_back(static_cast<int64_t>(name.value));
	}
	return toml::table{ { "enum", std::move(list) } };
}

toml::table letters_or_number(const field &f)
{
	std::string letters;

	for (const name_value &letter : *f.names)
		letters += letter.name;
	return any_of(toml::array{ integer(0, f.max), pattern("^[" + letters + "]*$") });
}

toml::table list_of(toml::table items, size_t most)
{
	toml::table schema = type_of("array");

	schema.insert("items", std::move(items));
	if (most)
		schema.insert("maxItems", static_cast<int64_t>(most));
	return schema;
}

toml::table table_schema(const std::vector<field> &fields, bool open)
{
	toml::table properties, schema = type_of("object");
	toml::array required;

	for (const field &f : fields) {
		properties.insert(f.name, schema_of(f));
		if (!f.fallback)
			required.push_back(f.name);
	}
	schema.insert("properties", std::move(properties));
	if (!required.empty())
		schema.insert("required", std::move(required));
	if (!open)
		schema.insert("additionalProperties", false);
	return schema;
}

toml::table positions_schema(const std::vector<field> &fields)
{
	toml::table schema = type_of("array");
	toml::array items;
	int64_t least = 0;

	for (const field &f : fields) {
		items.push_back(schema_of(f));
		least += !f.fallback;
	}
	schema.insert("prefixItems", std::move(items));
	schema.insert("items", false);
	schema.insert("minItems", least);
	return schema;
}

toml::table device_path()
{
	toml::table schema = text(DEVICE_PATH_MAX);

	schema.insert_or_assign("pattern", "^/[^\\u0000]*$");
	return schema;
}

toml::table path_in_list()
{
	toml::table schema = list_of(device_path(), 1);

	schema.insert("minItems", 1);
	return schema;
}

toml::table path_in_table()
{
	toml::table schema = type_of("object");

	schema.insert("properties", toml::table{ { "path", device_path() } });
	schema.insert("required", toml::array{ "path" });
	schema.insert("additionalProperties", false);
	return schema;
}

toml::table records_schema(const field &f)
{
	toml::array shapes;

	if (f.shapes & SHAPE_NAMED)
		shapes.push_back(table_schema(*f.fields, f.shapes & SHAPE_OPEN));
	if (f.shapes & SHAPE_POSITIONS)
		shapes.push_back(positions_schema(*f.fields));
	if (f.shapes & SHAPE_PATH) {
		shapes.push_back(path_in_list());
		shapes.push_back(path_in_table());
	}
	return list_of(any_of(std::move(shapes)), f.most);
}

toml::table value_schema(const field &f)
{
	switch (f.type) {
	case kind::opt_number:
	case kind::u64:
	case kind::u32:
		return integer(f.min, f.max);
	case kind::opt_size:
	case kind::size:
		return any_of(
			toml::array{ integer(0, INT64_MAX), pattern("^[0-9]+([KMGT](i?B)?)?$") });
	case kind::flags:
		return letters_or_number(f);
	case kind::opt_named:
	case kind::named:
		return name_or_value(*f.names);
	case kind::model:
	case kind::choice:
		return one_of_names(*f.names);
	case kind::text:
		return text(f.max);
	case kind::name:
		return text(AXVM_NAME_MAX);
	case kind::boolean:
		return type_of("boolean");
	case kind::table:
		return table_schema(*f.fields, false);
	case kind::numbers:
		return list_of(integer(f.min, f.max), f.most);
	case kind::records:
		return records_schema(f);
	case kind::paths:
		return list_of(any_of(toml::array{ text(DEVICE_PATH_MAX), path_in_list(),
						   path_in_table() }),
			       0);
	}
	return {};
}

/* A default that is a value is a TOML value; others are told in words. */
bool add_default(toml::table &schema, const char *fallback)
{
	toml::parse_result parsed = toml::parse("x = " + std::string(fallback));

	if (!parsed)
		return false;
	schema.insert("default", *parsed.table().get("x"));
	return true;
}

toml::table schema_of(const field &f)
{
	toml::table schema = value_schema(f);
	std::string help = f.help;

	if (f.fallback && !add_default(schema, f.fallback))
		help += "; default: " + std::string(f.fallback);
	schema.insert("title", f.name);
	schema.insert("description", help);
	return schema;
}

/* ---- Tables in Markdown ---- */

std::string hexadecimal(uint64_t value)
{
	std::ostringstream out;

	out << "0x" << std::hex << value;
	return out.str();
}

/* The largest that TOML can say needs no mention. */
std::string range_text(const field &f)
{
	std::string most = f.max > 0xffff ? hexadecimal(f.max) : std::to_string(f.max);

	return f.max == INT64_MAX ? "number" : "number, " + std::to_string(f.min) + " to " + most;
}

std::string names_text(const std::vector<name_value> &names, bool numbers)
{
	std::string text;

	for (const name_value &name : names) {
		text += (text.empty() ? "" : ", ") + ("`\"" + std::string(name.name) + "\"`");
		if (numbers)
			text += " (" + hexadecimal(name.value) + ")";
	}
	return text;
}

std::string letters_text(const field &f)
{
	std::string text = "letters or their sum: ";

	for (const name_value &letter : *f.names)
		text += (&letter == &f.names->front() ? "`" : ", `") + std::string(letter.name) +
			"` " + letter.help + " (" + hexadecimal(letter.value) + ")";
	return text;
}

std::string bytes_text(uint64_t size)
{
	return size < INT64_MAX ? "string, at most " + std::to_string(size - 1) + " bytes" :
				  "string";
}

std::string records_text(const field &f)
{
	return "list of entries, see below" + (f.most ? ", at most " + std::to_string(f.most) : "");
}

std::string type_text(const field &f)
{
	switch (f.type) {
	case kind::opt_number:
	case kind::u64:
	case kind::u32:
		return range_text(f);
	case kind::opt_size:
	case kind::size:
		return "size";
	case kind::flags:
		return letters_text(f);
	case kind::opt_named:
	case kind::named:
		return names_text(*f.names, true);
	case kind::model:
	case kind::choice:
		return names_text(*f.names, false);
	case kind::text:
		return bytes_text(f.max);
	case kind::name:
		return bytes_text(AXVM_NAME_MAX);
	case kind::boolean:
		return "boolean";
	case kind::table:
		return "table";
	case kind::numbers:
		return "list of numbers, at most " + std::to_string(f.most);
	case kind::records:
		return records_text(f);
	case kind::paths:
		return "list of paths in the board's device tree";
	}
	return "";
}

/* A value stands in code quotes, words do not. */
std::string default_text(const field &f)
{
	toml::table ignored;

	if (!f.fallback)
		return "**needed**";
	return add_default(ignored, f.fallback) ? "`" + std::string(f.fallback) + "`" : f.fallback;
}

void write_rows(std::ostream &out, const std::vector<field> &fields)
{
	out << "| Key | Value | Default | Meaning |\n|---|---|---|---|\n";
	for (const field &f : fields)
		out << "| `" << f.name << "` | " << type_text(f) << " | " << default_text(f)
		    << " | " << f.help << " |\n";
}

std::string positions_text(const field &f)
{
	std::string text;

	for (const field &k : *f.fields)
		text += (text.empty() ? "" : ", ") + std::string(k.name);
	return "`[" + text + "]`";
}

void write_shapes(std::ostream &out, const field &f)
{
	out << "Each entry is a table with these keys";
	if (f.shapes & SHAPE_POSITIONS)
		out << ", or the list " << positions_text(f) << " of which the end may be left out";
	if (f.shapes & SHAPE_PATH)
		out << ", or a path in the board's device tree: `[\"/path\"]` or "
		       "`{ path = \"/path\" }`";
	out << ".\n\n";
}

/* The other name of an earlier key has the same fields. */
bool is_alias(const std::vector<field> &fields, const field &f)
{
	const field *k = fields.data();

	while (k != &f && k->fields != f.fields)
		k++;
	return k != &f;
}

void write_records(std::ostream &out, const std::string &path, const std::vector<field> &fields)
{
	for (const field &f : fields) {
		std::string whole = path + "." + f.name;

		if (f.type != kind::records || is_alias(fields, f))
			continue;
		out << "\n### `" << whole << "`\n\n";
		write_shapes(out, f);
		write_rows(out, *f.fields);
		write_records(out, whole, *f.fields);
	}
}

void write_table(std::ostream &out, const field &f)
{
	out << "## `[" << f.name << "]`: " << f.help << "\n\n";
	write_rows(out, *f.fields);
	write_records(out, f.name, *f.fields);
	out << "\n";
}

char *copy_of(const std::string &text)
{
	return strdup(text.c_str());
}

} // namespace

extern "C" char *axvm_toml_schema(void)
{
	toml::table schema = table_schema(file_fields, false);
	std::ostringstream out;

	schema.insert("$schema", "https://json-schema.org/draft/2020-12/schema");
	schema.insert("title", "AxVM VM file");
	schema.insert("description", "The configuration of one virtual machine, in TOML");
	out << toml::json_formatter{ schema } << "\n";
	return copy_of(out.str());
}

extern "C" char *axvm_toml_reference(void)
{
	std::ostringstream out;

	for (const field &f : file_fields)
		write_table(out, f);
	return copy_of(out.str());
}
