/* SPDX-License-Identifier: Apache-2.0 */
/* The counter that timer_now() reads. */
#ifndef CLOCK_H
#define CLOCK_H

/* Checks that it is one for the whole machine. CPU 1 is off, before and after. */
void clock_across_cpus(void);

#endif
