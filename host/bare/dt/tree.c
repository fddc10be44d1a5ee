/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/tree.h"

#include <string.h>

/*
 * Every node with a `compatible`, found in one walk: libfdt keeps no index, so that each search and
 * each look for a parent would walk the tree from its start. Nodes that do not fit are searched
 * for.
 */
#define MAX_DEVICES 256
#define MAX_DEPTH   16

static struct device_node {
	int node, parent, len;
	const char *compatible;
} devices[MAX_DEVICES];
static size_t device_num;

void dt_index(const void *fdt)
{
	int above[MAX_DEPTH + 1] = { 0 }, depth = 0;

	for (int node = fdt_next_node(fdt, -1, &depth); node >= 0 && depth >= 0;
	     node = fdt_next_node(fdt, node, &depth)) {
		struct device_node *device = &devices[device_num];

		if (depth < 1 || depth > MAX_DEPTH || device_num == MAX_DEVICES)
			continue;
		above[depth] = node;
		device->node = node;
		device->parent = above[depth - 1];
		device->compatible = fdt_getprop(fdt, node, "compatible", &device->len);
		if (device->compatible)
			device_num++;
	}
}

int dt_find_next(const void *fdt, int after, const char *compatible)
{
	for (size_t i = 0; i < device_num; i++)
		if (devices[i].node > after &&
		    fdt_stringlist_contains(devices[i].compatible, devices[i].len, compatible))
			return devices[i].node;
	return device_num < MAX_DEVICES ? -FDT_ERR_NOTFOUND :
					  fdt_node_offset_by_compatible(fdt, after, compatible);
}

int dt_find(const void *fdt, const char *compatible)
{
	return dt_find_next(fdt, -1, compatible);
}

static int parent_of(const void *fdt, int node)
{
	for (size_t i = 0; i < device_num; i++)
		if (devices[i].node == node)
			return devices[i].parent;
	return fdt_parent_offset(fdt, node);
}

uint64_t dt_cells(const fdt32_t *p, int cells)
{
	uint64_t value = 0;

	while (cells-- > 0)
		value = value << 32 | fdt32_to_cpu(*p++);
	return value;
}

/* Through the ranges of `bus` and those above. An address outside them is not the CPU's. */
static bool translate(const void *fdt, int bus, uint64_t *addr)
{
	while (bus > 0) {
		int parent = parent_of(fdt, bus), len = 0;
		const fdt32_t *p = fdt_getprop(fdt, bus, "ranges", &len);
		int child_cells = fdt_address_cells(fdt, bus);
		int size_cells = fdt_size_cells(fdt, bus);
		int cells = fdt_address_cells(fdt, parent);
		int entry = child_cells + cells + size_cells;
		bool found = len == 0;

		if (!p || child_cells < 0 || size_cells < 0 || cells < 0)
			return false;
		for (; !found && len >= entry * 4; len -= entry * 4, p += entry) {
			uint64_t base = dt_cells(p, child_cells);
			uint64_t size = dt_cells(p + child_cells + cells, size_cells);

			if (*addr < base || *addr - base >= size)
				continue;
			*addr = *addr - base + dt_cells(p + child_cells, cells);
			found = true;
		}
		if (!found)
			return false;
		bus = parent;
	}
	return true;
}

bool dt_reg_below(const void *fdt, int parent, int node, unsigned i, uint64_t *base, uint64_t *size)
{
	int cells = fdt_address_cells(fdt, parent), size_cells = fdt_size_cells(fdt, parent), len;
	const fdt32_t *p = fdt_getprop(fdt, node, "reg", &len);

	if (!p || cells < 0 || size_cells < 0 ||
	    (uint64_t)len < (i + 1ull) * (unsigned)(cells + size_cells) * 4)
		return false;
	p += i * (size_t)(cells + size_cells);
	*base = dt_cells(p, cells);
	*size = dt_cells(p + cells, size_cells);
	return translate(fdt, parent, base);
}

bool dt_reg(const void *fdt, int node, unsigned i, uint64_t *base, uint64_t *size)
{
	return dt_reg_below(fdt, parent_of(fdt, node), node, i, base, size);
}

bool dt_cell(const void *fdt, int node, const char *name, unsigned i, uint32_t *value)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

	if (!p || (uint64_t)len < (i + 1ull) * 4)
		return false;
	*value = fdt32_to_cpu(p[i]);
	return true;
}

bool dt_enabled(const void *fdt, int node)
{
	const char *status = fdt_getprop(fdt, node, "status", NULL);

	return !status || strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

int dt_device(const void *fdt, const char *compatible, uint64_t *base, uint64_t *size)
{
	int node = dt_find(fdt, compatible);

	return node >= 0 && dt_enabled(fdt, node) && dt_reg(fdt, node, 0, base, size) ?
		       node :
		       -FDT_ERR_NOTFOUND;
}

/* The node of stdout-path: "path" or "alias", perhaps followed by ":115200n8". */
static int stdout_node(const void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	const char *path = chosen < 0 ? NULL : fdt_getprop(fdt, chosen, "stdout-path", NULL);

	return path ? fdt_path_offset_namelen(fdt, path, (int)strcspn(path, ":")) : -1;
}

int dt_console(const void *fdt, const char *compatible, uint64_t *base, uint64_t *size)
{
	int node = stdout_node(fdt);

	if (node < 0 || fdt_node_check_compatible(fdt, node, compatible) != 0)
		node = dt_find(fdt, compatible);
	return node >= 0 && dt_reg(fdt, node, 0, base, size) ? node : -FDT_ERR_NOTFOUND;
}
