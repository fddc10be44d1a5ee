/* SPDX-License-Identifier: Apache-2.0 */
#include "isa.h"
#include "boot.h"
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

static const char *property(const char *name, int *len)
{
	const void *tree = boot_dtb();
	int node = tree ? fdt_node_offset_by_prop_value(tree, -1, "device_type", "cpu", 4) : -1;

	return node < 0 ? NULL : fdt_getprop(tree, node, name, len);
}

bool isa_has(const char *extension)
{
	int len = 0;
	const char *list = property("riscv,isa-extensions", &len);

	return list && fdt_stringlist_contains(list, len, extension);
}

unsigned isa_sv(void)
{
	int len = 0;
	const char *type = property("mmu-type", &len);

	return type && !strncmp(type, "riscv,sv", 8) ? (unsigned)strtoul(type + 8, NULL, 10) : 0;
}
