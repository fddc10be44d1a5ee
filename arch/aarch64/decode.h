/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What made the guest leave, from the values of the registers that describe it (Arm ARM D24.2.40).
 * Pure, so that every machine can test it, and inline, for the sake of the exits that are frequent.
 */
#ifndef AARCH64_DECODE_H
#define AARCH64_DECODE_H

#include <arch/types.h>
#include <axvm/vcpu.h>

/* ESR_EL2.EC */
enum exception_class {
	EC_UNKNOWN = 0x00,
	EC_WFX = 0x01,
	EC_CP15_MCR = 0x03,
	EC_CP15_MCRR = 0x04,
	EC_CP14_MCR = 0x05,
	EC_CP14_LDC = 0x06,
	EC_FP = 0x07,
	EC_VMRS = 0x08,
	EC_PAUTH = 0x09,
	EC_LS64 = 0x0a,
	EC_CP14_MRRC = 0x0c,
	EC_BTI = 0x0d,
	EC_HVC64 = 0x16,
	EC_SMC64 = 0x17,
	EC_SYS64 = 0x18,
	EC_SVE = 0x19,
	EC_ERET = 0x1a,
	EC_SME = 0x1d,
	EC_IABT_LOW = 0x20,
	EC_DABT_LOW = 0x24,
	EC_DABT_CUR = 0x25,
};

#define ESR_EC_SHIFT 26
#define ESR_EC_MASK  0x3fu
#define ESR_IL	     (UINT64_C(1) << 25)
#define ESR_WFX_WFE  UINT64_C(1)

/* ESR_EL2.ISS of a data abort */
#define ISS_ISV		(UINT64_C(1) << 24)
#define ISS_SAS_SHIFT	22
#define ISS_SSE		(UINT64_C(1) << 21)
#define ISS_SRT_SHIFT	16
#define ISS_SF		(UINT64_C(1) << 15)
#define ISS_EA		(UINT64_C(1) << 9)
#define ISS_CM		(UINT64_C(1) << 8)
#define ISS_S1PTW	(UINT64_C(1) << 7)
#define ISS_WNR		(UINT64_C(1) << 6)
#define FSC_TYPE_MASK	0x3cu
#define FSC_TRANSLATION 0x04u
#define FSC_PERMISSION	0x0cu

/* ESR_EL2.ISS of a trapped MSR or MRS; a key has op0 to op2 where that has them. */
#define ISS_READ     UINT64_C(1)
#define ISS_RT_SHIFT 5
#define KEY_MASK     UINT64_C(0x3ffc1e)
#define KEY(op0, op1, crn, crm, op2)                                                               \
	((uint64_t)(op0) << 20 | (uint64_t)(op2) << 17 | (uint64_t)(op1) << 14 |                   \
	 (uint64_t)(crn) << 10 | (uint64_t)(crm) << 1)
#define KEY_OP0(key) ((key) >> 20 & 3)
#define KEY_OP1(key) ((key) >> 14 & 7)
#define KEY_OP2(key) ((key) >> 17 & 7)
#define KEY_CRN(key) ((key) >> 10 & 15)
#define KEY_CRM(key) ((key) >> 1 & 15)

#define SPSR_AARCH32 (UINT64_C(1) << 4)

#define PAR_FAILED UINT64_C(1)
#define PAR_PAGE   UINT64_C(0x000ffffffffff000)

/* ---- Which exit ---- */

enum decode_kind {
	DECODE_FATAL, /* what no guest should be able to cause */
	DECODE_HVC,
	DECODE_SMC,
	DECODE_SYSREG,
	DECODE_DATA_ABORT,
	DECODE_FETCH_ABORT,
	DECODE_WFI,
	DECODE_WFE,
	DECODE_FP,
	DECODE_UNDEFINED, /* an instruction that this guest's CPU does not have */
};

static inline enum decode_kind decode_exit(uint64_t esr)
{
	switch (esr >> ESR_EC_SHIFT & ESR_EC_MASK) {
	case EC_HVC64:
		return DECODE_HVC;
	case EC_DABT_LOW:
		return DECODE_DATA_ABORT;
	case EC_SYS64:
		return DECODE_SYSREG;
	case EC_WFX:
		return esr & ESR_WFX_WFE ? DECODE_WFE : DECODE_WFI;
	case EC_FP:
		return DECODE_FP;
	case EC_SMC64:
		return DECODE_SMC;
	case EC_IABT_LOW:
		return DECODE_FETCH_ABORT;
	case EC_UNKNOWN:
	case EC_CP15_MCR:
	case EC_CP15_MCRR:
	case EC_CP14_MCR:
	case EC_CP14_LDC:
	case EC_VMRS:
	case EC_PAUTH:
	case EC_LS64:
	case EC_CP14_MRRC:
	case EC_BTI:
	case EC_SVE:
	case EC_ERET:
	case EC_SME:
		return DECODE_UNDEFINED;
	default:
		return DECODE_FATAL;
	}
}

/* ---- Aborts ---- */

/* A whole load or store at an address without memory: what an access to a device looks like. */
static inline bool decode_is_mmio(uint64_t esr)
{
	uint64_t mask = ISS_ISV | ISS_EA | ISS_S1PTW | FSC_TYPE_MASK;

	return (esr & mask) == (ISS_ISV | FSC_TRANSLATION);
}

static inline bool decode_is_write(uint64_t esr)
{
	return esr & ISS_WNR;
}

