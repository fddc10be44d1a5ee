/* SPDX-License-Identifier: Apache-2.0 */
/* What a register holds after a load that is narrower than it. */
#ifndef CORE_EXTEND_H
#define CORE_EXTEND_H

#include <stdbool.h>
#include <stdint.h>

/* The low `width` (1, 2, 4, 8) bytes, extended to the width of the register that takes them. */
static inline uint64_t extend(uint64_t value, unsigned width, unsigned reg_width, bool is_signed)
{
	unsigned unused = 64 - 8 * width;

	value <<= unused;
	value = is_signed ? (uint64_t)((int64_t)value >> unused) : value >> unused;
	return reg_width == 8 ? value : (uint32_t)value;
}

#endif
