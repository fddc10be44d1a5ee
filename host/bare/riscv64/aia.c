/* SPDX-License-Identifier: Apache-2.0 */
#include "aia.h"

#include "csr.h"
#include "dt/tree.h"
#include "intc.h"
#include "irq.h"
#include "mmio.h"
#include "mmu.h"

#define PAGE_SIZE 4096u

/* Registers of an interrupt file, behind siselect (AIA, Interrupt file registers). */
#define EIDELIVERY  0x70u
#define EITHRESHOLD 0x72u
#define EIP0	    0x80u
#define EIE0	    0xc0u
/* Each register has 64 identities, and takes two numbers. */

#define ID_IPI		1u
#define ID_SOURCE	2u /* the only source: the console's */
#define TOPEI_ID(topei) ((uint32_t)((topei) >> 16 & 0x7ff))

/* APLIC (AIA, Advanced Platform-Level Interrupt Controller). */
#define DOMAINCFG	  0x0000u
#define DOMAINCFG_IE	  (1u << 8)
#define DOMAINCFG_DM	  (1u << 2) /* messages */
#define SOURCECFG	  0x0000u   /* + source * 4 */
#define SOURCECFG_EDGE	  4u	    /* + 1: falling, low */
#define SOURCECFG_LEVEL	  6u
#define CLRIE		  0x1f00u
#define SETIENUM	  0x1edcu
#define SETIPNUM_LE	  0x2000u
#define TARGET		  0x3000u /* + source * 4 */
#define TARGET_HART_SHIFT 18
#define SOURCES		  1024u

#define MAX_REGIONS 16
#define MAX_IDS	    2047u

static struct {
	struct {
		uint64_t base, size;
	} imsic[MAX_REGIONS];
	unsigned region_num;
	uint64_t aplic, aplic_size;
	uint32_t guest_bits, hart_bits, id_num, guest_id_num;
	uint32_t source; /* the one that is enabled */
	bool level;	 /* and how it is wired */
} aia;

/* The regions hold the interrupt files of the harts, those of their guests behind each, one after
 * the other; each region is a group. */
static void set_file(struct cpu *cpu, unsigned number)
{
	uint64_t own = (uint64_t)PAGE_SIZE << aia.guest_bits, offset = number * own;

	for (unsigned i = 0; i < aia.region_num; i++) {
		if (offset < aia.imsic[i].size) {
			if (own > aia.imsic[i].size - offset)
				return;
			cpu->isa.imsic = (char *)(uintptr_t)(aia.imsic[i].base + offset);
			cpu->isa.imsic_index = i << aia.hart_bits | (uint32_t)(offset / own);
			return;
		}
		offset -= aia.imsic[i].size;
	}
}

/* The node of the supervisor-level interrupt files. */
static int find_imsic(const void *fdt)
{
	int node = dt_find(fdt, "riscv,imsics");
	struct cpu *cpu;
	uint32_t code;

	while (node >= 0) {
		if (intc_entry(fdt, node, 0, &cpu, &code) && code == IRQ_EXTERNAL)
			return node;
		node = dt_find_next(fdt, node, "riscv,imsics");
	}
	return node;
}

static bool probe_imsic(const void *fdt, int node)
{
	struct cpu *cpu;
	uint32_t code;

	dt_cell(fdt, node, "riscv,guest-index-bits", 0, &aia.guest_bits);
	dt_cell(fdt, node, "riscv,hart-index-bits", 0, &aia.hart_bits);
	dt_cell(fdt, node, "riscv,num-ids", 0, &aia.id_num);
	aia.guest_id_num = aia.id_num;
	dt_cell(fdt, node, "riscv,num-guest-ids", 0, &aia.guest_id_num);
	if (aia.guest_bits > 6 || aia.hart_bits > 13 || aia.id_num > MAX_IDS ||
	    aia.guest_id_num > MAX_IDS)
		return false;
	while (aia.region_num < MAX_REGIONS &&
	       dt_reg(fdt, node, aia.region_num, &aia.imsic[aia.region_num].base,
		      &aia.imsic[aia.region_num].size))
		aia.region_num++;
	for (unsigned i = 0; intc_entry(fdt, node, i, &cpu, &code); i++)
		if (cpu)
			set_file(cpu, i);
	for (uint32_t i = 0; i < cpu_num; i++)
		if (!cpus[i].isa.imsic)
			return false;
	return true;
}

