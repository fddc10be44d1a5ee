/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's shutdown, or the device that the tree names for it. */
#include "power.h"

#include "arch.h"
#include "csr.h"
#include "dt/tree.h"
#include "firmware.h"
#include "mmio.h"
#include "mmu.h"

static struct {
	uint64_t base, size; /* size 0: none */
	uint32_t offset, value;
} syscon;

void power_probe(const void *fdt)
{
	int node = dt_find(fdt, "syscon-poweroff");
	uint32_t phandle;

	if (node < 0 || !dt_cell(fdt, node, "regmap", 0, &phandle) ||
	    !dt_cell(fdt, node, "offset", 0, &syscon.offset) ||
	    !dt_cell(fdt, node, "value", 0, &syscon.value))
		return;
	node = fdt_node_offset_by_phandle(fdt, phandle);
	if (node < 0 || !dt_reg(fdt, node, 0, &syscon.base, &syscon.size) || syscon.size < 4 ||
	    syscon.offset > syscon.size - 4)
		syscon.size = 0;
}

void power_map(void)
{
	if (syscon.size)
		mmu_map_device(syscon.base, syscon.size);
}

_Noreturn void isa_power_off(void)
{
	firmware_shutdown();
	if (syscon.size)
		mmio_write32((char *)(uintptr_t)(syscon.base + syscon.offset), syscon.value);
	csr_write(sie, 0);
	for (;;)
		__asm__ volatile("wfi");
}
