/* SPDX-License-Identifier: Apache-2.0 */
/* Where the images of a VM go in its RAM. */
#include <axvm/config.h>
#include <axvm/image.h>

#include "diag.h"

#define MIB	    (UINT64_C(1) << 20)
#define LINUX_ALIGN (2 * MIB)	      /* Documentation/arch/arm64/booting.rst */
#define DTB_MARGIN  UINT64_C(0x10000) /* for what is added to a device tree */
#define DTB_MAX	    (2 * MIB)

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Images being placed. The end of one that fits its RAM cannot wrap. */
struct placer {
	const struct axvm_config *config;
	const struct axvm_machine *machine;
	struct axvm_image_layout *layout;
	struct axvm_diag *diag;
};

/* UINT64_MAX where there is none: no image fits there. */
static uint64_t round_up(uint64_t value, uint64_t align)
{
	return value > UINT64_MAX - align ? UINT64_MAX : (value + align - 1) & ~(align - 1);
}

static const struct axvm_memory_region *region_of(const struct axvm_config *config, uint64_t gpa)
{
	for (uint32_t i = 0; i < config->memory_region_num; i++) {
		const struct axvm_memory_region *region = &config->memory_regions[i];

		if (gpa >= region->gpa && gpa - region->gpa < region->size)
			return region;
	}
	return NULL;
}

static enum axvm_error place_check(const struct placer *p, const char *field, uint64_t gpa,
				   uint64_t size)
{
	const struct axvm_memory_region *region = region_of(p->config, gpa);

	if (region && size <= region->size - (gpa - region->gpa))
		return AXVM_OK;
	diag_set(p->diag, AXVM_ERR_INVALID_INPUT,
		 region ? "does not fit into the RAM: give more memory" :
			  "lies outside the RAM: choose an address in it");
	diag_where(p->diag, field);
	diag_value(p->diag, "address", gpa);
	diag_value(p->diag, "size", size);
	if (region) {
		diag_value(p->diag, "ram", region->gpa);
		diag_value(p->diag, "ram_size", region->size);
	}
	return AXVM_ERR_INVALID_INPUT;
}

static enum axvm_error place_bad(const struct placer *p, const char *field, const char *what,
				 uint64_t value)
{
	diag_set(p->diag, AXVM_ERR_INVALID_INPUT, what);
	diag_where(p->diag, field);
	diag_value(p->diag, "address", value);
	return AXVM_ERR_INVALID_INPUT;
}

/*
 * A Linux Image goes text_offset bytes from a 2 MiB boundary. Without a load address an image
 * starts at the configured entry point, because that is its first instruction.
 */
static uint64_t kernel_address(const struct placer *p, const struct axvm_image_info *kernel)
{
	const struct axvm_opt_u64 load = p->config->image_config.kernel_load_addr;
	const struct axvm_opt_u64 entry = p->config->cpu_config.bsp_entry;

	if (kernel->format == AXVM_IMAGE_ELF)
		return kernel->load_min;
	if (load.set)
		return load.value;
	if (entry.set)
		return entry.value;
	return round_up(p->config->memory_regions[0].gpa, LINUX_ALIGN) + p->machine->kernel_offset +
	       kernel->text_offset;
}

static enum axvm_error check_kernel_kind(const struct placer *p,
					 const struct axvm_image_info *kernel)
{
	const struct axvm_opt_u64 load = p->config->image_config.kernel_load_addr;

	if (kernel->format == AXVM_IMAGE_GZIP)
		return diag_set(p->diag, AXVM_ERR_INVALID_DATA,
				"a compressed kernel: `axvm pack` unpacks it");
	if (kernel->arch && (uint32_t)kernel->arch != p->config->arch)
		return diag_set(p->diag, AXVM_ERR_INVALID_DATA,
				"the kernel is for another architecture than the VM");
	if (kernel->format == AXVM_IMAGE_ELF && load.set && load.value != kernel->load_min) {
		place_bad(p, "kernel.kernel_load_addr",
			  "an ELF file says itself where it goes: remove the address", load.value);
		diag_value(p->diag, "wanted", kernel->load_min);
		return AXVM_ERR_INVALID_INPUT;
	}
	return AXVM_OK;
}

