/* SPDX-License-Identifier: Apache-2.0 */
#include "passthrough.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_tree.h"

#define LIST "devices.passthrough_devices["

/* ---- Entries of the file ---- */

static const struct axvm_toml_path *path_of_device(const struct vm_file *file, size_t device)
{
	size_t num;
	const struct axvm_toml_path *paths = axvm_toml_paths(file->toml, &num);

	for (size_t i = 0; i < num; i++) {
		if (paths[i].device == device)
			return &paths[i];
	}
	return NULL;
}

static const struct axvm_toml_path *first_path(const struct vm_file *file)
{
	const struct axvm_toml_path *path = NULL;

	for (size_t i = 0; i < file->crate.devices.passthrough_device_num && !path; i++)
		path = path_of_device(file, i);
	return path;
}

bool passthrough_has_paths(const struct vm_file *file)
{
	return first_path(file) != NULL;
}

void passthrough_field(const struct vm_file *file, const char *field, char *out, size_t size)
{
	const struct passed_devices *passed = &file->passed;
	const struct axvm_toml_path *path;
	size_t n, entry;
	char *end;

	snprintf(out, size, "%s", field);
	if (!passed->resolved || strncmp(field, LIST, sizeof(LIST) - 1) != 0)
		return;
	n = strtoul(field + sizeof(LIST) - 1, &end, 10);
	/* Behind these are the devices of passthrough_addresses. */
	entry = n < passed->num ? passed->entries[n] : n - passed->num + passed->entry_num;
	path = path_of_device(file, entry);
	if (path)
		snprintf(out, size, "%s", path->field);
	else
		snprintf(out, size, LIST "%zu%s", entry, end);
}

/* ---- What stays with the host ---- */

/* The component of a path that begins at *path, which moves behind it. */
static size_t next_component(const char **path, const char **begin)
{
	size_t len;

	*begin = *path + strspn(*path, "/");
	len = strcspn(*begin, "/");
	*path = *begin + len;
	return len;
}

/* Equal, or one is the other without its unit address. */
static bool same_component(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t len = a_len < b_len ? a_len : b_len;

	if (memcmp(a, b, len) != 0)
		return false;
	return a_len == b_len || (a_len < b_len ? b : a)[len] == '@';
}

/* Whether a path leads to the node that another one leads to, or into it. */
static bool leads_into(const char *path, const char *other)
{
	const char *mine, *its;
	size_t len, other_len;

	for (;;) {
		other_len = next_component(&other, &its);
		if (!other_len)
			return true;
		len = next_component(&path, &mine);
		if (!len || !same_component(mine, len, its, other_len))
			return false;
	}
}

static const struct axvm_toml_path *find_excluded(const struct vm_file *file, const char *path)
{
	size_t num;
	const struct axvm_toml_path *paths = axvm_toml_paths(file->toml, &num);

	for (size_t i = 0; i < num; i++) {
		if (paths[i].device == AXVM_TOML_EXCLUDED && leads_into(path, paths[i].path))
			return &paths[i];
	}
	return NULL;
}

bool passthrough_contradicts(const struct vm_file *file)
{
	bool found = false;

	for (size_t i = 0; i < file->crate.devices.passthrough_device_num; i++) {
		const struct axvm_toml_path *path = path_of_device(file, i);

		found = found || (path && find_excluded(file, path->path));
	}
	return found;
}

static void warn_excluded(const struct vm_file *file, const struct buffer *tree)
{
	size_t num;
	const struct axvm_toml_path *paths = axvm_toml_paths(file->toml, &num);
	char why[HOST_TREE_TEXT];

	for (size_t i = 0; i < num; i++) {
		if (paths[i].device == AXVM_TOML_EXCLUDED &&
		    !host_tree_has(tree, paths[i].path, why))
			vm_file_say(file, paths[i].field, "warning", why);
	}
}

/* ---- Devices ---- */

static bool add(struct vm_file *file, const struct axvm_pass_through_device *device, size_t entry)
{
	struct passed_devices *passed = &file->passed;
	const struct axvm_toml_path *path = path_of_device(file, entry);
	size_t others = file->crate.devices.passthrough_address_num;
	char field[AXVM_DIAG_TEXT];

	if (passed->num + others < AXVM_MAX_PASS_THROUGH_DEVICES) {
		passed->list[passed->num] = *device;
		passed->entries[passed->num++] = entry;
		return true;
	}
	snprintf(field, sizeof(field), LIST "%zu]", entry);
	vm_file_error(file, path ? path->field : field,
		      "too many devices: a VM gets at most 32 ranges of addresses");
	return false;
}

/* "gpio@9030000"; the second one of several is "gpio@9030000-1". */
static void name_device(struct axvm_pass_through_device *device, const char *name, unsigned i)
{
	char index[16] = "";
	size_t room;

	if (i)
		snprintf(index, sizeof(index), "-%u", i);
	room = sizeof(device->name) - strlen(index) - 1;
	snprintf(device->name, sizeof(device->name), "%.*s%s", (int)room, name, index);
}

static bool add_found(struct vm_file *file, const struct host_device *found, size_t entry)
{
	for (unsigned i = 0; i < found->range_num; i++) {
		const struct bus_range *range = &found->ranges[i];
		struct axvm_pass_through_device device = {
			.base_gpa = range->base,
			.base_hpa = range->base,
			.length = range->size,
			.irq_id = i ? 0 : found->irq,
		};

		name_device(&device, found->name, i);
		if (!add(file, &device, entry))
			return false;
	}
	return true;
}

static bool add_path(struct vm_file *file, const struct axvm_toml_path *path,
		     const struct buffer *tree)
{
	const struct axvm_toml_path *excluded = find_excluded(file, path->path);
	struct host_device found;
	char why[HOST_TREE_TEXT];

	if (excluded) {
		snprintf(why, sizeof(why), "%s says that it stays with the host: leave out one",
			 excluded->field);
		vm_file_error(file, path->field, why);
		return false;
	}
	if (!tree)
		return true;
	if (host_tree_find(tree, path->path, &found, why))
		return add_found(file, &found, path->device);
	vm_file_error(file, path->field, why);
	return false;
}

static bool add_all(struct vm_file *file, const struct buffer *tree)
{
	bool good = true;

	for (size_t i = 0; i < file->crate.devices.passthrough_device_num; i++) {
		const struct axvm_toml_path *path = path_of_device(file, i);

		if (path)
			good &= add_path(file, path, tree);
		else
			good &= add(file, &file->crate.devices.passthrough_devices[i], i);
	}
	return good;
}

static bool say_no_tree(const struct vm_file *file, const char *severity)
{
	if (!severity)
		return false;
	vm_file_say(file, first_path(file)->field, severity,
		    "a path in a device tree that is not known: give the board's with --board-dtb, "
		    "or the device's addresses");
	return strcmp(severity, "error") != 0;
}

enum cli_status passthrough_resolve(struct vm_file *file, const struct buffer *tree,
				    const char *severity)
{
	struct passed_devices *passed = &file->passed;
	bool good;

	if (tree)
		warn_excluded(file, tree);
	if (!passthrough_has_paths(file))
		return CLI_OK;
	good = add_all(file, tree);
	if (good && !tree)
		good = say_no_tree(file, severity);
	passed->entry_num = file->crate.devices.passthrough_device_num;
	passed->resolved = true;
	file->crate.devices.passthrough_devices = passed->list;
	file->crate.devices.passthrough_device_num = passed->num;
	return good ? CLI_OK : CLI_CONFIG;
}
