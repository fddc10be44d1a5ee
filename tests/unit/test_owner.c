/* SPDX-License-Identifier: Apache-2.0 */
/* Which VM has which pages of the host: two have the same only if both say so. */
#include "guest_calls.h"
#include "vm.h"
#include <stdlib.h>
#include <string.h>

#define MIB    UINT64_C(0x100000)
#define PAGE   UINT64_C(0x1000)
#define RAM    UINT64_C(0x40000000)
#define RW     (AXVM_MEM_READ | AXVM_MEM_WRITE)
#define DEVICE UINT64_C(0x0a000000) /* of the host; guests have it elsewhere */
#define AT     UINT64_C(0x0b000000)

/* Of the host's RAM, where a guest's RAM can be identical: below 2^40. */
#define RANGE (SIM_RAM_BASE + 64 * MIB)

struct fixture {
	struct sim_host host;
	struct axvm_config one, two;
	struct axvm *a, *b;
	struct axvm_diag diag;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sim_host_init(&f->host);
	sim_config(&f->one, 1, 1);
	sim_config(&f->two, 2, 1);
	strcpy(f->one.name, "first");
	strcpy(f->two.name, "second");
	sim_add_device(&f->host, DEVICE, 2 * PAGE);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	axvm_put(f->a);
	axvm_put(f->b);
	sim_host_fini(&f->host);
	free(f);
	return 0;
}

static void add_region(struct axvm_config *c, uint64_t base, uint64_t size, uint32_t flags,
		       uint32_t map_type)
{
	c->memory_regions[c->memory_region_num++] = (struct axvm_memory_region){ base, size, flags,
										 map_type };
}

static void add_device(struct axvm_config *c, uint64_t hpa, uint64_t length, bool shared)
{
	struct axvm_pass_through_device *d = &c->pass_through_devices[c->pass_through_device_num++];

	*d = (struct axvm_pass_through_device){
		.name = "gpio",
		.base_gpa = AT + hpa % PAGE,
		.base_hpa = hpa,
		.length = length,
		.shared = shared,
	};
}

/* The second VM is refused, with both names, and leaves nothing. */
static void second_is_refused(struct fixture *f, const char *where)
{
	size_t frames;

	assert_int_equal(axvm_new(&f->host.hal, &f->one, &f->a, NULL), AXVM_OK);
	frames = f->host.frames_used;
	assert_int_equal(axvm_new(&f->host.hal, &f->two, &f->b, &f->diag), AXVM_ERR_ALREADY_EXISTS);
	assert_int_equal(f->host.frames_used, frames);
	assert_string_equal(f->diag.where, where);
	assert_string_equal(f->diag.other, "second and first");
	axvm_put(f->a);
	f->a = NULL;
	assert_int_equal(axvm_new(&f->host.hal, &f->two, &f->b, NULL), AXVM_OK);
}

static void both_are_built(struct fixture *f)
{
	assert_int_equal(axvm_new(&f->host.hal, &f->one, &f->a, NULL), AXVM_OK);
	assert_int_equal(axvm_new(&f->host.hal, &f->two, &f->b, &f->diag), AXVM_OK);
}

static void a_device_has_one_owner(void **state)
{
	struct fixture *f = *state;

	add_device(&f->one, DEVICE, PAGE, false);
	add_device(&f->two, DEVICE, PAGE, false);
	second_is_refused(f, "devices.passthrough_devices[0]");
}

/* Not only its first page, and not only whole pages. */
static void a_part_of_a_device_is_enough(void **state)
{
	struct fixture *f = *state;

	add_device(&f->one, DEVICE + 0xff0, 0x20, false);
	add_device(&f->two, DEVICE + PAGE + 0x800, 0x10, false);
	second_is_refused(f, "devices.passthrough_devices[0]");
}

static void one_that_says_shared_is_not_enough(void **state)
{
	struct fixture *f = *state;

	add_device(&f->one, DEVICE, PAGE, true);
	add_device(&f->two, DEVICE, PAGE, false);
	second_is_refused(f, "devices.passthrough_devices[0]");
}

static void nor_is_it_the_other(void **state)
{
	struct fixture *f = *state;

	add_device(&f->one, DEVICE, PAGE, false);
	add_device(&f->two, DEVICE, PAGE, true);
	second_is_refused(f, "devices.passthrough_devices[0]");
}

static void a_shared_device(void **state)
{
	struct fixture *f = *state;

	add_device(&f->one, DEVICE, PAGE, true);
	add_device(&f->two, DEVICE, PAGE, true);
	both_are_built(f);
}

