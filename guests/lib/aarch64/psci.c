/* SPDX-License-Identifier: Apache-2.0 */
#include "psci.h"

#define CALL(instruction)                                                                          \
	register uint64_t x0 asm("x0") = function;                                                 \
	register uint64_t x1 asm("x1") = a;                                                        \
	register uint64_t x2 asm("x2") = b;                                                        \
	register uint64_t x3 asm("x3") = c;                                                        \
	asm volatile(instruction " #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");        \
	return (int64_t)x0

int64_t hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	CALL("hvc");
}

int64_t smc(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	CALL("smc");
}
