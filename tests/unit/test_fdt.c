/* SPDX-License-Identifier: Apache-2.0 */
/* Whole VMs with the AArch64 machine's devices: building them, loading images and device tree. */
#include "arch.h"
#include "device_build.h"
#include "fdt_build.h"
#include "sim_host.h"
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KIB    UINT64_C(1024)
#define MIB    (KIB * 1024)
#define RAM    UINT64_C(0x40000000)
#define RWX    (AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE)
#define UART   UINT64_C(0x09000000)
#define RTC    UINT64_C(0x09010000)
#define SECOND UINT64_C(1000000000)

struct fixture {
	struct sim_host sim;
	struct axvm_config config;
	struct axvm *vm;
	struct axvm_diag diag;
	uint64_t dtb[32 * 1024]; /* aligned as a device tree is */
};

static const uint8_t kernel[0x2345] = { 0x1f, 0x20, 0x03, 0xd5, [0x2344] = 0x77 };
static const uint8_t ramdisk[12345] = { 'r', [12344] = 'd' };

static void base_config(struct axvm_config *c)
{
	const struct axvm_machine *machine = axvm_machine_get(AXVM_ARCH_AARCH64);

	*c = (struct axvm_config){
		.arch = AXVM_ARCH_AARCH64,
		.id = 3,
		.name = "test",
		.vm_type = AXVM_VM_TYPE_LINUX,
		.cpu_num = 2,
		.interrupt_mode = AXVM_INTERRUPT_EMULATED,
		.image_config.cmdline = "console=ttyAMA0 quiet",
		.memory_region_num = 1,
		.memory_regions = { { RAM, 32 * MIB, RWX, AXVM_MAP_ALLOC } },
		.emu_device_num = (uint32_t)machine->device_num,
	};
	memcpy(c->emu_devices, machine->devices, machine->device_num * sizeof(c->emu_devices[0]));
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sim_host_init(&f->sim);
	base_config(&f->config);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->vm)
		axvm_put(f->vm);
	sim_host_fini(&f->sim);
	free(f);
	return 0;
}

static enum axvm_error build(struct fixture *f)
{
	return axvm_new(&f->sim.hal, &f->config, &f->vm, &f->diag);
}

static enum axvm_error load(struct fixture *f, const void *dtb, size_t dtb_size)
{
	const struct axvm_images images = {
		.kernel = { kernel, sizeof(kernel) },
		.ramdisk = { ramdisk, sizeof(ramdisk) },
		.dtb = { dtb, dtb_size },
	};

	return axvm_load_images(f->vm, &images, &f->diag);
}

/* Reads back the tree where the guest finds it. */
static const void *guest_dtb(struct fixture *f)
{
	axvm_gpa_t at = axvm_gpa(f->vm->vcpus[0].boot.arg);

	assert_int_equal(axvm_read_from_guest(f->vm, at, f->dtb, sizeof(struct fdt_header)),
			 AXVM_OK);
	assert_in_range(fdt_totalsize(f->dtb), 100, sizeof(f->dtb));
	assert_int_equal(axvm_read_from_guest(f->vm, at, f->dtb, fdt_totalsize(f->dtb)), AXVM_OK);
	assert_int_equal(fdt_check_full(f->dtb, fdt_totalsize(f->dtb)), 0);
	return f->dtb;
}

static int node_at(const void *fdt, const char *path)
{
	int node = fdt_path_offset(fdt, path);

	assert_true(node >= 0);
	return node;
}

static uint32_t cell(const void *fdt, const char *path, const char *name, int i)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node_at(fdt, path), name, &len);

	assert_non_null(p);
	assert_true(len >= (i + 1) * 4);
	return fdt32_ld(p + i);
}

static uint64_t cells2(const void *fdt, const char *path, const char *name, int i)
{
	return (uint64_t)cell(fdt, path, name, 2 * i) << 32 | cell(fdt, path, name, 2 * i + 1);
}

static void expect_text(const void *fdt, const char *path, const char *name, const char *want)
{
	int len;
	const char *p = fdt_getprop(fdt, node_at(fdt, path), name, &len);

	assert_non_null(p);
	assert_int_equal(len, strlen(want) + 1);
	assert_string_equal(p, want);
}

