/* SPDX-License-Identifier: Apache-2.0 */
/* APLIC in MSI mode, and IMSIC. RISC-V Advanced Interrupt Architecture, 1.0: 3 and 4. */
#ifndef AIA_H
#define AIA_H

#include "cpu.h"

#define APLIC_BASE 0x0d000000ull
#define APLIC_SIZE 0x8000ull
#define IMSIC_BASE 0x28000000ull
#define IMSIC_PAGE 0x1000ull

#define APLIC_DOMAINCFG	 0x0000
#define APLIC_SOURCECFG	 0x0004 /* of source 1 */
#define APLIC_SETIP	 0x1c00
#define APLIC_SETIPNUM	 0x1cdc
#define APLIC_IN_CLRIP	 0x1d00
#define APLIC_CLRIPNUM	 0x1ddc
#define APLIC_SETIE	 0x1e00
#define APLIC_SETIENUM	 0x1edc
#define APLIC_CLRIE	 0x1f00
#define APLIC_CLRIENUM	 0x1fdc
#define APLIC_SETIPNUMLE 0x2000
#define APLIC_GENMSI	 0x3000
#define APLIC_TARGET	 0x3004 /* of source 1 */

#define APLIC_DOMAINCFG_IE (1u << 8)
#define APLIC_DOMAINCFG_DM (1u << 2)
#define APLIC_SM_INACTIVE  0u
#define APLIC_SM_DETACHED  1u
#define APLIC_SM_EDGE1	   4u
#define APLIC_SM_EDGE0	   5u
#define APLIC_SM_LEVEL1	   6u
#define APLIC_SM_LEVEL0	   7u

#define IMSIC_EIDELIVERY  0x70
#define IMSIC_EITHRESHOLD 0x72
#define IMSIC_EIP	  0x80
#define IMSIC_EIE	  0xc0

/* Whether the tree has them. */
bool aia_present(void);
/* Domain on. Sources stay as they are; aia_clear(): none is active. */
void aia_init(void);
void aia_clear(void);
void aia_init_cpu(void);
void aia_set_edge(unsigned line, bool edge);
void aia_set_enabled(unsigned line, bool on);
/* After handling: a level that is still high comes again. */
void aia_eoi(unsigned line);
/* Claims the number of the highest priority, 0: none. */
unsigned aia_claim(void);

/* This CPU's interrupt file: its registers, and a bit of EIP or EIE. */
uint64_t imsic_read(unsigned select);
void imsic_write(unsigned select, uint64_t value);
void imsic_set_bit(unsigned select, unsigned number, bool on);
bool imsic_bit(unsigned select, unsigned number);
/* The page to which others write an interrupt's number. */
uint64_t imsic_page(unsigned cpu);

#endif
