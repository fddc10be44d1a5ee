/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "diag.h"

static void every_error_has_its_name(void **state)
{
	static const char *const names[] = {
		"OK",	     "INVALID_INPUT",	  "BAD_STATE",	   "UNSUPPORTED", "NO_MEMORY",
		"NOT_FOUND", "ALREADY_EXISTS",	  "RESOURCE_BUSY", "BAD_ADDRESS", "INVALID_DATA",
		"IO",	     "PERMISSION_DENIED", "WOULD_BLOCK",
	};

	assert_int_equal(-AXVM_ERR_WOULD_BLOCK, sizeof(names) / sizeof(names[0]) - 1);
	for (int i = 0; i <= -AXVM_ERR_WOULD_BLOCK; i++)
		assert_string_equal(axvm_strerror((enum axvm_error)(-i)), names[i]);
	assert_string_equal(axvm_strerror((enum axvm_error)(-13)), "UNKNOWN");
	assert_string_equal(axvm_strerror((enum axvm_error)1), "UNKNOWN");
	assert_string_equal(axvm_strerror((enum axvm_error)INT32_MIN), "UNKNOWN");
}

static void format_whole(void **state)
{
	struct axvm_diag diag;
	char text[128];

	diag_set(&diag, AXVM_ERR_ALREADY_EXISTS, "overlaps");
	diag_where_entry(&diag, "kernel.memory_regions", 12, "gpa");
	diag_other_entry(&diag, "devices.emu_devices", 0);
	diag_value(&diag, "first", 0);
	diag_value(&diag, "last", UINT64_MAX);
	axvm_diag_format(&diag, text, sizeof(text));
	assert_string_equal(text,
			    "kernel.memory_regions[12].gpa: overlaps (devices.emu_devices[0]; "
			    "first=0x0, last=0xffffffffffffffff)");
}

static void format_parts(void **state)
{
	struct axvm_diag diag;
	char text[64];

	diag_set(&diag, AXVM_ERR_IO, "broken");
	axvm_diag_format(&diag, text, sizeof(text));
	assert_string_equal(text, "broken");
	diag_value(&diag, "n", 0x1a);
	axvm_diag_format(&diag, text, sizeof(text));
	assert_string_equal(text, "broken (n=0x1a)");
	diag_set(&diag, AXVM_ERR_IO, NULL);
	axvm_diag_format(&diag, text, sizeof(text));
	assert_string_equal(text, "IO");
}

static void format_is_cut(void **state)
{
	struct axvm_diag diag;
	char text[8];

	diag_set(&diag, AXVM_ERR_IO, "0123456789");
	memset(text, 'x', sizeof(text));
	assert_int_equal(axvm_diag_format(&diag, text, 4), 10);
	assert_memory_equal(text, "012\0xxxx", 8);
	assert_int_equal(axvm_diag_format(&diag, NULL, 0), 10);
}

static void fields_are_cut(void **state)
{
	struct axvm_diag diag;
	char longer[200];

	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	diag_set(&diag, AXVM_ERR_IO, "broken");
	diag_where_entry(&diag, longer, 3, "x");
	diag_other(&diag, longer);
	assert_int_equal(strlen(diag.where), AXVM_DIAG_TEXT - 1);
	assert_int_equal(strlen(diag.other), AXVM_DIAG_TEXT - 1);
	for (unsigned i = 0; i < 2 * AXVM_DIAG_VALUES; i++)
		diag_value(&diag, "v", i);
	assert_int_equal(diag.value_num, AXVM_DIAG_VALUES);
}

static void null_is_allowed(void **state)
{
	assert_int_equal(diag_set(NULL, AXVM_ERR_IO, "broken"), AXVM_ERR_IO);
	diag_where(NULL, "x");
	diag_where_entry(NULL, "x", 0, NULL);
	diag_other(NULL, "x");
	diag_other_entry(NULL, "x", 0);
	diag_value(NULL, "x", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_its_name),
		cmocka_unit_test(format_whole),
		cmocka_unit_test(format_parts),
		cmocka_unit_test(format_is_cut),
		cmocka_unit_test(fields_are_cut),
		cmocka_unit_test(null_is_allowed),
	};

	return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
