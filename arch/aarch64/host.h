/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this backend share. "Live" state is in the registers of the current CPU. */
#ifndef AARCH64_HOST_H
#define AARCH64_HOST_H

#include "arch.h"
#include "diag.h"
#include "sysregs.h"
#include "vtcr.h"
#include <axvm/aarch64.h>

/* Facts of the board, as the host gave them. */
extern struct axvm_aarch64_host aarch64_host;

/* entry.S */
void aarch64_enter_guest(struct axvm_vcpu *vcpu);
extern const char arch_vectors[];

/* exit.c: the handlers that entry.S calls; the result is an enum run_verdict. */
enum run_verdict aarch64_sync_exit(struct axvm_vcpu *vcpu);
enum run_verdict aarch64_irq_exit(struct axvm_vcpu *vcpu);
enum run_verdict aarch64_serror_exit(struct axvm_vcpu *vcpu);
enum run_verdict aarch64_handle_requests(struct axvm_vcpu *vcpu);

/* The instruction that trapped, one of AArch64, has been done. */
static inline void aarch64_skip_instruction(void)
{
	write_sysreg(elr_el2, read_sysreg(elr_el2) + 4);
}

/* inject.c: exceptions into the live guest, at EL1 (Arm ARM D1.3, AArch64.TakeException). */
void aarch64_inject_undefined(void);
void aarch64_inject_data_abort(uint64_t far, bool table_walk);

/* sysreg.c: a trapped MSR or MRS. */
enum run_verdict aarch64_sysreg_exit(struct axvm_vcpu *vcpu, uint64_t esr);
/* idregs.c: what the guest reads of an identification register (op0 = 3, op1 = 0, CRn = 0). */
uint64_t aarch64_idreg(unsigned crm, unsigned op2);
/* The pure part: the value to show for the CPU's own. */
uint64_t aarch64_idreg_filter(unsigned crm, unsigned op2, uint64_t host);

/* firmware.c: an HVC or SMC of the guest (PSCI, SMCCC). */
enum run_verdict aarch64_firmware_call(struct axvm_vcpu *vcpu);

/* timer.c */
void aarch64_timer_init(void);
void aarch64_timer_load(struct axvm_vcpu *vcpu);
void aarch64_timer_save(struct axvm_vcpu *vcpu);
/* The emulated physical timer: its line, and when the host has to look again. */
void aarch64_ptimer_update(struct axvm_vcpu *vcpu);
uint64_t aarch64_ptimer_read(struct axvm_vcpu *vcpu, unsigned op2);
void aarch64_ptimer_write(struct axvm_vcpu *vcpu, unsigned op2, uint64_t value);
uint64_t aarch64_guest_counter(const struct axvm_vcpu *vcpu);

/* fpsimd.S */
void fpsimd_save(struct arch_fpregs *fp);
void fpsimd_restore(const struct arch_fpregs *fp);
/* vcpu.c: the guest's first use of FP and SIMD since it was bound. */
void aarch64_fp_use(struct axvm_vcpu *vcpu);

/* cpu.c */
bool aarch64_has_pauth(void);

#endif
