/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a boot image is. Formats: Linux's Documentation/arch/arm64/booting.rst and
 * Documentation/arch/riscv/boot-image-header.rst; PE/COFF as far as a Linux Image has it; ELF64.
 * An image is hostile: every read is checked against its size.
 */
#include <axvm/image.h>
#include <string.h>

#include "diag.h"
#include "fdt_check.h"

#define MIB (UINT64_C(1) << 20)

#define LINUX_HEADER_SIZE 64
#define LINUX_ALIGN	  (2 * MIB)
#define LINUX_OLD_OFFSET  0x80000 /* AArch64: text_offset where image_size is 0 (before 3.17) */
#define LINUX_BIG_ENDIAN  1u
#define LINUX_MAX_SIZE	  (UINT64_C(1) << 40)

#define ELF_HEADER_SIZE 64
#define ELF_PHENT_SIZE	56
#define ELF_PT_LOAD	1
#define ELF_EM_X86_64	62
#define ELF_EM_AARCH64	183
#define ELF_EM_RISCV	243

struct bytes {
	const uint8_t *data;
	uint64_t size;
};

/* A little-endian number of `width` bytes; false when it is not wholly inside. */
static bool get(const struct bytes *b, uint64_t at, unsigned width, uint64_t *value)
{
	if (at > b->size || b->size - at < width)
		return false;
	*value = 0;
	for (unsigned i = 0; i < width; i++)
		*value |= (uint64_t)b->data[at + i] << (8 * i);
	return true;
}

static bool has_magic(const struct bytes *b, uint64_t at, const char *magic, size_t len)
{
	return at <= b->size && b->size - at >= len && memcmp(b->data + at, magic, len) == 0;
}

static enum axvm_error bad_data(struct axvm_diag *diag, const char *what)
{
	return diag_set(diag, AXVM_ERR_INVALID_DATA, what);
}

static enum axvm_error truncated(struct axvm_diag *diag, uint64_t size, uint64_t needed)
{
	bad_data(diag, "the image is truncated: fetch or build it again");
	diag_value(diag, "size", size);
	diag_value(diag, "needed", needed);
	return AXVM_ERR_INVALID_DATA;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * A Linux Image is also a PE/COFF file, whose sections tell how long the file must be. Without that
 * header the file is as long as it is.
 */
static enum axvm_error pe_file_size(const struct bytes *b, uint64_t *needed, struct axvm_diag *diag)
{
	uint64_t pe, sections, optional_size, magic, headers, table;

	*needed = LINUX_HEADER_SIZE;
	if (!has_magic(b, 0, "MZ", 2) || !get(b, 0x3c, 4, &pe))
		return AXVM_OK;
	if (!get(b, pe + 6, 2, &sections) || !get(b, pe + 20, 2, &optional_size) ||
	    !get(b, pe + 24, 2, &magic) || !get(b, pe + 24 + 60, 4, &headers))
		return truncated(diag, b->size, pe + 24 + 64);
	if (!has_magic(b, pe, "PE\0\0", 4) || magic != 0x20b)
		return bad_data(diag, "the PE header of the Image is damaged");
	*needed = max(*needed, headers);
	table = pe + 24 + optional_size;
	for (uint64_t i = 0; i < sections; i++) {
		uint64_t raw_size, raw_at;

		if (!get(b, table + 40 * i + 16, 4, &raw_size) ||
		    !get(b, table + 40 * i + 20, 4, &raw_at))
			return truncated(diag, b->size, table + 40 * (i + 1));
		*needed = max(*needed, raw_at + raw_size);
	}
	return AXVM_OK;
}

/* From a 2 MiB boundary. RISC-V kernels say 2 MiB, which leaves the RAM's beginning to firmware. */
static bool text_offset_valid(enum axvm_arch arch, uint64_t text_offset)
{
	return text_offset < LINUX_ALIGN ||
	       (arch == AXVM_ARCH_RISCV64 && text_offset == LINUX_ALIGN);
}

static enum axvm_error probe_linux(const struct bytes *b, enum axvm_arch arch,
				   struct axvm_image_info *info, struct axvm_diag *diag)
{
	uint64_t text_offset, image_size, flags;
	enum axvm_error error;

