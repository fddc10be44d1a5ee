/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel image of any bytes, for a VM whose addresses are among them. */
#include <axvm/config.h>
#include <axvm/image.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

struct knobs {
	uint64_t memory;
	uint64_t addresses[5];
	uint64_t sizes[3];
	uint8_t set;
};

static struct axvm_opt_u64 address(const struct knobs *k, unsigned i)
{
	return (struct axvm_opt_u64){ k->set >> i & 1, k->addresses[i] };
}

static void must_be_inside(const struct axvm_config *config, uint64_t gpa, uint64_t size)
{
	if (size && !axvm_config_contains_memory_range(config, gpa, size))
		abort();
}

static void must_be_apart(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	if (a_size && b_size && a < b + b_size && b < a + a_size)
		abort();
}

static void check_layout(const struct axvm_config *c, const struct axvm_image_layout *l)
{
	must_be_inside(c, l->kernel_gpa, l->kernel_size);
	must_be_inside(c, l->ramdisk_gpa, l->ramdisk_size);
	must_be_inside(c, l->dtb_gpa, l->dtb_size);
	must_be_inside(c, l->bios_gpa, l->bios_size);
	must_be_apart(l->kernel_gpa, l->kernel_size, l->ramdisk_gpa, l->ramdisk_size);
	must_be_apart(l->kernel_gpa, l->kernel_size, l->dtb_gpa, l->dtb_size);
	must_be_apart(l->kernel_gpa, l->kernel_size, l->bios_gpa, l->bios_size);
	must_be_apart(l->ramdisk_gpa, l->ramdisk_size, l->dtb_gpa, l->dtb_size);
	must_be_apart(l->ramdisk_gpa, l->ramdisk_size, l->bios_gpa, l->bios_size);
	must_be_apart(l->dtb_gpa, l->dtb_size, l->bios_gpa, l->bios_size);
}

static void place(const struct knobs *k, const struct axvm_image_info *info)
{
	struct axvm_crate_config crate = { .arch = AXVM_ARCH_AARCH64 };
	struct axvm_image_layout layout = { .ramdisk_size = k->sizes[0],
					    .dtb_size = k->sizes[1],
					    .bios_size = k->sizes[2] };
	struct axvm_config config;

	crate.kernel.memory = axvm_some(k->memory);
	crate.kernel.kernel_load_addr = address(k, 0);
	crate.kernel.ramdisk_load_addr = address(k, 1);
	crate.kernel.dtb_load_addr = address(k, 2);
	crate.kernel.bios_load_addr = address(k, 3);
	crate.kernel.entry_point = address(k, 4);
	if (axvm_config_from_crate_config(&crate, &config, NULL) ||
	    axvm_config_check(&config, NULL))
		return;
	if (!axvm_image_place(&config, info, &layout, NULL))
		check_layout(&config, &layout);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct axvm_image_info info;
	struct axvm_diag diag;
	struct knobs knobs;
	uint8_t *image;

	if (size < sizeof(knobs))
		return 0;
	memcpy(&knobs, input, sizeof(knobs));
	size -= sizeof(knobs);
	image = malloc(size ? size : 1);
	memcpy(image, input + sizeof(knobs), size);
	if (!axvm_image_probe(image, size, &info, &diag)) {
		if (info.file_size > size || !info.mem_size)
			abort();
		place(&knobs, &info);
	}
	free(image);
	return 0;
}
