/* SPDX-License-Identifier: Apache-2.0 */
/* RISC-V's own part of struct cpu, and what must be inline. */
#ifndef BARE_RISCV64_ISA_H
#define BARE_RISCV64_ISA_H

#include "slot.h"

/* Offsets into struct cpu, and into its fault frame. */
#define CPU_FRAME     CPU_ISA
#define FRAME_SEPC    256
#define FRAME_SSTATUS 264
#define FRAME_SCAUSE  272
#define FRAME_STVAL   280
#define CPU_SCRATCH   (CPU_FRAME + 288)

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

/* A frame record is below what the frame pointer points to (RISC-V calling conventions, frame
 * pointer convention). */
#define FRAME_RECORD (-16)
#define CALL_SIZE    2u

struct fault_frame {
	uint64_t x[32]; /* x[0] is not used */
	uint64_t sepc, sstatus, scause, stval;
};

struct isa_cpu {
	struct fault_frame frame; /* first */
	uint64_t scratch;	  /* of host_fault_entry */
	char *imsic;		  /* its supervisor-level interrupt file; NULL: none */
	uint32_t imsic_index;	  /* its number for the APLIC */
	char *plic_enable;	  /* of its supervisor-level context; NULL: none */
	char *plic_context;
};

_Static_assert(offsetof(struct isa_cpu, frame) == 0, "offset");
_Static_assert(offsetof(struct isa_cpu, scratch) == CPU_SCRATCH - CPU_ISA, "offset");
_Static_assert(offsetof(struct fault_frame, sepc) == FRAME_SEPC, "offset");
_Static_assert(offsetof(struct fault_frame, stval) == FRAME_STVAL, "offset");

/* In every loop that waits for another CPU: PAUSE (Zihintpause), a hint that every hart takes. */
static inline void isa_relax(void)
{
	__asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" ::: "memory");
}

/* The struct cpu of the CPU that runs this. */
static inline void *isa_this_cpu(void)
{
	void *cpu;

	__asm__ volatile("mv %0, tp" : "=r"(cpu));
	return cpu;
}

static inline void isa_set_this_cpu(void *cpu)
{
	__asm__ volatile("mv tp, %0" ::"r"(cpu) : "memory");
}

static inline uint64_t isa_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("rdtime %0" : "=r"(ticks)::"memory");
	return ticks;
}

#endif
#endif
