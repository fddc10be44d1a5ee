/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trapped system registers. Whatever is not listed is UNDEFINED in the guest, as on a CPU that does
 * not have it.
 */
#include "decode.h"
#include "host.h"
#include "vgic.h"

#define ICC_SGI1R     KEY(3, 0, 12, 11, 5)
#define ICC_ASGI1R    KEY(3, 0, 12, 11, 6)
#define ICC_SGI0R     KEY(3, 0, 12, 11, 7)
#define ICC_DIR	      KEY(3, 0, 12, 11, 1)
#define ICC_SRE	      KEY(3, 0, 12, 12, 5)
#define CNTPCT	      KEY(3, 3, 14, 0, 1)
#define CNTP_TVAL     KEY(3, 3, 14, 2, 0)
#define CNTP_CTL      KEY(3, 3, 14, 2, 1)
#define CNTP_CVAL     KEY(3, 3, 14, 2, 2)
#define ACTLR	      KEY(3, 0, 1, 0, 1)
#define OSLAR	      KEY(2, 0, 1, 0, 4)
#define OSLSR	      KEY(2, 0, 1, 1, 4)
#define OSDLR	      KEY(2, 0, 1, 3, 4)
#define DBGPRCR	      KEY(2, 0, 1, 4, 4)
#define MDRAR	      KEY(2, 0, 1, 0, 0)
#define MDSCR	      KEY(2, 0, 0, 2, 2)
#define MDCCINT	      KEY(2, 0, 0, 2, 0)
#define MDCCSR	      KEY(2, 3, 0, 1, 0)
#define OSDTRRX	      KEY(2, 0, 0, 0, 2)
#define OSDTRTX	      KEY(2, 0, 0, 3, 2)
#define OSECCR	      KEY(2, 0, 0, 6, 2)
#define DBGCLAIMSET   KEY(2, 0, 7, 8, 6)
#define DBGCLAIMCLR   KEY(2, 0, 7, 9, 6)
#define DBGAUTHSTATUS KEY(2, 0, 7, 14, 6)

#define ICC_SRE_FIXED	       UINT64_C(7) /* DIB, DFB, SRE */
#define OSLSR_OSLM_IMPLEMENTED UINT64_C(0x8)

/*
 * Debug registers, and what kernels touch once; apart, for the others' sake. Of break- and
 * watchpoints there are as many as ID_AA64DFR0_EL1 shows, without effect.
 */
__attribute__((noinline)) static bool rare_read(struct axvm_vcpu *vcpu, uint64_t key,
						uint64_t *value)
{
	*value = 0;
	switch (key) {
	case MDSCR:
		*value = vcpu->arch.sys.mdscr_el1;
		return true;
	case OSLSR:
		*value = OSLSR_OSLM_IMPLEMENTED;
		return true;
	case ICC_SRE:
		*value = ICC_SRE_FIXED;
		return true;
	case OSDLR:
	case DBGPRCR:
	case MDRAR:
	case MDCCINT:
	case MDCCSR:
	case OSDTRRX:
	case OSDTRTX:
	case OSECCR:
	case DBGCLAIMSET:
	case DBGCLAIMCLR:
	case DBGAUTHSTATUS:
		return true;
	default:
		return decode_key_is_breakpoint(key);
	}
}

__attribute__((noinline)) static bool rare_write(struct axvm_vcpu *vcpu, uint64_t key,
						 uint64_t value)
{
	switch (key) {
	case MDSCR:
		vcpu->arch.sys.mdscr_el1 = value;
		return true;
	case ICC_SRE:
	case OSLAR:
	case OSDLR:
	case DBGPRCR:
	case MDCCINT:
	case OSDTRRX:
	case OSDTRTX:
	case OSECCR:
	case DBGCLAIMSET:
	case DBGCLAIMCLR:
		return true;
	default:
		return decode_key_is_breakpoint(key);
	}
}

static bool sysreg_read(struct axvm_vcpu *vcpu, uint64_t key, uint64_t *value)
{
	switch (key) {
	case CNTPCT:
		*value = aarch64_guest_counter(vcpu);
		return true;
	case CNTP_TVAL:
	case CNTP_CTL:
	case CNTP_CVAL:
		*value = aarch64_ptimer_read(vcpu, KEY_OP2(key));
		return true;
	case ACTLR:
		*value = 0;
		return true;
	default:
		if (!decode_key_is_idreg(key))
			return rare_read(vcpu, key, value);
		*value = aarch64_idreg(KEY_CRM(key), KEY_OP2(key));
		return true;
	}
}

static bool sysreg_write(struct axvm_vcpu *vcpu, uint64_t key, uint64_t value)
{
	switch (key) {
	case ICC_SGI1R:
	case ICC_ASGI1R:
		vgic_sgi(vcpu, value, 1);
		return true;
	case ICC_SGI0R:
		vgic_sgi(vcpu, value, 0);
		return true;
	case ICC_DIR:
		vgic_dir(vcpu, value);
		return true;
	case CNTP_TVAL:
	case CNTP_CTL:
	case CNTP_CVAL:
		aarch64_ptimer_write(vcpu, KEY_OP2(key), value);
		return true;
	case ACTLR:
		return true;
	default:
		return rare_write(vcpu, key, value);
	}
}

enum run_verdict aarch64_sysreg_exit(struct axvm_vcpu *vcpu, uint64_t esr)
{
	unsigned rt = decode_sysreg_rt(esr);
	uint64_t key = decode_sysreg_key(esr), value;
	bool known;

	if (decode_sysreg_reads(esr)) {
		vcpu_count(vcpu, AXVM_EXIT_SYSREG_READ);
		known = sysreg_read(vcpu, key, &value);
		if (known)
			arch_vcpu_set_gpr(vcpu, rt, value);
	} else {
		vcpu_count(vcpu, AXVM_EXIT_SYSREG_WRITE);
		known = sysreg_write(vcpu, key, decode_gpr(&vcpu->arch.regs, rt));
	}
	if (known)
		aarch64_skip_instruction();
	else
		aarch64_inject_undefined();
	return RUN_RESUME;
}
