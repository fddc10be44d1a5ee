/* SPDX-License-Identifier: Apache-2.0 */
/* Making a physical CPU ready for guests: what traps, and what guests may do on their own. */
#include "host.h"
#include "vgic.h"

bool arch_supports(enum axvm_arch isa)
{
	return isa == AXVM_ARCH_AARCH64;
}

struct axvm_aarch64_host aarch64_host;

/* HCR_EL2 (Arm ARM D24.2.52). One value for every guest and for ever: see docs/performance.md. */
#define HCR_VM	      (UINT64_C(1) << 0) /* stage 2 */
#define HCR_SWIO      (UINT64_C(1) << 1) /* set/way invalidation also cleans */
#define HCR_PTW	      (UINT64_C(1) << 2) /* no table walks in device memory */
#define HCR_FMO	      (UINT64_C(1) << 3) /* FIQ, IRQ and SError come to EL2 */
#define HCR_IMO	      (UINT64_C(1) << 4)
#define HCR_AMO	      (UINT64_C(1) << 5)
#define HCR_FB	      (UINT64_C(1) << 9) /* maintenance is broadcast: the vCPU may move */
#define HCR_BSU_INNER (UINT64_C(1) << 10)
#define HCR_TWI	      (UINT64_C(1) << 13)
#define HCR_TWE	      (UINT64_C(1) << 14)
#define HCR_TID3      (UINT64_C(1) << 18) /* identification registers */
#define HCR_TSC	      (UINT64_C(1) << 19) /* SMC */
#define HCR_TIDCP     (UINT64_C(1) << 20) /* implementation-defined registers */
#define HCR_TACR      (UINT64_C(1) << 21) /* ACTLR_EL1 */
#define HCR_RW	      (UINT64_C(1) << 31) /* EL1 is AArch64 */
#define HCR_TLOR      (UINT64_C(1) << 35)
#define HCR_TERR      (UINT64_C(1) << 36) /* error records */
#define HCR_APK	      (UINT64_C(1) << 40) /* pointer authentication does not trap */
#define HCR_API	      (UINT64_C(1) << 41)

#define HCR_GUEST                                                                                  \
	(HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_INNER |      \
	 HCR_TWI | HCR_TWE | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_RW | HCR_TLOR |       \
	 HCR_TERR)

/* MDCR_EL2: debug, PMU, profiling and trace filter registers trap. */
#define MDCR_TPMCR (UINT64_C(1) << 5)
#define MDCR_TPM   (UINT64_C(1) << 6)
#define MDCR_TDA   (UINT64_C(1) << 9)
#define MDCR_TDOSA (UINT64_C(1) << 10)
#define MDCR_TDRA  (UINT64_C(1) << 11)
#define MDCR_TPMS  (UINT64_C(1) << 14)
#define MDCR_TTRF  (UINT64_C(1) << 19)
#define MDCR_GUEST                                                                                 \
	(MDCR_TPMCR | MDCR_TPM | MDCR_TDA | MDCR_TDOSA | MDCR_TDRA | MDCR_TPMS | MDCR_TTRF)

/* CPTR_EL2 with E2H 0: RES1 bits, SVE, SME, trace and AMU trap, and FP until it is used. */
#define CPTR_RES1_TZ_TSM UINT64_C(0x33ff)
#define CPTR_TFP	 (UINT64_C(1) << 10)
#define CPTR_TTA	 (UINT64_C(1) << 20)
#define CPTR_TAM	 (UINT64_C(1) << 30)
#define CPTR_GUEST	 (CPTR_RES1_TZ_TSM | CPTR_TFP | CPTR_TTA | CPTR_TAM)

#define MPAM2_TRAP_EL1_EL0   (UINT64_C(3) << 48)
#define MPAMIDR_HAS_HCR	     (UINT64_C(1) << 17)
#define MPAMHCR_TRAP_MPAMIDR (UINT64_C(1) << 31)

/* ICC_SRE_EL2 and ICC_SRE_EL1: system registers only. Without Enable ICC_SRE_EL1 traps (where the
 * CPU offers anything else), so that no guest can switch it for the next one. */
#define ICC_SRE_ALL UINT64_C(7)

#define FIELD(reg, shift) ((reg) >> (shift) & 0xf)

void axvm_aarch64_set_host(const struct axvm_aarch64_host *host)
{
	aarch64_host = *host;
	aarch64_timer_init();
}

/* GICR_ISACTIVER0 and GICR_ICACTIVER0 (IHI 0069, 12.11). */
void aarch64_ppi_set_active(uint32_t intid, bool active)
{
	uint8_t *frame = aarch64_host.gicr_sgi_base();
	volatile uint32_t *reg = (volatile uint32_t *)(void *)(frame + (active ? 0x300 : 0x380));

	*reg = UINT32_C(1) << intid;
}

