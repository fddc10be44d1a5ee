/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identification registers: the whole space reads without a fault, what is not announced is
 * UNDEFINED, and a VM does not see what its hypervisor does not virtualise.
 */
#include "boot.h"
#include "sysreg_code.h"
#include "test.h"
#include "trap.h"

/* FPEN, ZEN, SMEN: where the hardware has SVE or SME, its traps to EL1 come before those to EL2. */
#define CPACR_NO_TRAPS (3ul << 20 | 3ul << 16 | 3ul << 24)

static unsigned field(uint64_t reg, unsigned low)
{
	return reg >> low & 0xf;
}

/* Arm ARM D23.3.1: op0 3, op1 0, CRn 0, CRm 1 to 7 are RAZ where nothing is defined. */
static void id_space(void)
{
	unsigned faults = 0, denied = 0;

	for (unsigned crm = 1; crm < 8; crm++) {
		for (unsigned op2 = 0; op2 < 8; op2++) {
			faults += TRAP(sysreg_read(SYSREG(3, 0, 0, crm, op2))).count;
			denied += TRAP(sysreg_write(SYSREG(3, 0, 0, crm, op2), ~0ull)).count;
		}
	}
	CHECK_EQ(faults, 0, "identification space: reads that fault");
	CHECK_EQ(denied, 56, "identification space: writes that are UNDEFINED");
}

static void identity(void)
{
	uint64_t midr = mrs(midr_el1), mpidr = mrs(mpidr_el1);

	CHECK(field(midr, 16) == 0xf && (midr >> 32) == 0, "MIDR_EL1 %#lx: Armv8", midr);
	CHECK_EQ(mpidr & MPIDR_AFFINITY, cpu_hwid(0), "MPIDR_EL1 agrees with the device tree");
	CHECK(mpidr & 1u << 31, "MPIDR_EL1 bit 31 is one");
	CHECK_EQ(mrs(revidr_el1) >> 32, 0, "REVIDR_EL1 reads");
	CHECK(mrs(ctr_el0) & 1u << 31, "CTR_EL0 bit 31 is one");
	CHECK((mrs(dczid_el0) & 0xf) <= 9, "DCZID_EL0 block size");
	CHECK(mrs(cntfrq_el0) >= 1000000, "CNTFRQ_EL0 %lu", mrs(cntfrq_el0));
	CHECK(field(mrs(id_aa64pfr0_el1), 4) >= 1, "EL1 is there");
	CHECK_EQ(field(mrs(id_aa64pfr0_el1), 24), 1, "GIC system registers are announced");
}

/* Each level of cache that CLIDR_EL1 names has a geometry. */
static void caches(void)
{
	uint64_t clidr = mrs(clidr_el1);
	unsigned level = 0;

	for (; level < 7 && (clidr >> level * 3 & 7); level++) {
		msr(csselr_el1, level << 1);
		isb();
		CHECK((mrs(ccsidr_el1) & 7) <= 5, "cache level %u: CCSIDR_EL1 %#lx", level + 1,
		      mrs(ccsidr_el1));
	}
	CHECK(level >= 1, "at least one level of cache");
}

#define ABSENT(cond, name)                                                                         \
	do {                                                                                       \
		if (cond)                                                                          \
			CHECK(trap_is(TRAP(mrs(name)), EC_UNKNOWN),                                \
			      "not announced, so UNDEFINED: " #name);                              \
	} while (0)

static void absent_registers(void)
{
	uint64_t pfr0 = mrs(id_aa64pfr0_el1), pfr1 = mrs(id_aa64pfr1_el1);
	uint64_t dfr0 = mrs(id_aa64dfr0_el1);

	msr(cpacr_el1, CPACR_NO_TRAPS);
	isb();
	ABSENT(!field(pfr0, 32), S3_0_C1_C2_0);	  /* ZCR_EL1 */
	ABSENT(!field(pfr0, 28), S3_0_C5_C4_0);	  /* ERRSELR_EL1 */
	ABSENT(!field(pfr0, 44), S3_3_C13_C2_0);  /* AMCR_EL0 */
	ABSENT(!field(pfr0, 40), S3_0_C10_C5_0);  /* MPAM1_EL1 */
	ABSENT(!field(pfr1, 24), S3_0_C1_C2_6);	  /* SMCR_EL1 */
	ABSENT(field(pfr1, 8) < 2, S3_0_C5_C6_0); /* TFSR_EL1 */
	ABSENT(!field(dfr0, 8) || field(dfr0, 8) == 0xf, pmcr_el0);
	ABSENT(!field(dfr0, 8) || field(dfr0, 8) == 0xf, pmccntr_el0);
	ABSENT(!field(dfr0, 32), S3_0_C9_C9_0);	 /* PMSCR_EL1 */
	ABSENT(!field(dfr0, 44), S3_0_C9_C11_0); /* TRBLIMITR_EL1 */
}

static void hidden_features(void)
{
	uint64_t pfr0 = mrs(id_aa64pfr0_el1), pfr1 = mrs(id_aa64pfr1_el1);
	uint64_t dfr0 = mrs(id_aa64dfr0_el1);

	CHECK_EQ(field(pfr0, 8), 0, "no EL2 in a VM");
	CHECK_EQ(field(pfr0, 28), 0, "no RAS");
	CHECK_EQ(field(pfr0, 32), 0, "no SVE");
	CHECK_EQ(field(pfr0, 40), 0, "no MPAM");
	CHECK_EQ(field(pfr0, 44), 0, "no AMU");
	CHECK_EQ(field(pfr1, 8), 0, "no MTE");
	CHECK_EQ(field(pfr1, 24), 0, "no SME");
	CHECK_EQ(mrs(S3_0_C0_C4_4), 0, "ID_AA64ZFR0_EL1 is zero");
	CHECK_EQ(mrs(S3_0_C0_C4_5), 0, "ID_AA64SMFR0_EL1 is zero");
	CHECK_EQ(field(dfr0, 4), 0, "no trace unit");
	CHECK(field(dfr0, 8) == 0 || field(dfr0, 8) == 0xf, "no PMU");
	CHECK_EQ(field(dfr0, 32), 0, "no statistical profiling");
	CHECK_EQ(field(dfr0, 44), 0, "no trace buffer");
}

/* Kernels unlock and clear the debug registers when they start, whatever is announced. */
static void debug_registers(void)
{
	CHECK_EQ(TRAP(msr(oslar_el1, 0)).count, 0, "OSLAR_EL1 can be written");
	CHECK_EQ(TRAP(mrs(oslsr_el1)).count, 0, "OSLSR_EL1 can be read");
	CHECK_EQ(TRAP(msr(osdlr_el1, 0)).count, 0, "OSDLR_EL1 can be written");
	CHECK_EQ(TRAP(msr(mdscr_el1, 0)).count, 0, "MDSCR_EL1 can be written");
	CHECK_EQ(TRAP(msr(dbgbcr0_el1, 0)).count, 0, "DBGBCR0_EL1 can be written");
	CHECK_EQ(TRAP(msr(dbgwcr0_el1, 0)).count, 0, "DBGWCR0_EL1 can be written");
}

void guest_main(void)
{
	id_space();
	identity();
	caches();
	absent_registers();
	debug_registers();
	if (!boot_reference())
		hidden_features();
}
