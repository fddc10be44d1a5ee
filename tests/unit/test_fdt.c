/* SPDX-License-Identifier: Apache-2.0 */
/* The device tree of a VM with the AArch64 machine's devices: generated, or given and patched. */
#include "arch.h"
#include "device_build.h"
#include "fdt_build.h"
#include "whole_vm.h"
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- The generated tree ---- */

static bool all_ones(struct axvm_hal *hal, void *buf, size_t len)
{
	memset(buf, 0xff, len);
	return true;
}

/* Of the host's random bytes, where it has some. */
static void generated_seed(void **state)
{
	struct fixture *f = *state;
	const uint8_t *seed;
	const void *fdt;
	int len;

	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, NULL, 0), AXVM_OK);
	fdt = guest_dtb(f);
	assert_null(fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "rng-seed", NULL));
	f->sim.hal.random = all_ones;
	assert_int_equal(load(f, NULL, 0), AXVM_OK);
	fdt = guest_dtb(f);
	seed = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "rng-seed", &len);
	assert_non_null(seed);
	assert_int_equal(len, 32);
	for (int i = 0; i < len; i++)
		assert_int_equal(seed[i], 0xff);
}

static void generated_root_and_chosen(void **state)
{
	struct fixture *f = *state;
	const void *fdt;

	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, NULL, 0), AXVM_OK);
	fdt = guest_dtb(f);
	assert_int_equal(fdt_address_cells(fdt, 0), 2);
	assert_int_equal(fdt_size_cells(fdt, 0), 2);
	expect_text(fdt, "/chosen", "bootargs", "console=ttyAMA0 quiet");
	expect_text(fdt, "/chosen", "stdout-path", "/pl011@9000000");
	node_at(fdt, "/pl011@9000000");
	assert_int_equal(cells2(fdt, "/chosen", "linux,initrd-end", 0) -
				 cells2(fdt, "/chosen", "linux,initrd-start", 0),
			 sizeof(ramdisk));
	expect_text(fdt, "/memory@40000000", "device_type", "memory");
	assert_int_equal(cells2(fdt, "/memory@40000000", "reg", 0), RAM);
	assert_int_equal(cells2(fdt, "/memory@40000000", "reg", 1), 32 * MIB);
}

static void generated_cpus(void **state)
{
	struct fixture *f = *state;
	const void *fdt;

	f->config.phys_cpu_id_num = 2;
	f->config.phys_cpu_ids[0] = 0x0;
	f->config.phys_cpu_ids[1] = UINT64_C(0x100000203);
	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, NULL, 0), AXVM_OK);
	fdt = guest_dtb(f);
	assert_int_equal(cells2(fdt, "/cpus/cpu@0", "reg", 0), 0);
	assert_int_equal(cells2(fdt, "/cpus/cpu@100000203", "reg", 0), UINT64_C(0x100000203));
	expect_text(fdt, "/cpus/cpu@100000203", "enable-method", "psci");
	expect_text(fdt, "/cpus/cpu@100000203", "device_type", "cpu");
	expect_compatible(fdt, "/psci", "arm,psci-1.0");
	expect_compatible(fdt, "/psci", "arm,psci-0.2");
	expect_text(fdt, "/psci", "method", "hvc");
	assert_true(fdt_path_offset(fdt, "/cpus/cpu@1") < 0);
}

static void generated_interrupts(void **state)
{
	static const uint32_t ppis[4] = { 13, 14, 11, 10 };
	const char *gic = "/interrupt-controller";
	struct fixture *f = *state;
	const void *fdt;

	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, NULL, 0), AXVM_OK);
	fdt = guest_dtb(f);
	expect_compatible(fdt, gic, "arm,gic-v3");
	assert_int_equal(cell(fdt, gic, "#interrupt-cells", 0), 3);
	assert_int_equal(cell(fdt, gic, "phandle", 0), cell(fdt, "/", "interrupt-parent", 0));
	assert_int_equal(cells2(fdt, gic, "reg", 0), 0x08000000);
	assert_int_equal(cells2(fdt, gic, "reg", 1), 0x10000);
	assert_int_equal(cells2(fdt, gic, "reg", 2), 0x080a0000);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(cell(fdt, "/timer", "interrupts", 3 * i), 1);
		assert_int_equal(cell(fdt, "/timer", "interrupts", 3 * i + 1), ppis[i]);
	}
	assert_int_equal(cell(fdt, "/pl011@9000000", "interrupts", 0), 0);
	assert_int_equal(cell(fdt, "/pl011@9000000", "interrupts", 1), 1);
	assert_int_equal(cell(fdt, "/pl011@9000000", "interrupts", 2), 4);
	assert_int_equal(cell(fdt, "/pl031@9010000", "interrupts", 1), 2);
}

