/* SPDX-License-Identifier: Apache-2.0 */
/* What can be known about a configuration without a host. Nothing in it is trusted. */
#include <axvm/config.h>
#include <string.h>

#include "diag.h"

#define REGIONS	     "kernel.memory_regions"
#define EMU_DEVICES  "devices.emu_devices"
#define PASS_THROUGH "devices.passthrough_devices"

#define PAGE_MASK ((uint64_t)AXVM_PAGE_SIZE - 1)

/* GICv3 (Arm IHI 0069): two 64 KiB frames for each redistributor. */
#define GICR_STRIDE 0x20000

/* MPIDR_EL1.Aff3, Aff2, Aff1 and Aff0 (Arm DDI 0487, D19.2.98). */
#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

#define FIRST_SPI 32

struct checker {
	const struct axvm_config *config;
	const struct axvm_machine *machine;
	struct axvm_diag *diag;
};

/* Every check returns an error and has filled the diagnostic, or returns AXVM_OK. */
typedef enum axvm_error check_fn(const struct checker *c);

static enum axvm_error bad_field(const struct checker *c, const char *field, const char *what)
{
	diag_set(c->diag, AXVM_ERR_INVALID_INPUT, what);
	diag_where(c->diag, field);
	return AXVM_ERR_INVALID_INPUT;
}

static enum axvm_error bad_number(const struct checker *c, const char *field, const char *what,
				  uint64_t value)
{
	bad_field(c, field, what);
	diag_value(c->diag, "value", value);
	return AXVM_ERR_INVALID_INPUT;
}

static enum axvm_error bad_entry(const struct checker *c, const char *list, size_t index,
				 const char *field, const char *what, uint64_t value)
{
	diag_set(c->diag, AXVM_ERR_INVALID_INPUT, what);
	diag_where_entry(c->diag, list, index, field);
	diag_value(c->diag, field, value);
	return AXVM_ERR_INVALID_INPUT;
}

/* What was just found is no mistake, but nothing that this version offers. */
static enum axvm_error unsupported(const struct checker *c)
{
	if (c->diag)
		c->diag->error = AXVM_ERR_UNSUPPORTED;
	return AXVM_ERR_UNSUPPORTED;
}

/* Terminated, not empty, and without characters that would upset a terminal. */
static bool name_valid(const char *name)
{
	size_t len;

	for (len = 0; len < AXVM_NAME_MAX && name[len]; len++) {
		if ((unsigned char)name[len] < ' ' || name[len] == 0x7f)
			return false;
	}
	return len > 0 && len < AXVM_NAME_MAX;
}

static enum axvm_error check_base(const struct checker *c)
{
	const struct axvm_config *config = c->config;

	if (config->id == UINT32_MAX)
		return bad_number(c, "base.id", "must be below 0xffffffff", config->id);
	if (!name_valid(config->name))
		return bad_field(c, "base.name", "must be 1 to 47 printable characters");
	if (config->vm_type > AXVM_VM_TYPE_LINUX)
		return bad_number(c, "base.vm_type", "must be 0, 1 or 2", config->vm_type);
	if (config->cpu_num < 1 || config->cpu_num > AXVM_MAX_VCPUS)
		return bad_number(c, "base.cpu_num", "must be 1 to 64", config->cpu_num);
	if (config->interrupt_mode > AXVM_INTERRUPT_PASSTHROUGH)
		return bad_number(c, "devices.interrupt_mode", "must be 0, 1 or 2",
				  config->interrupt_mode);
	if (!memchr(config->image_config.cmdline, '\0', sizeof(config->image_config.cmdline)))
		return bad_field(c, "kernel.cmdline", "too long");
	return AXVM_OK;
}

static enum axvm_error check_cpu_sets(const struct checker *c)
{
	const struct axvm_config *config = c->config;