static void expect_compatible(const void *fdt, const char *path, const char *want)
{
	assert_int_equal(fdt_node_check_compatible(fdt, node_at(fdt, path), want), 0);
}

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

/* ---- Images ---- */

static void images_are_in_place(void **state)
{
	struct fixture *f = *state;
	uint8_t buf[sizeof(ramdisk)];
	const void *fdt;

	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, NULL, 0), AXVM_OK);
	assert_int_not_equal(f->vm->vcpus[0].boot.arg, 0);
	assert_int_equal(axvm_read_from_guest(f->vm, axvm_gpa(f->vm->vcpus[0].boot.entry), buf,
					      sizeof(kernel)),
			 AXVM_OK);
	assert_memory_equal(buf, kernel, sizeof(kernel));
	fdt = guest_dtb(f);
	assert_int_equal(axvm_read_from_guest(
				 f->vm, axvm_gpa(cells2(fdt, "/chosen", "linux,initrd-start", 0)),
				 buf, sizeof(ramdisk)),
			 AXVM_OK);
	assert_memory_equal(buf, ramdisk, sizeof(ramdisk));
}

static void no_kernel(void **state)
{
	const struct axvm_images none = { 0 };
	struct fixture *f = *state;

	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(axvm_load_images(f->vm, &none, &f->diag), AXVM_ERR_NOT_FOUND);
	assert_int_equal(f->vm->vcpus[0].boot.arg, 0);
}

static void not_after_boot(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, NULL, 0), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm), AXVM_OK);
	assert_int_equal(load(f, NULL, 0), AXVM_ERR_BAD_STATE);
}

static size_t make_elf(uint8_t *elf, uint64_t paddr, uint64_t offset, uint64_t filesz)
{
	static const uint8_t ident[16] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	const uint16_t type = 2, machine = 183, ehsize = 64, phentsize = 56, phnum = 1;
	const uint64_t entry = UINT64_C(0xffff000000000010), phoff = 64;
	const uint64_t vaddr = UINT64_C(0xffff000000000000), memsz = 0x3000;
	const uint32_t load = 1;

	memset(elf, 0, 4096);
	memcpy(elf, ident, 16);
	memcpy(elf + 16, &type, 2);
	memcpy(elf + 18, &machine, 2);
	memcpy(elf + 24, &entry, 8);
	memcpy(elf + 32, &phoff, 8);
	memcpy(elf + 52, &ehsize, 2);
	memcpy(elf + 54, &phentsize, 2);
	memcpy(elf + 56, &phnum, 2);
	memcpy(elf + 64, &load, 4);
	memcpy(elf + 72, &offset, 8);
	memcpy(elf + 80, &vaddr, 8);
	memcpy(elf + 88, &paddr, 8);
	memcpy(elf + 96, &filesz, 8);
	memcpy(elf + 104, &memsz, 8);
	memset(elf + 0x200, 0xee, 0x100);
	return 0x300;
}

static void elf_segments_and_bss(void **state)
{
	static const uint8_t zero[0x100];
	struct fixture *f = *state;
	struct axvm_images images = { 0 };
	uint8_t elf[4096], buf[0x200];

	assert_int_equal(build(f), AXVM_OK);
	images.kernel = (struct axvm_image){ elf, make_elf(elf, RAM + 4 * MIB, 0x200, 0x100) };
	assert_int_equal(axvm_load_images(f->vm, &images, &f->diag), AXVM_OK);
	assert_int_equal(f->vm->vcpus[0].boot.entry, RAM + 4 * MIB + 0x10);
	assert_int_equal(axvm_read_from_guest(f->vm, axvm_gpa(RAM + 4 * MIB), buf, 0x200), AXVM_OK);
	assert_memory_equal(buf, elf + 0x200, 0x100);
	assert_memory_equal(buf + 0x100, zero, 0x100);
}

