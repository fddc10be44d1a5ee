/* SPDX-License-Identifier: Apache-2.0 */
/* EL2's translation before and while the real tables come, and its caches. */
#ifndef BARE_AARCH64_EL2_H
#define BARE_AARCH64_EL2_H

#include <stdint.h>

/* Adds the GiB of a device to the tables of start.S, at whatever exception level. */
void el2_boot_device(uint64_t base);
/* Writes cached data back to memory, for a CPU whose MMU is off. */
void el2_clean(const void *p, uint64_t size);

#endif