	if (!get(b, 8, 8, &text_offset) || !get(b, 16, 8, &image_size) || !get(b, 24, 8, &flags))
		return truncated(diag, b->size, LINUX_HEADER_SIZE);
	if (flags & LINUX_BIG_ENDIAN)
		return bad_data(diag, "a big-endian kernel: build it little-endian");
	if (!image_size && arch == AXVM_ARCH_AARCH64)
		text_offset = LINUX_OLD_OFFSET;
	if (image_size > LINUX_MAX_SIZE || !text_offset_valid(arch, text_offset)) {
		bad_data(diag, "the Image header is damaged");
		diag_value(diag, "text_offset", text_offset);
		diag_value(diag, "image_size", image_size);
		return AXVM_ERR_INVALID_DATA;
	}
	error = pe_file_size(b, &info->file_size, diag);
	if (error)
		return error;
	if (b->size < info->file_size)
		return truncated(diag, b->size, info->file_size);
	info->format = AXVM_IMAGE_LINUX;
	info->arch = arch;
	info->text_offset = text_offset % LINUX_ALIGN;
	info->mem_size = max(image_size, b->size);
	return AXVM_OK;
}

static enum axvm_arch elf_arch(uint64_t machine)
{
	switch (machine) {
	case ELF_EM_AARCH64:
		return AXVM_ARCH_AARCH64;
	case ELF_EM_RISCV:
		return AXVM_ARCH_RISCV64;
	case ELF_EM_X86_64:
		return AXVM_ARCH_X86_64;
	default:
		return 0;
	}
}

struct elf_segment {
	uint64_t type, offset, vaddr, paddr, file_size, mem_size;
};

static bool elf_segment_get(const struct bytes *b, uint64_t at, struct elf_segment *s)
{
	return get(b, at, 4, &s->type) && get(b, at + 8, 8, &s->offset) &&
	       get(b, at + 16, 8, &s->vaddr) && get(b, at + 24, 8, &s->paddr) &&
	       get(b, at + 32, 8, &s->file_size) && get(b, at + 40, 8, &s->mem_size) &&
	       b->size - at >= ELF_PHENT_SIZE;
}

static enum axvm_error elf_segment_check(const struct elf_segment *s, uint64_t size,
					 struct axvm_diag *diag)
{
	if (s->file_size > s->mem_size || s->mem_size > UINT64_MAX - s->paddr ||
	    s->file_size > UINT64_MAX - s->offset) {
		bad_data(diag, "a program header of the ELF file is damaged");
		diag_value(diag, "p_paddr", s->paddr);
		diag_value(diag, "p_filesz", s->file_size);
		diag_value(diag, "p_memsz", s->mem_size);
		return AXVM_ERR_INVALID_DATA;
	}
	if (s->offset + s->file_size > size)
		return truncated(diag, size, s->offset + s->file_size);
	return AXVM_OK;
}

/* What the loadable segments add up to. entry_phys: where e_entry lies, if in one of them. */
struct elf_extent {
	uint64_t first, end, file_size, entry_phys;
	bool any, has_entry;
};

static void elf_extend(struct elf_extent *e, const struct elf_segment *s, uint64_t entry)
{
	e->first = e->any && e->first < s->paddr ? e->first : s->paddr;
	e->end = max(e->end, s->paddr + s->mem_size);
	e->file_size = max(e->file_size, s->offset + s->file_size);
	e->any = true;
	if (!e->has_entry && entry >= s->vaddr && entry - s->vaddr < s->mem_size) {
		e->entry_phys = s->paddr + (entry - s->vaddr);
		e->has_entry = true;
	}
}

static enum axvm_error elf_walk(const struct bytes *b, uint64_t entry, struct elf_extent *extent,
				struct axvm_diag *diag)
{
	uint64_t table, entry_size, num;