static void damaged_elf(void **state)
{
	struct fixture *f = *state;
	struct axvm_images images = { 0 };
	uint8_t elf[4096];

	assert_int_equal(build(f), AXVM_OK);
	images.kernel = (struct axvm_image){ elf, make_elf(elf, RAM + 4 * MIB, 0x200, 0x101) };
	assert_int_equal(axvm_load_images(f->vm, &images, &f->diag), AXVM_ERR_INVALID_DATA);
	images.kernel.size = make_elf(elf, UINT64_MAX - 0x10, 0x200, 0x100);
	assert_int_not_equal(axvm_load_images(f->vm, &images, &f->diag), AXVM_OK);
	images.kernel.size = make_elf(elf, RAM + 64 * MIB, 0x200, 0x100);
	assert_int_equal(axvm_load_images(f->vm, &images, &f->diag), AXVM_ERR_INVALID_INPUT);
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

/* ---- Images that do not fit, and rarer ones ---- */

static void a_kernel_needs_memory_that_can_be_written(void **state)
{
	struct fixture *f = *state;

	f->config.memory_regions[0].flags = AXVM_MEM_READ | AXVM_MEM_EXECUTE;
	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, NULL, 0), AXVM_ERR_INVALID_INPUT);
	assert_string_equal(f->diag.where, "kernel.kernel_path");
	assert_string_equal(f->diag.what, "does not fit the memory that the guest may write");
	assert_int_equal(f->vm->vcpus[0].boot.arg, 0);
}

static void firmware_goes_where_it_is_told(void **state)
{
	static const uint8_t bios[5000] = { 'b', [4999] = 's' };
	const struct axvm_images images = { .kernel = { kernel, sizeof(kernel) },
					    .bios = { bios, sizeof(bios) } };
	struct fixture *f = *state;
	uint8_t buf[sizeof(bios)];

	f->config.image_config.bios_load_addr = axvm_some(RAM + 20 * MIB + 8);
	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(axvm_load_images(f->vm, &images, &f->diag), AXVM_OK);
	assert_int_equal(
		axvm_read_from_guest(f->vm, axvm_gpa(RAM + 20 * MIB + 8), buf, sizeof(buf)),
		AXVM_OK);
	assert_memory_equal(buf, bios, sizeof(bios));
}

/* Program header i of an ELF of make_elf(). */
static void add_segment(uint8_t *elf, unsigned i, uint32_t type, uint64_t paddr, uint64_t filesz,
			uint64_t memsz)
{
	uint16_t num = (uint16_t)(i + 1);
	uint8_t *at = elf + 64 + i * 56;

	memcpy(elf + 56, &num, sizeof(num));
	memcpy(at, &type, sizeof(type));
	memcpy(at + 16, &paddr, 8); /* vaddr */
	memcpy(at + 24, &paddr, 8);
	memcpy(at + 32, &filesz, 8);
	memcpy(at + 40, &memsz, 8);
}

static void elf_loads_the_bytes_of_loadable_segments(void **state)
{
	static const uint8_t zero[0x1000];
	struct fixture *f = *state;
	struct axvm_images images = { 0 };
	uint8_t elf[4096], buf[0x1000];

	assert_int_equal(build(f), AXVM_OK);
	images.kernel = (struct axvm_image){ elf, make_elf(elf, RAM + 4 * MIB, 0x200, 0x100) };
	add_segment(elf, 1, 4, UINT64_MAX, 1, 1); /* a note: not loaded wherever it lies */
	add_segment(elf, 2, 1, RAM + 5 * MIB, 0, sizeof(zero));
	assert_int_equal(axvm_load_images(f->vm, &images, &f->diag), AXVM_OK);
	assert_int_equal(axvm_read_from_guest(f->vm, axvm_gpa(RAM + 4 * MIB), buf, 0x100), AXVM_OK);
	assert_memory_equal(buf, elf + 0x200, 0x100);
	assert_int_equal(axvm_read_from_guest(f->vm, axvm_gpa(RAM + 5 * MIB), buf, sizeof(buf)),
			 AXVM_OK);
	assert_memory_equal(buf, zero, sizeof(zero));
}

/* ---- All or nothing ---- */

