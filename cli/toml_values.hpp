/* SPDX-License-Identifier: Apache-2.0 */
/* Single values of a VM file, and what is wrong with them. */
#ifndef TOML_VALUES_HPP
#define TOML_VALUES_HPP

#include "toml.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct axvm_toml;

namespace config
{

struct finding {
	toml::source_position at;
	std::string text;
};

struct reader {
	axvm_toml &file;
	std::vector<finding> findings;
};

/* A value and the path that leads to it, for messages. */
struct value {
	const toml::node &node;
	std::string path;
};

/* A name for a number; help says what it means when the name does not. */
struct name_value {
	const char *name;
	uint32_t value;
	const char *help;
};

void fail_at(reader &r, const toml::source_position &at, const std::string &text);
void fail(reader &r, const value &v, const std::string &what);
void wrong_type(reader &r, const value &v, const std::string &wanted);
/* A key that is none of `known`: names the one that is most like it. table: "" for the file itself.
 */
void unknown_key(reader &r, const toml::key &key, const std::string &table,
		 const std::vector<std::string> &known);

std::string quoted(std::string_view s);

/* How many letters have to change to make one name of the other. */
size_t distance(std::string_view a, std::string_view b);

/* Each returns false, or NULL, when it has reported an error. */
bool read_number(reader &r, const value &v, uint64_t min, uint64_t max, uint64_t &out);
bool read_size(reader &r, const value &v, uint64_t &out);
bool read_boolean(reader &r, const value &v, uint32_t &out);
/* One of the names. */
bool find_name(reader &r, const value &v, const std::vector<name_value> &names, uint32_t &out);
/* One of the names, or a number below 2^32. */
bool read_named(reader &r, const value &v, const std::vector<name_value> &names, uint32_t &out);
/* Names that are single letters, in one string; or a number below 2^32. */
bool read_flags(reader &r, const value &v, const std::vector<name_value> &letters, uint32_t &out);
/* The string's own bytes, which live as long as the file; it may not hold a NUL. */
const char *read_text(reader &r, const value &v);

/* "512M"; reports nothing. */
bool parse_size(std::string_view text, uint64_t &out);

} // namespace config

#endif
