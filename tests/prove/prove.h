/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the harnesses share. tests/prove/run lists them. nondet_*() gives any value of its type, and
 * CBMC tries them all.
 */
#ifndef TESTS_PROVE_H
#define TESTS_PROVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool nondet_bool(void);
uint8_t nondet_u8(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);

#define ASSUME(cond)	  __CPROVER_assume(cond)
#define PROVE(cond, what) __CPROVER_assert(cond, what)

#endif
