/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's checks: one line each, a summary at the end, then power off. */
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stdint.h>

/* Console output, whole calls at a time. */
void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints "ok NAME" or "FAIL NAME". CHECK(condition, format of the name, ...) */
bool check(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define CHECK(cond, ...) check((cond), __VA_ARGS__)
/* The same for two numbers, which it prints where they differ. */
bool check_eq(uint64_t got, uint64_t want, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define CHECK_EQ(got, want, ...) check_eq((uint64_t)(got), (uint64_t)(want), __VA_ARGS__)

/* "NAME: N ok, M failed" (boot_name()), then power-off. */
_Noreturn void test_end(void);
/* The same after something that cannot go on; counts as a failure. */
_Noreturn void test_abort(void);

#endif
