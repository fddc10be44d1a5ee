/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's timer. With Sstc it is the hardware's own, vstimecmp, while the vCPU is bound, and
 * expires without an exit; without, it is emulated over the host's one-shot timer, which also wakes
 * a halted vCPU.
 */
#include "host.h"
#include "wakeup.h"

void riscv64_timer_init(void)
{
	wakeup_init(riscv64_host.timebase_hz);
}

uint64_t riscv64_guest_time(const struct axvm_vcpu *vcpu)
{
	return csr_read(time) + vcpu->vm->arch.htimedelta;
}

/* Without Sstc: the line, and when the host has to look again. */
static void update(struct axvm_vcpu *vcpu)
{
	uint64_t when = vcpu->arch.vstimecmp, now;

	if (when == WAKEUP_NEVER) {
		csr_clear(hvip, HVIP_VSTIP);
		wakeup_arm(vcpu, WAKEUP_NEVER);
		return;
	}
	now = riscv64_guest_time(vcpu);
	if (now >= when) {
		csr_set(hvip, HVIP_VSTIP);
		wakeup_arm(vcpu, WAKEUP_NEVER);
	} else {
		csr_clear(hvip, HVIP_VSTIP);
		wakeup_arm(vcpu, wakeup_at(vcpu, when - now));
	}
}

void riscv64_set_timer(struct axvm_vcpu *vcpu, uint64_t when)
{
	vcpu->arch.vstimecmp = when;
	if (riscv64_has(RISCV64_EXT_SSTC))
		csr_write(vstimecmp, when);
	else
		update(vcpu);
}

void riscv64_timer_load(struct axvm_vcpu *vcpu)
{
	wakeup_expire_devices(vcpu);
	csr_write(htimedelta, vcpu->vm->arch.htimedelta);
	if (!riscv64_has(RISCV64_EXT_SSTC)) {
		update(vcpu);
		return;
	}
	csr_write(vstimecmp, vcpu->arch.vstimecmp);
	if (wakeup_is_armed(vcpu)) /* by the last halt */
		wakeup_arm(vcpu, WAKEUP_NEVER);
}

void riscv64_timer_save(struct axvm_vcpu *vcpu)
{
	if (riscv64_has(RISCV64_EXT_SSTC))
		vcpu->arch.vstimecmp = csr_read(vstimecmp);
}

/* vsie and hvip have been saved, so that what is in the CPU is known (exit.c). */
bool arch_vcpu_prepare_halt(struct axvm_vcpu *vcpu)
{
	uint64_t when = vcpu->arch.vstimecmp, now;

	if (riscv64_has(RISCV64_EXT_SSTC))
		when = csr_read(vstimecmp);
	if (when == WAKEUP_NEVER || !(vcpu->arch.vs.vsie & SIE_STIE)) {
		wakeup_arm(vcpu, WAKEUP_NEVER);
		return true;
	}
	now = riscv64_guest_time(vcpu);
	if (now >= when)
		return false;
	wakeup_arm(vcpu, wakeup_at(vcpu, when - now));
	return true;
}
