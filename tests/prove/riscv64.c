/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of what RISC-V's backend reads and writes bit by bit:
 *   - an entry of the G stage says what it was made of, grants no more, and is a leaf or a pointer
 *     to a table, never both;
 *   - an access that is decoded has a width, a register and a length that there are, from the
 *     instruction as from htinst, and both say the same of one instruction;
 *   - a handler of the guest's begins with interrupts off, and vsstatus changes in nothing else.
 * Bounds: none. Every instruction, every value of every register, every flag and address.
 */
#include "../../arch/riscv64/exception.h"
#include "../../arch/riscv64/include/arch/stage2.h"
#include "../../core/extend.h"
#include "prove.h"

#define HPA_MASK UINT64_C(0x00fffffffffff000)

bool stage2_pbmt;

static uint32_t rights_of(uint64_t pte)
{
	uint32_t rights = pte & PTE_R ? AXVM_MEM_READ : 0;

	rights |= (pte & (PTE_W | PTE_D)) == (PTE_W | PTE_D) ? AXVM_MEM_WRITE : 0;
	return rights | (pte & PTE_X ? AXVM_MEM_EXECUTE : 0);
}

void harness_entry(void)
{
	uint64_t hpa = nondet_u64() & HPA_MASK, leaf;
	uint32_t flags = nondet_u32(), all = AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE;
	uint32_t kept = AXVM_MEM_DEVICE | AXVM_MEM_SHARED;

	ASSUME(flags <= AXVM_MEM_ALL);
	stage2_pbmt = nondet_bool();
	leaf = pte_leaf(hpa, 21, flags);
	PROVE(pte_hpa(leaf) == hpa && pte_hpa(pte_break(leaf)) == hpa, "its address");
	PROVE(pte_valid(leaf) == pte_can_grant(flags), "valid if the rights can be had");
	PROVE(!pte_valid(leaf) || pte_is_leaf(leaf, 21), "then no pointer");
	PROVE(!pte_valid(leaf) || rights_of(leaf) == (flags & all), "exactly these rights");
	PROVE(!pte_valid(leaf) || (rights_of(leaf) & 3) != AXVM_MEM_WRITE, "nothing reserved");
	PROVE((pte_flags(leaf) & (all | kept)) == (flags & (all | kept)), "its flags");
	PROVE(stage2_pbmt || leaf >> 54 == 0, "reserved bits are 0");
	PROVE(pte_leaf(hpa, 21, pte_flags(leaf)) == leaf, "made of its own flags it is the same");
	PROVE(pte_hpa(pte_table(hpa)) == hpa && !pte_is_leaf(pte_table(hpa), 21), "a pointer");
}

static void access_possible(const struct decode_access *a)
{
	PROVE(a->width == 1 || a->width == 2 || a->width == 4 || a->width == 8, "a width");
	PROVE(a->reg < 32 && (a->length == 2 || a->length == 4), "a register, a length");
}

void harness_decode(void)
{
	uint32_t insn = nondet_u32();
	uint64_t any = nondet_u64(), value = nondet_u64(), htinst = insn & ~(31u << 15);
	struct decode_access a, b;

	if (decode_insn_access(insn, &a)) {
		access_possible(&a);
		PROVE(a.length == decode_length(insn), "its own length");
		if (decode_is_full(insn)) {
			PROVE(decode_htinst_access(htinst, &b), "htinst has it too");
			PROVE(a.width == b.width && a.reg == b.reg && a.store == b.store &&
				      a.is_signed == b.is_signed && b.length == 4,
			      "and says the same");
		}
	}
	if (decode_has_insn(any) && decode_htinst_access(any, &b)) {
		access_possible(&b);
		PROVE(b.store || decode_htinst_extend(any, value) ==
					 extend(value, b.width, 8, b.is_signed),
		      "a load extends as the core does");
		PROVE(!decode_is_walk(any), "not both an instruction and a walk");
	}
}

void harness_exception(void)
{
	uint64_t vsstatus = nondet_u64(), sstatus = nondet_u64();
	uint64_t changed = SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP;
	uint64_t behind = exception_vsstatus(vsstatus, sstatus);

	PROVE(!(behind & SSTATUS_SIE), "interrupts are off");
	PROVE(!(behind & SSTATUS_SPIE) == !(vsstatus & SSTATUS_SIE), "as they were is kept");
	PROVE(!(behind & SSTATUS_SPP) == !(sstatus & SSTATUS_SPP), "so is the mode");
	PROVE(((behind ^ vsstatus) & ~changed) == 0, "nothing else changes");
	PROVE((exception_pc(vsstatus) & 3) == 0 && vsstatus - exception_pc(vsstatus) < 4,
	      "the handler is at the base");
}
