/* SPDX-License-Identifier: Apache-2.0 */
/* All CPUs do something at once, as often as they can. */
#ifndef STORM_H
#define STORM_H

#include "random.h"

/*
 * For `ms` milliseconds (1500). prepare: on each CPU first, which takes interrupts from then on
 * (NULL: it takes none); once: again and again, with the CPU's own random numbers. Checks that all
 * come to their end.
 */
void storm(void (*prepare)(void), void (*once)(struct random *random));

#endif
