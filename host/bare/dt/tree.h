/* SPDX-License-Identifier: Apache-2.0 */
/* Looking things up in the board's device tree. */
#ifndef BARE_DT_TREE_H
#define BARE_DT_TREE_H

#include <libfdt.h>
#include <stdbool.h>
#include <stdint.h>

/* Before every other call: makes a list of the tree's devices. */
void dt_index(const void *fdt);

/* The first node that is compatible with it, or a negative error of libfdt. */
int dt_find(const void *fdt, const char *compatible);
/* The first one after node `after`. */
int dt_find_next(const void *fdt, int after, const char *compatible);
/* Entry `i` of a node's reg property, as the CPU sees the address. False: there is none. */
bool dt_reg(const void *fdt, int node, unsigned i, uint64_t *base, uint64_t *size);
/* The same for a node whose parent is known. */
bool dt_reg_below(const void *fdt, int parent, int node, unsigned i, uint64_t *base,
		  uint64_t *size);
/* Cell `i` of a property of 32-bit cells. False: there is none. */
bool dt_cell(const void *fdt, int node, const char *name, unsigned i, uint32_t *value);
/* A number of `cells` 32-bit cells, of which the last two count. */
uint64_t dt_cells(const fdt32_t *p, int cells);
bool dt_enabled(const void *fdt, int node);

/* An enabled device and its first registers. Result: its node, or negative. */
int dt_device(const void *fdt, const char *compatible, uint64_t *base, uint64_t *size);
/* The console that the firmware has chosen, if it is compatible, else the first that is. */
int dt_console(const void *fdt, const char *compatible, uint64_t *base, uint64_t *size);

#endif
