/* SPDX-License-Identifier: Apache-2.0 */
/* By stimecmp where the tree names Sstc, else (or with `timer=1` on the command line) by SBI. */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include <arch/cpu.h>
#include <stdbool.h>

static inline uint64_t timer_now(void)
{
	return csr_read(time);
}

uint64_t timer_hz(void);
bool timer_has_sstc(void);
void timer_set(uint64_t when);
void timer_stop(void);
bool timer_due(void);

#endif
