/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle of any bytes, with its hashes made right, since they would keep the fuzzer out. Seeds:
 * what `axvm pack` writes.
 */
#include <axvm/bundle.h>
#include <axvm/image.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static uint64_t number(const void *fdt, int node, const char *name)
{
	int len;
	const void *value = fdt_getprop(fdt, node, name, &len);

	return value && len == 8 ? fdt64_ld(value) : UINT64_MAX;
}

static void fix_vm_hash(void *bundle, size_t size, int node)
{
	uint64_t offset = number(bundle, node, "offset"), vm_size = number(bundle, node, "size");

	if (offset <= size && vm_size <= size - offset)
		fdt_setprop_inplace_u64(bundle, node, "hash",
					crc32_of((uint8_t *)bundle + offset, vm_size));
}

static void fix_hashes(void *bundle, size_t size)
{
	size_t index;
	int node;

	if (size < sizeof(struct fdt_header) || fdt_magic(bundle) != FDT_MAGIC)
		return;
	index = fdt_totalsize(bundle);
	if (index < sizeof(struct fdt_header) || index > size || size - index < 8)
		return;
	if (fdt_off_mem_rsvmap(bundle) % 8 == 0 && fdt_off_dt_struct(bundle) % 4 == 0 &&
	    fdt_check_full(bundle, index) == 0) {
		fdt_for_each_subnode(node, bundle, 0)
			fix_vm_hash(bundle, size, node);
	}
	fdt64_st((uint8_t *)bundle + index, crc32_of(bundle, index));
}

static void use(const struct axvm_bundle_vm *vm)
{
	struct axvm_image_layout layout = { .ramdisk_size = vm->images.ramdisk.size };
	struct axvm_image_info info;
	struct axvm_diag diag;

	if (axvm_config_check(&vm->config, &diag) || !vm->images.kernel.data)
		return;
	if (!axvm_image_probe(vm->images.kernel.data, vm->images.kernel.size, &info, &diag))
		axvm_image_place(&vm->config, &info, &layout, &diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);
	struct axvm_bundle_vm vm;
	struct axvm_diag diag;
	size_t num;

	memcpy(data, input, size);
	fix_hashes(data, size);
	if (!axvm_bundle_open(data, size, &num, &diag)) {
		for (size_t i = 0; i < num; i++) {
			if (!*axvm_bundle_vm_name(data, size, i))
				continue;
			if (!axvm_bundle_read_vm(data, size, i, &vm, &diag))
				use(&vm);
		}
	}
	free(data);
	return 0;
}
