/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time of a VM, in one word that is read without a lock: the host's time when the VM's was 0,
 * or, with the top bit, the VM's time at which it stands still.
 */
#include "vm.h"

#define STANDS (UINT64_C(1) << 63)

static uint64_t host_now(const struct axvm *vm)
{
	return vm->hal->current_time_nanos(vm->hal);
}

static uint64_t clock_get(const struct axvm *vm)
{
	return __atomic_load_n(&vm->clock, __ATOMIC_SEQ_CST);
}

static void clock_set(struct axvm *vm, uint64_t clock)
{
	__atomic_store_n(&vm->clock, clock, __ATOMIC_SEQ_CST);
}

uint64_t vm_time(struct axvm *vm)
{
	uint64_t clock = clock_get(vm);

	return clock & STANDS ? clock & ~STANDS : host_now(vm) - clock;
}

uint64_t vm_time_to_host(struct axvm *vm, uint64_t when)
{
	uint64_t clock = clock_get(vm);

	if (clock & STANDS || when >= UINT64_MAX - clock)
		return UINT64_MAX;
	return clock + when;
}

void vm_time_reset(struct axvm *vm)
{
	clock_set(vm, STANDS);
}

void vm_time_stop(struct axvm *vm)
{
	clock_set(vm, vm_time(vm) | STANDS);
}

void vm_time_go(struct axvm *vm)
{
	uint64_t clock = clock_get(vm);

	if (clock & STANDS)
		clock_set(vm, (host_now(vm) - (clock & ~STANDS)) & ~STANDS);
}
