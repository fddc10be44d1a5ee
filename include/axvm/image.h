/* SPDX-License-Identifier: Apache-2.0 */
/* Boot image formats: what a file is, how much room it needs, where it wants to go. */
#ifndef AXVM_IMAGE_H
#define AXVM_IMAGE_H

#include <axvm/error.h>
#include <axvm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a kernel's file is. */
enum axvm_image_format {
	AXVM_IMAGE_RAW = 0, /* anything else: it is loaded and entered at its first byte */
	/* Linux Image (Documentation/arch/arm64/booting.rst, .../riscv/boot-image-header) */
	AXVM_IMAGE_LINUX,
	AXVM_IMAGE_ELF,	 /* ELF-64, by its program headers */
	AXVM_IMAGE_GZIP, /* not bootable as it is: `axvm pack` unpacks it */
};

/* What a kernel's file says of itself. */
struct axvm_image_info {
	enum axvm_image_format format; /* RAW: only sizes are known */
	enum axvm_arch arch;	       /* 0: the file does not say */
	uint64_t mem_size;	       /* bytes it occupies once loaded, its BSS included */
	uint64_t file_size;   /* bytes the file must have; LINUX: as far as the header tells */
	uint64_t text_offset; /* LINUX: from a 2 MiB boundary */
	uint64_t load_min;    /* ELF: lowest physical address */
	uint64_t entry;	      /* ELF: entry address */
};

/*
 * Looks at an image without trusting it. After a failure *info is undefined.
 * Errors: INVALID_DATA: empty, truncated, or a header that contradicts itself (diag says which)
 * Context: any
 */
enum axvm_error axvm_image_probe(const void *data, size_t size, struct axvm_image_info *info,
				 struct axvm_diag *diag);

/*
 * Whether a device tree can be given to a VM: a whole one, of version 17 or later, whose blocks are
 * aligned as the Devicetree Specification 0.4 (5.1, 5.6) asks.
 *
 * dtb     at a multiple of 8 bytes
 * size    bytes that may be read
 * Errors: INVALID_INPUT: dtb is NULL; INVALID_DATA: it is none of that
 * Context: any
 */
enum axvm_error axvm_image_check_dtb(const void *dtb, size_t size);

/* Where the images of a VM go: guest-physical addresses, and sizes in bytes (0: there is none). */
struct axvm_image_layout {
	/* the kernel, its BSS included */
	uint64_t kernel_gpa;
	uint64_t kernel_size;
	/* the initial RAM disk */
	uint64_t ramdisk_gpa;
	uint64_t ramdisk_size;
	/* the device tree, with room to grow */
	uint64_t dtb_gpa;
	uint64_t dtb_size;
	/* firmware */
	uint64_t bios_gpa;
	uint64_t bios_size;
	uint64_t entry; /* of vCPU 0 */
};
/*
 * Places the images of a VM. In: the sizes of ramdisk, dtb and bios in bytes (0: none; a device
 * tree is generated then). Out: everything; the addresses that the configuration leaves open are
 * chosen here, and the result is checked against its RAM and for overlaps, so that `axvm check` and
 * the loader agree. dtb_size becomes the room that the device tree may take (64 KiB more than the
 * given one at least, up to 2 MiB).
 * Errors: INVALID_INPUT: no RAM, or an image does not fit it or overlaps another (diag says which);
 * INVALID_DATA: the kernel is for another architecture, or compressed
 * Context: any; allocates nothing
 */
enum axvm_error axvm_image_place(const struct axvm_config *config,
				 const struct axvm_image_info *kernel,
				 struct axvm_image_layout *layout, struct axvm_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
