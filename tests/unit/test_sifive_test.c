/* SPDX-License-Identifier: Apache-2.0 */
/* The test device against what QEMU's hw/misc/sifive_test does. */
#include "fake_device.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void each_word_ends_the_machine_its_way(void **state)
{
	static const struct {
		uint32_t word;
		enum axvm_device_power how;
		uint64_t code;
	} words[] = {
		{ 0x5555, AXVM_DEVICE_POWER_OFF, 0 },
		{ 0x7777, AXVM_DEVICE_RESET, 0 },
		{ 0x3333, AXVM_DEVICE_FAILURE, 0 },
		{ 0xffff3333, AXVM_DEVICE_FAILURE, 0xffff },
		{ 0x00015555, AXVM_DEVICE_POWER_OFF, 0 },
	};
	struct fake_device *f = *state;

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		fake_write(f, 0, words[i].word);
		assert_int_equal(f->ends, i + 1);
		assert_int_equal(f->how, words[i].how);
		assert_int_equal(f->code, words[i].code);
	}
}

static void nothing_else_ends_it(void **state)
{
	struct fake_device *f = *state;

	for (uint32_t value = 0; value <= 0xffff; value++)
		if (value != 0x5555 && value != 0x7777 && value != 0x3333)
			fake_write(f, 0, value);
	for (uint64_t offset = 1; offset < 0x1000; offset++)
		fake_write(f, offset, 0x5555);
	f->dev.model->write(&f->dev, UINT64_MAX, 8, 0x5555);
	f->dev.model->write(&f->dev, 0, 1, 0x55);
	assert_int_equal(f->ends, 0);
}

static void reads_give_nothing(void **state)
{
	struct fake_device *f = *state;

	for (uint64_t offset = 0; offset < 0x1000; offset++)
		assert_int_equal(fake_read(f, offset), 0);
	assert_int_equal(f->ends, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_DEVICE_TEST(each_word_ends_the_machine_its_way),
		FAKE_DEVICE_TEST(nothing_else_ends_it),
		FAKE_DEVICE_TEST(reads_give_nothing),
	};

	return cmocka_run_group_tests_name("sifive_test", tests, NULL, NULL);
}