	if (config->phys_cpu_set_num && config->phys_cpu_set_num != config->cpu_num)
		return bad_number(c, "base.phys_cpu_sets", "must have one entry per vCPU",
				  config->phys_cpu_set_num);
	for (uint32_t i = 0; i < config->phys_cpu_set_num; i++) {
		if (!config->phys_cpu_sets[i]) {
			bad_field(c, "", "an empty set leaves the vCPU no CPU to run on");
			diag_where_entry(c->diag, "base.phys_cpu_sets", i, NULL);
			return AXVM_ERR_INVALID_INPUT;
		}
	}
	return AXVM_OK;
}

static enum axvm_error check_cpu_id(const struct checker *c, uint32_t i)
{
	const struct axvm_config *config = c->config;
	uint64_t id = config->phys_cpu_ids[i];

	if (config->arch == AXVM_ARCH_AARCH64 && (id & ~MPIDR_AFFINITY)) {
		bad_number(c, "", "only the affinity bits of MPIDR (0xff00ffffff) may be set", id);
		diag_where_entry(c->diag, "base.phys_cpu_ids", i, NULL);
		return AXVM_ERR_INVALID_INPUT;
	}
	for (uint32_t k = 0; k < i; k++) {
		if (config->phys_cpu_ids[k] != id)
			continue;
		bad_number(c, "", "each vCPU needs its own id", id);
		diag_where_entry(c->diag, "base.phys_cpu_ids", i, NULL);
		diag_other_entry(c->diag, "base.phys_cpu_ids", k);
		return AXVM_ERR_INVALID_INPUT;
	}
	return AXVM_OK;
}

static enum axvm_error check_cpu_ids(const struct checker *c)
{
	uint32_t num = c->config->phys_cpu_id_num;
	enum axvm_error error = AXVM_OK;

	if (num && num != c->config->cpu_num)
		return bad_number(c, "base.phys_cpu_ids", "must have one entry per vCPU", num);
	for (uint32_t i = 0; i < num && !error; i++)
		error = check_cpu_id(c, i);
	return error;
}

static enum axvm_error check_entry(const struct checker *c)
{
	struct axvm_opt_u64 entries[] = { c->config->cpu_config.bsp_entry,
					  c->config->cpu_config.ap_entry };

	for (size_t i = 0; i < 2; i++) {
		if (!entries[i].set)
			continue;
		if (entries[i].value >= c->machine->max_gpa)
			return bad_number(c, "kernel.entry_point",
					  "beyond the guest's address space", entries[i].value);
		if (c->machine->arch == AXVM_ARCH_AARCH64 && (entries[i].value & 3))
			return bad_number(c, "kernel.entry_point", "must be a multiple of 4",
					  entries[i].value);
	}
	return AXVM_OK;
}

/* A range of guest addresses. */
static enum axvm_error check_range(const struct checker *c, const char *list, size_t index,
				   uint64_t base, const char *base_name, uint64_t size,
				   const char *size_name)
{
	if (!size)
		return bad_entry(c, list, index, size_name, "must not be 0", size);
	if (base >= c->machine->max_gpa || size > c->machine->max_gpa - base) {
		bad_entry(c, list, index, base_name,
			  "reaches beyond the guest's address space: use a lower address", base);
		diag_value(c->diag, size_name, size);
		diag_value(c->diag, "end", c->machine->max_gpa);
		return AXVM_ERR_INVALID_INPUT;
	}
	return AXVM_OK;
}

static enum axvm_error check_flags(const struct checker *c, size_t i, uint32_t flags)
{
	if (flags & ~AXVM_MEM_ALL)
		return bad_entry(c, REGIONS, i, "flags", "unknown bits: the flags are below 0x80",
				 flags);
	if (flags & AXVM_MEM_DEVICE)
		return bad_entry(c, REGIONS, i, "flags",
				 "RAM cannot be device memory: list it in passthrough_devices",
				 flags);
	if (!(flags & (AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE)))
		return bad_entry(c, REGIONS, i, "flags",
				 "allow nothing: 0x1 is read, 0x2 write, 0x4 execute", flags);
	return AXVM_OK;
}

static enum axvm_error check_region(const struct checker *c, size_t i)
{
	const struct axvm_memory_region *region = &c->config->memory_regions[i];

