/* SPDX-License-Identifier: Apache-2.0 */
/* A fault of the hypervisor itself: registers, the way there by function names, power-off. */
#ifndef BARE_FAULT_H
#define BARE_FAULT_H

#include "cpu.h"

/* The vectors call these on the CPU's emergency stack, the first with its fault frame filled; the
 * second when the report itself has faulted. */
_Noreturn void fault_report(struct cpu *cpu);
_Noreturn void fault_nested(struct cpu *cpu);

/* Whether an address is in the guard below the CPU's stack. */
bool fault_in_guard(const struct cpu *cpu, uint64_t address);
/* One line of the report. */
void fault_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Boot argument axvm.selftest=fault|overflow|wx: such a fault on purpose, so that a test sees the
 * report. Anything else is ignored. */
void fault_selftest(void);

#endif
