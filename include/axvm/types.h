/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Basic types of the AxVM interface.
 *
 * Guest-physical and host-physical addresses are one-field structures, so that passing one where
 * the other belongs does not compile; host-virtual addresses are ordinary pointers.
 */
#ifndef AXVM_TYPES_H
#define AXVM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A guest-physical address (AArch64: IPA; RISC-V: GPA). */
typedef struct {
	uint64_t v; /* the number */
} axvm_gpa_t;

/* A host-physical address. */
typedef struct {
	uint64_t v; /* the number */
} axvm_hpa_t;

/* A number as an address of either kind. */
static inline axvm_gpa_t axvm_gpa(uint64_t v)
{
	return (axvm_gpa_t){ v };
}
static inline axvm_hpa_t axvm_hpa(uint64_t v)
{
	return (axvm_hpa_t){ v };
}

/* The size of a page frame on every architecture, in bytes, and its logarithm. */
#define AXVM_PAGE_SIZE	4096u
#define AXVM_PAGE_SHIFT 12u

/* Most vCPUs of one VM, and most physical CPUs of a board: one bit each in a 64-bit mask. */
#define AXVM_MAX_VCPUS 64u
#define AXVM_MAX_PCPUS 64u

/* A set of vCPUs of one VM: bit n stands for vCPU n. */
typedef uint64_t axvm_cpu_mask_t;

/* Instruction set of a guest and of the backend that runs it. */
enum axvm_arch {
	AXVM_ARCH_AARCH64 = 1, /* Armv8-A, 64 bits */
	AXVM_ARCH_RISCV64 = 2, /* RISC-V, 64 bits */
	AXVM_ARCH_X86_64 = 3,  /* x86, 64 bits */
};

/* The kind of an access to memory, also the right that it needs. */
enum axvm_access {
	AXVM_ACCESS_READ = 0x1,	   /* a load */
	AXVM_ACCESS_WRITE = 0x2,   /* a store */
	AXVM_ACCESS_EXECUTE = 0x4, /* an instruction fetch */
};

struct axvm;
struct axvm_vcpu;
struct axvm_hal;
struct axvm_config;

#endif
