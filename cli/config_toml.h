/* SPDX-License-Identifier: Apache-2.0 */
/* TOML files as struct axvm_crate_config. The library axvm-config, for tools, in C++ inside. */
#ifndef CONFIG_TOML_H
#define CONFIG_TOML_H

#include <axvm/config.h>

#ifdef __cplusplus
extern "C" {
#endif

struct axvm_toml;

/* A size as a file may say it: a number of bytes, or with K, M, G or T behind it, as "512M". */
bool axvm_parse_size(const char *text, uint64_t *size);

/* One finding: what is wrong at a line and column (from 1), and what would be right. */
typedef void axvm_toml_report(void *ctx, unsigned line, unsigned column, const char *text);

/*
 * Parses a file's text, both the classic and the short form. Everything that is wrong is reported.
 * Result: NULL when something was; to be freed with axvm_toml_free()
 */
struct axvm_toml *axvm_toml_parse(const char *text, size_t size, axvm_toml_report *report,
				  void *ctx);
void axvm_toml_free(struct axvm_toml *toml);

/* What the file says; belongs to toml. arch is 0: a file never says it. */
const struct axvm_crate_config *axvm_toml_crate(const struct axvm_toml *toml);

/* A device of the host that the file names by its path in the host's device tree. */
struct axvm_toml_path {
	const char *path;
	const char *field; /* where it stands, for axvm_toml_place() */
	size_t device;	   /* its number among passthrough_devices, or AXVM_TOML_EXCLUDED */
};

#define AXVM_TOML_EXCLUDED SIZE_MAX

/* All of them, in no special order; they belong to toml. A device has nothing but the path yet. */
const struct axvm_toml_path *axvm_toml_paths(const struct axvm_toml *toml, size_t *num);

/* How many letters have to change to make one name of the other. */
size_t axvm_name_distance(const char *a, const char *b);

/*
 * Where the field of a diagnostic, such as "kernel.memory_regions[1].size", stands in the file, or
 * the nearest thing around it. Result: whether the field itself is there.
 */
bool axvm_toml_place(const struct axvm_toml *toml, const char *field, unsigned *line,
		     unsigned *column);

/*
 * The format of VM files: as a JSON Schema (draft 2020-12), and as Markdown tables of all keys. To
 * be freed; NULL: no memory.
 */
char *axvm_toml_schema(void);
char *axvm_toml_reference(void);

#ifdef __cplusplus
}
#endif

#endif
