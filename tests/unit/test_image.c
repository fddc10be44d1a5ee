/* SPDX-License-Identifier: Apache-2.0 */
/* Boot images: what a file is, and where it goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <axvm/config.h>
#include <axvm/image.h>

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)
#define RAM UINT64_C(0x40000000)

#define IMAGE_FILE 8192 /* bytes of the Image that image_new() makes */

/* An empty tree: its header (big-endian words), an empty reservation map, one node. */
static void check_dtb(void **state)
{
	static const uint32_t tree[] = {
		0xd00dfeed, 72, 56, 72, 40, 17, 16, 0, 0, 16, /* header */
		0,	    0,	0,  0,			      /* reservations end */
		1,	    0,	2,  9,			      /* the root node */
	};
	_Alignas(8) uint8_t dtb[sizeof(tree)];

	(void)state;
	for (size_t i = 0; i < sizeof(tree) / sizeof(tree[0]); i++)
		for (unsigned k = 0; k < 4; k++)
			dtb[4 * i + k] = (uint8_t)(tree[i] >> (24 - 8 * k));
	assert_int_equal(axvm_image_check_dtb(dtb, sizeof(dtb)), AXVM_OK);
	for (size_t size = 0; size < sizeof(dtb); size++)
		assert_int_equal(axvm_image_check_dtb(dtb, size), AXVM_ERR_INVALID_DATA);
	dtb[23] = 16; /* an old version */
	assert_int_equal(axvm_image_check_dtb(dtb, sizeof(dtb)), AXVM_ERR_INVALID_DATA);
	dtb[23] = 17;
	dtb[19] = 44; /* its reservations are not at a multiple of 8 */
	assert_int_equal(axvm_image_check_dtb(dtb, sizeof(dtb)), AXVM_ERR_INVALID_DATA);
	assert_int_equal(axvm_image_check_dtb(NULL, 0), AXVM_ERR_INVALID_INPUT);
}

