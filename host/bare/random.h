/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes for guests, from the seed that the boot loader gives. */
#ifndef BARE_RANDOM_H
#define BARE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

#define RANDOM_SEED_MIN 32 /* bytes */

/* Before other CPUs run. A shorter seed than RANDOM_SEED_MIN counts as none. */
void random_init(const void *seed, size_t size);
/* Nobody can tell from these bytes what others got, or will get. false: there was no seed. */
bool random_get(void *buf, size_t len);

#endif
