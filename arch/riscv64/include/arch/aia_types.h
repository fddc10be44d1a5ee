/* SPDX-License-Identifier: Apache-2.0 */
/* State of the guest's APLIC and IMSIC: plain data. */
#ifndef ARCH_AIA_TYPES_H
#define ARCH_AIA_TYPES_H

#include "lock.h"
#include <axvm/types.h>

#define APLIC_SOURCES 96u /* 1 to this */
#define APLIC_WORDS   (APLIC_SOURCES / 32 + 1)
#define IMSIC_IDS     255u /* 1 to this */
#define IMSIC_WORDS   ((IMSIC_IDS + 1) / 64)

/* A bit per source, changed under the lock. Of an inactive source everything is 0 but its line. */
struct aplic_vm {
	struct lock lock;
	uint32_t line[APLIC_WORDS]; /* levels of the wires */
	/* From here on all is 0 after power-on. */
	uint32_t enable; /* domaincfg.IE: 0 or 1 */
	uint32_t genmsi;
	uint32_t active[APLIC_WORDS];	/* sourcecfg.SM is not Inactive */
	uint32_t wired[APLIC_WORDS];	/* nor Detached */
	uint32_t level[APLIC_WORDS];	/* level-sensitive */
	uint32_t inverted[APLIC_WORDS]; /* Edge0, Level0 */
	uint32_t pending[APLIC_WORDS];
	uint32_t enabled[APLIC_WORDS];
	uint32_t target[APLIC_SOURCES + 1];
};

/*
 * A vCPU's interrupt file: a guest interrupt file of a CPU, or, while it has none, the words here.
 * A vCPU that runs has one.
 */
struct imsic_vcpu {
	struct lock lock; /* file, pcpu, page, eip: they change under it */
	uint32_t file;	  /* guest interrupt file, 0: none */
	uint32_t pcpu;	  /* the CPU that has it */
	uint64_t page;	  /* host-physical, where messages to it go */
	uint64_t eip[IMSIC_WORDS];

	/* The owner's, as the vCPU last left its CPU. */
	uint64_t eie[IMSIC_WORDS];
	uint64_t eidelivery;
	uint64_t eithreshold;
	uint64_t select; /* vsiselect */
};

struct imsic_vm {
	uint64_t base; /* of the vCPUs' pages */
};

#endif
