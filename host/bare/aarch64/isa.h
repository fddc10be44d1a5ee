/* SPDX-License-Identifier: Apache-2.0 */
/* AArch64's own part of struct cpu, and what must be inline. */
#ifndef BARE_AARCH64_ISA_H
#define BARE_AARCH64_ISA_H

/* Offsets into struct cpu, for assembly. */
#define CPU_STACK_TOP	  0
#define CPU_EMERGENCY_TOP 8
#define CPU_IN_FAULT	  16
#define CPU_FRAME	  24
#define FRAME_SP	  248
#define FRAME_ELR	  256
#define FRAME_SPSR	  264
#define FRAME_ESR	  272
#define FRAME_FAR	  280

/* Sizes in the linker script too. */
#define CPU_SLOT_SIZE	   0xe000 /* guard 4 KiB, emergency 8 KiB, guard 4 KiB, stack 40 KiB */
#define CPU_EMERGENCY_BASE 0x1000
#define CPU_EMERGENCY_END  0x3000
#define CPU_STACK_BASE	   0x4000
#define CPU_SLOTS	   64

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

struct fault_frame {
	uint64_t x[31];
	uint64_t sp, elr, spsr, esr, far;
};

struct isa_cpu {
	uint64_t stack_top;
	uint64_t emergency_top;
	uint64_t in_fault;
	struct fault_frame frame;
	char *gicr; /* RD_base; SGI_base is 64 KiB above */
};

_Static_assert(offsetof(struct isa_cpu, stack_top) == CPU_STACK_TOP, "offset");
_Static_assert(offsetof(struct isa_cpu, emergency_top) == CPU_EMERGENCY_TOP, "offset");
_Static_assert(offsetof(struct isa_cpu, in_fault) == CPU_IN_FAULT, "offset");
_Static_assert(offsetof(struct isa_cpu, frame) == CPU_FRAME, "offset");
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

/* Ticks of the system counter; ordered after earlier instructions (Arm ARM D11.1.2). */
static inline uint64_t isa_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(ticks)::"memory");
	return ticks;
}

#endif
#endif
