/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registers through which a CPU reaches its guest interrupt files (AIA 3.8, 6.1). Anywhere but
 * on RISC-V a model of them stands in (unit tests).
 */
#ifndef RISCV64_IMSIC_CSR_H
#define RISCV64_IMSIC_CSR_H

#include <stdint.h>

/* Registers of the file that hstatus.VGEIN names, by their numbers in vsiselect. */
#define IMSIC_EIDELIVERY  0x70u
#define IMSIC_EITHRESHOLD 0x72u
#define IMSIC_EIP	  0x80u /* and every second number behind it: 64 identities each */
#define IMSIC_EIE	  0xc0u

#ifdef __riscv

#include "csrs.h"

/* vsiselect is 0x250, vsireg 0x251: the assembler knows their names with the extension only. */

static inline uint64_t imsic_select_read(void)
{
	return csr_read(0x250);
}

static inline void imsic_select_write(uint64_t value)
{
	csr_write(0x250, value);
}

static inline uint64_t imsic_reg_read(void)
{
	return csr_read(0x251);
}

static inline void imsic_reg_write(uint64_t value)
{
	csr_write(0x251, value);
}

static inline void imsic_reg_set(uint64_t bits)
{
	csr_set(0x251, bits);
}

static inline uint64_t imsic_reg_clear_all(void)
{
	uint64_t value;

	__asm__ volatile("csrrw %0, 0x251, zero" : "=r"(value)::"memory");
	return value;
}

static inline uint64_t imsic_hstatus_read(void)
{
	return csr_read(hstatus);
}

static inline void imsic_hstatus_write(uint64_t value)
{
	csr_write(hstatus, value);
}

/* A bit per file: has an interrupt; may interrupt HS-mode for it. */
static inline uint64_t imsic_hgeip(void)
{
	return csr_read(hgeip);
}

static inline uint64_t imsic_hgeie(void)
{
	return csr_read(hgeie);
}

static inline void imsic_hgeie_set(uint64_t bits)
{
	csr_set(hgeie, bits);
}

static inline void imsic_hgeie_clear(uint64_t bits)
{
	csr_clear(hgeie, bits);
}

/* A message to the file of this page (seteipnum_le). What was written before is seen by whoever
 * takes the interrupt. */
static inline void imsic_store(uint64_t page, uint32_t id)
{
	__asm__ volatile("fence w, o\n\tsw %0, 0(%1)" ::"r"(id), "r"(page) : "memory");
}

/*
 * What every guest finds: no interrupts by hvictl, no priorities; and this CPU's files may
 * interrupt it, once hgeie says which.
 */
static inline void imsic_cpu_init(void)
{
	csr_write(hgeie, 0);
	csr_write(0x609, 0); /* hvictl */
	csr_write(0x646, 0); /* hviprio1, 2 */
	csr_write(0x647, 0);
	csr_set(hie, UINT64_C(1) << IRQ_S_GUEST_EXT);
}

#else

uint64_t imsic_select_read(void);
void imsic_select_write(uint64_t value);
uint64_t imsic_reg_read(void);
void imsic_reg_write(uint64_t value);
void imsic_reg_set(uint64_t bits);
uint64_t imsic_reg_clear_all(void);
uint64_t imsic_hstatus_read(void);
void imsic_hstatus_write(uint64_t value);
uint64_t imsic_hgeip(void);
uint64_t imsic_hgeie(void);
void imsic_hgeie_set(uint64_t bits);
void imsic_hgeie_clear(uint64_t bits);
void imsic_store(uint64_t page, uint32_t id);
void imsic_cpu_init(void);

#endif
#endif