	if (!get(b, 32, 8, &table) || !get(b, 54, 2, &entry_size) || !get(b, 56, 2, &num))
		return truncated(diag, b->size, ELF_HEADER_SIZE);
	if (entry_size != ELF_PHENT_SIZE || table > UINT64_MAX / 2)
		return bad_data(diag, "the ELF header is damaged, or there is nothing to load");
	extent->file_size = table + num * ELF_PHENT_SIZE;
	for (uint64_t i = 0; i < num; i++) {
		struct elf_segment segment;

		if (!elf_segment_get(b, table + i * ELF_PHENT_SIZE, &segment))
			return truncated(diag, b->size, extent->file_size);
		if (segment.type != ELF_PT_LOAD || !segment.mem_size)
			continue;
		if (elf_segment_check(&segment, b->size, diag))
			return AXVM_ERR_INVALID_DATA;
		elf_extend(extent, &segment, entry);
	}
	return AXVM_OK;
}

static enum axvm_error probe_elf(const struct bytes *b, struct axvm_image_info *info,
				 struct axvm_diag *diag)
{
	struct elf_extent extent = { 0 };
	uint64_t class_data, machine, entry;

	if (b->size < ELF_HEADER_SIZE)
		return truncated(diag, b->size, ELF_HEADER_SIZE);
	if (!get(b, 4, 2, &class_data) || !get(b, 18, 2, &machine) || !get(b, 24, 8, &entry))
		return truncated(diag, b->size, ELF_HEADER_SIZE);
	if (class_data != 0x0102)
		return bad_data(diag, "not a 64-bit little-endian ELF file");
	info->arch = elf_arch(machine);
	if (!info->arch)
		return bad_data(diag, "an ELF file for an unknown machine");
	if (elf_walk(b, entry, &extent, diag))
		return AXVM_ERR_INVALID_DATA;
	if (!extent.has_entry)
		return bad_data(diag, "the ELF file's entry point is in none of its segments");
	info->format = AXVM_IMAGE_ELF;
	info->load_min = extent.first;
	info->mem_size = extent.end - extent.first;
	info->file_size = extent.file_size;
	info->entry = extent.entry_phys;
	return AXVM_OK;
}

static enum axvm_error probe_raw(const struct bytes *b, struct axvm_image_info *info)
{
	/* The boot protocol of x86 Linux (Documentation/arch/x86/boot.rst) names itself. */
	if (has_magic(b, 0x202, "HdrS", 4) && has_magic(b, 0x1fe, "\x55\xaa", 2))
		info->arch = AXVM_ARCH_X86_64;
	info->format = AXVM_IMAGE_RAW;
	info->mem_size = b->size;
	info->file_size = b->size;
	return AXVM_OK;
}

enum axvm_error axvm_image_probe(const void *data, size_t size, struct axvm_image_info *info,
				 struct axvm_diag *diag)
{
	struct bytes b = { data, size };

	memset(info, 0, sizeof(*info));
	if (!size)
		return bad_data(diag, "the image is empty");
	if (has_magic(&b, 0, "\x1f\x8b", 2)) {
		probe_raw(&b, info);
		info->format = AXVM_IMAGE_GZIP;
		return AXVM_OK;
	}
	if (has_magic(&b, 0, "MZ\0\0zimg", 8))
		return bad_data(diag, "a compressed EFI image: unpack the kernel in it first");
	if (has_magic(&b, 0, "\177ELF", 4))
		return probe_elf(&b, info, diag);
	if (has_magic(&b, 56, "ARM\x64", 4))
		return probe_linux(&b, AXVM_ARCH_AARCH64, info, diag);
	if (has_magic(&b, 56, "RSC\x05", 4))
		return probe_linux(&b, AXVM_ARCH_RISCV64, info, diag);
	if (has_magic(&b, 0, "MZ", 2) && size < LINUX_HEADER_SIZE)
		return truncated(diag, size, LINUX_HEADER_SIZE);
	return probe_raw(&b, info);
}

enum axvm_error axvm_image_check_dtb(const void *dtb, size_t size)
{
	if (!dtb)
		return AXVM_ERR_INVALID_INPUT;
	return fdt_tree_valid(dtb, size) ? AXVM_OK : AXVM_ERR_INVALID_DATA;
}
