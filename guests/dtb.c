/* SPDX-License-Identifier: Apache-2.0 */
/* The device tree that the guest gets, and that it is true: memory, CPUs, and what the machine has.
 */
#include "dtb.h"
#include "boot.h"
#include "cpu.h"
#include "machine.h"
#include "test.h"
#include "trap.h"
#include <libfdt.h>

static const void *tree;

bool dtb_has(const char *compatible)
{
	return fdt_node_offset_by_compatible(tree, -1, compatible) >= 0;
}

uint64_t dtb_reg(const char *compatible, int n)
{
	int node = fdt_node_offset_by_compatible(tree, -1, compatible), len = 0;
	const fdt64_t *value = node < 0 ? NULL : fdt_getprop(tree, node, "reg", &len);

	return value && len >= 8 * (n + 1) ? fdt64_ld(value + n) : ~0ull;
}

uint32_t dtb_cell(const char *compatible, const char *property, int n)
{
	int node = fdt_node_offset_by_compatible(tree, -1, compatible), len = 0;
	const fdt32_t *value = node < 0 ? NULL : fdt_getprop(tree, node, property, &len);

	return value && len >= 4 * (n + 1) ? fdt32_ld(value + n) : ~0u;
}

static void root(void)
{
	CHECK_EQ(fdt_check_full(tree, fdt_totalsize(tree)), 0, "the tree is well-formed");
	CHECK_EQ((uint64_t)tree & 7, 0, "it lies at a multiple of 8");
	CHECK_EQ(fdt_address_cells(tree, 0), 2, "#address-cells");
	CHECK_EQ(fdt_size_cells(tree, 0), 2, "#size-cells");
	CHECK(fdt_getprop(tree, 0, "compatible", NULL) != NULL, "the root has a compatible");
}

/* Each names one node. */
static void phandles(void)
{
	unsigned twice = 0;

	for (int node = 0; node >= 0; node = fdt_next_node(tree, node, NULL)) {
		uint32_t phandle = fdt_get_phandle(tree, node);

		twice += phandle && fdt_node_offset_by_phandle(tree, phandle) != node;
	}
	CHECK_EQ(twice, 0, "nodes with another one's phandle");
}

static void memory(void)
{
	uint64_t base = boot_ram_base(), size = boot_ram_size();

	CHECK_EQ(base, RAM_BASE, "memory base");
	CHECK_EQ(size, boot_arg("memory", size), "memory size");
	CHECK((uint64_t)tree >= base && (uint64_t)tree + fdt_totalsize(tree) <= base + size,
	      "the tree lies in it");
	CHECK_EQ(TRAP(write64(base + size - 8, 0x1234)).count, 0, "its last word can be written");
	CHECK_EQ(read64(base + size - 8), 0x1234, "and read");
	CHECK(TRAP(read64(base + size)).count == 1 || boot_reference(),
	      "the word behind it cannot");
}

static void cpus(void)
{
	CHECK_EQ(cpu_count(), boot_arg("cpus", cpu_count()), "number of CPUs");
	CHECK_EQ(cpu_hwid(0), cpu_boot_hwid(), "CPU 0 is this one");
}

static void chosen(void)
{
	int node = fdt_path_offset(tree, "/chosen");
	const char *out = node < 0 ? NULL : fdt_getprop(tree, node, "stdout-path", NULL);

	CHECK(out != NULL, "a console is chosen");
	CHECK(boot_arg("probe", 0) == 0x7e57 || boot_reference(), "the command line arrives");
}

void guest_main(void)
{
	tree = boot_dtb();
	if (!CHECK(tree != NULL, "there is a device tree"))
		return;
	root();
	phandles();
	memory();
	cpus();
	chosen();
	dtb_machine(tree);
}
