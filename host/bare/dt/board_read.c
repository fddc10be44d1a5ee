/* SPDX-License-Identifier: Apache-2.0 */
/* The board, read from its device tree. */
#include "board.h"
#include "cpu.h"
#include "dt/tree.h"

#include <string.h>

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
		for (unsigned i = 0; dt_reg_below(fdt, 0, node, i, &range.base, &range.size); i++)
			if (range.size && board.memory_num < BOARD_MAX_BANKS)
				board.memory[board.memory_num++] = range;
	}
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

		for (unsigned i = 0; dt_reg_below(fdt, parent, node, i, &base, &size); i++)
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

	return p && (len == 4 || len == 8) ? dt_cells(p, len / 4) : 0;
}

static void read_chosen(const void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	const char *args = chosen < 0 ? NULL : fdt_getprop(fdt, chosen, "bootargs", NULL);
	uint64_t start, end;
	int len;

	board.bootargs = args ? args : "";
	if (chosen < 0)
		return;
	board.seed = fdt_getprop(fdt, chosen, "rng-seed", &len);
	board.seed_size = board.seed ? (size_t)len : 0;
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
		cpus[cpu_num].hw_id = dt_cells(reg, cells);
		cpu_num++;
	}
}

const char *board_read(const void *fdt)
{
	if (!fdt || fdt_check_header(fdt))
		return "the boot loader gave no device tree";
	board.fdt = fdt;
	dt_index(fdt);
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
