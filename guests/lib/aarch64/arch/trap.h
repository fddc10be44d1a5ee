/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <arch/cpu.h>
#include <arch/layout.h>
#include <stdbool.h>

/* Saved by the vectors in this order. */
struct trap_frame {
	uint64_t x[31];
	uint64_t elr;
	uint64_t spsr;
	uint64_t esr;
	uint64_t far;
};
_Static_assert(sizeof(struct trap_frame) <= TRAP_FRAME_SIZE, "the vectors make room for it");

/* What a CPU has seen since trap_expect(). */
struct trap {
	unsigned count; /* synchronous exceptions */
	uint64_t esr, far, elr;
};

/* Arm ARM D24.2.40, ESR_EL1 */
#define ESR_EC(esr)  ((unsigned)((esr) >> 26) & 0x3f)
#define ESR_IL	     (1u << 25)
#define ESR_ISS(esr) ((esr) & 0x1ffffff)
#define ESR_WNR	     (1u << 6)
#define ESR_FSC(esr) ((unsigned)(esr) & 0x3f)

enum {
	EC_UNKNOWN = 0x00,
	EC_FP = 0x07,
	EC_SVC64 = 0x15,
	EC_SYSREG = 0x18,
	EC_IABORT = 0x21,
	EC_PC_ALIGN = 0x22,
	EC_DABORT = 0x25,
	EC_BRK64 = 0x3c,
};

enum {
	FSC_TRANSLATION_0 = 0x04,
	FSC_PERMISSION_1 = 0x0d,
	FSC_EXTERNAL = 0x10,
	FSC_ALIGNMENT = 0x21,
};

static inline bool trap_is(struct trap trap, unsigned ec)
{
	return trap.count == 1 && ESR_EC(trap.esr) == ec;
}

/* A synchronous external abort (not on a table walk) of a data access to `addr`. */
static inline bool trap_is_external(struct trap trap, uint64_t addr)
{
	return trap_is(trap, EC_DABORT) && ESR_FSC(trap.esr) == FSC_EXTERNAL && trap.far == addr;
}

/* A write to `addr` that was refused, by whomever. */
static inline bool trap_is_write(struct trap trap, uint64_t addr)
{
	return trap_is(trap, EC_DABORT) && trap.far == addr && (trap.esr & ESR_WNR);
}

/* SErrors taken so far, on all CPUs. They are masked unless a guest unmasks them. */
extern volatile unsigned trap_serrors;

void trap_sync(struct trap_frame *frame);
void trap_irq(struct trap_frame *frame);
void trap_serror(struct trap_frame *frame);
void trap_stray(struct trap_frame *frame);

#endif
