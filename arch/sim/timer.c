/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each vCPU's one-shot timer. A CPU that runs looks at the clock itself; the host's timer is for
 * waking one that halts, also for the timers of devices.
 */
#include "device_build.h"
#include "host.h"

#define NEVER UINT64_MAX

static uint64_t host_now(const struct axvm_vcpu *vcpu)
{
	return vcpu->vm->hal->current_time_nanos(vcpu->vm->hal);
}

void sim_timers_expire(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;
	uint64_t device = devices_deadline(vcpu->vm);

	if (a->timer == NEVER && device == NEVER)
		return;
	if (a->timer != NEVER && vm_time(vcpu->vm) >= a->timer) {
		a->timer = NEVER;
		irqset_set(&a->pending, AXVM_SIM_TIMER_IRQ);
	}
	if (device != NEVER && device <= host_now(vcpu))
		devices_expire(vcpu->vm);
}

static void arm_host(struct axvm_vcpu *vcpu, uint64_t when)
{
	struct axvm_hal *hal = vcpu->vm->hal;

	if (vcpu->arch.host_deadline == when)
		return;
	vcpu->arch.host_deadline = when;
	hal->set_timer(hal, vcpu->vm->config.id, vcpu->id, when);
}

void sim_timers_bind(struct axvm_vcpu *vcpu)
{
	arm_host(vcpu, NEVER);
}

bool arch_vcpu_prepare_halt(struct axvm_vcpu *vcpu)
{
	uint64_t when = vm_time_to_host(vcpu->vm, vcpu->arch.timer);
	uint64_t device = devices_deadline(vcpu->vm);

	if (device < when)
		when = device;
	if (when != NEVER && when <= host_now(vcpu))
		return false;
	arm_host(vcpu, when);
	return true;
}
