/* SPDX-License-Identifier: Apache-2.0 */
#include "intc.h"

#include "dt/tree.h"

/* The CPU whose node has this interrupt controller. */
static struct cpu *cpu_of(const void *fdt, uint32_t phandle)
{
	int node = fdt_node_offset_by_phandle(fdt, phandle), len = 0;
	int parent = node < 0 ? node : fdt_parent_offset(fdt, node);
	const fdt32_t *reg = parent < 0 ? NULL : fdt_getprop(fdt, parent, "reg", &len);

	for (uint32_t i = 0; reg && i < cpu_num; i++)
		if (cpus[i].hw_id == dt_cells(reg, len / 4))
			return &cpus[i];
	return NULL;
}

bool intc_entry(const void *fdt, int node, unsigned i, struct cpu **cpu, uint32_t *code)
{
	uint32_t phandle;

	if (!dt_cell(fdt, node, "interrupts-extended", 2 * i, &phandle) ||
	    !dt_cell(fdt, node, "interrupts-extended", 2 * i + 1, code))
		return false;
	*cpu = cpu_of(fdt, phandle);
	return true;
}
