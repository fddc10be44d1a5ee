/* SPDX-License-Identifier: Apache-2.0 */
/* What can be known about a configuration without a host. Nothing in it is trusted. */
#include "config_check.h"
#include "intc_set.h"

#include <string.h>

#define REGIONS	     "kernel.memory_regions"
#define PASS_THROUGH "devices.passthrough_devices"

/* GICv3 (Arm IHI 0069): two 64 KiB frames for each redistributor. */
#define GICR_STRIDE 0x20000

/* MPIDR_EL1.Aff3, Aff2, Aff1 and Aff0 (Arm DDI 0487, D19.2.98). */
#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

/* Registers of a PLIC's contexts, of which each hart has two, begin there (RISC-V PLIC
 * Specification, "Memory Map"). */
#define PLIC_CONTEXTS	 0x200000
#define PLIC_HART_STRIDE 0x2000

/* A supervisor-level interrupt file; what an APLIC has without direct delivery (RISC-V AIA). */
#define IMSIC_STRIDE 0x1000
#define APLIC_LENGTH 0x4000

/* What the architecture alone decides. */
static const struct arch_rule {
	enum axvm_arch arch;
	uint64_t cpu_id_bits;
	const char *bad_cpu_id;
	uint64_t entry_align;
	const char *bad_entry;
	const char *bad_intc;
} arch_rules[] = {
	{ AXVM_ARCH_AARCH64, MPIDR_AFFINITY,
	  "only the affinity bits of MPIDR (0xff00ffffff) may be set", 4, "must be a multiple of 4",
	  "emulated interrupts need a distributor (0x21) and redistributors (0x20)" },
	{ AXVM_ARCH_RISCV64, UINT32_MAX, "a hart's id is below 0x100000000", 2,
	  "must be a multiple of 2",
	  "emulated interrupts need a PLIC (0x30), or instead an APLIC (0x31) and an IMSIC (0x32)" },
};

/* Of one whose machine there is. */
static const struct arch_rule *arch_rule(const struct checker *c)
{
	size_t i = 0;

	while (i + 1 < sizeof(arch_rules) / sizeof(arch_rules[0]) &&
	       arch_rules[i].arch != c->machine->arch)
		i++;
	return &arch_rules[i];
}

/* Every check returns an error and has filled the diagnostic, or returns AXVM_OK. */
typedef enum axvm_error check_fn(const struct checker *c);
/* The same for one entry of a list. */
typedef enum axvm_error check_entry_fn(const struct checker *c, size_t i);

enum axvm_error bad_field(const struct checker *c, const char *field, const char *what)
{
	diag_set(c->diag, AXVM_ERR_INVALID_INPUT, what);
	diag_where(c->diag, field);
	return AXVM_ERR_INVALID_INPUT;
}

enum axvm_error bad_number(const struct checker *c, const char *field, const char *what,
			   uint64_t value)
{
	bad_field(c, field, what);
	diag_value(c->diag, "value", value);
	return AXVM_ERR_INVALID_INPUT;
}

