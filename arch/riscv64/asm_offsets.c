/* SPDX-License-Identifier: Apache-2.0 */
/* Structure offsets for assembly; compiled, never linked. */
#include "arch.h"
#include "decode.h"

#define VALUE(name, value)	   __asm__ volatile(".ascii \"->" #name " %0\"" ::"i"(value))
#define OFFSET(name, type, member) VALUE(name, __builtin_offsetof(type, member))

void asm_offsets(void);
void asm_offsets(void)
{
	OFFSET(VCPU_X, struct axvm_vcpu, arch.regs.x);
	OFFSET(VCPU_HOST_SP, struct axvm_vcpu, arch.host_sp);
	OFFSET(VCPU_REQUEST, struct axvm_vcpu, request);
	OFFSET(FP_F, struct arch_fpregs, f);
	VALUE(CAUSE_ECALL_VS, CAUSE_ECALL_VS);
	VALUE(CAUSE_LOAD_GUEST_PAGE, CAUSE_LOAD_GUEST_PAGE);
	VALUE(CAUSE_STORE_GUEST_PAGE, CAUSE_STORE_GUEST_PAGE);
	OFFSET(FP_FCSR, struct arch_fpregs, fcsr);
}
