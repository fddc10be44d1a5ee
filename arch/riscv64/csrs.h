/* SPDX-License-Identifier: Apache-2.0 */
/* Access to control and status registers by name, and their bits. */
#ifndef RISCV64_CSRS_H
#define RISCV64_CSRS_H

#include <stdint.h>

#define csr_read(name)                                                                             \
	({                                                                                         \
		uint64_t read_value;                                                               \
		__asm__ volatile("csrr %0, " #name : "=r"(read_value)::"memory");                  \
		read_value;                                                                        \
	})
#define csr_write(name, value)                                                                     \
	({                                                                                         \
		uint64_t write_value = (value);                                                    \
		__asm__ volatile("csrw " #name ", %0" ::"rK"(write_value) : "memory");             \
	})
#define csr_set(name, value)                                                                       \
	({                                                                                         \
		uint64_t set_value = (value);                                                      \
		__asm__ volatile("csrs " #name ", %0" ::"rK"(set_value) : "memory");               \
	})
#define csr_clear(name, value)                                                                     \
	({                                                                                         \
		uint64_t clear_value = (value);                                                    \
		__asm__ volatile("csrc " #name ", %0" ::"rK"(clear_value) : "memory");             \
	})

/* sstatus, vsstatus */
#define SSTATUS_VS  (UINT64_C(3) << 9)
#define SSTATUS_FS  (UINT64_C(3) << 13)
#define SSTATUS_UXL (UINT64_C(2) << 32) /* 64 bits */
/* FS and VS: what the fields say of their unit, shifted into place. */
#define SSTATUS_VS_CLEAN (UINT64_C(2) << 9)
#define SSTATUS_FS_CLEAN (UINT64_C(2) << 13)

/* Interrupts: their numbers, and VS-mode's bits in hvip and hideleg; in vsie they are one lower */
#define IRQ_S_GUEST_EXT 12
#define HVIP_VSSIP	(UINT64_C(1) << 2)
#define HVIP_VSTIP	(UINT64_C(1) << 6)
#define HVIP_VSEIP	(UINT64_C(1) << 10)
#define HVIP_ALL	(HVIP_VSSIP | HVIP_VSTIP | HVIP_VSEIP)
#define SIE_STIE	(UINT64_C(1) << 5)

/* hstatus */
#define HSTATUS_SPV	    (UINT64_C(1) << 7)
#define HSTATUS_SPVP	    (UINT64_C(1) << 8)
#define HSTATUS_VGEIN_SHIFT 12
#define HSTATUS_VTW	    (UINT64_C(1) << 21)
#define HSTATUS_VSXL	    (UINT64_C(2) << 32)

/* hcounteren, scounteren: bit n for 0xc00 + n */
#define CSR_CYCLE    0xc00u
#define CSR_INSTRET  0xc02u
#define COUNTEREN_CY (UINT64_C(1) << 0)
#define COUNTEREN_TM (UINT64_C(1) << 1)
#define COUNTEREN_IR (UINT64_C(1) << 2)

/* henvcfg, senvcfg */
#define ENVCFG_CBIE_FLUSH (UINT64_C(1) << 4)
#define ENVCFG_CBCFE	  (UINT64_C(1) << 6)
#define ENVCFG_CBZE	  (UINT64_C(1) << 7)
#define ENVCFG_ADUE	  (UINT64_C(1) << 61)
#define ENVCFG_PBMTE	  (UINT64_C(1) << 62)
#define ENVCFG_STCE	  (UINT64_C(1) << 63)

/* hstateen0 */
#define STATEEN_IMSIC  (UINT64_C(1) << 58)
#define STATEEN_AIA    (UINT64_C(1) << 59)
#define STATEEN_CSRIND (UINT64_C(1) << 60)
#define STATEEN_ENVCFG (UINT64_C(1) << 62)

#endif