static void generated_devices(void **state)
{
	struct fixture *f = *state;
	uint32_t clock;
	const void *fdt;

	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, NULL, 0), AXVM_OK);
	fdt = guest_dtb(f);
	clock = cell(fdt, "/apb-pclk", "phandle", 0);
	assert_int_equal(cell(fdt, "/apb-pclk", "clock-frequency", 0), 24000000);
	expect_compatible(fdt, "/pl011@9000000", "arm,pl011");
	expect_compatible(fdt, "/pl011@9000000", "arm,primecell");
	expect_compatible(fdt, "/pl031@9010000", "arm,pl031");
	assert_int_equal(cell(fdt, "/pl011@9000000", "clocks", 0), clock);
	assert_int_equal(cell(fdt, "/pl011@9000000", "clocks", 1), clock);
	assert_int_equal(cell(fdt, "/pl031@9010000", "clocks", 0), clock);
	assert_int_equal(fdt_stringlist_search(fdt, node_at(fdt, "/pl011@9000000"), "clock-names",
					       "apb_pclk"),
			 1);
	assert_int_equal(cells2(fdt, "/pl011@9000000", "reg", 0), UART);
	assert_int_equal(cells2(fdt, "/pl011@9000000", "reg", 1), 0x1000);
	assert_int_equal(fdt_node_offset_by_phandle(fdt, clock), node_at(fdt, "/apb-pclk"));
}

static void generated_channels(void **state)
{
	struct fixture *f = *state;
	struct axvm_config *c = &f->config;
	const void *fdt;

	c->emu_devices[c->emu_device_num++] = (struct axvm_emu_device){
		.name = "ivc",
		.base_gpa = 0x0c000000,
		.length = 0x100000,
		.emu_type = AXVM_EMU_IVC_CHANNEL,
	};
	c->ivc_channel_num = 2;
	c->ivc_channels[0] = (struct axvm_ivc_channel){
		.key = 0x1b,
		.irq_id = 40,
		.size = 4096,
		.subscriber_num = 1,
		.subscribers = { { "other", AXVM_ACCESS_READ } },
	};
	c->ivc_channels[1] = (struct axvm_ivc_channel){ .key = 2,
							.irq_id = 41,
							.publisher = "other" };
	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, NULL, 0), AXVM_OK);
	fdt = guest_dtb(f);
	expect_compatible(fdt, "/channels@c000000", "axvm,ivc");
	assert_int_equal(cells2(fdt, "/channels@c000000", "reg", 0), 0x0c000000);
	assert_int_equal(cells2(fdt, "/channels@c000000", "reg", 1), 0x100000);
	assert_int_equal(cell(fdt, "/channels@c000000/channel@1b", "reg", 0), 0x1b);
	assert_int_equal(cell(fdt, "/channels@c000000/channel@1b", "interrupts", 1), 40);
	assert_int_equal(cell(fdt, "/channels@c000000/channel@1b", "interrupts", 2), 1); /* edge */
	assert_null(fdt_getprop(fdt, node_at(fdt, "/channels@c000000/channel@1b"), "axvm,publisher",
				NULL));
	assert_string_equal(fdt_getprop(fdt, node_at(fdt, "/channels@c000000/channel@2"),
					"axvm,publisher", NULL),
			    "other");
}