	if (region->gpa & PAGE_MASK)
		return bad_entry(c, REGIONS, i, "gpa", "must be a multiple of 4096", region->gpa);
	if (region->size & PAGE_MASK)
		return bad_entry(c, REGIONS, i, "size", "must be a multiple of 4096", region->size);
	if (region->map_type > AXVM_MAP_RESERVED)
		return bad_entry(c, REGIONS, i, "map_type",
				 "must be 0 (allocate), 1 (identical) or 2 (reserved)",
				 region->map_type);
	if (check_flags(c, i, region->flags))
		return AXVM_ERR_INVALID_INPUT;
	return check_range(c, REGIONS, i, region->gpa, "gpa", region->size, "size");
}

static enum axvm_error check_regions(const struct checker *c)
{
	uint32_t num = c->config->memory_region_num;
	enum axvm_error error = AXVM_OK;

	if (num == 0 || num > AXVM_MAX_MEMORY_REGIONS)
		return bad_number(c, REGIONS, "must have 1 to 16 entries", num);
	for (uint32_t i = 0; i < num && !error; i++)
		error = check_region(c, i);
	return error;
}

/* The device models of a guest machine, and what each needs. */
static const struct device_rule {
	enum axvm_arch arch;
	uint32_t emu_type;
	bool has_irq;
	bool only_one;
	bool per_vcpu; /* min_length is for each vCPU */
	uint64_t align;
	uint64_t min_length;
} device_rules[] = {
	{ AXVM_ARCH_AARCH64, AXVM_EMU_GICD, false, true, false, 0x10000, 0x10000 },
	{ AXVM_ARCH_AARCH64, AXVM_EMU_GICR, false, true, true, 0x10000, GICR_STRIDE },
	{ AXVM_ARCH_AARCH64, AXVM_EMU_CONSOLE, true, false, false, 0x1000, 0x1000 },
	{ AXVM_ARCH_AARCH64, AXVM_EMU_RTC, true, false, false, 0x1000, 0x1000 },
};

static const struct device_rule *device_rule(const struct checker *c, uint32_t emu_type)
{
	for (size_t i = 0; i < sizeof(device_rules) / sizeof(device_rules[0]); i++) {
		if (device_rules[i].arch == c->machine->arch &&
		    device_rules[i].emu_type == emu_type)
			return &device_rules[i];
	}
	return NULL;
}

static enum axvm_error check_size(const struct checker *c, size_t i, const struct device_rule *rule)
{
	const struct axvm_emu_device *device = &c->config->emu_devices[i];
	uint64_t least = rule->min_length * (rule->per_vcpu ? c->config->cpu_num : 1);

	if (device->base_gpa % rule->align) {
		bad_entry(c, EMU_DEVICES, i, "base_gpa", "not aligned for this device",
			  device->base_gpa);
		diag_value(c->diag, "alignment", rule->align);
		return AXVM_ERR_INVALID_INPUT;
	}
	if (device->length < least) {
		bad_entry(c, EMU_DEVICES, i, "length", "too short for this device", device->length);
		diag_value(c->diag, "least", least);
		return AXVM_ERR_INVALID_INPUT;
	}
	return check_range(c, EMU_DEVICES, i, device->base_gpa, "base_gpa", device->length,
			   "length");
}

/* Against the devices before it. */
static enum axvm_error check_unique(const struct checker *c, size_t i,
				    const struct device_rule *rule)
{
	const struct axvm_emu_device *devices = c->config->emu_devices;

	for (size_t k = 0; k < i; k++) {
		const struct device_rule *other = device_rule(c, devices[k].emu_type);
		const char *what = NULL, *field = "irq_id";

		if (rule->only_one && other == rule) {
			what = "there can be only one device of this type";
			field = "emu_type";
		} else if (rule->has_irq && other && other->has_irq &&
			   devices[k].irq_id == devices[i].irq_id) {
			what = "another device has this interrupt";
		}
		if (!what)
			continue;
		diag_set(c->diag, AXVM_ERR_ALREADY_EXISTS, what);
		diag_where_entry(c->diag, EMU_DEVICES, i, field);
		diag_other_entry(c->diag, EMU_DEVICES, k);
		return AXVM_ERR_ALREADY_EXISTS;
	}
	return AXVM_OK;
}

