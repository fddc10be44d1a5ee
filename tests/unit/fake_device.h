/* SPDX-License-Identifier: Apache-2.0 */
/* The core as a device model sees it. */
#ifndef TESTS_FAKE_DEVICE_H
#define TESTS_FAKE_DEVICE_H

#include <axvm/device.h>

struct fake_device {
	struct axvm_device dev; /* first */
	bool irq;
	uint8_t out[256]; /* what went to the console */
	size_t out_len;
	uint64_t now;  /* nanoseconds */
	uint64_t wall; /* seconds at VM time 0 */
	uint64_t deadline;
	unsigned ends; /* how often the guest has ended its machine, and how last */
	enum axvm_device_power how;
	uint64_t code;
};

/* Makes the one device of the model that is linked in. */
void fake_device_init(struct fake_device *fake);
void fake_device_fini(struct fake_device *fake);
/* For cmocka: *state is one on the heap. */
int fake_device_setup(void **state);
int fake_device_teardown(void **state);
#define FAKE_DEVICE_TEST(name)                                                                     \
	cmocka_unit_test_setup_teardown(name, fake_device_setup, fake_device_teardown)
/* Lets time pass and calls the timer when it is due. */
void fake_device_advance(struct fake_device *fake, uint64_t nanos);

/* Types A, B, C and so on, at most 64 bytes; how many it took. */
size_t fake_type(struct fake_device *fake, size_t len);

uint32_t fake_read(struct fake_device *fake, uint64_t offset);
void fake_write(struct fake_device *fake, uint64_t offset, uint32_t value);

#endif
