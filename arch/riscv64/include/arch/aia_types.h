/* SPDX-License-Identifier: Apache-2.0 */
/* State of the guest's APLIC and IMSIC: plain data. */
#ifndef ARCH_AIA_TYPES_H
#define ARCH_AIA_TYPES_H

#include "lock.h"
#include <axvm/types.h>

struct imsic_vcpu {
	uint32_t vgein; /* the guest interrupt file it has on its CPU, 0: none */
};

struct aplic_vm {
	struct lock lock;
};

#endif
