/* SPDX-License-Identifier: Apache-2.0 */
/* Translation tables besides those of the start. Privileged, "Supervisor-Level ISA" */
#ifndef PAGING_H
#define PAGING_H

#include "cpu.h"

#define PTE_V	1ul
#define PTE_R	2ul
#define PTE_W	4ul
#define PTE_X	8ul
#define PTE_U	0x10ul
#define PTE_A	0x40ul
#define PTE_D	0x80ul
#define PTE_RW	(PTE_V | PTE_R | PTE_W | PTE_A | PTE_D)
#define PTE_RWX (PTE_RW | PTE_X)

#define PAGE_SIZE 4096ul

/* Sv39, Sv48, Sv57: 39, 48, 57. */
struct paging {
	uint64_t *root;
	unsigned sv;
};

/* All that the start maps is mapped here too. Tables are never given back. */
struct paging paging_new(unsigned sv);
/* A leaf of level 0 (4 KiB), 1 (2 MiB), 2 (1 GiB) and so on; flags 0: none. No fence. */
void paging_map(const struct paging *p, uint64_t va, uint64_t pa, unsigned level, uint64_t flags);
/* On this CPU, with a fence. false: it does not have that mode, and goes on with the old. */
bool paging_on(const struct paging *p, unsigned asid);
void paging_start_tables(void);

#endif
