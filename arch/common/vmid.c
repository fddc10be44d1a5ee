/* SPDX-License-Identifier: Apache-2.0 */
#include "vmid.h"
#include "lock.h"

/* As many as every AArch64 CPU has; a host with more VMs has other limits first. */
#define VMID_NUM 256u

static struct lock lock;
static uint64_t used[VMID_NUM / 64] = { 1 };

uint32_t vmid_take(uint32_t num)
{
	uint32_t vmid = 0;

	lock_take(&lock);
	for (unsigned i = 0; i < VMID_NUM / 64 && !vmid; i++) {
		if (~used[i])
			vmid = i * 64 + (unsigned)__builtin_ctzll(~used[i]);
	}
	if (vmid >= num)
		vmid = 0;
	used[vmid / 64] |= UINT64_C(1) << vmid % 64;
	lock_drop(&lock);
	return vmid;
}

void vmid_give(uint32_t vmid)
{
	lock_take(&lock);
	used[vmid / 64] &= ~(UINT64_C(1) << vmid % 64);
	lock_drop(&lock);
}
