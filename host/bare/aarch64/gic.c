/* SPDX-License-Identifier: Apache-2.0 */
#include "gic.h"

#include "arch.h"
#include "clock.h"
#include "console.h"
#include "dt/tree.h"
#include "log.h"
#include "mmio.h"
#include "mmu.h"
#include "sched.h"
#include "sysreg.h"
#include "timer.h"
#include "uart.h"

#include <axvm/aarch64.h>

#define GICD_CTLR	0x0000
#define GICD_TYPER	0x0004
#define GICD_IGROUPR	0x0080
#define GICD_ISENABLER	0x0100
#define GICD_ICENABLER	0x0180
#define GICD_IPRIORITYR 0x0400
#define GICD_IROUTER	0x6000

/* ARE_NS, EnableGrp1A; the same bits with one security state */
#define GICD_CTLR_ENABLE_ARE 0x12u
#define GICD_CTLR_RWP	     (1u << 31)

#define GICR_TYPER	     0x0008
#define GICR_WAKER	     0x0014
#define GICR_SGI	     0x10000 /* SGI_base frame */
#define GICR_FRAME	     0x20000
#define GICR_TYPER_VLPIS     (1u << 1)
#define GICR_TYPER_LAST	     (1u << 4)
#define GICR_PROCESSOR_SLEEP (1u << 1)
#define GICR_CHILDREN_ASLEEP (1u << 2)

#define PRIORITY       0xa0a0a0a0u
#define INTID_SPECIAL  1020u
#define SGI_KICK       0u
#define SGI_RESCHEDULE 1u
#define GIC_PPI	       1u
#define MAX_REGIONS    8
#define WAIT_NANOS     100000000u

static struct {
	char *dist;
	uint64_t dist_size;
	struct {
		char *base;
		uint64_t size;
	} redist[MAX_REGIONS];
	unsigned redist_num;
	uint64_t stride; /* 0: as GICR_TYPER says */
	uint32_t maintenance;
} gic;

uint32_t gic_dt_intid(const void *fdt, int node, unsigned i)
{
	uint32_t type, number;

	/* Three cells: type, number, flags; boards with a fourth have it 0 and are not known. */
	if (!dt_cell(fdt, node, "interrupts", i * 3, &type) ||
	    !dt_cell(fdt, node, "interrupts", i * 3 + 1, &number) || number > 987)
		return 0;
	return type == GIC_PPI ? 16 + number % 16 : 32 + number;
}

const char *gic_probe(const void *fdt)
{
	int node = dt_find(fdt, "arm,gic-v3");
	uint32_t regions = 1, stride = 0;
	uint64_t base, size;

	if (node < 0 || !dt_reg(fdt, node, 0, &base, &gic.dist_size))
		return "the board has no GICv3 (QEMU: -M virt,gic-version=3)";
	gic.dist = (char *)(uintptr_t)base;
	gic.maintenance = gic_dt_intid(fdt, node, 0);
	if (gic.maintenance < 16 || gic.maintenance > 31)
		return "the GIC's node has no maintenance interrupt";
	dt_cell(fdt, node, "#redistributor-regions", 0, &regions);
	if (dt_cell(fdt, node, "redistributor-stride", 1, &stride)) /* two cells */
		gic.stride = stride;
	for (unsigned i = 1; i <= regions && i <= MAX_REGIONS; i++) {
		if (!dt_reg(fdt, node, i, &base, &size))
			break;
		gic.redist[gic.redist_num].base = (char *)(uintptr_t)base;
		gic.redist[gic.redist_num++].size = size;
	}
	return gic.redist_num ? NULL : "the GIC's node has no redistributors";
}

void gic_map(void)
{
	mmu_map_device((uintptr_t)gic.dist, gic.dist_size);
	for (unsigned i = 0; i < gic.redist_num; i++)
		mmu_map_device((uintptr_t)gic.redist[i].base, gic.redist[i].size);
}

/* Waits until `bits` of a register are clear; a board on which they never are goes on. */
static bool wait_clear(const char *reg, uint32_t bits)
{
	uint64_t deadline = clock_now() + WAIT_NANOS;

	while (mmio_read32(reg) & bits) {
		if (clock_now() > deadline)
			return false;
		isa_relax();
	}
	return true;
}

uint64_t gic_this_affinity(void)
{
	return read_sysreg(mpidr_el1) & 0xff00ffffffull;
}

void gic_init(void)
{
	uint32_t num = ((mmio_read32(gic.dist + GICD_TYPER) & 0x1f) + 1) * 32;

	if (num > INTID_SPECIAL)
		num = INTID_SPECIAL;
	mmio_write32(gic.dist + GICD_CTLR, 0);
	wait_clear(gic.dist + GICD_CTLR, GICD_CTLR_RWP);
	for (uint32_t i = 32; i < num; i += 32) {
		mmio_write32(gic.dist + GICD_ICENABLER + i / 8, ~0u);
		mmio_write32(gic.dist + GICD_IGROUPR + i / 8, ~0u);
	}
	for (uint32_t i = 32; i < num; i += 4)
		mmio_write32(gic.dist + GICD_IPRIORITYR + i, PRIORITY);
	mmio_write32(gic.dist + GICD_CTLR, GICD_CTLR_ENABLE_ARE);
	wait_clear(gic.dist + GICD_CTLR, GICD_CTLR_RWP);
}

