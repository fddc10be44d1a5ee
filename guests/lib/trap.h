/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions: expected ones are recorded, any other ends the guest with a line. */
#ifndef TRAP_H
#define TRAP_H

#include "cpu.h"
/*
 * Of the architecture:
 *   struct trap_frame             saved by the vectors
 *   struct trap                   what a CPU has seen since trap_expect(): count, and of the last
 *                                 exception what its registers say
 *   trap_is_external(trap, addr)  one access to `addr` was made, and the machine has nothing there
 *   trap_is_write(trap, addr)     one write to `addr` was refused, by whomever
 */
#include <arch/trap.h>

void trap_expect(void);
struct trap trap_seen(void);

/* What a statement raised; its instruction was skipped. A failed jump returned to its caller. */
#define TRAP(...)                                                                                  \
	({                                                                                         \
		trap_expect();                                                                     \
		__VA_ARGS__;                                                                       \
		trap_seen();                                                                       \
	})

/* The vectors' part: whether the exception was expected; then it is `seen`, and one more. */
bool trap_record(struct trap seen);

#endif
