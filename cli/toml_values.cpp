/* SPDX-License-Identifier: Apache-2.0 */
#include "toml_values.hpp"

#include <algorithm>

namespace config
{

void fail_at(reader &r, const toml::source_position &at, const std::string &text)
{
	r.findings.push_back({ at, text });
}

void fail(reader &r, const value &v, const std::string &what)
{
	fail_at(r, v.node.source().begin, v.path + ": " + what);
}

static const char *type_name(const toml::node &node)
{
	switch (node.type()) {
	case toml::node_type::table:
		return "a table";
	case toml::node_type::array:
		return "a list";
	case toml::node_type::string:
		return "a string";
	case toml::node_type::integer:
		return "a whole number";
	case toml::node_type::floating_point:
		return "a fraction";
	case toml::node_type::boolean:
		return "a boolean";
	default:
		return "a date or time";
	}
}

void wrong_type(reader &r, const value &v, const std::string &wanted)
{
	fail(r, v, "must be " + wanted + ", not " + type_name(v.node));
}

std::string quoted(std::string_view s)
{
	return "\"" + std::string(s) + "\"";
}

size_t distance(std::string_view a, std::string_view b)
{
	std::vector<size_t> row(b.size() + 1);

	for (size_t j = 0; j <= b.size(); j++)
		row[j] = j;
	for (size_t i = 1; i <= a.size(); i++) {
		size_t diagonal = row[0]++;

		for (size_t j = 1; j <= b.size(); j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = std::min({ change, row[j] + 1, row[j - 1] + 1 });
		}
	}
	return row[b.size()];
}

/* The name that is most like `name`, if one is. */
static std::string nearest(std::string_view name, const std::vector<std::string> &known)
{
	size_t best = std::max<size_t>(2, name.size() / 3) + 1;
	std::string found;

	for (const std::string &k : known) {
		size_t changes = distance(name, k);

		if (changes < best) {
			best = changes;
			found = k;
		}
	}
	return found;
}

void unknown_key(reader &r, const toml::key &key, const std::string &table,
		 const std::vector<std::string> &known)
{
	std::string like = nearest(key.str(), known);
	std::string text = "unknown key " + quoted(key.str()) +
			   (table.empty() ? "" : " in " + table);

	if (!like.empty()) {
		text += ": did you mean " + quoted(like) + "?";
	} else {
		text += "; known:";
		for (const std::string &k : known)
			text += " " + k;
	}
	fail_at(r, key.source().begin, text);
}

bool read_number(reader &r, const value &v, uint64_t min, uint64_t max, uint64_t &out)
{
	const auto *integer = v.node.as_integer();

	if (!integer) {
		wrong_type(r, v, "a whole number");
		return false;
	}
	if (integer->get() < 0) {
		fail(r, v, "must not be negative");
		return false;
	}
	if (static_cast<uint64_t>(integer->get()) < min ||
	    static_cast<uint64_t>(integer->get()) > max) {
		fail(r, v,
		     "out of range: must be " + std::to_string(min) + " to " + std::to_string(max));
		return false;
	}
	out = static_cast<uint64_t>(integer->get());
	return true;
}

const char *read_text(reader &r, const value &v)
{
	const auto *string = v.node.as_string();

	if (!string) {
		wrong_type(r, v, "a string");
		return nullptr;
	}
	if (string->get().find('\0') != std::string::npos) {
		fail(r, v, "must not contain a NUL character");
		return nullptr;
	}
	return string->get().c_str();
}

bool parse_size(std::string_view text, uint64_t &out)
{
	static constexpr std::string_view units = "KMGT";
	size_t digits = 0;
	uint64_t number = 0;
	unsigned shift = 0;

	for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; digits++) {
		if (number > (UINT64_MAX >> 4) / 10)
			return false;
		number = number * 10 + static_cast<uint64_t>(text[digits] - '0');
	}
	text.remove_prefix(digits);
	if (!text.empty() && units.find(text[0]) != units.npos) {
		shift = 10 * (static_cast<unsigned>(units.find(text[0])) + 1);
		text.remove_prefix(1);
		if (text == "iB" || text == "B")
			text = {};
	}
	out = number << shift;
	return digits && text.empty() && number <= (UINT64_MAX >> shift);
}

bool read_size(reader &r, const value &v, uint64_t &out)
{
	const auto *string = v.node.as_string();

	if (!string && !v.node.is_integer()) {
		wrong_type(r, v, "a number of bytes, or a string such as \"512M\"");
		return false;
	}
	if (!string)
		return read_number(r, v, 0, INT64_MAX, out);
	if (parse_size(string->get(), out))
		return true;
	fail(r, v, "not a size: write a number with K, M, G or T, such as \"512M\"");
	return false;
}

bool read_boolean(reader &r, const value &v, uint32_t &out)
{
	const auto *boolean = v.node.as_boolean();

	if (!boolean) {
		wrong_type(r, v, "true or false");
		return false;
	}
	out = boolean->get();
	return true;
}

/* "a", "b" or "c" */
static std::string list_names(const std::vector<name_value> &names)
{
	std::string text;

	for (size_t i = 0; i < names.size(); i++) {
		if (i)
			text += i + 1 == names.size() ? " or " : ", ";
		text += quoted(names[i].name);
	}
	return text;
}

bool find_name(reader &r, const value &v, const std::vector<name_value> &names, uint32_t &out)
{
	const char *text = read_text(r, v);

	for (const name_value &name : names) {
		if (text && std::string_view(text) == name.name) {
			out = name.value;
			return true;
		}
	}
	if (text)
		fail(r, v, quoted(text) + " is not known: must be " + list_names(names));
	return false;
}

bool read_named(reader &r, const value &v, const std::vector<name_value> &names, uint32_t &out)
{
	uint64_t number = 0;

	if (v.node.is_string())
		return find_name(r, v, names, out);
	if (!v.node.is_integer()) {
		wrong_type(r, v, list_names(names) + ", or a number");
		return false;
	}
	if (!read_number(r, v, 0, UINT32_MAX, number))
		return false;
	out = static_cast<uint32_t>(number);
	return true;
}

/* "rw" (read, write) */
static std::string list_letters(const std::vector<name_value> &letters)
{
	std::string text, help;

	for (const name_value &letter : letters) {
		text += letter.name;
		help += (help.empty() ? "" : ", ") + std::string(letter.help);
	}
	return quoted(text) + " (" + help + ")";
}

bool read_flags(reader &r, const value &v, const std::vector<name_value> &letters, uint32_t &out)
{
	const auto *string = v.node.as_string();

	if (!string)
		return read_named(r, v, letters, out);
	out = 0;
	for (char c : string->get()) {
		auto letter = std::find_if(letters.begin(), letters.end(),
					   [c](const name_value &l) { return l.name[0] == c; });
		if (letter == letters.end()) {
			fail(r, v,
			     "not flags: use letters of " + list_letters(letters) +
				     ", or a number");
			return false;
		}
		out |= letter->value;
	}
	return true;
}

} // namespace config
