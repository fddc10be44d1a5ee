/* SPDX-License-Identifier: Apache-2.0 */
#include "wakeup.h"
#include "device_build.h"

#define NANOS_PER_SECOND UINT64_C(1000000000)

static uint64_t nanos_per_tick_q32; /* 32 bits behind the binary point */

void wakeup_init(uint64_t ticks_per_second)
{
	nanos_per_tick_q32 = (NANOS_PER_SECOND << 32) / ticks_per_second;
}

uint64_t wakeup_at(const struct axvm_vcpu *vcpu, uint64_t ticks)
{
	struct axvm_hal *hal = vcpu->vm->hal;
	uint64_t now = hal->current_time_nanos(hal);
	unsigned __int128 ns = ((unsigned __int128)ticks * nanos_per_tick_q32) >> 32;

	/* One more, so that rounding never wakes the vCPU just before its time. */
	return ns >= WAKEUP_NEVER - now - 1 ? WAKEUP_NEVER : now + (uint64_t)ns + 1;
}

void wakeup_arm(struct axvm_vcpu *vcpu, uint64_t when)
{
	struct axvm_hal *hal = vcpu->vm->hal;
	uint64_t device = devices_deadline(vcpu->vm);

	if (device < when)
		when = device;
	if (vcpu->arch.host_deadline == when)
		return;
	vcpu->arch.host_deadline = when;
	hal->set_timer(hal, vcpu->vm->config.id, vcpu->id, when);
}

void wakeup_expire_devices(struct axvm_vcpu *vcpu)
{
	struct axvm_hal *hal = vcpu->vm->hal;
	uint64_t when = devices_deadline(vcpu->vm);

	if (when != WAKEUP_NEVER && when <= hal->current_time_nanos(hal))
		devices_expire(vcpu->vm);
}

bool wakeup_is_armed(const struct axvm_vcpu *vcpu)
{
	return vcpu->arch.host_deadline != devices_deadline(vcpu->vm);
}
