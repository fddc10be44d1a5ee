/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's generic timers. The virtual timer is the hardware's own while the vCPU is bound, with
 * an offset per VM so that guest time begins at zero; the physical timer is emulated over the
 * host's one-shot timer, which also wakes a halted vCPU for either (Arm ARM D12).
 */
#include "host.h"
#include "vgic.h"
#include "wakeup.h"

#define CTL_ENABLE  UINT64_C(1)
#define CTL_IMASK   UINT64_C(2)
#define CTL_ISTATUS UINT64_C(4)

/* op2 of CNTP_*_EL0 */
#define OP2_TVAL 0u
#define OP2_CTL	 1u

void aarch64_timer_init(void)
{
	wakeup_init(read_sysreg(cntfrq_el0));
}

uint64_t aarch64_guest_counter(const struct axvm_vcpu *vcpu)
{
	isb();
	return read_sysreg(cntpct_el0) - vcpu->vm->arch.cntvoff;
}

static bool armed(const struct arch_timer *timer)
{
	return (timer->ctl & (CTL_ENABLE | CTL_IMASK)) == CTL_ENABLE;
}

static uint64_t timer_deadline(struct axvm_vcpu *vcpu, const struct arch_timer *timer, uint64_t now)
{
	if (!armed(timer))
		return WAKEUP_NEVER;
	return timer->cval > now ? wakeup_at(vcpu, timer->cval - now) : 0;
}

void aarch64_ptimer_update(struct axvm_vcpu *vcpu)
{
	struct arch_timer *timer = &vcpu->arch.ptimer;
	uint64_t now;

	if (!armed(timer)) {
		vgic_set_ppi(vcpu, VGIC_PTIMER_INTID, false);
		wakeup_arm(vcpu, WAKEUP_NEVER);
		return;
	}
	now = aarch64_guest_counter(vcpu);
	vgic_set_ppi(vcpu, VGIC_PTIMER_INTID, now >= timer->cval);
	wakeup_arm(vcpu, now >= timer->cval ? WAKEUP_NEVER : timer_deadline(vcpu, timer, now));
}

uint64_t aarch64_ptimer_read(struct axvm_vcpu *vcpu, unsigned op2)
{
	const struct arch_timer *timer = &vcpu->arch.ptimer;
	uint64_t now = aarch64_guest_counter(vcpu);

	if (op2 == OP2_TVAL)
		return (uint32_t)(timer->cval - now);
	if (op2 != OP2_CTL)
		return timer->cval;
	return timer->ctl | ((timer->ctl & CTL_ENABLE) && now >= timer->cval ? CTL_ISTATUS : 0);
}

void aarch64_ptimer_write(struct axvm_vcpu *vcpu, unsigned op2, uint64_t value)
{
	struct arch_timer *timer = &vcpu->arch.ptimer;

	if (op2 == OP2_TVAL)
		timer->cval = aarch64_guest_counter(vcpu) + (uint64_t)(int64_t)(int32_t)value;
	else if (op2 == OP2_CTL)
		timer->ctl = value & (CTL_ENABLE | CTL_IMASK);
	else
		timer->cval = value;
	aarch64_ptimer_update(vcpu);
}

void aarch64_timer_load(struct axvm_vcpu *vcpu)
{
	wakeup_expire_devices(vcpu);
	write_sysreg(cntvoff_el2, vcpu->vm->arch.cntvoff);
	write_sysreg(cntv_cval_el0, vcpu->arch.vtimer.cval);
	write_sysreg(cntv_ctl_el0, vcpu->arch.vtimer.ctl);
	/* Also forgets a wake-up that the last halt asked for. */
	if (vcpu->arch.ptimer.ctl || wakeup_is_armed(vcpu))
		aarch64_ptimer_update(vcpu);
}

void aarch64_timer_save(struct axvm_vcpu *vcpu)
{
	vcpu->arch.vtimer.ctl = read_sysreg(cntv_ctl_el0) & (CTL_ENABLE | CTL_IMASK);
	vcpu->arch.vtimer.cval = read_sysreg(cntv_cval_el0);
	write_sysreg(cntv_ctl_el0, 0);
	isb(); /* its line is low before the physical interrupt is deactivated, or it would come
		  again */
}

bool arch_vcpu_prepare_halt(struct axvm_vcpu *vcpu)
{
	struct arch_timer vtimer = { read_sysreg(cntv_ctl_el0), read_sysreg(cntv_cval_el0) };
	uint64_t now = aarch64_guest_counter(vcpu);
	uint64_t when = timer_deadline(vcpu, &vtimer, now);
	uint64_t other = timer_deadline(vcpu, &vcpu->arch.ptimer, now);

	if (other < when)
		when = other;
	if (when == 0)
		return false;
	wakeup_arm(vcpu, when);
	return true;
}