static void lesson_31_each_failing_allocation_of_a_new_vm(void **state)
{
	struct fixture *f = *state;
	enum axvm_error err = AXVM_ERR_NO_MEMORY;
	size_t i;

	f->config.memory_region_num = 2;
	f->config.memory_regions[1] = (struct axvm_memory_region){ RAM + 64 * MIB + 4 * KIB,
								   2 * MIB, RWX, AXVM_MAP_ALLOC };
	for (i = 0; err != AXVM_OK; i++) {
		assert_true(i < 1000);
		f->sim.fail_after = i;
		err = build(f);
		if (err == AXVM_OK)
			break;
		f->vm = NULL;
		assert_int_equal(err, AXVM_ERR_NO_MEMORY);
		assert_int_equal(f->sim.frames_used, 0);
	}
	assert_true(i > 5);
}

static void hardware_is_missing(void **state)
{
	struct fixture *f = *state;

	axvm_sim_set_hardware(false);
	assert_int_equal(build(f), AXVM_ERR_UNSUPPORTED);
	f->vm = NULL;
	assert_int_equal(f->sim.frames_used, 0);
}

static void loading_without_memory(void **state)
{
	struct fixture *f = *state;
	size_t before;

	assert_int_equal(build(f), AXVM_OK);
	before = f->sim.frames_used;
	f->sim.fail_after = 0;
	assert_int_equal(load(f, NULL, 0), AXVM_ERR_NO_MEMORY);
	assert_int_equal(f->vm->vcpus[0].boot.arg, 0);
	f->sim.fail_after = SIZE_MAX;
	assert_int_equal(load(f, NULL, 0), AXVM_OK);
	assert_int_equal(f->sim.frames_used, before);
}

static void memory_of_a_vm(void **state)
{
	struct fixture *f = *state;

	f->config.memory_regions[0].size = 512 * MIB;
	assert_int_equal(build(f), AXVM_OK);
	assert_true(axvm_overhead(f->vm) < 256 * KIB);
	assert_int_equal(axvm_overhead(f->vm) + 512 * MIB,
			 f->sim.frames_used * (uint64_t)AXVM_PAGE_SIZE);
}

/* ---- Devices of a VM ---- */

static void devices_are_sorted_and_on_the_bus(void **state)
{
	struct fixture *f = *state;
	struct axvm_device *devices;
	struct axvm_emu_device swap;
	size_t num;

	swap = f->config.emu_devices[2];
	f->config.emu_devices[2] = f->config.emu_devices[3];
	f->config.emu_devices[3] = swap;
	assert_int_equal(build(f), AXVM_OK);
	devices = axvm_get_devices(f->vm, &num);
	assert_int_equal(num, 2);
	assert_string_equal(devices[0].model->name, "pl011");
	assert_string_equal(devices[1].model->name, "pl031");
	assert_int_equal(bus_read(bus_find(&f->vm->bus, UART + 0x18, 4), UART + 0x18, 4, NULL),
			 0x90);
	assert_null(bus_find(&f->vm->bus, UART + 0xffe, 4));
	assert_int_equal(bus_read(bus_find(&f->vm->bus, RTC + 0xfe0, 4), RTC + 0xfe0, 4, NULL),
			 0x31);
}

static void device_without_model(void **state)
{
	struct fixture *f = *state;

	f->config.emu_devices[2].emu_type = AXVM_EMU_VIRTIO_BLK;
	assert_int_equal(build(f), AXVM_ERR_UNSUPPORTED);
	f->vm = NULL;
	assert_string_equal(f->diag.where, "devices.emu_devices[2].emu_type");
}

static void device_on_memory(void **state)
{
	struct fixture *f = *state;

	f->config.emu_devices[2].base_gpa = RAM + MIB;
	assert_int_equal(build(f), AXVM_ERR_ALREADY_EXISTS);
	f->vm = NULL;
	f->config.emu_devices[2].base_gpa = RAM - 0x1000; /* only its end */
	f->config.emu_devices[2].length = 0x2000;
	assert_int_equal(build(f), AXVM_ERR_ALREADY_EXISTS);
	f->vm = NULL;
	f->config.emu_devices[2].base_gpa = RTC - 0x1000;
	assert_int_equal(build(f), AXVM_ERR_ALREADY_EXISTS);
	f->vm = NULL;
}

static void pass_through(struct fixture *f, uint64_t gpa, uint64_t hpa, uint64_t length)
{
	f->config.pass_through_device_num = 1;
	f->config.pass_through_devices[0] = (struct axvm_pass_through_device){
		.name = "dev", .base_gpa = gpa, .base_hpa = hpa, .length = length
	};
}

