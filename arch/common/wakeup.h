/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's one-shot timer of a vCPU, for architectures whose guests count ticks: it goes off for
 * a timer of the vCPU's own, or for one of its VM's devices, whichever comes first. What it waits
 * for is in vcpu->arch.host_deadline.
 */
#ifndef ARCH_WAKEUP_H
#define ARCH_WAKEUP_H

#include "vm.h"

#define WAKEUP_NEVER UINT64_MAX

/* How fast guests' counters run. Before any other call here. */
void wakeup_init(uint64_t ticks_per_second);
/* Guest ticks from now on as a moment of the host's clock, never too early; saturating. */
uint64_t wakeup_at(const struct axvm_vcpu *vcpu, uint64_t ticks);
/* Tells the host when (its clock; WAKEUP_NEVER: for devices only), unless it knows already. Owner.
 */
void wakeup_arm(struct axvm_vcpu *vcpu, uint64_t when);
/* The timers of devices that are due. Owner. */
void wakeup_expire_devices(struct axvm_vcpu *vcpu);
/* Whether the host waits for something else than devices' timers. */
bool wakeup_is_armed(const struct axvm_vcpu *vcpu);

#endif
