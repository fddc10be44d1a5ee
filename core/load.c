/* SPDX-License-Identifier: Apache-2.0 */
/* Boot images into the guest's memory. */
#include "diag.h"
#include "fdt_build.h"
#include <axvm/image.h>
#include <libfdt.h>
#include <string.h>

/* As much of ELF-64 as loading takes (System V ABI, chapter 5); axvm_image_probe() checked it. */
#define ELF_PT_LOAD 1u

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct elf_header) == 64, "Elf64_Ehdr");

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct elf_segment) == 56, "Elf64_Phdr");

/* A generated tree, with this for each vCPU; or what patching may add to a given one. */
#define DTB_GROWTH   0x10000u
#define DTB_PER_VCPU 0x1000u

static size_t size_of(const struct axvm_image *image)
{
	return image->data ? image->size : 0;
}

static enum axvm_error put(struct axvm *vm, uint64_t gpa, const void *data, size_t size,
			   const char *field, struct axvm_diag *diag)
{
	enum axvm_error err = aspace_write(&vm->aspace, axvm_gpa(gpa), data, size);

	if (err != AXVM_OK) {
		diag_set(diag, err, "does not fit the memory that the guest may write");
		diag_where(diag, field);
		diag_value(diag, "gpa", gpa);
		diag_value(diag, "size", size);
	}
	return err;
}

/* ---- The kernel ---- */

static enum axvm_error elf_damaged(struct axvm_diag *diag)
{
	diag_set(diag, AXVM_ERR_INVALID_DATA, "a damaged ELF file");
	diag_where(diag, "kernel.kernel_path");
	return AXVM_ERR_INVALID_DATA;
}

static bool elf_inside(const struct axvm_image *image, uint64_t offset, uint64_t size)
{
	return offset <= image->size && size <= image->size - offset;
}

/* The rest of a segment's memory is zero already. */
static enum axvm_error load_segment(struct axvm *vm, const struct axvm_image *image,
				    const struct elf_segment *s, struct axvm_diag *diag)
{
	if (s->type != ELF_PT_LOAD || s->filesz == 0)
		return AXVM_OK;
	if (!elf_inside(image, s->offset, s->filesz))
		return elf_damaged(diag);
	return put(vm, s->paddr, (const uint8_t *)image->data + s->offset, s->filesz,
		   "kernel.kernel_path", diag);
}

static enum axvm_error load_elf(struct axvm *vm, const struct axvm_image *image,
				struct axvm_diag *diag)
{
	enum axvm_error err = AXVM_OK;
	struct elf_header header;
	struct elf_segment segment;

	if (!elf_inside(image, 0, sizeof(header)))
		return elf_damaged(diag);
	memcpy(&header, image->data, sizeof(header));
	if (header.phentsize != sizeof(segment) ||
	    !elf_inside(image, header.phoff, (uint64_t)header.phnum * sizeof(segment)))
		return elf_damaged(diag);
	for (unsigned i = 0; err == AXVM_OK && i < header.phnum; i++) {
		memcpy(&segment, (const uint8_t *)image->data + header.phoff + i * sizeof(segment),
		       sizeof(segment));
		err = load_segment(vm, image, &segment, diag);
	}
	return err;
}

static enum axvm_error load_kernel(struct axvm *vm, const struct axvm_image *image,
				   const struct axvm_image_info *info,
				   const struct axvm_image_layout *layout, struct axvm_diag *diag)
{
	if (info->format == AXVM_IMAGE_ELF)
		return load_elf(vm, image, diag);
	return put(vm, layout->kernel_gpa, image->data, image->size, "kernel.kernel_path", diag);
}

/* ---- The device tree ---- */

static enum axvm_error dtb_error(int err, bool given, struct axvm_diag *diag)
{
	enum axvm_error code = given ? AXVM_ERR_INVALID_DATA : AXVM_ERR_INVALID_INPUT;

	diag_set(diag, code,
		 given ? "not a device tree that can be used" :
			 "the device tree of this VM is too large");
	diag_where(diag, given ? "kernel.dtb_path" : "");
	diag_other(diag, fdt_strerror(err));
	return code;
}

