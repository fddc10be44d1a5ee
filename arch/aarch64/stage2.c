/* SPDX-License-Identifier: Apache-2.0 */
/* Stage-2 tables on the machine: their shape, TLB maintenance, cache maintenance of guest RAM. */
#include "arch.h"
#include "sysregs.h"
#include "vtcr.h"
#include <string.h>

static uint64_t describe(struct stage2_geometry *geo)
{
	return stage2_vtcr_from(read_sysreg(id_aa64mmfr0_el1), read_sysreg(id_aa64mmfr1_el1), geo);
}

uint64_t aarch64_vtcr(void)
{
	struct stage2_geometry geo;

	return describe(&geo);
}

void arch_stage2_geometry(struct stage2_geometry *out)
{
	describe(out);
}

/* ---- TLB ---- */

/* Above this many pages it is quicker to forget the whole VM. */
#define FLUSH_PAGES_MAX 32u

static void flush_pages(uint64_t gpa, uint64_t size)
{
	for (uint64_t page = gpa >> AXVM_PAGE_SHIFT, num = size >> AXVM_PAGE_SHIFT; num > 0;
	     page++, num--)
		__asm__ volatile("tlbi ipas2e1is, %0" ::"r"(page) : "memory");
}

/*
 * With the VMID current. By address only stage-2 entries are invalidated; entries that combine both
 * stages are found by VMID only, once the first have gone (Arm ARM D8, TLB maintenance).
 */
static void flush_current(uint64_t gpa, uint64_t size)
{
	__asm__ volatile("dsb ishst" ::: "memory");
	if (size >> AXVM_PAGE_SHIFT <= FLUSH_PAGES_MAX) {
		flush_pages(gpa, size);
		__asm__ volatile("dsb ish\n\ttlbi vmalle1is" ::: "memory");
	} else {
		__asm__ volatile("tlbi vmalls12e1is" ::: "memory");
	}
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

/* TLBI by VMID takes the VMID from VTTBR_EL2. An interrupt between would see a foreign one. */
void arch_stage2_flush(void *ctx, uint64_t gpa, uint64_t size, bool tables)
{
	const struct axvm *vm = ctx;
	uint64_t current = read_sysreg(vttbr_el2), daif = read_sysreg(daif);

	(void)tables; /* neither instruction leaves cached table entries behind */
	if (!vm->arch.has_vmid)
		return; /* no CPU has used these tables */
	if (current == vm->arch.vttbr) {
		flush_current(gpa, size);
		return;
	}
	write_sysreg(daif, daif | 0xc0);
	write_sysreg(vttbr_el2, vm->arch.vttbr);
	isb();
	flush_current(gpa, size);
	write_sysreg(vttbr_el2, current);
	isb();
	write_sysreg(daif, daif);
}

/* ---- Caches ---- */

static uint64_t line_size(void)
{
	return UINT64_C(4) << (read_sysreg(ctr_el0) >> 16 & 0xf); /* CTR_EL0.DminLine, words */
}

/* The bytes that DC ZVA clears, or 0 where it is forbidden (DCZID_EL0). */
static uint64_t zero_size(void)
{
	uint64_t dczid = read_sysreg(dczid_el0);

	return dczid & 0x10 ? 0 : UINT64_C(4) << (dczid & 0xf);
}

static void sync_instructions(void)
{
	__asm__ volatile("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}

void arch_sync_guest_memory(void *p, size_t len)
{
	uint64_t line = line_size(), end = (uintptr_t)p + len;

#pragma GCC unroll 8
	for (uint64_t a = (uintptr_t)p & ~(line - 1); a < end; a += line)
		__asm__ volatile("dc civac, %0" ::"r"(a) : "memory");
	sync_instructions();
}

/* Line by line while the line is in the cache; many guests' whole RAM goes through here. */
static void clear_lines(uint64_t a, uint64_t end)
{
	for (; a < end; a += 2048) {
#pragma GCC unroll 32
		for (unsigned i = 0; i < 2048; i += 64)
			__asm__ volatile("dc zva, %0\n\tdc civac, %0" ::"r"(a + i) : "memory");
	}
	sync_instructions();
}

void arch_clear_guest_memory(void *p, size_t len)
{
	if (line_size() == 64 && zero_size() == 64) {
		clear_lines((uintptr_t)p, (uintptr_t)p + len);
		return;
	}
	memset(p, 0, len);
	arch_sync_guest_memory(p, len);
}