static enum axvm_error place_kernel(const struct placer *p, const struct axvm_image_info *kernel)
{
	const char *field = p->config->image_config.kernel_load_addr.set ?
				    "kernel.kernel_load_addr" :
				    "kernel.kernel_path";
	uint64_t gpa = kernel_address(p, kernel);

	if (kernel->format == AXVM_IMAGE_LINUX && (gpa - kernel->text_offset) % LINUX_ALIGN) {
		place_bad(p, "kernel.kernel_load_addr",
			  "a Linux Image goes text_offset bytes from a multiple of 2 MiB", gpa);
		diag_value(p->diag, "text_offset", kernel->text_offset);
		return AXVM_ERR_INVALID_INPUT;
	}
	p->layout->kernel_gpa = gpa;
	p->layout->kernel_size = kernel->mem_size;
	return place_check(p, field, gpa, kernel->mem_size);
}

static bool inside(uint64_t value, uint64_t gpa, uint64_t size)
{
	return value >= gpa && value - gpa < size;
}

static enum axvm_error place_entry(const struct placer *p, const struct axvm_image_info *kernel)
{
	const struct axvm_opt_u64 entry = p->config->cpu_config.bsp_entry;
	struct axvm_image_layout *l = p->layout;

	if (!entry.set) {
		l->entry = kernel->format == AXVM_IMAGE_ELF ? kernel->entry : l->kernel_gpa;
		return AXVM_OK;
	}
	l->entry = entry.value;
	if (!inside(entry.value, l->kernel_gpa, l->kernel_size) &&
	    !inside(entry.value, l->bios_gpa, l->bios_size)) {
		place_bad(p, "kernel.entry_point", "lies outside the kernel", entry.value);
		diag_value(p->diag, "kernel", l->kernel_gpa);
		diag_value(p->diag, "kernel_size", l->kernel_size);
		return AXVM_ERR_INVALID_INPUT;
	}
	return AXVM_OK;
}

static enum axvm_error place_bios(const struct placer *p)
{
	const struct axvm_opt_u64 load = p->config->image_config.bios_load_addr;

	if (!p->layout->bios_size)
		return AXVM_OK;
	if (!load.set)
		return place_bad(p, "kernel.bios_path", "needs a bios_load_addr", 0);
	p->layout->bios_gpa = load.value;
	return place_check(p, "kernel.bios_load_addr", load.value, p->layout->bios_size);
}

/* Behind the kernel, at the next 2 MiB boundary. */
static enum axvm_error place_ramdisk(const struct placer *p)
{
	const struct axvm_opt_u64 load = p->config->image_config.ramdisk_load_addr;
	struct axvm_image_layout *l = p->layout;

	if (!l->ramdisk_size)
		return AXVM_OK;
	l->ramdisk_gpa = load.set ? load.value :
				    round_up(l->kernel_gpa + l->kernel_size, LINUX_ALIGN);
	return place_check(p, load.set ? "kernel.ramdisk_load_addr" : "kernel.ramdisk_path",
			   l->ramdisk_gpa, l->ramdisk_size);
}

/* How far one can go from gpa before the RAM ends or another image begins, up to DTB_MAX. */
static uint64_t room_at(const struct placer *p, uint64_t gpa)
{
	const struct axvm_memory_region *region = region_of(p->config, gpa);
	const struct axvm_image_layout *l = p->layout;
	const uint64_t images[][2] = { { l->kernel_gpa, l->kernel_size },
				       { l->ramdisk_gpa, l->ramdisk_size },
				       { l->bios_gpa, l->bios_size } };
	uint64_t room = region ? region->size - (gpa - region->gpa) : 0;

	room = room < DTB_MAX ? room : DTB_MAX;
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		if (!images[i][1])
			continue;
		if (inside(gpa, images[i][0], images[i][1]))
			return 0;
		if (images[i][0] > gpa && images[i][0] - gpa < room)
			room = images[i][0] - gpa;
	}
	return room;
}

