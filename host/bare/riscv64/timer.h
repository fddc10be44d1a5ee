/* SPDX-License-Identifier: Apache-2.0 */
/* The host's timer: Sstc, or the firmware's. */
#ifndef BARE_RISCV64_TIMER_H
#define BARE_RISCV64_TIMER_H

/* Result: NULL, or what is missing. */
const char *timer_probe(const void *fdt);

#endif
