/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host in an ordinary process: memory that is counted and can run out at any chosen allocation, a
 * clock that stands still unless told, and records of what it was asked. Host-physical addresses
 * differ from pointers, so that mixing them up shows.
 */
#ifndef TESTS_FAKE_HAL_H
#define TESTS_FAKE_HAL_H

#include <axvm/hal.h>

#define FAKE_RAM_BASE UINT64_C(0x100000000)
#define FAKE_FRAMES   (1u << 20) /* 4 GiB of addresses, used sparsely */
#define FAKE_POISON   0xa5	 /* what fresh and freed frames hold, up to 16 MiB of them */

struct fake_hal {
	struct axvm_hal hal;
	struct axvm_host host;
	uint8_t *ram;
	uint8_t *used; /* per frame */
	size_t frames_used;
	size_t fail_after;    /* allocations that succeed before one fails; SIZE_MAX: all */
	size_t largest;	      /* frames an allocation may have */
	uint64_t worst_align; /* alignment above it cannot be had */
	uint64_t now;	      /* nanoseconds */
	uint64_t kept;	      /* a VM may not have a device that ends below it */
	uint64_t wall;	      /* seconds */
	uint64_t timer;
	uint8_t console[4096];
	size_t console_len;
};

void fake_hal_init(struct fake_hal *fake);
/* Fails the test when frames are still taken. */
void fake_hal_fini(struct fake_hal *fake);

#endif
