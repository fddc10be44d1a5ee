/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USER_H
#define USER_H

#include "trap.h"

/* Runs U-mode from an address, until its first exception: that one. tp has to stay. */
struct trap user_run(uint64_t entry, uint64_t a0);

#endif
