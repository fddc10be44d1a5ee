/* SPDX-License-Identifier: Apache-2.0 */
/* Trees that come from outside. */
#ifndef CORE_FDT_CHECK_H
#define CORE_FDT_CHECK_H

#include <libfdt.h>
#include <stdbool.h>

#define FDT_SIZED_VERSION 17u /* from it on (2007) the header has the size of every block */

/* libfdt checks everything about such a tree but its blocks' alignment; fdt is at a multiple of 8.
 */
static inline bool fdt_tree_valid(const void *fdt, size_t size)
{
	return size >= sizeof(struct fdt_header) && fdt_version(fdt) >= FDT_SIZED_VERSION &&
	       fdt_off_mem_rsvmap(fdt) % 8 == 0 && fdt_off_dt_struct(fdt) % 4 == 0 &&
	       fdt_check_full(fdt, size) == 0;
}

#endif