/* At the RAM base, or behind the last image when there is no room. */
static uint64_t dtb_address(const struct placer *p, uint64_t needed)
{
	const struct axvm_image_layout *l = p->layout;
	uint64_t base = round_up(p->config->memory_regions[0].gpa, 8);
	uint64_t end = max(l->kernel_gpa + l->kernel_size, l->ramdisk_gpa + l->ramdisk_size);

	if (p->config->image_config.dtb_load_addr.set)
		return p->config->image_config.dtb_load_addr.value;
	if (room_at(p, base) >= needed)
		return base;
	return round_up(end, LINUX_ALIGN);
}

static enum axvm_error place_dtb(const struct placer *p)
{
	struct axvm_image_layout *l = p->layout;
	uint64_t needed = l->dtb_size + DTB_MARGIN;
	const char *field = p->config->image_config.dtb_load_addr.set ? "kernel.dtb_load_addr" :
									"kernel.dtb_path";

	if (l->dtb_size > DTB_MAX - DTB_MARGIN)
		return place_bad(p, "kernel.dtb_path", "larger than a device tree can be",
				 l->dtb_size);
	l->dtb_gpa = dtb_address(p, needed);
	if (l->dtb_gpa & 7)
		return place_bad(p, field, "must be a multiple of 8", l->dtb_gpa);
	if (place_check(p, field, l->dtb_gpa, needed))
		return AXVM_ERR_INVALID_INPUT;
	l->dtb_size = room_at(p, l->dtb_gpa);
	if (l->dtb_size < needed) {
		place_bad(p, field, "no room for the device tree before the next image",
			  l->dtb_gpa);
		diag_value(p->diag, "room", l->dtb_size);
		diag_value(p->diag, "needed", needed);
		return AXVM_ERR_INVALID_INPUT;
	}
	return AXVM_OK;
}

static enum axvm_error check_apart(const struct placer *p, const char *name_a, uint64_t a,
				   uint64_t size_a, const char *name_b, uint64_t b, uint64_t size_b)
{
	if (!size_a || !size_b || a >= b + size_b || b >= a + size_a)
		return AXVM_OK;
	diag_set(p->diag, AXVM_ERR_INVALID_INPUT,
		 "overlaps another image: choose another load address, or none");
	diag_where(p->diag, name_a);
	diag_other(p->diag, name_b);
	diag_value(p->diag, "address", a);
	diag_value(p->diag, "size", size_a);
	diag_value(p->diag, "other", b);
	diag_value(p->diag, "other_size", size_b);
	return AXVM_ERR_INVALID_INPUT;
}

static enum axvm_error check_all_apart(const struct placer *p)
{
	const struct axvm_image_layout *l = p->layout;
	enum axvm_error error;

	error = check_apart(p, "kernel.ramdisk_load_addr", l->ramdisk_gpa, l->ramdisk_size,
			    "kernel.kernel_path", l->kernel_gpa, l->kernel_size);
	if (!error)
		error = check_apart(p, "kernel.bios_load_addr", l->bios_gpa, l->bios_size,
				    "kernel.kernel_path", l->kernel_gpa, l->kernel_size);
	if (!error)
		error = check_apart(p, "kernel.bios_load_addr", l->bios_gpa, l->bios_size,
				    "kernel.ramdisk_path", l->ramdisk_gpa, l->ramdisk_size);
	return error;
}

enum axvm_error axvm_image_place(const struct axvm_config *config,
				 const struct axvm_image_info *kernel,
				 struct axvm_image_layout *layout, struct axvm_diag *diag)
{
	struct placer p = { config, axvm_machine_get((enum axvm_arch)config->arch), layout, diag };
	enum axvm_error error;

	if (!p.machine || !config->memory_region_num ||
	    config->memory_region_num > AXVM_MAX_MEMORY_REGIONS)
		return diag_set(diag, AXVM_ERR_INVALID_INPUT, "the VM has no RAM");
	error = check_kernel_kind(&p, kernel);
	if (!error)
		error = place_kernel(&p, kernel);
	if (!error)
		error = place_bios(&p);
	if (!error)
		error = place_entry(&p, kernel);
	if (!error)
		error = place_ramdisk(&p);
	if (!error)
		error = check_all_apart(&p);
	if (!error)
		error = place_dtb(&p);
	return error;
}
