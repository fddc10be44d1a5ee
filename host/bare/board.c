/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

#include "cpu.h"

#include <libfdt.h>
#include <string.h>

struct board board = { .bootargs = "" };
struct cpu cpus[AXVM_MAX_PCPUS];
uint32_t cpu_num;

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

static void read_devices(const void *fdt)
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

int dt_find(const void *fdt, const char *compatible)
{
	for (size_t i = 0; i < device_num; i++)
		if (fdt_stringlist_contains(devices[i].compatible, devices[i].len, compatible))
			return devices[i].node;
	return device_num < MAX_DEVICES ? -FDT_ERR_NOTFOUND :
					  fdt_node_offset_by_compatible(fdt, -1, compatible);
}

static int parent_of(const void *fdt, int node)
{
	for (size_t i = 0; i < device_num; i++)
		if (devices[i].node == node)
			return devices[i].parent;
	return fdt_parent_offset(fdt, node);
}

/* A number of `cells` 32-bit cells, of which the last two count. */
static uint64_t read_cells(const fdt32_t *p, int cells)
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
			uint64_t base = read_cells(p, child_cells);
			uint64_t size = read_cells(p + child_cells + cells, size_cells);

			if (*addr < base || *addr - base >= size)
				continue;
			*addr = *addr - base + read_cells(p + child_cells, cells);
			found = true;
		}
		if (!found)
			return false;
		bus = parent;
	}
	return true;
}

static bool reg_below(const void *fdt, int parent, int node, unsigned i, uint64_t *base,
		      uint64_t *size)
{
	int cells = fdt_address_cells(fdt, parent), size_cells = fdt_size_cells(fdt, parent), len;
	const fdt32_t *p = fdt_getprop(fdt, node, "reg", &len);

	if (!p || cells < 0 || size_cells < 0 ||
	    (uint64_t)len < (i + 1ull) * (unsigned)(cells + size_cells) * 4)
		return false;
	p += i * (size_t)(cells + size_cells);
	*base = read_cells(p, cells);
	*size = read_cells(p + cells, size_cells);
	return translate(fdt, parent, base);
}

bool dt_reg(const void *fdt, int node, unsigned i, uint64_t *base, uint64_t *size)
{
	return reg_below(fdt, parent_of(fdt, node), node, i, base, size);
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

static bool node_is(const void *fdt, int node, const char *type)
{
	const char *value = fdt_getprop(fdt, node, "device_type", NULL);

	return value && strcmp(value, type) == 0 && dt_enabled(fdt, node);
}

static void read_memory(const void *fdt)
{
	struct board_range range = { 0 };
	int node;

	fdt_for_each_subnode(node, fdt, 0) {
		if (!node_is(fdt, node, "memory"))
			continue;
		for (unsigned i = 0; reg_below(fdt, 0, node, i, &range.base, &range.size); i++)
			if (range.size && board.memory_num < BOARD_MAX_BANKS)
				board.memory[board.memory_num++] = range;
	}
}

bool board_reserve(uint64_t base, uint64_t size, bool no_map)
{
	if (board.reserved_num == BOARD_MAX_RESERVED)
		return false;
	if (size)
		board.reserved[board.reserved_num++] = (struct board_range){ base, size, no_map };
	return true;
}

static bool read_reserved(const void *fdt)
{
	int parent = fdt_path_offset(fdt, "/reserved-memory"), node;
	uint64_t base, size;

	for (int i = 0; i < fdt_num_mem_rsv(fdt); i++)
		if (fdt_get_mem_rsv(fdt, i, &base, &size) || !board_reserve(base, size, false))
			return false;
	if (parent < 0)
		return true;
	fdt_for_each_subnode(node, fdt, parent) {
		bool no_map = fdt_getprop(fdt, node, "no-map", NULL);

		for (unsigned i = 0; reg_below(fdt, parent, node, i, &base, &size); i++)
			if (!board_reserve(base, size, no_map))
				return false;
	}
	return true;
}

/* One or two cells, as boot loaders write it. */
static uint64_t chosen_address(const void *fdt, int chosen, const char *name)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, chosen, name, &len);

	return p && (len == 4 || len == 8) ? read_cells(p, len / 4) : 0;
}

