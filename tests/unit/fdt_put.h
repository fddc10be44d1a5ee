/* SPDX-License-Identifier: Apache-2.0 */
/* What core/fdt.c gives to an architecture's nodes, for tests of those alone. */
#ifndef TESTS_FDT_PUT_H
#define TESTS_FDT_PUT_H

#include "fdt_build.h"
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

int fdt_put_cells(void *fdt, const char *name, const uint32_t *values, unsigned num)
{
	uint32_t cells[4 * AXVM_MAX_VCPUS];

	assert_true(num <= sizeof(cells) / sizeof(cells[0]));
	for (unsigned i = 0; i < num; i++)
		cells[i] = cpu_to_fdt32(values[i]);
	return fdt_property(fdt, name, cells, (int)(num * sizeof(cells[0])));
}

int fdt_put_reg(void *fdt, uint64_t base, uint64_t size)
{
	const uint32_t reg[] = { (uint32_t)(base >> 32), (uint32_t)base, (uint32_t)(size >> 32),
				 (uint32_t)size };

	return fdt_put_cells(fdt, "reg", reg, 4);
}

#endif
