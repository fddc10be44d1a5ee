/* SPDX-License-Identifier: Apache-2.0 */
/* State of the guest's PLIC: plain data. */
#ifndef ARCH_PLIC_TYPES_H
#define ARCH_PLIC_TYPES_H

#include "lock.h"
#include <axvm/types.h>

struct plic_vm {
	struct lock lock;
	bool present;
};

#endif