static void put(uint8_t *at, unsigned width, uint64_t value)
{
	for (unsigned i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/*
 * A Linux Image as an arm64 kernel's build makes it: PE header at 0x40, two sections up to the end
 * of the file, more memory than file.
 */
static uint8_t *image_new(void)
{
	uint8_t *image = calloc(1, IMAGE_FILE);
	uint8_t *pe = image + 0x40, *sections = pe + 24 + 160;

	memcpy(image, "MZ", 2);
	put(image + 8, 8, 0);
	put(image + 16, 8, 4 * MIB);
	put(image + 24, 8, 0xa);
	memcpy(image + 56, "ARM\x64", 4);
	put(image + 0x3c, 4, 0x40);
	memcpy(pe, "PE\0\0", 4);
	put(pe + 6, 2, 2);
	put(pe + 20, 2, 160);
	put(pe + 24, 2, 0x20b);
	put(pe + 24 + 60, 4, 1024);
	put(sections + 16, 4, 4096);
	put(sections + 20, 4, 1024);
	put(sections + 40 + 16, 4, 3072);
	put(sections + 40 + 20, 4, 5120);
	return image;
}

/* Probes a copy of exactly `size` bytes, so that a read beyond them is found. */
static enum axvm_error probe(const uint8_t *data, size_t size, struct axvm_image_info *info,
			     struct axvm_diag *diag)
{
	uint8_t *copy = calloc(1, size ? size : 1);
	enum axvm_error error;

	memcpy(copy, data, size);
	error = axvm_image_probe(copy, size, info, diag);
	free(copy);
	return error;
}

static void probe_linux_image(void **state)
{
	uint8_t *image = image_new();
	struct axvm_image_info info;

	assert_int_equal(probe(image, IMAGE_FILE, &info, NULL), AXVM_OK);
	assert_int_equal(info.format, AXVM_IMAGE_LINUX);
	assert_int_equal(info.arch, AXVM_ARCH_AARCH64);
	assert_int_equal(info.mem_size, 4 * MIB);
	assert_int_equal(info.file_size, IMAGE_FILE);
	assert_int_equal(info.text_offset, 0);
	free(image);
}

static void probe_finds_every_truncation(void **state)
{
	uint8_t *image = image_new();
	struct axvm_image_info info;
	struct axvm_diag diag;

	for (size_t size = 2; size < IMAGE_FILE; size++) {
		assert_int_equal(probe(image, size, &info, &diag), AXVM_ERR_INVALID_DATA);
		assert_non_null(strstr(diag.what, "truncated"));
	}
	free(image);
}

static void probe_image_without_pe(void **state)
{
	uint8_t *image = image_new();
	struct axvm_image_info info;

	put(image, 4, 0x14000010);
	assert_int_equal(probe(image, 100, &info, NULL), AXVM_OK);
	assert_int_equal(info.format, AXVM_IMAGE_LINUX);
	free(image);
}

static void probe_old_image_without_size(void **state)
{
	uint8_t *image = image_new();
	struct axvm_image_info info;

	put(image + 16, 8, 0);
	assert_int_equal(probe(image, IMAGE_FILE, &info, NULL), AXVM_OK);
	assert_int_equal(info.text_offset, 0x80000);
	assert_int_equal(info.mem_size, IMAGE_FILE);
	free(image);
}

static void probe_riscv_image(void **state)
{
	uint8_t *image = image_new();
	struct axvm_image_info info;

	memcpy(image + 56, "RSC\x05", 4);
	assert_int_equal(probe(image, IMAGE_FILE, &info, NULL), AXVM_OK);
	assert_int_equal(info.arch, AXVM_ARCH_RISCV64);
	assert_int_equal(info.text_offset, 0);
	put(image + 8, 8, 2 * MIB); /* as Linux has it: below lies firmware */
	assert_int_equal(probe(image, IMAGE_FILE, &info, NULL), AXVM_OK);
	assert_int_equal(info.text_offset, 0);
	put(image + 8, 8, 2 * MIB + 1);
	assert_int_equal(probe(image, IMAGE_FILE, &info, NULL), AXVM_ERR_INVALID_DATA);
	put(image + 8, 8, 0x1000);
	put(image + 16, 8, 0); /* no AArch64 kernel of old */
	assert_int_equal(probe(image, IMAGE_FILE, &info, NULL), AXVM_OK);
	assert_int_equal(info.text_offset, 0x1000);
	free(image);
}

static void probe_refuses_header(size_t at, unsigned width, uint64_t value)
{
	uint8_t *image = image_new();
	struct axvm_image_info info;

	put(image + at, width, value);
	assert_int_equal(probe(image, IMAGE_FILE, &info, NULL), AXVM_ERR_INVALID_DATA);
	free(image);
}

static void probe_refuses_damaged_headers(void **state)
{
	probe_refuses_header(8, 8, 2 * MIB);	   /* text_offset */
	probe_refuses_header(16, 8, UINT64_MAX);   /* image_size */
	probe_refuses_header(24, 8, 0xb);	   /* big-endian */
	probe_refuses_header(0x3c, 4, UINT32_MAX); /* PE header beyond the file */
	probe_refuses_header(0x40, 4, 0);	   /* no PE signature */
	probe_refuses_header(0x40 + 24, 2, 0x10b); /* PE32 */
	probe_refuses_header(0x40 + 6, 2, 0xffff); /* sections beyond the file */
	probe_refuses_header(0x40 + 24 + 60, 4, UINT32_MAX);
}

static void probe_other_formats(void **state)
{
	static const uint8_t gzip[] = { 0x1f, 0x8b, 8, 0 };
	static const uint8_t zboot[] = "MZ\0\0zimg";
	uint8_t raw[0x300] = { 1, 2, 3 };
	struct axvm_image_info info;

	assert_int_equal(probe(raw, 0, &info, NULL), AXVM_ERR_INVALID_DATA);
	assert_int_equal(probe(gzip, sizeof(gzip), &info, NULL), AXVM_OK);
	assert_int_equal(info.format, AXVM_IMAGE_GZIP);
	assert_int_equal(probe(zboot, sizeof(zboot), &info, NULL), AXVM_ERR_INVALID_DATA);
	assert_int_equal(probe(raw, 1, &info, NULL), AXVM_OK);
	assert_int_equal(info.format, AXVM_IMAGE_RAW);
	assert_int_equal(info.mem_size, 1);
	assert_int_equal(probe(raw, sizeof(raw), &info, NULL), AXVM_OK);
	assert_int_equal(info.arch, 0);
	put(raw + 0x1fe, 2, 0xaa55);
	memcpy(raw + 0x202, "HdrS", 4);
	assert_int_equal(probe(raw, sizeof(raw), &info, NULL), AXVM_OK);
	assert_int_equal(info.arch, AXVM_ARCH_X86_64);
}

#define ELF_FILE (64 + 2 * 56 + 128)

/* Two segments: 64 bytes of file at 0x40100000, 64 more at 0x40200000 with 4 KiB of memory. */
static void elf_make(uint8_t *elf)
{
	static const uint64_t paddr[] = { 0x40100000, 0x40200000 };

	memset(elf, 0, ELF_FILE);
	memcpy(elf, "\177ELF\2\1\1", 7);
	put(elf + 18, 2, 183);
	put(elf + 24, 8, UINT64_C(0xffff000000200010));
	put(elf + 32, 8, 64);
	put(elf + 54, 2, 56);
	put(elf + 56, 2, 2);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t *header = elf + 64 + 56 * i;

		put(header, 4, 1);
		put(header + 8, 8, 64 + 2 * 56 + 64 * i);
		put(header + 16, 8, UINT64_C(0xffff000000000000) + (paddr[i] - RAM));
		put(header + 24, 8, paddr[i]);
		put(header + 32, 8, 64);
		put(header + 40, 8, i ? 4096 : 64);
	}
}

static void probe_elf(void **state)
{
	uint8_t elf[ELF_FILE];
	struct axvm_image_info info;

	elf_make(elf);
	assert_int_equal(probe(elf, sizeof(elf), &info, NULL), AXVM_OK);
	assert_int_equal(info.format, AXVM_IMAGE_ELF);
	assert_int_equal(info.arch, AXVM_ARCH_AARCH64);
	assert_int_equal(info.load_min, 0x40100000);
	assert_int_equal(info.mem_size, 0x40201000 - 0x40100000);
	assert_int_equal(info.entry, 0x40200010);
	for (size_t size = 4; size < sizeof(elf); size++)
		assert_int_equal(probe(elf, size, &info, NULL), AXVM_ERR_INVALID_DATA);
}

static void probe_refuses_elf(size_t at, unsigned width, uint64_t value)
{
	uint8_t elf[ELF_FILE];
	struct axvm_image_info info;

	elf_make(elf);
	put(elf + at, width, value);
	assert_int_equal(probe(elf, sizeof(elf), &info, NULL), AXVM_ERR_INVALID_DATA);
}

static void probe_refuses_damaged_elf(void **state)
{
	probe_refuses_elf(4, 1, 1);	      /* 32-bit */
	probe_refuses_elf(5, 1, 2);	      /* big-endian */
	probe_refuses_elf(18, 2, 40);	      /* ARM */
	probe_refuses_elf(24, 8, 0x1000);     /* entry in no segment */
	probe_refuses_elf(32, 8, UINT64_MAX); /* e_phoff */
	probe_refuses_elf(32, 8, UINT64_MAX / 2);
	probe_refuses_elf(54, 2, 32); /* e_phentsize */
	probe_refuses_elf(56, 2, 0);  /* nothing to load */
	probe_refuses_elf(56, 2, 0xffff);
	probe_refuses_elf(64 + 8, 8, UINT64_MAX);  /* p_offset */
	probe_refuses_elf(64 + 24, 8, UINT64_MAX); /* p_paddr */
	probe_refuses_elf(64 + 32, 8, UINT64_MAX); /* p_filesz */
	probe_refuses_elf(64 + 32, 8, 65);	   /* p_filesz beyond p_memsz */
	probe_refuses_elf(64 + 40, 8, UINT64_MAX); /* p_memsz */
}

/* Every value of every byte: only that nothing is read out of bounds, and nothing hangs. */
static void probe_bears_any_byte(void **state)
{
	uint8_t *image = image_new();
	uint8_t elf[ELF_FILE];
	struct axvm_image_info info;

	elf_make(elf);
	for (size_t at = 0; at < 512; at++) {
		for (unsigned flip = 1; flip < 256; flip++) {
			image[at] ^= (uint8_t)flip;
			probe(image, 600, &info, NULL);
			image[at] ^= (uint8_t)flip;
			if (at >= sizeof(elf))
				continue;
			elf[at] ^= (uint8_t)flip;
			probe(elf, sizeof(elf), &info, NULL);
			elf[at] ^= (uint8_t)flip;
		}
	}
	free(image);
}

/* ---- Places ---- */

static struct axvm_config vm(uint64_t ram)
{
	struct axvm_crate_config crate = { .arch = AXVM_ARCH_AARCH64 };
	struct axvm_config config;

	crate.kernel.memory = axvm_some(ram);
	assert_int_equal(axvm_config_from_crate_config(&crate, &config, NULL), AXVM_OK);
	return config;
}

static const struct axvm_image_info linux_kernel = {
	.format = AXVM_IMAGE_LINUX,
	.arch = AXVM_ARCH_AARCH64,
	.mem_size = 33 * MIB,
	.file_size = 32 * MIB,
};

static void place_defaults(void **state)
{
	struct axvm_config config = vm(256 * MIB);
	struct axvm_image_layout l = { .ramdisk_size = MIB + 1 };

	assert_int_equal(axvm_image_place(&config, &linux_kernel, &l, NULL), AXVM_OK);
	assert_int_equal(l.kernel_gpa, RAM + 2 * MIB);
	assert_int_equal(l.kernel_size, 33 * MIB);
	assert_int_equal(l.entry, l.kernel_gpa);
	assert_int_equal(l.ramdisk_gpa, RAM + 36 * MIB);
	assert_int_equal(l.ramdisk_size, MIB + 1);
	assert_int_equal(l.dtb_gpa, RAM);
	assert_int_equal(l.dtb_size, 2 * MIB);
}

static void place_text_offset(void **state)
{
	struct axvm_config config = vm(256 * MIB);
	struct axvm_image_info kernel = linux_kernel;
	struct axvm_image_layout l = { 0 };

	kernel.text_offset = 0x80000;
	assert_int_equal(axvm_image_place(&config, &kernel, &l, NULL), AXVM_OK);
	assert_int_equal(l.kernel_gpa, RAM + 2 * MIB + 0x80000);
}

/* The smallest RAM that holds kernel and device tree, and one page less. */
static void place_kernel_fills_ram(void **state)
{
	struct axvm_config config = vm(35 * MIB);
	struct axvm_image_layout l = { 0 };
	struct axvm_diag diag;

	assert_int_equal(axvm_image_place(&config, &linux_kernel, &l, NULL), AXVM_OK);
	config = vm(35 * MIB - 4096);
	assert_int_equal(axvm_image_place(&config, &linux_kernel, &l, &diag),
			 AXVM_ERR_INVALID_INPUT);
	assert_string_equal(diag.where, "kernel.kernel_path");
}

static void place_kernel_larger_than_ram(void **state)
{
	struct axvm_config config = vm(16 * MIB);
	struct axvm_image_info kernel = linux_kernel;
	struct axvm_image_layout l = { 0 };

	assert_int_equal(axvm_image_place(&config, &kernel, &l, NULL), AXVM_ERR_INVALID_INPUT);
	kernel.mem_size = UINT64_MAX;
	assert_int_equal(axvm_image_place(&config, &kernel, &l, NULL), AXVM_ERR_INVALID_INPUT);
}

static void place_refused(const struct axvm_config *config, const struct axvm_image_info *kernel,
			  struct axvm_image_layout l, const char *where)
{
	struct axvm_diag diag;

	assert_int_not_equal(axvm_image_place(config, kernel, &l, &diag), AXVM_OK);
	assert_string_equal(diag.where, where);
}

static void place_refuses_ramdisk(void **state)
{
	struct axvm_config config = vm(64 * MIB);
	const struct axvm_image_layout l = { .ramdisk_size = 4 * MIB };

	config.image_config.ramdisk_load_addr = axvm_some(RAM + 34 * MIB);
	place_refused(&config, &linux_kernel, l, "kernel.ramdisk_load_addr");
	config.image_config.ramdisk_load_addr = axvm_some(RAM + 62 * MIB);
	place_refused(&config, &linux_kernel, l, "kernel.ramdisk_load_addr");
	config.image_config.ramdisk_load_addr = axvm_some(UINT64_MAX - 4095);
	place_refused(&config, &linux_kernel, l, "kernel.ramdisk_load_addr");
	config.image_config.ramdisk_load_addr.set = false;
	place_refused(&config, &linux_kernel,
		      (struct axvm_image_layout){ .ramdisk_size = 40 * MIB },
		      "kernel.ramdisk_path");
}

static void place_dtb(void **state)
{
	struct axvm_config config = vm(128 * MIB);
	struct axvm_image_layout l = { .dtb_size = 5000, .ramdisk_size = MIB };

	config.image_config.dtb_load_addr = axvm_some(RAM + MIB + 512 * KIB);
	assert_int_equal(axvm_image_place(&config, &linux_kernel, &l, NULL), AXVM_OK);
	assert_int_equal(l.dtb_gpa, RAM + MIB + 512 * KIB);
	assert_int_equal(l.dtb_size, 512 * KIB);
	config.image_config.dtb_load_addr = axvm_some(RAM + 3 * MIB);
	place_refused(&config, &linux_kernel, (struct axvm_image_layout){ 0 },
		      "kernel.dtb_load_addr");
	config.image_config.dtb_load_addr = axvm_some(RAM + 2 * MIB - 60 * KIB);
	place_refused(&config, &linux_kernel, (struct axvm_image_layout){ 0 },
		      "kernel.dtb_load_addr");
	config.image_config.dtb_load_addr = axvm_some(RAM + 4);
	place_refused(&config, &linux_kernel, (struct axvm_image_layout){ 0 },
		      "kernel.dtb_load_addr");
	config.image_config.dtb_load_addr.set = false;
	place_refused(&config, &linux_kernel, (struct axvm_image_layout){ .dtb_size = 2 * MIB },
		      "kernel.dtb_path");
}

/* A kernel at the RAM base drives the device tree behind the images. */
static void place_dtb_behind(void **state)
{
	const struct axvm_image_info raw = { .format = AXVM_IMAGE_RAW, .mem_size = 3 * MIB };
	struct axvm_config config = vm(16 * MIB);
	struct axvm_image_layout l = { 0 };

	config.image_config.kernel_load_addr = axvm_some(RAM);
	assert_int_equal(axvm_image_place(&config, &raw, &l, NULL), AXVM_OK);
	assert_int_equal(l.kernel_gpa, RAM);
	assert_int_equal(l.dtb_gpa, RAM + 4 * MIB);
}

static void place_entry(void **state)
{
	const struct axvm_image_info raw = { .format = AXVM_IMAGE_RAW, .mem_size = MIB };
	struct axvm_config config = vm(16 * MIB);
	struct axvm_image_layout l = { 0 };

	config.cpu_config.bsp_entry = axvm_some(RAM + 8 * MIB);
	assert_int_equal(axvm_image_place(&config, &raw, &l, NULL), AXVM_OK);
	assert_int_equal(l.kernel_gpa, RAM + 8 * MIB);
	assert_int_equal(l.entry, RAM + 8 * MIB);
	config.image_config.kernel_load_addr = axvm_some(RAM + 7 * MIB + 4);
	l = (struct axvm_image_layout){ 0 };
	assert_int_equal(axvm_image_place(&config, &raw, &l, NULL), AXVM_OK);
	assert_int_equal(l.entry, RAM + 8 * MIB);
	config.image_config.kernel_load_addr = axvm_some(RAM + 7 * MIB);
	place_refused(&config, &raw, (struct axvm_image_layout){ 0 }, "kernel.entry_point");
}

static void place_elf(void **state)
{
	const struct axvm_image_info elf = {
		.format = AXVM_IMAGE_ELF,
		.arch = AXVM_ARCH_AARCH64,
		.load_min = RAM + MIB,
		.mem_size = MIB,
		.entry = RAM + MIB + 64,
	};
	struct axvm_config config = vm(16 * MIB);
	struct axvm_image_layout l = { 0 };

	assert_int_equal(axvm_image_place(&config, &elf, &l, NULL), AXVM_OK);
	assert_int_equal(l.kernel_gpa, RAM + MIB);
	assert_int_equal(l.entry, RAM + MIB + 64);
	assert_int_equal(l.dtb_size, MIB);
	config.image_config.kernel_load_addr = axvm_some(RAM + 2 * MIB);
	place_refused(&config, &elf, (struct axvm_image_layout){ 0 }, "kernel.kernel_load_addr");
}

static void place_bios(void **state)
{
	struct axvm_config config = vm(64 * MIB);
	struct axvm_image_layout l = { .bios_size = MIB };

	place_refused(&config, &linux_kernel, l, "kernel.bios_path");
	config.image_config.bios_load_addr = axvm_some(RAM + 40 * MIB);
	config.cpu_config.bsp_entry = axvm_some(RAM + 40 * MIB);
	config.image_config.kernel_load_addr = axvm_some(RAM + 2 * MIB);
	assert_int_equal(axvm_image_place(&config, &linux_kernel, &l, NULL), AXVM_OK);
	assert_int_equal(l.entry, RAM + 40 * MIB);
	config.cpu_config.bsp_entry.set = false;
	config.image_config.bios_load_addr = axvm_some(RAM + 4 * MIB);
	place_refused(&config, &linux_kernel, (struct axvm_image_layout){ .bios_size = MIB },
		      "kernel.bios_load_addr");
	config.image_config.bios_load_addr = axvm_some(0x8000);
	place_refused(&config, &linux_kernel, (struct axvm_image_layout){ .bios_size = MIB },
		      "kernel.bios_load_addr");
}

static void place_refuses_kernel(void **state)
{
	struct axvm_config config = vm(64 * MIB);
	struct axvm_image_info kernel = linux_kernel;
	const struct axvm_image_layout none = { 0 };

	kernel.format = AXVM_IMAGE_GZIP;
	place_refused(&config, &kernel, none, "");
	kernel = linux_kernel;
	kernel.arch = AXVM_ARCH_RISCV64;
	place_refused(&config, &kernel, none, "");
	config.image_config.kernel_load_addr = axvm_some(RAM + 2 * MIB + 4096);
	place_refused(&config, &linux_kernel, none, "kernel.kernel_load_addr");
	config.image_config.kernel_load_addr = axvm_some(0);
	place_refused(&config, &linux_kernel, none, "kernel.kernel_load_addr");
	config.memory_region_num = 0;
	place_refused(&config, &linux_kernel, none, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_dtb),
		cmocka_unit_test(probe_linux_image),
		cmocka_unit_test(probe_finds_every_truncation),
		cmocka_unit_test(probe_image_without_pe),
		cmocka_unit_test(probe_old_image_without_size),
		cmocka_unit_test(probe_riscv_image),
		cmocka_unit_test(probe_refuses_damaged_headers),
		cmocka_unit_test(probe_other_formats),
		cmocka_unit_test(probe_elf),
		cmocka_unit_test(probe_refuses_damaged_elf),
		cmocka_unit_test(probe_bears_any_byte),
		cmocka_unit_test(place_defaults),
		cmocka_unit_test(place_text_offset),
		cmocka_unit_test(place_kernel_fills_ram),
		cmocka_unit_test(place_kernel_larger_than_ram),
		cmocka_unit_test(place_refuses_ramdisk),
		cmocka_unit_test(place_dtb),
		cmocka_unit_test(place_dtb_behind),
		cmocka_unit_test(place_entry),
		cmocka_unit_test(place_elf),
		cmocka_unit_test(place_bios),
		cmocka_unit_test(place_refuses_kernel),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