static void many_cpus_and_regions(void **state)
{
	struct fixture *f = *state;
	const void *fdt;

	f->config.cpu_num = 64;
	memset(f->config.image_config.cmdline, 'x', AXVM_CMDLINE_MAX - 1);
	f->config.memory_region_num = 16;
	for (uint32_t i = 1; i < 16; i++)
		f->config.memory_regions[i] = (struct axvm_memory_region){
			RAM + i * 64 * MIB, 4 * KIB, i % 2 ? RWX : AXVM_MEM_READ, AXVM_MAP_ALLOC
		};
	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, NULL, 0), AXVM_OK);
	fdt = guest_dtb(f);
	node_at(fdt, "/cpus/cpu@30f");
	node_at(fdt, "/memory@44000000");
	assert_true(fdt_path_offset(fdt, "/memory@48000000") < 0); /* read-only: not RAM */
}

/* ---- A given tree ---- */

static size_t make_tree(void *buf, size_t size, int cells)
{
	assert_int_equal(fdt_create(buf, (int)size), 0);
	fdt_finish_reservemap(buf);
	fdt_begin_node(buf, "");
	fdt_property_u32(buf, "#address-cells", (uint32_t)cells);
	fdt_property_u32(buf, "#size-cells", (uint32_t)cells);
	fdt_begin_node(buf, "memory@80000000");
	fdt_property_string(buf, "device_type", "memory");
	fdt_end_node(buf);
	fdt_begin_node(buf, "memory");
	fdt_property_string(buf, "device_type", "memory");
	fdt_end_node(buf);
	fdt_begin_node(buf, "memory@40000000"); /* by its name only */
	fdt_end_node(buf);
	fdt_begin_node(buf, "memory-controller@0");
	fdt_end_node(buf);
	fdt_begin_node(buf, "chosen@0"); /* libfdt takes it for /chosen too */
	fdt_property_string(buf, "device_type", "memory");
	fdt_end_node(buf);
	fdt_begin_node(buf, "soc");
	fdt_property_string(buf, "keep", "me");
	fdt_end_node(buf);
	fdt_end_node(buf);
	assert_int_equal(fdt_finish(buf), 0);
	return fdt_totalsize((struct fdt_header *)buf);
}

static void given_tree_is_patched(void **state)
{
	struct fixture *f = *state;
	uint64_t tree[128];
	const void *fdt;

	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, tree, make_tree(tree, sizeof(tree), 2)), AXVM_OK);
	fdt = guest_dtb(f);
	expect_text(fdt, "/soc", "keep", "me");
	expect_text(fdt, "/chosen", "bootargs", "console=ttyAMA0 quiet");
	assert_int_equal(cells2(fdt, "/memory@40000000", "reg", 0), RAM);
	assert_int_equal(cells2(fdt, "/memory@40000000", "reg", 1), 32 * MIB);
	assert_int_equal(cells2(fdt, "/chosen", "linux,initrd-end", 0) -
				 cells2(fdt, "/chosen", "linux,initrd-start", 0),
			 sizeof(ramdisk));
	assert_true(fdt_path_offset(fdt, "/memory@80000000") < 0);
	assert_true(fdt_path_offset(fdt, "/memory-controller@0") > 0);
	assert_int_equal(fdt_path_offset(fdt, "/interrupt-controller"), -FDT_ERR_NOTFOUND);
}

static void given_tree_with_small_cells(void **state)
{
	struct fixture *f = *state;
	uint64_t tree[128];
	const void *fdt;

	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, tree, make_tree(tree, sizeof(tree), 1)), AXVM_OK);
	fdt = guest_dtb(f);
	assert_int_equal(cell(fdt, "/memory@40000000", "reg", 0), RAM);
	assert_int_equal(cell(fdt, "/memory@40000000", "reg", 1), 32 * MIB);
}

