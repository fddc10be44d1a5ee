/* SPDX-License-Identifier: Apache-2.0 */
/* HS-mode's translation: Sv48, or Sv39 where that is all. */
#include "arch.h"
#include "boot.h"
#include "csr.h"
#include "host.h"
#include "pte.h"

#define MODE_SV39  8ull
#define MODE_SV48  9ull
#define MODE_SHIFT 60
#define TOP_LEAF   (1ull << 39) /* bytes */

uint64_t mmu_satp; /* start.S: for the other CPUs */

static uint64_t mode;

static uint64_t satp_of(uint64_t root_mode, const uint64_t *root)
{
	return root_mode << MODE_SHIFT | (uintptr_t)root >> 12;
}

/* A mode that does not exist is not written at all. The empty table maps where this code is. */
unsigned isa_mmu_root_level(uint64_t *empty)
{
	uint64_t here = (uintptr_t)image_start, was;
	uint64_t *entry = &empty[here / TOP_LEAF % 512];

	*entry = pte_leaf(0, here & ~(TOP_LEAF - 1), PTE_R | PTE_W | PTE_X | PTE_A | PTE_D);
	__asm__ volatile("csrw satp, %1\n\tsfence.vma\n\tcsrrw %0, satp, zero\n\tsfence.vma"
			 : "=&r"(was)
			 : "r"(satp_of(MODE_SV48, empty))
			 : "memory");
	*entry = 0;
	mode = was >> MODE_SHIFT == MODE_SV48 ? MODE_SV48 : MODE_SV39;
	return mode == MODE_SV48 ? 0 : 1;
}

void isa_mmu_enable(const uint64_t *root)
{
	mmu_satp = satp_of(mode, root);
	__asm__ volatile("sfence.vma\n\tcsrw satp, %0\n\tsfence.vma" ::"r"(mmu_satp) : "memory");
	if (csr_read(satp) != mmu_satp)
		host_fail("this CPU has neither Sv48 nor Sv39");
}