void gic_enable_spi(uint32_t intid)
{
	if (intid < 32 || intid >= INTID_SPECIAL)
		return;
	mmio_write64(gic.dist + GICD_IROUTER + intid * 8ull, gic_this_affinity());
	mmio_write32(gic.dist + GICD_ISENABLER + intid / 32 * 4ull, 1u << intid % 32);
}

/* The redistributor of an affinity value as GICR_TYPER has it, or NULL. */
static char *find_redist(uint32_t affinity)
{
	for (unsigned i = 0; i < gic.redist_num; i++) {
		char *at = gic.redist[i].base, *end = at + gic.redist[i].size;

		while (end - at >= GICR_FRAME) {
			uint64_t typer = mmio_read64(at + GICR_TYPER);
			uint64_t own = typer & GICR_TYPER_VLPIS ? 2 * GICR_FRAME : GICR_FRAME;

			if (typer >> 32 == affinity)
				return at;
			if (typer & GICR_TYPER_LAST)
				break;
			at += gic.stride ? gic.stride : own;
		}
	}
	return NULL;
}

static void redist_init(char *redist)
{
	uint32_t enable = 1u << SGI_KICK | 1u << SGI_RESCHEDULE | 1u << timer_hyp_intid() |
			  1u << timer_virt_intid() | 1u << gic.maintenance;
	char *sgi = redist + GICR_SGI;

	mmio_write32(sgi + GICD_ICENABLER, ~0u);
	mmio_write32(sgi + GICD_IGROUPR, ~0u);
	for (uint32_t i = 0; i < 32; i += 4)
		mmio_write32(sgi + GICD_IPRIORITYR + i, PRIORITY);
	mmio_write32(sgi + GICD_ISENABLER, enable);
}

const char *gic_init_cpu(void)
{
	uint64_t mpidr = gic_this_affinity();
	char *redist = find_redist((uint32_t)(mpidr | (mpidr >> 32 & 0xff) << 24));

	/* ICC_SRE_EL2: SRE, DFB, DIB, and EL1 may have it too. */
	write_sysreg(S3_4_C12_C9_5, 0xf);
	isb();
	if (!(read_sysreg(S3_4_C12_C9_5) & 1))
		return "this CPU has no GIC system registers";
	if (!redist)
		return "this CPU has no GIC redistributor";
	mmio_write32(redist + GICR_WAKER, mmio_read32(redist + GICR_WAKER) & ~GICR_PROCESSOR_SLEEP);
	if (!wait_clear(redist + GICR_WAKER, GICR_CHILDREN_ASLEEP))
		return "the GIC redistributor does not wake up";
	redist_init(redist);
	this_cpu()->isa.gicr = redist;
	write_sysreg(S3_0_C4_C6_0, 0xff);  /* ICC_PMR_EL1 */
	write_sysreg(S3_0_C12_C12_3, 0);   /* ICC_BPR1_EL1 */
	write_sysreg(S3_0_C12_C12_4, 0x2); /* ICC_CTLR_EL1: EOImode */
	write_sysreg(S3_0_C12_C12_7, 1);   /* ICC_IGRPEN1_EL1 */
	isb();
	return NULL;
}

static void *gicr_sgi_base(void)
{
	return this_cpu()->isa.gicr + GICR_SGI;
}

void gic_tell_backend(void)
{
	const struct axvm_aarch64_host host = {
		.vtimer_intid = timer_virt_intid(),
		.maintenance_intid = gic.maintenance,
		.kick_intid = SGI_KICK,
		.gicr_sgi_base = gicr_sgi_base,
	};

	axvm_aarch64_set_host(&host);
}

void isa_ipi_send(const struct cpu *target, enum isa_ipi ipi)
{
	uint64_t aff = target->hw_id, id = ipi == IPI_KICK ? SGI_KICK : SGI_RESCHEDULE;
	/* Affinity 3, 2, 1; range selector; one bit of 16 for affinity 0 */
	uint64_t sgi = (aff >> 32 & 0xff) << 48 | (aff >> 4 & 0xf) << 44 |
		       (aff >> 16 & 0xff) << 32 | id << 24 | (aff >> 8 & 0xff) << 16 |
		       1ull << (aff & 0xf);

	__asm__ volatile("dsb ishst" ::: "memory");
	write_sysreg(S3_0_C12_C11_5, sgi); /* ICC_SGI1R_EL1 */
	isb();
}

void isa_irq_handle(uint32_t vector)
{
	if (vector == timer_hyp_intid())
		sched_alarm();
	else if (vector == uart_intid() && vector)
		console_receive();
	write_sysreg(S3_0_C12_C12_1, vector); /* ICC_EOIR1_EL1 */
	write_sysreg(S3_0_C12_C11_1, vector); /* ICC_DIR_EL1 */
	isb();
}

void isa_irq_poll(void)
{
	for (;;) {
		uint32_t vector = (uint32_t)read_sysreg(S3_0_C12_C12_0); /* ICC_IAR1_EL1 */

		__asm__ volatile("dsb sy" ::: "memory");
		if (vector >= INTID_SPECIAL && vector <= 1023)
			return;
		isa_irq_handle(vector);
	}
}

void isa_idle(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}