static enum axvm_error check_emu_device(const struct checker *c, size_t i)
{
	const struct axvm_emu_device *device = &c->config->emu_devices[i];
	const struct device_rule *rule = device_rule(c, device->emu_type);
	enum axvm_error error;

	if (!name_valid(device->name))
		return bad_entry(c, EMU_DEVICES, i, "name", "must be 1 to 47 printable characters",
				 0);
	if (device->cfg_num > AXVM_MAX_DEVICE_CFG)
		return bad_entry(c, EMU_DEVICES, i, "cfg_list", "must have at most 8 entries",
				 device->cfg_num);
	if (!rule) {
		bad_entry(c, EMU_DEVICES, i, "emu_type", "this machine has no such device model",
			  device->emu_type);
		return unsupported(c);
	}
	if (rule->has_irq && device->irq_id >= c->machine->spi_max) {
		bad_entry(c, EMU_DEVICES, i, "irq_id", "out of range", device->irq_id);
		diag_value(c->diag, "below", c->machine->spi_max);
		return AXVM_ERR_INVALID_INPUT;
	}
	error = check_size(c, i, rule);
	return error ? error : check_unique(c, i, rule);
}

static enum axvm_error check_emu_devices(const struct checker *c)
{
	uint32_t num = c->config->emu_device_num;
	enum axvm_error error = AXVM_OK;

	if (num > AXVM_MAX_EMU_DEVICES)
		return bad_number(c, EMU_DEVICES, "must have at most 64 entries", num);
	for (uint32_t i = 0; i < num && !error; i++)
		error = check_emu_device(c, i);
	return error;
}

static bool has_type(const struct axvm_config *config, uint32_t emu_type)
{
	for (uint32_t i = 0; i < config->emu_device_num; i++) {
		if (config->emu_devices[i].emu_type == emu_type)
			return true;
	}
	return false;
}

/* Emulated interrupts need a whole GIC; nothing forwards those of the host. */
static enum axvm_error check_interrupts(const struct checker *c)
{
	if (c->config->interrupt_mode == AXVM_INTERRUPT_PASSTHROUGH) {
		bad_field(c, "devices.interrupt_mode",
			  "the host's interrupts are not forwarded to VMs yet: use \"emu\"");
		return unsupported(c);
	}
	if (c->machine->arch != AXVM_ARCH_AARCH64 ||
	    c->config->interrupt_mode != AXVM_INTERRUPT_EMULATED)
		return AXVM_OK;
	if (has_type(c->config, AXVM_EMU_GICD) && has_type(c->config, AXVM_EMU_GICR))
		return AXVM_OK;
	return bad_field(c, EMU_DEVICES,
			 "emulated interrupts need a distributor (0x21) and redistributors (0x20)");
}

static enum axvm_error check_pass_through(const struct checker *c, size_t i)
{
	const struct axvm_pass_through_device *device = &c->config->pass_through_devices[i];

	if (!name_valid(device->name))
		return bad_entry(c, PASS_THROUGH, i, "name", "must be 1 to 47 printable characters",
				 0);
	if ((device->base_gpa ^ device->base_hpa) & PAGE_MASK) {
		bad_entry(c, PASS_THROUGH, i, "base_hpa",
			  "must have the same place in its page as base_gpa", device->base_hpa);
		diag_value(c->diag, "base_gpa", device->base_gpa);
		return AXVM_ERR_INVALID_INPUT;
	}
	if (device->length > UINT64_MAX - PAGE_MASK - device->base_hpa)
		return bad_entry(c, PASS_THROUGH, i, "length",
				 "reaches beyond the host's address space", device->length);
	if (device->irq_id >= FIRST_SPI + c->machine->spi_max)
		return bad_entry(c, PASS_THROUGH, i, "irq_id", "no such interrupt", device->irq_id);
	return check_range(c, PASS_THROUGH, i, device->base_gpa, "base_gpa", device->length,
			   "length");
}