/* A general register by its encoding in an instruction: 31 reads as zero. */
static inline uint64_t decode_gpr(const struct arch_regs *regs, unsigned reg)
{
	return reg < 31 ? regs->x[reg] : 0;
}

/* Of a decode_is_mmio(): MMIO_WRITE or MMIO_READ. */
static inline void decode_mmio(const struct arch_regs *regs, uint64_t esr, uint64_t gpa,
			       struct axvm_exit *exit)
{
	unsigned reg = esr >> ISS_SRT_SHIFT & 31;
	uint8_t width = 1u << (esr >> ISS_SAS_SHIFT & 3);

	if (decode_is_write(esr)) {
		exit->reason = AXVM_EXIT_MMIO_WRITE;
		exit->mmio_write.addr = axvm_gpa(gpa);
		exit->mmio_write.width = width;
		exit->mmio_write.data = decode_gpr(regs, reg);
		return;
	}
	exit->reason = AXVM_EXIT_MMIO_READ;
	exit->mmio_read.addr = axvm_gpa(gpa);
	exit->mmio_read.width = width;
	exit->mmio_read.reg = reg;
	exit->mmio_read.reg_width = esr & ISS_SF ? 8 : 4;
	exit->mmio_read.signed_ext = esr & ISS_SSE;
}

static inline bool decode_is_external(uint64_t esr)
{
	return esr & ISS_EA;
}

/* The guest's table walk has faulted, not the access itself. */
static inline bool decode_is_walk(uint64_t esr)
{
	return esr & ISS_S1PTW;
}

static inline bool decode_is_cache_maintenance(uint64_t esr)
{
	return (esr & (ISS_CM | ISS_S1PTW)) == ISS_CM;
}

static inline bool decode_is_mapping_fault(uint64_t esr)
{
	unsigned type = esr & FSC_TYPE_MASK;

	return type == FSC_TRANSLATION || type == FSC_PERMISSION;
}

/* A table walk reads, whatever it is for; permission is what it lacks to update a descriptor. */
static inline enum axvm_access decode_walk_access(uint64_t esr)
{
	return (esr & FSC_TYPE_MASK) == FSC_PERMISSION ? AXVM_ACCESS_WRITE : AXVM_ACCESS_READ;
}

static inline enum axvm_access decode_data_access(uint64_t esr)
{
	if (decode_is_walk(esr))
		return decode_walk_access(esr);
	return decode_is_write(esr) ? AXVM_ACCESS_WRITE : AXVM_ACCESS_READ;
}

static inline enum axvm_access decode_fetch_access(uint64_t esr)
{
	return decode_is_walk(esr) ? decode_walk_access(esr) : AXVM_ACCESS_EXECUTE;
}

/*
 * HPFAR_EL2 does not hold the address of a permission fault outside a table walk (Arm ARM
 * D24.2.58): the guest's own translation tells.
 */
static inline bool decode_has_hpfar(uint64_t esr)
{
	return (esr & FSC_TYPE_MASK) != FSC_PERMISSION || decode_is_walk(esr);
}

static inline uint64_t decode_hpfar_gpa(uint64_t hpfar, uint64_t far)
{
	return hpfar >> 4 << 12 | (far & 0xfff);
}

/* From PAR_EL1 behind the translation of `far`. false: it does not translate any more. */
static inline bool decode_par_gpa(uint64_t par, uint64_t far, uint64_t *gpa)
{
	if (par & PAR_FAILED)
		return false;
	*gpa = (par & PAR_PAGE) | (far & 0xfff);
	return true;
}

/* ---- System registers ---- */

static inline bool decode_sysreg_reads(uint64_t esr)
{
	return esr & ISS_READ;
}

static inline unsigned decode_sysreg_rt(uint64_t esr)
{
	return esr >> ISS_RT_SHIFT & 31;
}

static inline uint64_t decode_sysreg_key(uint64_t esr)
{
	return esr & KEY_MASK;
}

/* op0 = 3, op1 = 0, CRn = 0, CRm = 1 to 7: the identification registers that HCR_EL2.TID3 traps. */
static inline bool decode_key_is_idreg(uint64_t key)
{
	return KEY_OP0(key) == 3 && KEY_OP1(key) == 0 && KEY_CRN(key) == 0 && KEY_CRM(key) >= 1 &&
	       KEY_CRM(key) <= 7;
}

/* DBGBVR, DBGBCR, DBGWVR and DBGWCR 0 and 1. */
static inline bool decode_key_is_breakpoint(uint64_t key)
{
	return KEY_OP0(key) == 2 && KEY_OP1(key) == 0 && KEY_CRN(key) == 0 && KEY_CRM(key) <= 1 &&
	       KEY_OP2(key) >= 4;
}

/* ---- Going on behind the instruction ---- */

static inline bool decode_is_aarch32(uint64_t spsr)
{
	return spsr & SPSR_AARCH32;
}

/* T32 has instructions of two bytes. */
static inline unsigned decode_length(uint64_t esr)
{
	return esr & ESR_IL ? 4 : 2;
}

/* SPSR_EL2 behind an instruction of AArch32: the IT block that it is in goes on. */
static inline uint64_t decode_advance_it(uint64_t spsr)
{
	uint64_t it = (spsr >> 8 & 0xfc) | (spsr >> 25 & 3); /* IT[7:2], IT[1:0] */

	it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
	return (spsr & ~UINT64_C(0x0600fc00)) | (it & 0xfc) << 8 | (it & 3) << 25;
}

#endif