static void devices_beside_each_other(void **state)
{
	struct fixture *f = *state;

	add_device(&f->one, DEVICE, PAGE, false);
	add_device(&f->two, DEVICE + PAGE, PAGE, false);
	both_are_built(f);
}

static void a_region_has_one_owner(void **state)
{
	struct fixture *f = *state;

	add_region(&f->one, RANGE, 2 * MIB, RW, AXVM_MAP_IDENTICAL);
	add_region(&f->two, RANGE + MIB, 2 * MIB, RW, AXVM_MAP_RESERVED);
	second_is_refused(f, "kernel.memory_regions[1]");
}

/* Each in its own time: the last one gives it back. */
static void a_shared_region(void **state)
{
	struct fixture *f = *state;
	uint64_t value = 0x1234, seen = 0;

	add_region(&f->one, RANGE, MIB, RW | AXVM_MEM_SHARED, AXVM_MAP_IDENTICAL);
	add_region(&f->two, RANGE, MIB, RW | AXVM_MEM_SHARED, AXVM_MAP_IDENTICAL);
	assert_int_equal(axvm_new(&f->host.hal, &f->one, &f->a, NULL), AXVM_OK);
	assert_int_equal(axvm_write_to_guest(f->a, axvm_gpa(RANGE), &value, 8), AXVM_OK);
	assert_int_equal(axvm_new(&f->host.hal, &f->two, &f->b, NULL), AXVM_OK);
	assert_int_equal(axvm_read_from_guest(f->b, axvm_gpa(RANGE), &seen, 8), AXVM_OK);
	assert_int_equal(seen, value); /* not cleared by the second */
	axvm_put(f->a);
	f->a = NULL;
	assert_int_equal(axvm_read_from_guest(f->b, axvm_gpa(RANGE), &seen, 8), AXVM_OK);
	assert_int_equal(seen, value);
	assert_int_equal(axvm_new(&f->host.hal, &f->one, &f->a, NULL), AXVM_OK);
	axvm_put(f->b);
	f->b = NULL;
	assert_int_equal(axvm_read_from_guest(f->a, axvm_gpa(RANGE), &seen, 8), AXVM_OK);
}

/* A reset of one clears nothing that is also the other's. */
static void a_reset_keeps_what_is_shared(void **state)
{
	struct fixture *f = *state;
	uint64_t value = 0x1234, seen = 0;
	enum axvm_error err;

	add_region(&f->one, RANGE, MIB, RW | AXVM_MEM_SHARED, AXVM_MAP_IDENTICAL);
	add_region(&f->two, RANGE, MIB, RW | AXVM_MEM_SHARED, AXVM_MAP_IDENTICAL);
	both_are_built(f);
	assert_int_equal(axvm_boot(f->a), AXVM_OK);
	assert_int_equal(axvm_write_to_guest(f->b, axvm_gpa(RANGE), &value, 8), AXVM_OK);
	assert_int_equal(axvm_shutdown(f->a), AXVM_OK);
	while ((err = axvm_reset(f->a)) == AXVM_ERR_WOULD_BLOCK)
		;
	assert_int_equal(err, AXVM_OK);
	assert_int_equal(axvm_read_from_guest(f->b, axvm_gpa(RANGE), &seen, 8), AXVM_OK);
	assert_int_equal(seen, value);
}

static void a_shared_region_of_another_size(void **state)
{
	struct fixture *f = *state;

	add_region(&f->one, RANGE, MIB, RW | AXVM_MEM_SHARED, AXVM_MAP_IDENTICAL);
	add_region(&f->two, RANGE, 2 * MIB, RW | AXVM_MEM_SHARED, AXVM_MAP_IDENTICAL);
	assert_int_equal(axvm_new(&f->host.hal, &f->one, &f->a, NULL), AXVM_OK);
	assert_int_equal(axvm_new(&f->host.hal, &f->two, &f->b, &f->diag), AXVM_ERR_RESOURCE_BUSY);
}

static axvm_hpa_t ram_of(struct fixture *f, struct axvm *vm)
{
	struct axvm_host_piece piece;
	size_t num = 1;

	assert_int_equal(axvm_get_image_load_region(vm, axvm_gpa(RAM), PAGE, &piece, &num),
			 AXVM_OK);
	return f->host.hal.virt_to_phys(&f->host.hal, piece.base);
}

