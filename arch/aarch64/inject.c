/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Synchronous exceptions into the guest that is live on this CPU: what the CPU does when it takes
 * one to EL1 (Arm ARM, AArch64.TakeException and AArch64.ReportException).
 */
#include "host.h"

#define ESR_IL		  (UINT64_C(1) << 25)
#define ESR_WNR		  (UINT64_C(1) << 6)
#define ESR_EC(ec)	  ((uint64_t)(ec) << 26)
#define EC_DABT_LOW	  UINT64_C(0x24)
#define EC_DABT_CUR	  UINT64_C(0x25)
#define FSC_EXTERNAL	  UINT64_C(0x10) /* synchronous external abort */
#define FSC_EXTERNAL_WALK UINT64_C(0x14) /* the same, on a table walk at level 0 */

#define PSTATE_M_AARCH32 UINT64_C(0x10)
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

/* From VBAR_EL1 to the vector for a synchronous exception taken from `spsr` (Arm ARM D1.3.1). */
static uint64_t vector_offset(uint64_t spsr)
{
	if (spsr & PSTATE_M_AARCH32)
		return 0x600;
	if (!(spsr & PSTATE_M_EL_MASK))
		return 0x400;
	return spsr & 1 ? 0x200 : 0;
}

static uint64_t exception_pstate(uint64_t spsr)
{
	uint64_t sctlr = read_sysreg(sctlr_el1);
	uint64_t pstate = PSTATE_M_EL1H | PSTATE_DAIF;

	pstate |= spsr & (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN);
	if (!(sctlr & SCTLR_SPAN) && (read_sysreg(id_aa64mmfr1_el1) >> MMFR1_PAN_SHIFT & 0xf))
		pstate |= PSTATE_PAN;
	if (sctlr & SCTLR_DSSBS)
		pstate |= PSTATE_SSBS;
	return pstate;
}

static void take_exception(uint64_t esr)
{
	uint64_t spsr = read_sysreg(spsr_el2);

	write_sysreg(esr_el1, esr);
	write_sysreg(elr_el1, read_sysreg(elr_el2));
	write_sysreg(spsr_el1, spsr);
	write_sysreg(elr_el2, read_sysreg(vbar_el1) + vector_offset(spsr));
	write_sysreg(spsr_el2, exception_pstate(spsr));
}

void aarch64_inject_undefined(void)
{
	take_exception(ESR_IL);
}

void aarch64_inject_data_abort(uint64_t far, bool table_walk)
{
	bool from_el0 = !(read_sysreg(spsr_el2) & PSTATE_M_EL_MASK) ||
			(read_sysreg(spsr_el2) & PSTATE_M_AARCH32);
	uint64_t esr = ESR_EC(from_el0 ? EC_DABT_LOW : EC_DABT_CUR);

	write_sysreg(far_el1, far);
	take_exception(esr | (read_sysreg(esr_el2) & (ESR_IL | ESR_WNR)) |
		       (table_walk ? FSC_EXTERNAL_WALK : FSC_EXTERNAL));
}
