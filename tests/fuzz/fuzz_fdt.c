/* SPDX-License-Identifier: Apache-2.0 */
/* A device tree of any bytes, as the one that a configuration gives to a VM. */
#include "fdt_build.h"
#include "fdt_check.h"
#include "input.h"

#define ROOM 65536u

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static struct axvm vm = {
	.config = {
		.arch = AXVM_ARCH_AARCH64,
		.image_config.cmdline = "console=ttyAMA0 quiet",
		.memory_region_num = 2,
		.memory_regions = { { 0x40000000, 0x2000000, 7, 0 }, { 0x80000000, 0x1000, 1, 0 } },
	},
};

/* What the tree says now is what the VM has. */
static void check(const void *fdt, size_t size)
{
	int chosen, memory, len;
	const char *args;
	const fdt64_t *reg;

	must(fdt_tree_valid(fdt, size));
	chosen = fdt_path_offset(fdt, "/chosen");
	memory = fdt_path_offset(fdt, "/memory@40000000");
	must(chosen >= 0 && memory >= 0);
	args = fdt_getprop(fdt, chosen, "bootargs", &len);
	must(args && len == (int)sizeof("console=ttyAMA0 quiet"));
	reg = fdt_getprop(fdt, memory, "reg", &len);
	must(reg && len > 0);
	must(fdt_path_offset(fdt, "/memory@80000000") < 0); /* it may not be written */
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct fdt_boot boot = { .ramdisk_gpa = 0x41000000, .ramdisk_size = size & 1 };
	uint8_t *dtb = malloc(size ? size : 1);
	void *out = aligned_alloc(8, ROOM);

	memcpy(dtb, input, size);
	if (fdt_patch(&vm, &boot, dtb, size, out, ROOM) == 0)
		check(out, fdt_totalsize(out));
	free(out);
	free(dtb);
	return 0;
}
