/* SPDX-License-Identifier: Apache-2.0 */
/* Structure offsets for assembly; compiled, never linked. */
#include "arch.h"

#define OFFSET(name, type, member)                                                                 \
	__asm__ volatile(".ascii \"->" #name " %0\"" ::"i"(__builtin_offsetof(type, member)))

void asm_offsets(void);
void asm_offsets(void)
{
	OFFSET(VCPU_X, struct axvm_vcpu, arch.regs.x);
	OFFSET(VCPU_HOST_SP, struct axvm_vcpu, arch.host_sp);
	OFFSET(VCPU_REQUEST, struct axvm_vcpu, request);
	OFFSET(FP_F, struct arch_fpregs, f);
	OFFSET(FP_FCSR, struct arch_fpregs, fcsr);
}