/* Not even the host maps one VM's RAM into another by mistake. */
static void mapping_anothers_ram(void **state)
{
	struct fixture *f = *state;
	const axvm_gpa_t gpa = axvm_gpa(0x80000000);

	both_are_built(f);
	assert_int_equal(axvm_map_region(f->b, gpa, ram_of(f, f->a), PAGE, RW),
			 AXVM_ERR_PERMISSION_DENIED);
	assert_int_equal(axvm_map_region(f->b, gpa, ram_of(f, f->a), PAGE, RW | AXVM_MEM_SHARED),
			 AXVM_ERR_PERMISSION_DENIED);
	/* Also where its owner does not have it mapped at present. */
	assert_int_equal(axvm_unmap_region(f->a, axvm_gpa(RAM + PAGE), PAGE), AXVM_OK);
	assert_int_equal(axvm_map_region(f->b, gpa, axvm_hpa(ram_of(f, f->a).v + PAGE), PAGE, RW),
			 AXVM_ERR_PERMISSION_DENIED);
	/* Its own, once more, it may. */
	assert_int_equal(axvm_map_region(f->a, gpa, ram_of(f, f->a), PAGE, RW), AXVM_OK);
}

static void mapping_what_another_has_mapped(void **state)
{
	struct fixture *f = *state;
	const axvm_gpa_t gpa = axvm_gpa(0x80000000);
	axvm_hpa_t frame;

	both_are_built(f);
	assert_int_equal(f->host.hal.alloc_frame(&f->host.hal, &frame), AXVM_OK);
	assert_int_equal(axvm_map_region(f->a, gpa, frame, PAGE, RW), AXVM_OK);
	assert_int_equal(axvm_map_region(f->b, gpa, frame, PAGE, RW), AXVM_ERR_PERMISSION_DENIED);
	assert_int_equal(axvm_unmap_region(f->a, gpa, PAGE), AXVM_OK);
	assert_int_equal(axvm_map_region(f->b, gpa, frame, PAGE, RW | AXVM_MEM_SHARED), AXVM_OK);
	assert_int_equal(axvm_map_region(f->a, gpa, frame, PAGE, RW), AXVM_ERR_PERMISSION_DENIED);
	assert_int_equal(axvm_map_region(f->a, gpa, frame, PAGE, RW | AXVM_MEM_SHARED), AXVM_OK);
	f->host.hal.dealloc_frame(&f->host.hal, frame);
}

static void ids_and_names_are_ones_own(void **state)
{
	struct fixture *f = *state;

	f->two.id = 1;
	assert_int_equal(axvm_new(&f->host.hal, &f->one, &f->a, NULL), AXVM_OK);
	assert_int_equal(axvm_new(&f->host.hal, &f->two, &f->b, &f->diag), AXVM_ERR_ALREADY_EXISTS);
	assert_string_equal(f->diag.where, "base.id");
	assert_string_equal(f->diag.other, "first");
	f->two.id = 2;
	strcpy(f->two.name, "first");
	assert_int_equal(axvm_new(&f->host.hal, &f->two, &f->b, &f->diag), AXVM_ERR_ALREADY_EXISTS);
	assert_string_equal(f->diag.where, "base.name");
}

struct builder {
	struct axvm_hal *hal;
	struct axvm_config config;
	unsigned built;
};

/* Both want the range; at any time at most one has it. */
static void *build_and_end(void *arg)
{
	struct builder *b = arg;

	for (unsigned i = 0; i < 300; i++) {
		struct axvm *vm;
		enum axvm_error err = axvm_new(b->hal, &b->config, &vm, NULL);

		if (err != AXVM_OK)
			continue;
		b->built++;
		axvm_put(vm);
	}
	return NULL;
}

static void two_threads_want_the_same(void **state)
{
	struct fixture *f = *state;
	struct builder *b = calloc(2, sizeof(*b));
	pthread_t thread;

	for (unsigned i = 0; i < 2; i++) {
		b[i].hal = &f->host.hal;
		sim_config(&b[i].config, i + 1, 1);
		b[i].config.memory_regions[0].size = MIB;
		add_region(&b[i].config, RANGE, MIB, RW, AXVM_MAP_IDENTICAL);
		add_device(&b[i].config, DEVICE, PAGE, true);
	}
	assert_int_equal(pthread_create(&thread, NULL, build_and_end, &b[1]), 0);
	build_and_end(&b[0]);
	pthread_join(thread, NULL);
	assert_true(b[0].built + b[1].built >= 300);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(a_device_has_one_owner),
		T(a_part_of_a_device_is_enough),
		T(one_that_says_shared_is_not_enough),
		T(nor_is_it_the_other),
		T(a_shared_device),
		T(devices_beside_each_other),
		T(a_region_has_one_owner),
		T(a_shared_region),
		T(a_reset_keeps_what_is_shared),
		T(a_shared_region_of_another_size),
		T(mapping_anothers_ram),
		T(mapping_what_another_has_mapped),
		T(ids_and_names_are_ones_own),
		T(two_threads_want_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