static void read_chosen(const void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	const char *args = chosen < 0 ? NULL : fdt_getprop(fdt, chosen, "bootargs", NULL);
	uint64_t start, end;

	if (chosen < 0)
		return;
	board.bootargs = args ? args : "";
	start = chosen_address(fdt, chosen, "linux,initrd-start");
	end = chosen_address(fdt, chosen, "linux,initrd-end");
	if (start < end)
		board.bundle = (struct board_range){ start, end - start, false };
}

static void read_cpus(const void *fdt)
{
	int parent = fdt_path_offset(fdt, "/cpus"), node;
	int cells = parent < 0 ? 0 : fdt_address_cells(fdt, parent);

	if (parent < 0)
		return;
	fdt_for_each_subnode(node, fdt, parent) {
		int len;
		const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &len);

		if (!node_is(fdt, node, "cpu") || !reg || cells < 1 || len < cells * 4)
			continue;
		if (cpu_num == AXVM_MAX_PCPUS)
			break;
		cpus[cpu_num].id = cpu_num;
		cpus[cpu_num].hw_id = read_cells(reg, cells);
		cpu_num++;
	}
}

const char *board_read(const void *fdt)
{
	if (!fdt || fdt_check_header(fdt))
		return "the boot loader gave no device tree";
	board.fdt = fdt;
	read_devices(fdt);
	read_chosen(fdt);
	read_memory(fdt);
	read_cpus(fdt);
	if (!read_reserved(fdt) || !board_reserve((uintptr_t)fdt, fdt_totalsize(fdt), false) ||
	    !board_reserve(board.bundle.base, board.bundle.size, false))
		return "the device tree reserves too many memory ranges";
	if (board.memory_num == 0)
		return "the device tree describes no memory";
	return cpu_num ? NULL : "the device tree describes no CPUs";
}

void board_keep(uint64_t base, uint64_t size)
{
	/* What cannot be noted is not given: see board_may_give(). */
	if (board.kept_num < BOARD_MAX_KEPT)
		board.kept[board.kept_num] = (struct board_range){ base, size, false };
	board.kept_num++;
}

static bool overlaps(const struct board_range *ranges, size_t num, uint64_t base, uint64_t size)
{
	for (size_t i = 0; i < num; i++)
		if (base < ranges[i].base ? ranges[i].base - base < size :
					    base - ranges[i].base < ranges[i].size)
			return true;
	return false;
}

bool board_may_give(uint64_t base, uint64_t size)
{
	return board.kept_num <= BOARD_MAX_KEPT &&
	       !overlaps(board.memory, board.memory_num, base, size) &&
	       !overlaps(board.reserved, board.reserved_num, base, size) &&
	       !overlaps(board.kept, board.kept_num, base, size);
}

bool board_is_ram(uint64_t base, uint64_t size)
{
	for (size_t i = 0; i < board.memory_num; i++) {
		const struct board_range *bank = &board.memory[i];

		if (base >= bank->base && size <= bank->size &&
		    base - bank->base <= bank->size - size)
			return true;
	}
	return false;
}

bool board_bootarg(const char *key, char *value, size_t size)
{
	size_t key_len = strlen(key), len;

	for (const char *p = board.bootargs; *p; p += strcspn(p, " ")) {
		p += strspn(p, " ");
		if (strncmp(p, key, key_len) != 0 || p[key_len] != '=')
			continue;
		p += key_len + 1;
		len = strcspn(p, " ");
		if (len >= size)
			return false;
		memcpy(value, p, len);
		value[len] = '\0';
		return true;
	}
	return false;
}
