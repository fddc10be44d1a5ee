/* SPDX-License-Identifier: Apache-2.0 */
/* Building a whole VM, loading its images, and its devices. */
#include "arch.h"
#include "device_build.h"
#include "fdt_build.h"
#include "whole_vm.h"
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

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
		cmocka_unit_test_setup_teardown(images_are_in_place, setup, teardown),
		cmocka_unit_test_setup_teardown(no_kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(not_after_boot, setup, teardown),
		cmocka_unit_test_setup_teardown(elf_segments_and_bss, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_elf, setup, teardown),
		cmocka_unit_test_setup_teardown(a_kernel_needs_memory_that_can_be_written, setup,
						teardown),
		cmocka_unit_test_setup_teardown(firmware_goes_where_it_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(elf_loads_the_bytes_of_loadable_segments, setup,
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
		cmocka_unit_test_setup_teardown(a_device_reaches_guest_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(a_vm_without_console_takes_no_input, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
