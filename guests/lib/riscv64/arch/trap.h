/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <arch/cpu.h>
#include <arch/layout.h>
#include <stdbool.h>

/* Saved by the vector in this order. */
struct trap_frame {
	uint64_t x[32];
	uint64_t sepc;
	uint64_t sstatus;
	uint64_t scause;
	uint64_t stval;
};
_Static_assert(sizeof(struct trap_frame) == TRAP_FRAME_SIZE, "the vector makes room for it");

/* What a CPU has seen since trap_expect(). */
struct trap {
	unsigned count; /* exceptions */
	uint64_t cause, tval, epc, status;
};

/* Privileged, table "scause values after trap" */
enum {
	CAUSE_FETCH_MISALIGNED = 0,
	CAUSE_FETCH_ACCESS = 1,
	CAUSE_ILLEGAL = 2,
	CAUSE_BREAKPOINT = 3,
	CAUSE_LOAD_MISALIGNED = 4,
	CAUSE_LOAD_ACCESS = 5,
	CAUSE_STORE_MISALIGNED = 6,
	CAUSE_STORE_ACCESS = 7,
	CAUSE_ECALL_U = 8,
	CAUSE_ECALL_S = 9,
	CAUSE_FETCH_PAGE = 12,
	CAUSE_LOAD_PAGE = 13,
	CAUSE_STORE_PAGE = 15,
};

static inline bool trap_is(struct trap trap, unsigned cause)
{
	return trap.count == 1 && trap.cause == cause;
}

static inline bool trap_is_at(struct trap trap, unsigned cause, uint64_t addr)
{
	return trap_is(trap, cause) && trap.tval == addr;
}

static inline bool trap_is_external(struct trap trap, uint64_t addr)
{
	return trap_is_at(trap, CAUSE_LOAD_ACCESS, addr) ||
	       trap_is_at(trap, CAUSE_STORE_ACCESS, addr);
}

static inline bool trap_is_write(struct trap trap, uint64_t addr)
{
	return trap_is_at(trap, CAUSE_STORE_ACCESS, addr) ||
	       trap_is_at(trap, CAUSE_STORE_PAGE, addr);
}

void trap_handle(struct trap_frame *frame);

#endif
