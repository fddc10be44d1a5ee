/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the CPU does when it takes a synchronous exception to EL1, in values of registers (Arm ARM,
 * AArch64.TakeException and AArch64.ReportException). Pure, so that every machine can test it.
 */
#ifndef AARCH64_EXCEPTION_H
#define AARCH64_EXCEPTION_H

#include "decode.h"

#define FSC_EXTERNAL	  UINT64_C(0x10) /* synchronous external abort */
#define FSC_EXTERNAL_WALK UINT64_C(0x14) /* the same, on a table walk at level 0 */

#define PSTATE_M_EL_MASK UINT64_C(0x0c)
#define PSTATE_M_EL1H	 UINT64_C(0x05)
#define PSTATE_DAIF	 UINT64_C(0x3c0)
#define PSTATE_SSBS	 (UINT64_C(1) << 12)
#define PSTATE_PAN	 (UINT64_C(1) << 22)
#define PSTATE_DIT	 (UINT64_C(1) << 24)
#define PSTATE_NZCV	 UINT64_C(0xf0000000)

#define SCTLR_SPAN  (UINT64_C(1) << 23)
#define SCTLR_DSSBS (UINT64_C(1) << 44)

#define MMFR1_PAN_SHIFT 20

static inline bool exception_from_el0(uint64_t spsr)
{
	return decode_is_aarch32(spsr) || !(spsr & PSTATE_M_EL_MASK);
}

/* From VBAR_EL1 to the vector for a synchronous exception taken from `spsr` (Arm ARM D1.3.1). */
static inline uint64_t exception_vector(uint64_t spsr)
{
	if (decode_is_aarch32(spsr))
		return 0x600;
	if (exception_from_el0(spsr))
		return 0x400;
	return spsr & 1 ? 0x200 : 0;
}

static inline uint64_t exception_pstate(uint64_t spsr, uint64_t sctlr, uint64_t mmfr1)
{
	uint64_t pstate = PSTATE_M_EL1H | PSTATE_DAIF;

	pstate |= spsr & (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN);
	if (!(sctlr & SCTLR_SPAN) && (mmfr1 >> MMFR1_PAN_SHIFT & 0xf))
		pstate |= PSTATE_PAN;
	if (sctlr & SCTLR_DSSBS)
		pstate |= PSTATE_SSBS;
	return pstate;
}

/* ESR_EL1 of an external abort in place of the data abort that came to EL2 with `esr`. */
static inline uint64_t exception_data_abort(uint64_t esr, uint64_t spsr, bool table_walk)
{
	uint64_t ec = exception_from_el0(spsr) ? EC_DABT_LOW : EC_DABT_CUR;

	return ec << ESR_EC_SHIFT | (esr & (ESR_IL | ISS_WNR)) |
	       (table_walk ? FSC_EXTERNAL_WALK : FSC_EXTERNAL);
}

#endif
