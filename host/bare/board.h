/* SPDX-License-Identifier: Apache-2.0 */
/* The board, as its device tree describes it. */
#ifndef BARE_BOARD_H
#define BARE_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOARD_MAX_BANKS	   16
#define BOARD_MAX_RESERVED 48
#define BOARD_MAX_KEPT	   24

struct board_range {
	uint64_t base, size;
	bool no_map; /* reserved: not even speculation may touch it */
};

struct board {
	const void *fdt;
	struct board_range memory[BOARD_MAX_BANKS];
	size_t memory_num;
	struct board_range reserved[BOARD_MAX_RESERVED];
	size_t reserved_num;
	struct board_range kept[BOARD_MAX_KEPT]; /* devices of the host's own */
	size_t kept_num;
	struct board_range bundle; /* size 0: none */
	const char *bootargs;	   /* NULL only before board_read() */
	const void *seed;	   /* random bytes from the boot loader */
	size_t seed_size;	   /* 0: none */
};

extern struct board board;

/* Reads the tree at fdt, and the CPUs into cpus[]. Result: NULL, or what is wrong with it. */
const char *board_read(const void *fdt);
/* Adds a range that frames must not come from. False: there are too many. */
bool board_reserve(uint64_t base, uint64_t size, bool no_map);
/* The host keeps this device for itself. */
void board_keep(uint64_t base, uint64_t size);
/* Whether a VM may have this range: no RAM, and nothing that the host keeps. */
bool board_may_give(uint64_t base, uint64_t size);
/* Whether [base, base + size) lies in one bank of RAM. */
bool board_is_ram(uint64_t base, uint64_t size);
/* The value of `key=value` among the boot arguments. False: not there. */
bool board_bootarg(const char *key, char *value, size_t size);

#endif
