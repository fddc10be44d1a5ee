/* SPDX-License-Identifier: Apache-2.0 */
/* Function names of the running image, for backtraces. */
#pragma once

#include <stdint.h>

/*
 * The name of the function that @addr lies in, and in @offset (if not NULL)
 * how far in. NULL when @addr is outside the image's code. Never fails
 * otherwise, allocates nothing, takes no lock: callable from a fault handler.
 */
const char *sym_lookup(uint64_t addr, uint64_t *offset);
