/* SPDX-License-Identifier: Apache-2.0 */
/* What a host gets that leaves operations out. */
#include <axvm/hal_defaults.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static size_t frames_in_use;

static enum axvm_error alloc(struct axvm_hal *hal, size_t frames, uint64_t align, axvm_hpa_t *out)
{
	frames_in_use += frames;
	*out = axvm_hpa(align);
	return AXVM_OK;
}

static void dealloc(struct axvm_hal *hal, axvm_hpa_t first, size_t frames)
{
	frames_in_use -= frames;
}

static uint64_t own_clock(struct axvm_hal *hal)
{
	return 42;
}

static void a_frame_is_one_of_a_row(void **state)
{
	struct axvm_hal hal = { .alloc_contiguous = alloc, .dealloc_contiguous = dealloc };
	axvm_hpa_t frame;

	axvm_hal_set_defaults(&hal);
	assert_int_equal(hal.alloc_frame(&hal, &frame), AXVM_OK);
	assert_int_equal(frames_in_use, 1);
	assert_int_equal(frame.v, AXVM_PAGE_SIZE);
	hal.dealloc_frame(&hal, frame);
	assert_int_equal(frames_in_use, 0);
}

static void an_address_is_a_pointer(void **state)
{
	struct axvm_hal hal = { 0 };

	axvm_hal_set_defaults(&hal);
	assert_ptr_equal(hal.phys_to_virt(&hal, hal.virt_to_phys(&hal, &hal)), &hal);
}

static void the_host_has_nothing_to_give(void **state)
{
	struct axvm_hal hal = { 0 };
	uint32_t pcpu;

	axvm_hal_set_defaults(&hal);
	assert_int_equal(hal.alloc_memory_region_at(&hal, axvm_hpa(0x1000), 0x1000),
			 AXVM_ERR_NOT_FOUND);
	assert_int_equal(hal.check_device(&hal, axvm_hpa(0x1000), 0x1000),
			 AXVM_ERR_PERMISSION_DENIED);
	assert_int_equal(hal.wall_clock_seconds(&hal), 0);
	assert_false(hal.random(&hal, &pcpu, sizeof(pcpu)));
	assert_int_equal(hal.vcpu_resides_on(&hal, 0, 0, &pcpu), AXVM_ERR_NOT_FOUND);
	assert_int_equal(hal.inject_irq_to_vcpu(&hal, 0, 0, 1), AXVM_ERR_NOT_FOUND);
}

static void the_host_s_own_stays(void **state)
{
	struct axvm_hal hal = { .wall_clock_seconds = own_clock };

	axvm_hal_set_defaults(&hal);
	assert_int_equal(hal.wall_clock_seconds(&hal), 42);
	assert_null(hal.host);
	assert_null(hal.alloc_contiguous);
	assert_null(hal.current_time_nanos);
	assert_null(hal.current_vcpu_id);
	axvm_hal_set_defaults(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_one_of_a_row),
		cmocka_unit_test(an_address_is_a_pointer),
		cmocka_unit_test(the_host_has_nothing_to_give),
		cmocka_unit_test(the_host_s_own_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