static enum axvm_error write_dtb(struct axvm *vm, const struct axvm_image *dtb,
				 const struct axvm_image_layout *layout, void *buf, size_t size,
				 struct axvm_diag *diag)
{
	const struct fdt_boot boot = { layout->ramdisk_gpa, layout->ramdisk_size };
	int err = dtb->data ? fdt_patch(vm, &boot, dtb->data, dtb->size, buf, size) :
			      fdt_generate(vm, &boot, buf, size);

	if (err < 0)
		return dtb_error(err, dtb->data != NULL, diag);
	return put(vm, layout->dtb_gpa, buf, fdt_totalsize(buf), "kernel.dtb_load_addr", diag);
}

/* The tree is built in the host's memory, since the guest's need not be in one piece. */
static enum axvm_error load_dtb(struct axvm *vm, const struct axvm_image *dtb,
				const struct axvm_image_layout *layout, struct axvm_diag *diag)
{
	uint64_t want = size_of(dtb) + DTB_GROWTH + (uint64_t)vm->vcpu_num * DTB_PER_VCPU;
	size_t size = want < layout->dtb_size ? want : layout->dtb_size;
	size_t frames = (size + AXVM_PAGE_SIZE - 1) / AXVM_PAGE_SIZE;
	struct axvm_hal *hal = vm->hal;
	enum axvm_error err;
	axvm_hpa_t hpa;

	err = hal->alloc_contiguous(hal, frames, AXVM_PAGE_SIZE, &hpa);
	if (err != AXVM_OK)
		return diag_set(diag, err, "no memory for the device tree");
	err = write_dtb(vm, dtb, layout, hal->phys_to_virt(hal, hpa), size, diag);
	hal->dealloc_contiguous(hal, hpa, frames);
	return err;
}

/* ---- All ---- */

static enum axvm_error probe(const struct axvm_images *images, struct axvm_image_info *info,
			     struct axvm_diag *diag)
{
	if (!images->kernel.data) {
		diag_set(diag, AXVM_ERR_NOT_FOUND, "a VM needs a kernel");
		diag_where(diag, "kernel.kernel_path");
		return AXVM_ERR_NOT_FOUND;
	}
	return axvm_image_probe(images->kernel.data, images->kernel.size, info, diag);
}

static enum axvm_error load_all(struct axvm *vm, const struct axvm_images *images,
				const struct axvm_image_info *info,
				const struct axvm_image_layout *layout, struct axvm_diag *diag)
{
	enum axvm_error err = load_kernel(vm, &images->kernel, info, layout, diag);

	if (err == AXVM_OK && layout->ramdisk_size)
		err = put(vm, layout->ramdisk_gpa, images->ramdisk.data, layout->ramdisk_size,
			  "kernel.ramdisk_path", diag);
	if (err == AXVM_OK && layout->bios_size)
		err = put(vm, layout->bios_gpa, images->bios.data, layout->bios_size,
			  "kernel.bios_path", diag);
	if (err == AXVM_OK)
		err = load_dtb(vm, &images->dtb, layout, diag);
	return err;
}

static enum axvm_error load_locked(struct axvm *vm, const struct axvm_images *images,
				   struct axvm_diag *diag)
{
	struct axvm_image_layout layout = {
		.ramdisk_size = size_of(&images->ramdisk),
		.dtb_size = size_of(&images->dtb),
		.bios_size = size_of(&images->bios),
	};
	struct axvm_image_info info;
	enum axvm_error err;

	if (axvm_status(vm) != AXVM_VM_CREATED)
		return diag_set(diag, AXVM_ERR_BAD_STATE, "the VM has been booted");
	err = probe(images, &info, diag);
	if (err == AXVM_OK)
		err = axvm_image_place(&vm->config, &info, &layout, diag);
	if (err == AXVM_OK)
		err = load_all(vm, images, &info, &layout, diag);
	if (err != AXVM_OK)
		return err;
	vm->vcpus[0].boot.entry = layout.entry;
	vm->vcpus[0].boot.arg = layout.dtb_gpa;
	return AXVM_OK;
}

/* The VM is neither booted nor destroyed before all is in place. */
enum axvm_error axvm_load_images(struct axvm *vm, const struct axvm_images *images,
				 struct axvm_diag *diag)
{
	enum axvm_error err;

	if (!vm || !images)
		return diag_set(diag, AXVM_ERR_INVALID_INPUT, "an argument is missing");
	lock_take(&vm->life_lock);
	err = load_locked(vm, images, diag);
	lock_drop(&vm->life_lock);
	return err;
}