static void lesson_02_base_hpa_of_a_passthrough_device_counts(void **state)
{
	struct fixture *f = *state;
	struct stage2_leaf leaf;

	pass_through(f, 0x0b000000, 0x0c003000, 0x1000);
	assert_int_equal(build(f), AXVM_OK);
	assert_true(aspace_find(&f->vm->aspace, axvm_gpa(0x0b000010), &leaf));
	assert_int_equal(leaf.hpa.v, 0x0c003010);
	assert_int_equal(leaf.flags, AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_DEVICE);
	assert_false(aspace_find(&f->vm->aspace, axvm_gpa(0x0b001000), &leaf));
}

static void lesson_03_an_unaligned_passthrough_device_keeps_its_last_page(void **state)
{
	struct fixture *f = *state;
	struct stage2_leaf leaf;

	pass_through(f, 0x0b000800, 0x0c003800, 0x1000); /* the halves of two pages */
	assert_int_equal(build(f), AXVM_OK);
	assert_true(aspace_find(&f->vm->aspace, axvm_gpa(0x0b0017ff), &leaf));
	assert_int_equal(leaf.hpa.v, 0x0c0047ff);
	assert_false(aspace_find(&f->vm->aspace, axvm_gpa(0x0b002000), &leaf));
}

static void what_the_host_keeps_is_not_passed_through(void **state)
{
	struct fixture *f = *state;

	sim_keep(&f->sim, 0x0c004fff, 1);
	pass_through(f, 0x0b000800, 0x0c003800, 0x1000);
	assert_int_equal(build(f), AXVM_ERR_PERMISSION_DENIED);
	assert_string_equal(f->diag.where, "devices.passthrough_devices[0]");
	assert_string_equal(f->diag.other, "dev");
}

static bool line_high(struct fixture *f, uint32_t irq)
{
	return irqset_test(&f->vm->vcpus[0].arch.lines, irq);
}

static void console_both_ways(void **state)
{
	struct fixture *f = *state;
	struct bus_range *uart;

	assert_int_equal(build(f), AXVM_OK);
	uart = bus_find(&f->vm->bus, UART, 4);
	bus_write(uart, UART, 1, 'o', NULL);
	assert_int_equal(f->sim.console_len, 1);
	assert_int_equal(f->sim.console[0], 'o');
	bus_write(uart, UART + 0x38, 4, 0x50, NULL); /* IMSC: RX, RT */
	f->sim.wakes = 0;
	assert_int_equal(axvm_console_input(f->vm, (const uint8_t *)"in", 2), 1);
	assert_true(line_high(f, 33));
	assert_int_equal(f->sim.wakes, 1);
	assert_int_equal(bus_read(uart, UART, 4, NULL), 'i');
	assert_false(line_high(f, 33));
	bus_read(uart, UART, 4, NULL);
	assert_int_equal(f->sim.wakes, 1); /* a level that is repeated goes nowhere */
}

static void device_timer(void **state)
{
	struct fixture *f = *state;
	struct bus_range *rtc;

	f->sim.wall = 1000;
	f->sim.now = 5 * SECOND;
	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(load(f, NULL, 0), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm), AXVM_OK);
	rtc = bus_find(&f->vm->bus, RTC, 4);
	assert_int_equal(devices_deadline(f->vm), UINT64_MAX);
	bus_write(rtc, RTC + 0x10, 4, 1, NULL);
	bus_write(rtc, RTC + 0x04, 4, 1007, NULL);
	assert_int_equal(devices_deadline(f->vm), 12 * SECOND);
	f->sim.now = 12 * SECOND - 1;
	devices_expire(f->vm);
	assert_false(line_high(f, 34));
	assert_int_equal(devices_deadline(f->vm), 12 * SECOND);
	f->sim.now = 12 * SECOND;
	devices_expire(f->vm);
	assert_true(line_high(f, 34));
	assert_int_equal(devices_deadline(f->vm), UINT64_MAX);
	devices_reset(f->vm);
	assert_false(line_high(f, 34));
}

