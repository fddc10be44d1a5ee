/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's device tree. */
#ifndef CORE_FDT_BUILD_H
#define CORE_FDT_BUILD_H

#include "vm.h"

/* Every node is written by a function that gives 0 or libfdt's error; the first error ends it. */
#define FDT_TRY(call)                                                                              \
	do {                                                                                       \
		int fdt_try_err = (call);                                                          \
		if (fdt_try_err < 0)                                                               \
			return fdt_try_err;                                                        \
	} while (0)

/* What the tree says about the images; no RAM disk when its size is 0. */
struct fdt_boot {
	uint64_t ramdisk_gpa;
	uint64_t ramdisk_size;
};

/* For the architecture's nodes: a property of cells; and /cpus with a node for each vCPU, which it
 * goes on with and ends. */
int fdt_put_cells(void *fdt, const char *name, const uint32_t *values, unsigned num);
int fdt_put_reg(void *fdt, uint64_t base, uint64_t size);
int fdt_begin_cpus(void *fdt);
int fdt_begin_cpu(const struct axvm_vcpu *vcpu, void *fdt, const char *compatible);

/* Writes the VM's tree into buf. Result: 0, or libfdt's negative error. */
int fdt_generate(struct axvm *vm, const struct fdt_boot *boot, void *buf, size_t size);
/*
 * Copies a given tree, which may be hostile, into buf and sets /chosen and the memory.
 * Result: 0, or libfdt's negative error (NOSPACE: buf is too small).
 */
int fdt_patch(struct axvm *vm, const struct fdt_boot *boot, const void *dtb, size_t dtb_size,
	      void *buf, size_t size);

#endif