/* Each byte damaged in turn: refused or used, never a fault (the sanitizers look on). */
static void damaged_tree(void **state)
{
	struct fixture *f = *state;
	uint64_t tree[128];
	size_t size = make_tree(tree, sizeof(tree), 2), refused = 0;

	assert_int_equal(build(f), AXVM_OK);
	for (size_t i = 0; i < size; i++) {
		uint8_t *copy = malloc(size);

		memcpy(copy, tree, size);
		copy[i] ^= 0xff;
		refused += load(f, copy, size) != AXVM_OK;
		free(copy);
	}
	assert_true(refused > 40);
	for (size_t cut = 1; cut < size; cut++) {
		uint8_t *copy = malloc(cut);

		memcpy(copy, tree, cut);
		assert_int_equal(load(f, copy, cut), AXVM_ERR_INVALID_DATA);
		free(copy);
	}
}

/* ---- What a tree leaves out, and how little room it takes ---- */

static void expect_none(const void *fdt, const char *path, const char *name)
{
	assert_null(fdt_getprop(fdt, node_at(fdt, path), name, NULL));
}

static void a_tree_says_nothing_of_what_is_not_there(void **state)
{
	const struct axvm_images images = { .kernel = { kernel, sizeof(kernel) } };
	struct fixture *f = *state;
	struct axvm_images given = images;
	const void *fdt;
	uint64_t tree[128];

	f->config.image_config.cmdline[0] = '\0';
	f->config.emu_device_num = 2; /* the interrupt controller */
	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(axvm_load_images(f->vm, &images, &f->diag), AXVM_OK);
	fdt = guest_dtb(f);
	expect_none(fdt, "/chosen", "bootargs");
	expect_none(fdt, "/chosen", "stdout-path");
	expect_none(fdt, "/chosen", "linux,initrd-start");
	expect_none(fdt, "/chosen", "linux,initrd-end");
	assert_int_equal(fdt_path_offset(fdt, "/pl011@9000000"), -FDT_ERR_NOTFOUND);

	given.dtb = (struct axvm_image){ tree, make_tree(tree, sizeof(tree), 2) };
	assert_int_equal(axvm_load_images(f->vm, &given, &f->diag), AXVM_OK);
	fdt = guest_dtb(f);
	expect_text(fdt, "/soc", "keep", "me");
	expect_none(fdt, "/chosen", "bootargs");
	expect_none(fdt, "/chosen", "linux,initrd-start");
}

/* The least room for the VM's tree; all less is NOSPACE (and the sanitizers look on). */
static size_t least_room(struct fixture *f, const void *dtb, size_t dtb_size)
{
	const struct fdt_boot boot = { RAM + 16 * MIB, sizeof(ramdisk) };
	int err = -FDT_ERR_NOSPACE;
	size_t size;

	for (size = 0; err == -FDT_ERR_NOSPACE && size < sizeof(f->dtb); size += 4) {
		void *room = malloc(size ? size : 1);

		assert_non_null(room);
		err = dtb ? fdt_patch(f->vm, &boot, dtb, dtb_size, room, size) :
			    fdt_generate(f->vm, &boot, room, size);
		free(room);
	}
	assert_int_equal(err, 0);
	return size - 4;
}

static void a_tree_without_room_is_refused(void **state)
{
	struct fixture *f = *state;
	uint64_t tree[128];
	size_t size = make_tree(tree, sizeof(tree), 2);

	assert_int_equal(build(f), AXVM_OK);
	assert_true(least_room(f, NULL, 0) > 1000);
	assert_true(least_room(f, tree, size) > size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(generated_seed, setup, teardown),
		cmocka_unit_test_setup_teardown(generated_root_and_chosen, setup, teardown),
		cmocka_unit_test_setup_teardown(generated_cpus, setup, teardown),
		cmocka_unit_test_setup_teardown(generated_interrupts, setup, teardown),
		cmocka_unit_test_setup_teardown(generated_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(generated_channels, setup, teardown),
		cmocka_unit_test_setup_teardown(many_cpus_and_regions, setup, teardown),
		cmocka_unit_test_setup_teardown(given_tree_is_patched, setup, teardown),
		cmocka_unit_test_setup_teardown(given_tree_with_small_cells, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(a_tree_says_nothing_of_what_is_not_there, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_tree_without_room_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests_name("fdt", tests, NULL, NULL);
}
