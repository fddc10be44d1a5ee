/* SPDX-License-Identifier: Apache-2.0 */
/* AArch64's own part of struct cpu, and what must be inline. */
#ifndef BARE_AARCH64_ISA_H
#define BARE_AARCH64_ISA_H

#include "slot.h"

/* Offsets into struct cpu, and into its fault frame. */
#define CPU_FRAME  CPU_ISA
#define FRAME_SP   248
#define FRAME_ELR  256
#define FRAME_SPSR 264
#define FRAME_ESR  272
#define FRAME_FAR  280

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

/* A frame record is where the frame pointer points to (AAPCS64 6.4.6). */
#define FRAME_RECORD 0u
#define CALL_SIZE    4u

struct fault_frame {
	uint64_t x[31];
	uint64_t sp, elr, spsr, esr, far;
};

struct isa_cpu {
	struct fault_frame frame; /* first */
	char *gicr;		  /* RD_base; SGI_base is 64 KiB above */
};

_Static_assert(offsetof(struct isa_cpu, frame) == 0, "offset");
_Static_assert(offsetof(struct fault_frame, sp) == FRAME_SP, "offset");
_Static_assert(offsetof(struct fault_frame, far) == FRAME_FAR, "offset");

/* In every loop that waits for another CPU. */
static inline void isa_relax(void)
{
	__asm__ volatile("yield" ::: "memory");
}

/* The struct cpu of the CPU that runs this. */
static inline void *isa_this_cpu(void)
{
	void *cpu;

	__asm__ volatile("mrs %0, tpidr_el2" : "=r"(cpu));
	return cpu;
}

static inline void isa_set_this_cpu(void *cpu)
{
	__asm__ volatile("msr tpidr_el2, %0" ::"r"(cpu) : "memory");
}

/* Ticks of the system counter; ordered after earlier instructions (Arm ARM D11.1.2). */
static inline uint64_t isa_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(ticks)::"memory");
	return ticks;
}

#endif
#endif
