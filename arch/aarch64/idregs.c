/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identification registers that a guest sees: the CPU's own, reduced to the fields listed here.
 * A field that is not listed reads as zero, so that a feature of a newer CPU stays hidden until
 * somebody has made sure that the world switch and the traps know it (Arm ARM D24.2).
 */
#include "host.h"

/* A four-bit field at bit n. */
#define F(n) (UINT64_C(0xf) << (n))

#define REG(crm, op2) ((crm) << 3 | (op2))

/* Hidden: EL2, EL3, RAS, SVE, Secure EL2, MPAM, AMU, RME. EL1 is AArch64 only. */
static uint64_t pfr0(uint64_t host)
{
	uint64_t csv2 = (host & F(56)) ? UINT64_C(1) << 56 : 0; /* without SCXTNUM_ELx */

	return (host & (F(0) | F(16) | F(20) | F(48) | F(60))) | UINT64_C(1) << 4 |
	       UINT64_C(1) << 24 | csv2;
}

/* Armv8.0 debug with two breakpoints and two watchpoints, the least there is; no PMU, no trace. */
static uint64_t dfr0(void)
{
	return UINT64_C(6) | UINT64_C(1) << 12 | UINT64_C(1) << 20;
}

static const uint64_t kept[8][8] = {
	/* AArch32 at EL0: ID_PFR0 without RAS and AMU, ID_PFR1 without virtualization. */
	[1] = { F(0) | F(4) | F(8) | F(12) | F(16) | F(24), F(0) | F(8) | F(16) | F(28), 0, 0,
		UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX },
	[2] = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
		UINT64_MAX },
	[3] = { UINT64_MAX, UINT64_MAX, UINT64_MAX, 0, F(0) | F(4), 0, UINT64_MAX, 0 },
	/* ID_AA64PFR1: BT, SSBS. Hidden: MTE, SME, NMI and others. */
	[4] = { 0, F(0) | F(4), 0, 0, 0, 0, 0, 0 },
	[5] = { 0 },
	[6] = {
		/* ISAR0 without TME */
		~F(24),
		/* ISAR1 without XS and LS64 */
		~(F(56) | F(60)),
		/* ISAR2: RPRES, GPA3, APA3, BC, PAC_frac; without WFxT and MOPS */
		F(4) | F(8) | F(12) | F(20) | F(24),
	},
	[7] = {
		/* MMFR0 (PARange is set apart): without stage-2 granules, FGT, ECV */
		F(4) | F(8) | F(12) | F(16) | F(20) | F(24) | F(28) | F(44),
		/* MMFR1: HAFDBS, HPDS, PAN, ETS */
		F(0) | F(12) | F(20) | F(36),
		/* MMFR2: CnP, UAO, LSM, VARange, CCIDX, ST, AT, TTL, BBM, E0PD */
		F(0) | F(4) | F(8) | F(16) | F(20) | F(28) | F(32) | F(48) | F(52) | F(60),
	},
};

uint64_t aarch64_idreg_filter(unsigned crm, unsigned op2, uint64_t host)
{
	switch (REG(crm & 7, op2 & 7)) {
	case REG(4, 0):
		return pfr0(host);
	case REG(5, 0):
		return dfr0();
	default:
		return host & kept[crm & 7][op2 & 7];
	}
}

#ifdef __aarch64__

#define PARANGE_MASK UINT64_C(0xf)

/* ID_AA64MMFR0_EL1.PARange of a guest-physical address width. */
static uint64_t parange(unsigned gpa_bits)
{
	static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48 };
	uint64_t range = 0;

	for (unsigned i = 0; i < sizeof(bits); i++)
		if (gpa_bits >= bits[i])
			range = i;
	return range;
}

#define READ(crm, op2)                                                                             \
	case REG(crm, op2):                                                                        \
		return read_sysreg(S3_0_C0_C##crm##_##op2)
#define READ_ROW(crm)                                                                              \
	READ(crm, 0);                                                                              \
	READ(crm, 1);                                                                              \
	READ(crm, 2);                                                                              \
	READ(crm, 3);                                                                              \
	READ(crm, 4);                                                                              \
	READ(crm, 5);                                                                              \
	READ(crm, 6);                                                                              \
	READ(crm, 7)

static uint64_t host_value(unsigned crm, unsigned op2)
{
	switch (REG(crm, op2)) {
		READ_ROW(1);
		READ_ROW(2);
		READ_ROW(3);
		READ_ROW(4);
		READ_ROW(5);
		READ_ROW(6);
		READ_ROW(7);
	default:
		return 0;
	}
}

uint64_t aarch64_idreg(unsigned crm, unsigned op2)
{
	uint64_t value = aarch64_idreg_filter(crm, op2, host_value(crm, op2));
	struct stage2_geometry geo;

	if (REG(crm, op2) != REG(7, 0))
		return value;
	arch_stage2_geometry(&geo);
	return value | (parange(geo.gpa_bits) & PARANGE_MASK);
}

#endif
