/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the CPU does when it takes an exception to VS-mode, in values of registers (Privileged
 * Architecture, "Trap Entry" and "Supervisor Status Register"). vsepc becomes sepc, vscause and
 * vstval the fault's own. Pure, so that every machine can test it.
 */
#ifndef RISCV64_EXCEPTION_H
#define RISCV64_EXCEPTION_H

#include "decode.h"

#define SSTATUS_SIE  (UINT64_C(1) << 1)
#define SSTATUS_SPIE (UINT64_C(1) << 5)
#define SSTATUS_SPP  (UINT64_C(1) << 8)

#define STVEC_MODE UINT64_C(3)

/* vsstatus behind it; sstatus.SPP tells in which mode the guest was. */
static inline uint64_t exception_vsstatus(uint64_t vsstatus, uint64_t sstatus)
{
	uint64_t spie = vsstatus & SSTATUS_SIE ? SSTATUS_SPIE : 0;

	return (vsstatus & ~(SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP)) | spie |
	       (sstatus & SSTATUS_SPP);
}

/* sstatus with which HS-mode's SRET goes on in VS-mode. */
static inline uint64_t exception_sstatus(uint64_t sstatus)
{
	return sstatus | SSTATUS_SPP;
}

/* Exceptions go to the base, whatever the mode. */
static inline uint64_t exception_pc(uint64_t vstvec)
{
	return vstvec & ~STVEC_MODE;
}

/* The access fault that a guest-page fault becomes where there is nothing behind the address. */
static inline uint64_t exception_access_fault(uint64_t scause)
{
	switch (scause) {
	case CAUSE_FETCH_GUEST_PAGE:
		return CAUSE_FETCH_ACCESS;
	case CAUSE_STORE_GUEST_PAGE:
		return CAUSE_STORE_ACCESS;
	default:
		return CAUSE_LOAD_ACCESS;
	}
}

#endif
