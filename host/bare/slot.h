/* SPDX-License-Identifier: Apache-2.0 */
/* A CPU's place for stacks, and the start of struct cpu, for C, assembly and the linker script. */
#ifndef BARE_SLOT_H
#define BARE_SLOT_H

#define CPU_SLOTS     64
#define CPU_SLOT_SIZE 0xe000 /* guard 4 KiB, emergency 8 KiB, guard 4 KiB, stack 40 KiB */

#define CPU_EMERGENCY_BASE 0x1000
#define CPU_EMERGENCY_END  0x3000
#define CPU_STACK_BASE	   0x4000

/* Offsets into struct cpu. */
#define CPU_STACK_TOP	  0
#define CPU_EMERGENCY_TOP 8
#define CPU_IN_FAULT	  16
#define CPU_ISA		  24

#endif
