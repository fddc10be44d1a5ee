/* SPDX-License-Identifier: Apache-2.0 */
/* GICv3: distributor, redistributors, CPU interface. Registers: Arm IHI 0069H, 12. */
#ifndef GIC_H
#define GIC_H

#include "cpu.h"

#define GICD_BASE   0x08000000ull
#define GICD_SIZE   0x10000ull
#define GICR_BASE   0x080a0000ull
#define GICR_STRIDE 0x20000ull
#define GICR_SGI    0x10000ull /* the second frame */

#define GICD_CTLR	0x0000
#define GICD_TYPER	0x0004
#define GICD_IIDR	0x0008
#define GICD_TYPER2	0x000c
#define GICD_SETSPI_NSR 0x0040
#define GICD_CLRSPI_NSR 0x0048
#define GIC_IGROUPR	0x0080 /* the same offsets in the distributor and the SGI frame */
#define GIC_ISENABLER	0x0100
#define GIC_ICENABLER	0x0180
#define GIC_ISPENDR	0x0200
#define GIC_ICPENDR	0x0280
#define GIC_ISACTIVER	0x0300
#define GIC_ICACTIVER	0x0380
#define GIC_IPRIORITYR	0x0400
#define GICD_ITARGETSR	0x0800
#define GIC_ICFGR	0x0c00
#define GIC_IGRPMODR	0x0d00
#define GIC_NSACR	0x0e00
#define GICD_SGIR	0x0f00
#define GICD_CPENDSGIR	0x0f10
#define GICD_SPENDSGIR	0x0f20
#define GICD_IROUTER	0x6000
#define GIC_PIDR2	0xffe8

#define GICR_CTLR  0x0000
#define GICR_IIDR  0x0004
#define GICR_TYPER 0x0008
#define GICR_WAKER 0x0014

#define GICD_CTLR_GRP1		   (1u << 1)
#define GICD_CTLR_ARE		   (1u << 4)
#define GICD_CTLR_DS		   (1u << 6)
#define GICD_CTLR_RWP		   (1u << 31)
#define GICD_TYPER_MBIS		   (1u << 16)
#define GICR_WAKER_PROCESSOR_SLEEP (1u << 1)
#define GICR_WAKER_CHILDREN_ASLEEP (1u << 2)
#define GICR_TYPER_LAST		   (1u << 4)

#define GIC_SPURIOUS  1023
#define GIC_FIRST_SPI 32
#define GIC_PRIORITY  0xa0 /* that gic_enable() gives */

static inline uint32_t gicd_read(uint64_t offset)
{
	return read32(GICD_BASE + offset);
}

static inline void gicd_write(uint64_t offset, uint32_t value)
{
	write32(GICD_BASE + offset, value);
}

/* A CPU's redistributor: its first frame. */
static inline uint64_t gicr(unsigned cpu)
{
	return GICR_BASE + cpu * GICR_STRIDE;
}

/* Group 1, everything disabled; done for the distributor and CPU 0 before guest_main(). */
void gic_init(void);
void gic_init_cpu(void);

/* Interrupt ids from 0 to here (not included) exist. */
unsigned gic_limit(void);

/*
 * Where interrupt `intid` of this CPU has its bit: an SPI in the distributor, others in this CPU's
 * redistributor. `group` is one of the offsets GIC_I...R.
 */
uint64_t gic_bit_reg(unsigned group, unsigned intid);
bool gic_bit(unsigned group, unsigned intid);
void gic_set_bit(unsigned group, unsigned intid);
void gic_set_priority(unsigned intid, uint8_t priority);
/* Priority GIC_PRIORITY, an SPI to this CPU. */
void gic_enable(unsigned intid);
void gic_disable(unsigned intid);
void gic_route(unsigned intid, uint64_t mpidr);
/* Edge-triggered, or level-sensitive. */
void gic_set_edge(unsigned intid, bool edge);

static inline unsigned gic_ack(void)
{
	unsigned intid = (unsigned)mrs(ICC_IAR1_EL1);

	dsb();
	return intid;
}

static inline void gic_eoi(unsigned intid)
{
	msr(ICC_EOIR1_EL1, intid);
	isb();
}

static inline void gic_set_pmr(uint8_t mask)
{
	msr(ICC_PMR_EL1, mask);
	isb();
}

/* Group 1 SGIs: to one CPU, to all others, or any value of ICC_SGI1R_EL1. */
void gic_sgi(uint64_t mpidr, unsigned intid);
void gic_sgi_others(unsigned intid);
static inline void gic_sgi_raw(uint64_t value)
{
	dsb();
	msr(ICC_SGI1R_EL1, value);
	isb();
}

#endif