enum axvm_error bad_entry(const struct checker *c, const char *list, size_t index,
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

bool name_valid(const char *name)
{
	size_t len;

	for (len = 0; len < AXVM_NAME_MAX && name[len]; len++) {
		if ((unsigned char)name[len] < ' ' || name[len] == 0x7f)
			return false;
	}
	return len > 0 && len < AXVM_NAME_MAX;
}

static enum axvm_error check_id(const struct checker *c)
{
	if (c->config->id == UINT32_MAX)
		return bad_number(c, "base.id", "must be below 0xffffffff", c->config->id);
	return AXVM_OK;
}

static enum axvm_error check_name(const struct checker *c)
{
	if (!name_valid(c->config->name))
		return bad_field(c, "base.name", "must be 1 to 47 printable characters");
	return AXVM_OK;
}

static enum axvm_error check_vm_type(const struct checker *c)
{
	if (c->config->vm_type > AXVM_VM_TYPE_LINUX)
		return bad_number(c, "base.vm_type", "must be 0, 1 or 2", c->config->vm_type);
	return AXVM_OK;
}

static enum axvm_error check_interrupt_mode(const struct checker *c)
{
	if (c->config->interrupt_mode > AXVM_INTERRUPT_PASSTHROUGH)
		return bad_number(c, "devices.interrupt_mode", "must be 0, 1 or 2",
				  c->config->interrupt_mode);
	return AXVM_OK;
}

static enum axvm_error check_cmdline(const struct checker *c)
{
	const char *cmdline = c->config->image_config.cmdline;

	if (!memchr(cmdline, '\0', AXVM_CMDLINE_MAX))
		return bad_field(c, "kernel.cmdline", "too long");
	return AXVM_OK;
}

static enum axvm_error check_cpu_set(const struct checker *c, size_t i)
{
	if (c->config->phys_cpu_sets[i])
		return AXVM_OK;
	bad_field(c, "", "an empty set leaves the vCPU no CPU to run on");
	diag_where_entry(c->diag, "base.phys_cpu_sets", i, NULL);
	return AXVM_ERR_INVALID_INPUT;
}

static enum axvm_error check_cpu_id(const struct checker *c, size_t i)
{
	const struct axvm_config *config = c->config;
	uint64_t id = config->phys_cpu_ids[i];

	if (id & ~arch_rule(c)->cpu_id_bits) {
		bad_number(c, "", arch_rule(c)->bad_cpu_id, id);
		diag_where_entry(c->diag, "base.phys_cpu_ids", i, NULL);
		return AXVM_ERR_INVALID_INPUT;
	}
	for (size_t k = 0; k < i; k++) {
		if (config->phys_cpu_ids[k] != id)
			continue;
		bad_number(c, "", "each vCPU needs its own id", id);
		diag_where_entry(c->diag, "base.phys_cpu_ids", i, NULL);
		diag_other_entry(c->diag, "base.phys_cpu_ids", k);
		return AXVM_ERR_INVALID_INPUT;
	}
	return AXVM_OK;
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
		if (entries[i].value % arch_rule(c)->entry_align)
			return bad_number(c, "kernel.entry_point", arch_rule(c)->bad_entry,
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

static enum axvm_error check_flags(const struct checker *c, size_t i,
				   const struct axvm_memory_region *region)
{
	uint32_t flags = region->flags;

	if (flags & ~AXVM_MEM_ALL)
		return bad_entry(c, REGIONS, i, "flags", "unknown bits: the flags are below 0x80",
				 flags);
	if (flags & AXVM_MEM_DEVICE)
		return bad_entry(c, REGIONS, i, "flags",
				 "RAM cannot be device memory: list it in passthrough_devices",
				 flags);
	if (c->machine->arch == AXVM_ARCH_RISCV64 &&
	    (flags & (AXVM_MEM_READ | AXVM_MEM_WRITE)) == AXVM_MEM_WRITE)
		return bad_entry(c, REGIONS, i, "flags",
				 "RISC-V has no memory that can be written and not read", flags);
	if (!(flags & (AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE)))
		return bad_entry(c, REGIONS, i, "flags",
				 "allow nothing: 0x1 is read, 0x2 write, 0x4 execute", flags);
	if ((flags & AXVM_MEM_SHARED) && region->map_type == AXVM_MAP_ALLOC)
		return bad_entry(c, REGIONS, i, "flags",
				 "frames that the host picks are no other VM's: shared RAM is "
				 "identical (1) or reserved (2), or a channel",
				 flags);
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
	if (check_flags(c, i, region))
		return AXVM_ERR_INVALID_INPUT;
	return check_range(c, REGIONS, i, region->gpa, "gpa", region->size, "size");
}

/* The device models of a guest machine, and what each needs. */
static const struct device_rule {
	enum axvm_arch arch;
	uint32_t emu_type;
	bool has_irq;
	bool only_one;
	uint64_t align;
	uint64_t min_length;
	uint64_t per_vcpu; /* more for each of them */
} device_rules[] = {
	{ AXVM_ARCH_AARCH64, AXVM_EMU_DUMMY, false, false, 1, 1, 0 },
	{ AXVM_ARCH_AARCH64, AXVM_EMU_GICD, false, true, 0x10000, 0x10000, 0 },
	{ AXVM_ARCH_AARCH64, AXVM_EMU_GICR, false, true, 0x10000, 0, GICR_STRIDE },
	{ AXVM_ARCH_AARCH64, AXVM_EMU_CONSOLE, true, false, 0x1000, 0x1000, 0 },
	{ AXVM_ARCH_AARCH64, AXVM_EMU_RTC, true, false, 0x1000, 0x1000, 0 },
	{ AXVM_ARCH_AARCH64, AXVM_EMU_IVC_CHANNEL, false, true, 0x1000, 0x1000, 0 },
	{ AXVM_ARCH_RISCV64, AXVM_EMU_DUMMY, false, false, 1, 1, 0 },
	{ AXVM_ARCH_RISCV64, AXVM_EMU_PLIC, false, true, 0x1000, PLIC_CONTEXTS, PLIC_HART_STRIDE },
	{ AXVM_ARCH_RISCV64, AXVM_EMU_APLIC, false, true, 0x1000, APLIC_LENGTH, 0 },
	{ AXVM_ARCH_RISCV64, AXVM_EMU_IMSIC, false, true, 0x1000, 0, IMSIC_STRIDE },
	{ AXVM_ARCH_RISCV64, AXVM_EMU_CONSOLE, true, false, 8, 8, 0 },
	{ AXVM_ARCH_RISCV64, AXVM_EMU_RTC, true, false, 0x1000, 0x1000, 0 },
	{ AXVM_ARCH_RISCV64, AXVM_EMU_POWER, false, true, 0x1000, 0x1000, 0 },
	{ AXVM_ARCH_RISCV64, AXVM_EMU_IVC_CHANNEL, false, true, 0x1000, 0x1000, 0 },
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
	uint64_t least = rule->min_length + rule->per_vcpu * c->config->cpu_num;

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
static enum axvm_error check_only(const struct checker *c, size_t i, const struct device_rule *rule)
{
	const struct axvm_emu_device *devices = c->config->emu_devices;

	for (size_t k = 0; k < i && rule->only_one; k++) {
		if (device_rule(c, devices[k].emu_type) != rule)
			continue;
		diag_set(c->diag, AXVM_ERR_ALREADY_EXISTS,
			 "there can be only one device of this type");
		diag_where_entry(c->diag, EMU_DEVICES, i, "emu_type");
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
	error = check_size(c, i, rule);
	return error ? error : check_only(c, i, rule);
}

/* All parts of one interrupt controller, and nothing of another. */
static bool intc_whole(const struct axvm_config *config)
{
	const struct intc_set *set = NULL;
	unsigned any = 0, all = 0;

	while ((set = intc_next(config->arch, set))) {
		any += intc_has_any(set, config);
		all += intc_has_all(set, config);
	}
	return any == 1 && all == 1;
}

/* Emulated interrupts need a whole interrupt controller; nothing forwards those of the host. */
static enum axvm_error check_interrupts(const struct checker *c)
{
	if (c->config->interrupt_mode == AXVM_INTERRUPT_PASSTHROUGH) {
		bad_field(c, "devices.interrupt_mode",
			  "the host's interrupts are not forwarded to VMs yet: use \"emu\"");
		return unsupported(c);
	}
	if (c->config->interrupt_mode != AXVM_INTERRUPT_EMULATED || intc_whole(c->config))
		return AXVM_OK;
	return bad_field(c, EMU_DEVICES, arch_rule(c)->bad_intc);
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
	if (device->shared > 1)
		return bad_entry(c, PASS_THROUGH, i, "shared", "must be 0 or 1", device->shared);
	return check_range(c, PASS_THROUGH, i, device->base_gpa, "base_gpa", device->length,
			   "length");
}

static enum axvm_error check_spi(const struct checker *c, size_t i)
{
	if (c->config->spi_list[i] >= c->machine->spi_max)
		return bad_number(c, "devices.spi_list", "no such interrupt",
				  c->config->spi_list[i]);
	bad_number(c, "devices.spi_list",
		   "the host's interrupts are not forwarded to VMs yet: remove them",
		   c->config->spi_list[i]);
	return unsupported(c);
}

/* What raises interrupts of the guest, under one numbering. */
struct irq_user {
	const char *list;
	size_t index;
	uint32_t irq_id; /* as the configuration has it */
	uint32_t base;	 /* of that, what is the guest's number 0 */
	uint32_t below;	 /* the guest's number has to be */
	bool has_irq;
};

/* What the interrupt controller has, of the guest's numbers. */
static uint32_t irq_max(const struct checker *c)
{
	const struct intc_set *set = NULL;

	while ((set = intc_next(c->config->arch, set))) {
		if (intc_has_any(set, c->config))
			return set->irq_max;
	}
	return c->machine->spi_max;
}

static struct irq_user irq_user_get(const struct checker *c, size_t n)
{
	const struct axvm_config *config = c->config;
	uint32_t base = c->machine->irq_host_base, irq;

	if (n < config->emu_device_num) {
		const struct device_rule *rule = device_rule(c, config->emu_devices[n].emu_type);

		irq = config->emu_devices[n].irq_id;
		return (struct irq_user){
			EMU_DEVICES, n, irq, 0, irq_max(c), rule && rule->has_irq
		};
	}
	n -= config->emu_device_num;
	if (n < config->pass_through_device_num) {
		/* Its number is the host's; below the devices' numbers files write what they
		 * like. */
		irq = config->pass_through_devices[n].irq_id;
		return (struct irq_user){ PASS_THROUGH,
					  n,
					  irq,
					  base,
					  c->machine->spi_max,
					  irq >= base + c->machine->irq_min };
	}
	n -= config->pass_through_device_num;
	irq = config->ivc_channels[n].irq_id;
	return (struct irq_user){ IVC_CHANNELS, n, irq, 0, irq_max(c), true };
}

static enum axvm_error check_irq_range(const struct checker *c, const struct irq_user *user)
{
	uint32_t id = user->irq_id - user->base;

	if (id >= c->machine->irq_min && id < user->below)
		return AXVM_OK;
	bad_entry(c, user->list, user->index, "irq_id", "no such interrupt", user->irq_id);
	diag_value(c->diag, "below", user->base + user->below);
	return AXVM_ERR_INVALID_INPUT;
}

/* In range, and not that of one before it. */
static enum axvm_error check_irq(const struct checker *c, size_t n)
{
	struct irq_user user = irq_user_get(c, n);

	if (!user.has_irq)
		return AXVM_OK;
	if (check_irq_range(c, &user))
		return AXVM_ERR_INVALID_INPUT;
	for (size_t k = 0; k < n; k++) {
		struct irq_user other = irq_user_get(c, k);

		if (!other.has_irq || other.irq_id - other.base != user.irq_id - user.base)
			continue;
		diag_set(c->diag, AXVM_ERR_ALREADY_EXISTS,
			 "another device has this interrupt: choose another number");
		diag_where_entry(c->diag, user.list, user.index, "irq_id");
		diag_other_entry(c->diag, other.list, other.index);
		diag_value(c->diag, "irq_id", user.irq_id);
		return AXVM_ERR_ALREADY_EXISTS;
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

/* Against the ranges before it. */
static enum axvm_error check_overlap(const struct checker *c, size_t i)
{
	struct range a = range_get(c->config, i);

	for (size_t k = 0; k < i; k++) {
		struct range b = range_get(c->config, k);

		if (a.first <= b.last && b.first <= a.last)
			return overlap(c, &a, &b);
	}
	return AXVM_OK;
}

#define NUM(member) offsetof(struct axvm_config, member)

/* The lists of a configuration. */
static const struct list {
	const char *field;
	const char *what;
	size_t num; /* offset of the number of entries */
	uint32_t least;
	uint32_t most;
	bool per_vcpu; /* cpu_num entries, or none */
	check_entry_fn *check;
} lists[] = {
	{ "base.phys_cpu_ids", "must have one entry per vCPU", NUM(phys_cpu_id_num), 0,
	  AXVM_MAX_VCPUS, true, check_cpu_id },
	{ "base.phys_cpu_sets", "must have one entry per vCPU", NUM(phys_cpu_set_num), 0,
	  AXVM_MAX_VCPUS, true, check_cpu_set },
	{ REGIONS, "must have 1 to 16 entries", NUM(memory_region_num), 1, AXVM_MAX_MEMORY_REGIONS,
	  false, check_region },
	{ EMU_DEVICES, "must have at most 256 entries", NUM(emu_device_num), 0,
	  AXVM_MAX_EMU_DEVICES, false, check_emu_device },
	{ PASS_THROUGH, "must have at most 32 entries", NUM(pass_through_device_num), 0,
	  AXVM_MAX_PASS_THROUGH_DEVICES, false, check_pass_through },
	{ "devices.spi_list", "must have at most 64 entries", NUM(spi_num), 0, AXVM_MAX_SPIS, false,
	  check_spi },
	{ IVC_CHANNELS, "must have at most 8 entries", NUM(ivc_channel_num), 0,
	  AXVM_MAX_IVC_CHANNELS, false, check_channel },
};

#define LIST_NUM (sizeof(lists) / sizeof(lists[0]))

static uint32_t list_length(const struct axvm_config *config, const struct list *list)
{
	uint32_t num;

	memcpy(&num, (const uint8_t *)config + list->num, sizeof(num));
	return num;
}

static enum axvm_error check_length(const struct checker *c, const struct list *list)
{
	uint32_t num = list_length(c->config, list);

	if (num < list->least || num > list->most ||
	    (list->per_vcpu && num && num != c->config->cpu_num))
		return bad_number(c, list->field, list->what, num);
	return AXVM_OK;
}

static enum axvm_error check_cpu_num(const struct checker *c)
{
	uint32_t num = c->config->cpu_num;

	if (num < 1 || num > AXVM_MAX_VCPUS)
		return bad_number(c, "base.cpu_num", "must be 1 to 64", num);
	return AXVM_OK;
}

/* Everything that the other checks count by. */
static bool check_lengths(struct checker *c)
{
	bool go_on = checker_go_on(c, check_cpu_num(c));

	for (size_t i = 0; i < LIST_NUM && go_on; i++)
		go_on = checker_go_on(c, check_length(c, &lists[i]));
	return go_on;
}

static bool check_fields(struct checker *c)
{
	static check_fn *const checks[] = {
		check_id,      check_name,  check_vm_type,    check_interrupt_mode,
		check_cmdline, check_entry, check_interrupts, check_ivc_window,
	};
	bool go_on = true;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && go_on; i++)
		go_on = checker_go_on(c, checks[i](c));
	return go_on;
}

static bool check_entries(struct checker *c, check_entry_fn *check, size_t num)
{
	bool go_on = true;

	for (size_t i = 0; i < num && go_on; i++)
		go_on = checker_go_on(c, check(c, i));
	return go_on;
}

static bool check_lists(struct checker *c)
{
	bool go_on = true;

	for (size_t i = 0; i < LIST_NUM && go_on; i++)
		go_on = check_entries(c, lists[i].check, list_length(c->config, &lists[i]));
	return go_on;
}

/* A step that builds on others is left out when they found something. */
static enum axvm_error check_all(struct checker *c)
{
	const struct axvm_config *config = c->config;
	size_t devices = config->emu_device_num + (size_t)config->pass_through_device_num;

	if (!check_lengths(c) || c->first)
		return c->first;
	if (!check_fields(c) || !check_lists(c))
		return c->first;
	if (!check_entries(c, check_irq, devices + config->ivc_channel_num) || c->first)
		return c->first;
	check_entries(c, check_overlap, config->memory_region_num + devices);
	return c->first;
}

static enum axvm_error check_machine(struct checker *c)
{
	c->machine = axvm_machine_get((enum axvm_arch)c->config->arch);
	if (c->machine)
		return check_all(c);
	diag_set(c->diag, AXVM_ERR_UNSUPPORTED, "there is no guest machine for this architecture");
	checker_go_on(c, AXVM_ERR_UNSUPPORTED);
	return c->first;
}

enum axvm_error axvm_config_check(const struct axvm_config *config, struct axvm_diag *diag)
{
	struct checker c = { .config = config, .diag = diag };

	return check_machine(&c);
}

enum axvm_error axvm_config_check_all(const struct axvm_config *config, axvm_config_report *report,
				      void *ctx)
{
	struct axvm_diag diag;
	struct checker c = { .config = config, .diag = &diag, .report = report, .ctx = ctx };

	return check_machine(&c);
}