/* What a model may do to its guest's memory is what the guest may. */
static void a_device_reaches_guest_memory(void **state)
{
	struct fixture *f = *state;
	struct axvm_device *dev;
	uint64_t value = 0x1122334455667788, back = 0;
	size_t num;

	f->config.memory_region_num = 2;
	f->config.memory_regions[1] = (struct axvm_memory_region){ RAM + 64 * MIB, 4 * KIB,
								   AXVM_MEM_READ, AXVM_MAP_ALLOC };
	assert_int_equal(build(f), AXVM_OK);
	dev = axvm_get_devices(f->vm, &num);
	assert_int_equal(axvm_device_write_guest(dev, axvm_gpa(RAM + 0xffc), &value, 8), AXVM_OK);
	assert_int_equal(axvm_device_read_guest(dev, axvm_gpa(RAM + 0xffc), &back, 8), AXVM_OK);
	assert_int_equal(back, value);
	assert_int_equal(axvm_device_write_guest(dev, axvm_gpa(RAM + 64 * MIB), &value, 8),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_device_read_guest(dev, axvm_gpa(RAM + 64 * MIB), &back, 8), AXVM_OK);
	assert_int_equal(back, 0);
	back = 5;
	assert_int_equal(axvm_device_read_guest(dev, axvm_gpa(RAM + 32 * MIB - 4), &back, 8),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(back, 5);
}

static void a_vm_without_console_takes_no_input(void **state)
{
	static const uint8_t key = 'x';
	struct fixture *f = *state;

	f->config.emu_devices[2] = f->config.emu_devices[3]; /* the clock alone */
	f->config.emu_device_num = 3;
	assert_int_equal(build(f), AXVM_OK);
	assert_int_equal(axvm_console_input(f->vm, &key, 1), 0);
	assert_int_equal(axvm_console_input(NULL, &key, 1), 0);
	assert_int_equal(axvm_console_input(f->vm, NULL, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(generated_root_and_chosen, setup, teardown),
		cmocka_unit_test_setup_teardown(generated_seed, setup, teardown),
		cmocka_unit_test_setup_teardown(generated_cpus, setup, teardown),
		cmocka_unit_test_setup_teardown(generated_interrupts, setup, teardown),
		cmocka_unit_test_setup_teardown(generated_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(generated_channels, setup, teardown),
		cmocka_unit_test_setup_teardown(many_cpus_and_regions, setup, teardown),
		cmocka_unit_test_setup_teardown(images_are_in_place, setup, teardown),
		cmocka_unit_test_setup_teardown(no_kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(not_after_boot, setup, teardown),
		cmocka_unit_test_setup_teardown(elf_segments_and_bss, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_elf, setup, teardown),
		cmocka_unit_test_setup_teardown(given_tree_is_patched, setup, teardown),
		cmocka_unit_test_setup_teardown(given_tree_with_small_cells, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(a_tree_says_nothing_of_what_is_not_there, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_tree_without_room_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_kernel_needs_memory_that_can_be_written, setup,
						teardown),
		cmocka_unit_test_setup_teardown(firmware_goes_where_it_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(elf_loads_the_bytes_of_loadable_segments, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_device_reaches_guest_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(a_vm_without_console_takes_no_input, setup,
						teardown),
		cmocka_unit_test_setup_teardown(lesson_31_each_failing_allocation_of_a_new_vm,
						setup, teardown),
		cmocka_unit_test_setup_teardown(hardware_is_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(loading_without_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_of_a_vm, setup, teardown),
		cmocka_unit_test_setup_teardown(devices_are_sorted_and_on_the_bus, setup, teardown),
		cmocka_unit_test_setup_teardown(device_without_model, setup, teardown),
		cmocka_unit_test_setup_teardown(device_on_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(lesson_02_base_hpa_of_a_passthrough_device_counts,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			lesson_03_an_unaligned_passthrough_device_keeps_its_last_page, setup,
			teardown),
		cmocka_unit_test_setup_teardown(what_the_host_keeps_is_not_passed_through, setup,
						teardown),
		cmocka_unit_test_setup_teardown(console_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(device_timer, setup, teardown),
	};

	return cmocka_run_group_tests_name("fdt", tests, NULL, NULL);
}
