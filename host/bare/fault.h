/* SPDX-License-Identifier: Apache-2.0 */
/* A fault of the hypervisor itself: registers, the way there by function names, power-off. */
#ifndef BARE_FAULT_H
#define BARE_FAULT_H

/* One line of the report. */
void fault_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Boot argument axvm.selftest=fault|overflow|wx: such a fault on purpose, so that a test sees the
 * report. Anything else is ignored. */
void fault_selftest(void);

#endif