static enum axvm_error check_pass_throughs(const struct checker *c)
{
	uint32_t num = c->config->pass_through_device_num;
	enum axvm_error error = AXVM_OK;

	if (num > AXVM_MAX_PASS_THROUGH_DEVICES)
		return bad_number(c, PASS_THROUGH, "must have at most 32 entries", num);
	for (uint32_t i = 0; i < num && !error; i++)
		error = check_pass_through(c, i);
	return error;
}

static enum axvm_error check_spis(const struct checker *c)
{
	const struct axvm_config *config = c->config;

	if (config->spi_num > AXVM_MAX_SPIS)
		return bad_number(c, "devices.spi_list", "must have at most 64 entries",
				  config->spi_num);
	for (uint32_t i = 0; i < config->spi_num; i++) {
		if (config->spi_list[i] >= c->machine->spi_max)
			return bad_number(c, "devices.spi_list", "no such interrupt",
					  config->spi_list[i]);
	}
	return AXVM_OK;
}

/* What occupies guest addresses, under one numbering. last is inclusive. */
struct range {
	const char *list;
	size_t index;
	uint64_t first;
	uint64_t last;
};

static struct range range_make(const char *list, size_t index, uint64_t base, uint64_t size)
{
	return (struct range){ list, index, base, base + (size - 1) };
}

static struct range range_get(const struct axvm_config *config, size_t n)
{
	struct range range;

	if (n < config->memory_region_num)
		return range_make(REGIONS, n, config->memory_regions[n].gpa,
				  config->memory_regions[n].size);
	n -= config->memory_region_num;
	if (n < config->emu_device_num)
		return range_make(EMU_DEVICES, n, config->emu_devices[n].base_gpa,
				  config->emu_devices[n].length);
	n -= config->emu_device_num;
	range = range_make(PASS_THROUGH, n, config->pass_through_devices[n].base_gpa,
			   config->pass_through_devices[n].length);
	/* The guest gets whole pages of it. */
	range.first &= ~PAGE_MASK;
	range.last |= PAGE_MASK;
	return range;
}

static enum axvm_error overlap(const struct checker *c, const struct range *a,
			       const struct range *b)
{
	diag_set(c->diag, AXVM_ERR_ALREADY_EXISTS,
		 "overlaps another range of guest addresses: move one, or make it smaller");
	diag_where_entry(c->diag, a->list, a->index, NULL);
	diag_other_entry(c->diag, b->list, b->index);
	diag_value(c->diag, "first", a->first);
	diag_value(c->diag, "last", a->last);
	diag_value(c->diag, "other_first", b->first);
	diag_value(c->diag, "other_last", b->last);
	return AXVM_ERR_ALREADY_EXISTS;
}

static enum axvm_error check_overlaps(const struct checker *c)
{
	const struct axvm_config *config = c->config;
	size_t num = config->memory_region_num + config->emu_device_num +
		     config->pass_through_device_num;

	for (size_t i = 0; i < num; i++) {
		struct range a = range_get(config, i);

		for (size_t k = 0; k < i; k++) {
			struct range b = range_get(config, k);

			if (a.first <= b.last && b.first <= a.last)
				return overlap(c, &a, &b);
		}
	}
	return AXVM_OK;
}

enum axvm_error axvm_config_check(const struct axvm_config *config, struct axvm_diag *diag)
{
	static check_fn *const checks[] = {
		check_base,    check_cpu_ids,	  check_cpu_sets,   check_entry,
		check_regions, check_emu_devices, check_interrupts, check_pass_throughs,
		check_spis,    check_overlaps,
	};
	struct checker c = { config, axvm_machine_get((enum axvm_arch)config->arch), diag };
	enum axvm_error error = AXVM_OK;

	if (!c.machine)
		return diag_set(diag, AXVM_ERR_UNSUPPORTED,
				"there is no guest machine for this architecture");
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !error; i++)
		error = checks[i](&c);
	return error;
}
