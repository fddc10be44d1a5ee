/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registers of the virtual CPU interface by number, and the few others that the guest's
 * interrupt controller touches. Arm IHI 0069, 12.4. With a constant number an access is one
 * instruction. Anywhere but on AArch64 a model of them stands in (unit tests).
 */
#ifndef AARCH64_VGIC_ICH_H
#define AARCH64_VGIC_ICH_H

#include <stdint.h>

enum ich_reg {
	ICH_LR0,	/* to ICH_LR0 + 15 */
	ICH_AP0R0 = 16, /* to ICH_AP0R0 + 3 */
	ICH_AP1R0 = 20,
	ICH_HCR = 24,
	ICH_VMCR,
	ICH_VTR,
	ICH_ELRSR,
	ICH_EISR,
	ICC_DIR,  /* physical deactivation */
	CPU_SELF, /* a number that no other CPU has; never 0 */
	CNTV_CTL,
	ICH_NUM,
};

#define ICH_LR_PENDING (1ull << 62)
#define ICH_LR_ACTIVE  (1ull << 63)
#define ICH_LR_STATE   (3ull << 62)
#define ICH_LR_HW      (1ull << 61)
#define ICH_LR_GROUP   (1ull << 60)
#define ICH_LR_PRIO    48
#define ICH_LR_PINTID  32
#define ICH_LR_EOI     (1ull << 41)

#define ICH_HCR_EN	 (1u << 0)
#define ICH_HCR_LRENPIE	 (1u << 2)
#define ICH_HCR_NPIE	 (1u << 3)
#define ICH_HCR_TDIR	 (1u << 14)
#define ICH_HCR_EOICOUNT 27

#define ICH_VMCR_ENG0 (1u << 0)
#define ICH_VMCR_ENG1 (1u << 1)
#define ICH_VMCR_CBPR (1u << 4)
#define ICH_VMCR_BPR1 18
#define ICH_VMCR_BPR0 21
#define ICH_VMCR_PMR  24

#define ICH_VTR_TDS	(1u << 19)
#define ICH_VTR_PREBITS 26
#define ICH_VTR_PRIBITS 29

/* Binds a list register to a physical interrupt. */
static inline uint64_t vgic_lr_hw(uint32_t pintid)
{
	return ICH_LR_HW | (uint64_t)(pintid & 0x1fff) << ICH_LR_PINTID;
}

#ifdef __aarch64__

#include "sysregs.h"

#define ICH_EACH_LR(X)                                                                             \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define ICH_EACH_APR(X) X(0) X(1) X(2) X(3)

#define ICH_READ_LR(n)                                                                             \
	case ICH_LR0 + (n):                                                                        \
		return read_sysreg(ich_lr##n##_el2);
#define ICH_READ_APR(n)                                                                            \
	case ICH_AP0R0 + (n):                                                                      \
		return read_sysreg(ich_ap0r##n##_el2);                                             \
	case ICH_AP1R0 + (n):                                                                      \
		return read_sysreg(ich_ap1r##n##_el2);
#define ICH_WRITE_LR(n)                                                                            \
	case ICH_LR0 + (n):                                                                        \
		write_sysreg(ich_lr##n##_el2, value);                                              \
		break;
#define ICH_WRITE_APR(n)                                                                           \
	case ICH_AP0R0 + (n):                                                                      \
		write_sysreg(ich_ap0r##n##_el2, value);                                            \
		break;                                                                             \
	case ICH_AP1R0 + (n):                                                                      \
		write_sysreg(ich_ap1r##n##_el2, value);                                            \
		break;

static inline uint64_t ich_read(unsigned reg)
{
	switch (reg) {
		ICH_EACH_LR(ICH_READ_LR)
		ICH_EACH_APR(ICH_READ_APR)
	case ICH_HCR:
		return read_sysreg(ich_hcr_el2);
	case ICH_VMCR:
		return read_sysreg(ich_vmcr_el2);
	case ICH_VTR:
		return read_sysreg(ich_vtr_el2);
	case ICH_ELRSR:
		return read_sysreg(ich_elrsr_el2);
	case ICH_EISR:
		return read_sysreg(ich_eisr_el2);
	case CPU_SELF:
		return read_sysreg(mpidr_el1) | 1ull << 63;
	case CNTV_CTL:
		return read_sysreg(cntv_ctl_el0);
	default:
		return 0;
	}
}

static inline void ich_write(unsigned reg, uint64_t value)
{
	switch (reg) {
		ICH_EACH_LR(ICH_WRITE_LR)
		ICH_EACH_APR(ICH_WRITE_APR)
	case ICH_HCR:
		write_sysreg(ich_hcr_el2, value);
		break;
	case ICH_VMCR:
		write_sysreg(ich_vmcr_el2, value);
		break;
	case ICC_DIR:
		write_sysreg(icc_dir_el1, value);
		break;
	default:
		break;
	}
}

/* What other registers (ELRSR, EISR) say of a list register follows a write to it after this. */
static inline void ich_barrier(void)
{
	isb();
}

#else

uint64_t ich_read(unsigned reg);
void ich_write(unsigned reg, uint64_t value);
void ich_barrier(void);

#endif

/* List register n: without a jump table for the first four, which are used most. */
static inline __attribute__((always_inline)) uint64_t ich_read_lr(unsigned n)
{
	if (n >= 4)
		return ich_read(ICH_LR0 + n);
	if (n & 2)
		return n & 1 ? ich_read(ICH_LR0 + 3) : ich_read(ICH_LR0 + 2);
	return n & 1 ? ich_read(ICH_LR0 + 1) : ich_read(ICH_LR0);
}

static inline __attribute__((always_inline)) void ich_write_lr(unsigned n, uint64_t value)
{
	if (n >= 4)
		ich_write(ICH_LR0 + n, value);
	else if (n & 2)
		n & 1 ? ich_write(ICH_LR0 + 3, value) : ich_write(ICH_LR0 + 2, value);
	else
		n & 1 ? ich_write(ICH_LR0 + 1, value) : ich_write(ICH_LR0, value);
}

#endif