bool arch_has_hardware_support(void)
{
	return (read_sysreg(CurrentEL) >> 2 & 3) == 2;
}

/* ID_AA64ISAR1: APA, API, GPA, GPI; ID_AA64ISAR2: GPA3, APA3. */
bool aarch64_has_pauth(void)
{
	return (read_sysreg(S3_0_C0_C6_1) & UINT64_C(0xff000ff0)) ||
	       (read_sysreg(S3_0_C0_C6_2) & UINT64_C(0xff00));
}

/* How many event counters there are: all of them stay the guest's share, though hidden. */
static uint64_t mdcr_hpmn(void)
{
	unsigned pmu = FIELD(read_sysreg(id_aa64dfr0_el1), 8);

	return pmu == 0 || pmu == 0xf ? 0 : read_sysreg(pmcr_el0) >> 11 & 31;
}

/* MPAM2_EL2: MPAM0_EL1 and MPAM1_EL1 trap; MPAMHCR_EL2: MPAMIDR_EL1 too, where there is one. */
static void hide_mpam(void)
{
	write_sysreg(S3_4_C10_C5_0, MPAM2_TRAP_EL1_EL0);
	if (read_sysreg(S3_0_C10_C4_4) & MPAMIDR_HAS_HCR)
		write_sysreg(S3_4_C10_C4_0, MPAMHCR_TRAP_MPAMIDR);
}

/* HFGRTR, HFGWTR, HFGITR, HDFGRTR, HDFGWTR, their seconds, and HCRX_EL2 of CPUs that have them:
 * nothing enabled that older CPUs do not have. */
static void hardware_enable_newer(void)
{
	uint64_t mmfr0 = read_sysreg(S3_0_C0_C7_0), mmfr1 = read_sysreg(S3_0_C0_C7_1);

	if (FIELD(read_sysreg(id_aa64pfr0_el1), 40) || FIELD(read_sysreg(S3_0_C0_C4_1), 16))
		hide_mpam();
	if (FIELD(mmfr0, 56) >= 2) {
		write_sysreg(S3_4_C3_C1_0, 0);
		write_sysreg(S3_4_C3_C1_1, 0);
		write_sysreg(S3_4_C3_C1_2, 0);
		write_sysreg(S3_4_C3_C1_3, 0);
		write_sysreg(S3_4_C3_C1_7, 0);
	}
	if (FIELD(mmfr0, 56)) {
		write_sysreg(S3_4_C1_C1_4, 0);
		write_sysreg(S3_4_C1_C1_5, 0);
		write_sysreg(S3_4_C1_C1_6, 0);
		write_sysreg(S3_4_C3_C1_4, 0);
		write_sysreg(S3_4_C3_C1_5, 0);
	}
	if (FIELD(mmfr1, 40))
		write_sysreg(S3_4_C1_C2_2, 0);
}

enum axvm_error arch_hardware_enable(void)
{
	if (!arch_has_hardware_support())
		return AXVM_ERR_UNSUPPORTED;
	write_sysreg(vbar_el2, (uint64_t)arch_vectors);
	write_sysreg(hcr_el2, HCR_GUEST | (aarch64_has_pauth() ? HCR_APK | HCR_API : 0));
	write_sysreg(mdcr_el2, MDCR_GUEST | mdcr_hpmn());
	write_sysreg(cptr_el2, CPTR_GUEST);
	write_sysreg(hstr_el2, 0);
	write_sysreg(cnthctl_el2, 0); /* the physical counter and timer trap */
	write_sysreg(vpidr_el2, read_sysreg(midr_el1));
	write_sysreg(vtcr_el2, aarch64_vtcr());
	write_sysreg(cntv_ctl_el0, 0);
	write_sysreg(mdscr_el1, 0);
	write_sysreg(S3_0_C12_C12_5, ICC_SRE_ALL);
	write_sysreg(S3_4_C12_C9_5, ICC_SRE_ALL);
	hardware_enable_newer();
	isb();
	/* Nothing that earlier software left under these regimes. */
	__asm__ volatile("tlbi alle1\n\tdsb nsh\n\tisb" ::: "memory");
	vgic_hardware_enable();
	return AXVM_OK;
}

bool arch_hardware_enabled(void)
{
	return read_sysreg(hcr_el2) & HCR_VM;
}

void arch_hardware_disable(void)
{
	write_sysreg(hcr_el2, HCR_RW);
	write_sysreg(cptr_el2, CPTR_GUEST);
	isb();
}
