/* SPDX-License-Identifier: Apache-2.0 */
#include "whole_vm.h"
#include "arch.h"
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const uint8_t kernel[0x2345] = { 0x1f, 0x20, 0x03, 0xd5, [0x2344] = 0x77 };
const uint8_t ramdisk[12345] = { 'r', [12344] = 'd' };

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

int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sim_host_init(&f->sim);
	base_config(&f->config);
	*state = f;
	return 0;
}

int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->vm)
		axvm_put(f->vm);
	sim_host_fini(&f->sim);
	free(f);
	return 0;
}

enum axvm_error build(struct fixture *f)
{
	return axvm_new(&f->sim.hal, &f->config, &f->vm, &f->diag);
}

enum axvm_error load(struct fixture *f, const void *dtb, size_t dtb_size)
{
	const struct axvm_images images = {
		.kernel = { kernel, sizeof(kernel) },
		.ramdisk = { ramdisk, sizeof(ramdisk) },
		.dtb = { dtb, dtb_size },
	};

	return axvm_load_images(f->vm, &images, &f->diag);
}

const void *guest_dtb(struct fixture *f)
{
	axvm_gpa_t at = axvm_gpa(f->vm->vcpus[0].boot.arg);

	assert_int_equal(axvm_read_from_guest(f->vm, at, f->dtb, sizeof(struct fdt_header)),
			 AXVM_OK);
	assert_in_range(fdt_totalsize(f->dtb), 100, sizeof(f->dtb));
	assert_int_equal(axvm_read_from_guest(f->vm, at, f->dtb, fdt_totalsize(f->dtb)), AXVM_OK);
	assert_int_equal(fdt_check_full(f->dtb, fdt_totalsize(f->dtb)), 0);
	return f->dtb;
}

int node_at(const void *fdt, const char *path)
{
	int node = fdt_path_offset(fdt, path);

	assert_true(node >= 0);
	return node;
}

uint32_t cell(const void *fdt, const char *path, const char *name, int i)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node_at(fdt, path), name, &len);

	assert_non_null(p);
	assert_true(len >= (i + 1) * 4);
	return fdt32_ld(p + i);
}

uint64_t cells2(const void *fdt, const char *path, const char *name, int i)
{
	return (uint64_t)cell(fdt, path, name, 2 * i) << 32 | cell(fdt, path, name, 2 * i + 1);
}

void expect_text(const void *fdt, const char *path, const char *name, const char *want)
{
	int len;
	const char *p = fdt_getprop(fdt, node_at(fdt, path), name, &len);

	assert_non_null(p);
	assert_int_equal(len, strlen(want) + 1);
	assert_string_equal(p, want);
}

void expect_compatible(const void *fdt, const char *path, const char *want)
{
	assert_int_equal(fdt_node_check_compatible(fdt, node_at(fdt, path), want), 0);
}
