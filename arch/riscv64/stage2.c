/* SPDX-License-Identifier: Apache-2.0 */
/* Stage-2 tables on the machine: their shape, TLB maintenance, cache maintenance of guest RAM. */
#include "hgatp.h"
#include "host.h"
#include <arch/stage2.h>
#include <string.h>

void arch_stage2_geometry(struct stage2_geometry *out)
{
	hgatp_geometry(riscv64_hgatp_modes(), out);
}

void arch_stage2_flush(void *ctx, uint64_t gpa, uint64_t size, bool tables)
{
	const struct axvm *vm = ctx;

	(void)tables; /* HFENCE.GVMA leaves no cached table entries behind */
	if (!vm->arch.has_vmid)
		return; /* no CPU has used these tables */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	riscv64_host.flush_vmid(gpa, size,
				(uint32_t)(vm->arch.hgatp >> HGATP_VMID_SHIFT & HGATP_VMID_MASK));
}

#define BLOCK UINT64_C(64) /* what every hart with Zicboz has so far */

static void clear_blocks(uint64_t a, uint64_t end)
{
	for (; a < end; a += 32 * BLOCK) {
#pragma GCC unroll 32
		for (unsigned i = 0; i < 32; i++) /* CBO.ZERO */
			__asm__ volatile(".insn i 0x0f, 2, x0, %0, 4" ::"r"(a + i * BLOCK)
					 : "memory");
	}
}

void arch_clear_guest_memory(void *p, size_t len)
{
	if (riscv64_block_size(RISCV64_EXT_ZICBOZ) == BLOCK)
		clear_blocks((uintptr_t)p, (uintptr_t)p + len);
	else
		memset(p, 0, len);
	arch_sync_guest_memory(p, len);
}
