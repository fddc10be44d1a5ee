/* SPDX-License-Identifier: Apache-2.0 */
#include "plic.h"

#include "csr.h"
#include "dt/tree.h"
#include "intc.h"
#include "irq.h"
#include "mmio.h"
#include "mmu.h"

#define SOURCES	      1024u
#define ENABLE	      0x002000u /* + context * 0x80: a bit per source */
#define ENABLE_STRIDE 0x80u
#define CONTEXT	      0x200000u /* + context * 0x1000 */
#define STRIDE	      0x1000u
#define THRESHOLD     0x0u
#define CLAIM	      0x4u /* and completion */

static struct {
	uint64_t base, size;
	uint32_t source_num;
} plic;

const char *plic_probe(const void *fdt)
{
	int node = dt_device(fdt, "sifive,plic-1.0.0", &plic.base, &plic.size);
	struct cpu *cpu;
	uint32_t code;

	if (node < 0)
		node = dt_device(fdt, "riscv,plic0", &plic.base, &plic.size);
	if (node < 0)
		return "the board has neither a PLIC nor an AIA";
	dt_cell(fdt, node, "riscv,ndev", 0, &plic.source_num);
	for (unsigned i = 0; intc_entry(fdt, node, i, &cpu, &code); i++) {
		char *base = (char *)(uintptr_t)plic.base;

		if (!cpu || code != IRQ_EXTERNAL || CONTEXT + (i + 1ull) * STRIDE > plic.size)
			continue;
		cpu->isa.plic_enable = base + ENABLE + i * (uint64_t)ENABLE_STRIDE;
		cpu->isa.plic_context = base + CONTEXT + i * (uint64_t)STRIDE;
	}
	return plic.source_num && plic.source_num < SOURCES ? NULL :
							      "the PLIC's node is not complete";
}

void plic_map(void)
{
	mmu_map_device(plic.base, plic.size);
}

static void context_init(struct cpu *cpu)
{
	if (!cpu->isa.plic_context)
		return;
	for (uint32_t i = 0; i <= plic.source_num; i += 32)
		mmio_write32(cpu->isa.plic_enable + i / 8, 0);
	mmio_write32(cpu->isa.plic_context + THRESHOLD, 0);
}

void plic_init(void)
{
	for (uint32_t i = 0; i < cpu_num; i++)
		context_init(&cpus[i]);
}

void plic_enable(uint32_t source)
{
	char *enable = this_cpu()->isa.plic_enable;

	if (!enable || !source || source > plic.source_num)
		return;
	mmio_write32((char *)(uintptr_t)plic.base + source * 4ull, 1); /* priority */
	mmio_write32(enable + source / 32 * 4ull, 1u << source % 32);
}

void plic_handle(void)
{
	char *context = this_cpu()->isa.plic_context;
	uint32_t source;

	while (context && (source = mmio_read32(context + CLAIM)) != 0) {
		irq_source(source);
		mmio_write32(context + CLAIM, source);
	}
}