/* The APLIC that sends to those files. */
static bool probe_aplic(const void *fdt, uint32_t imsic)
{
	int node = dt_find(fdt, "riscv,aplic");
	uint32_t parent;

	while (node >= 0) {
		if (dt_cell(fdt, node, "msi-parent", 0, &parent) && parent == imsic)
			return dt_reg(fdt, node, 0, &aia.aplic, &aia.aplic_size) &&
			       aia.aplic_size >= TARGET + SOURCES * 4;
		node = dt_find_next(fdt, node, "riscv,aplic");
	}
	return false;
}

bool aia_probe(const void *fdt)
{
	int node = find_imsic(fdt);

	return node >= 0 && probe_imsic(fdt, node) && probe_aplic(fdt, fdt_get_phandle(fdt, node));
}

void aia_map(void)
{
	mmu_map_device(aia.aplic, aia.aplic_size);
	for (unsigned i = 0; i < aia.region_num; i++)
		mmu_map_device(aia.imsic[i].base, aia.imsic[i].size);
}

static char *aplic(void)
{
	return (char *)(uintptr_t)aia.aplic;
}

void aia_init(void)
{
	for (uint32_t i = 0; i < SOURCES / 8; i += 4)
		mmio_write32(aplic() + CLRIE + i, UINT32_MAX);
	mmio_write32(aplic() + DOMAINCFG, DOMAINCFG_IE | DOMAINCFG_DM);
}

static void file_write(uint64_t reg, uint64_t value)
{
	csr_write(CSR_SISELECT, reg);
	csr_write(CSR_SIREG, value);
}

void aia_init_cpu(void)
{
	for (uint64_t i = 0; i <= aia.id_num / 64; i++) {
		file_write(EIE0 + 2 * i, 0);
		file_write(EIP0 + 2 * i, 0);
	}
	file_write(EIE0, 1u << ID_IPI | 1u << ID_SOURCE);
	file_write(EITHRESHOLD, 0);
	file_write(EIDELIVERY, 1);
}

/* The trigger as in a device's `interrupts`: 1 and 2 are edges, 4 and 8 levels; 2 and 8 low. */
void aia_enable(uint32_t source, uint32_t trigger)
{
	uint32_t low = trigger == 2 || trigger == 8;

	if (source == 0 || source >= SOURCES)
		return;
	aia.source = source;
	aia.level = trigger >= 4;
	mmio_write32(aplic() + SOURCECFG + source * 4ull,
		     (aia.level ? SOURCECFG_LEVEL : SOURCECFG_EDGE) + low);
	mmio_write32(aplic() + TARGET + source * 4ull,
		     this_cpu()->isa.imsic_index << TARGET_HART_SHIFT | ID_SOURCE);
	mmio_write32(aplic() + SETIENUM, source);
}

void aia_ipi_send(const struct cpu *target)
{
	mmio_write32(target->isa.imsic, ID_IPI);
}

/* The lowest identity is first, and claiming takes whichever is first. */
bool aia_ipi_take(void)
{
	if (TOPEI_ID(csr_read(CSR_STOPEI)) != ID_IPI)
		return false;
	csr_write(CSR_STOPEI, 0);
	return true;
}

void aia_handle(void)
{
	uint32_t id;

	while ((id = TOPEI_ID(csr_swap(CSR_STOPEI, 0))) != 0) {
		if (id == ID_IPI)
			irq_ipi();
		if (id != ID_SOURCE)
			continue;
		irq_source(aia.source);
		/* A level that is still there sends no second message by itself. */
		if (aia.level)
			mmio_write32(aplic() + SETIPNUM_LE, aia.source);
	}
}

uint32_t aia_guest_file_num(void)
{
	return (1u << aia.guest_bits) - 1;
}

uint32_t aia_guest_id_num(void)
{
	return aia.guest_id_num;
}

uint64_t aia_guest_file(uint32_t pcpu, uint32_t number)
{
	return (uintptr_t)cpus[pcpu].isa.imsic + number * (uint64_t)PAGE_SIZE;
}
