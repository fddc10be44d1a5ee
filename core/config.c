/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a VM: from what a file says to what axvm_new() takes, and the accessors. */
#include <axvm/config.h>
#include <string.h>

#include "device_config.h"
#include "diag.h"
#include "intc_set.h"

#define DEFAULT_ID    1
#define DEFAULT_FLAGS (AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE)

/* MPIDR_EL1.Aff0 by default: an SGI's target list names 16 of them. */
#define AFF0_NUM 16

static enum axvm_error invalid(struct axvm_diag *diag, const char *field, const char *what)
{
	diag_set(diag, AXVM_ERR_INVALID_INPUT, what);
	diag_where(diag, field);
	return AXVM_ERR_INVALID_INPUT;
}

static enum axvm_error unsupported(struct axvm_diag *diag, const char *field, const char *what)
{
	diag_set(diag, AXVM_ERR_UNSUPPORTED, what);
	diag_where(diag, field);
	return AXVM_ERR_UNSUPPORTED;
}

static uint64_t value_or(struct axvm_opt_u64 value, uint64_t otherwise)
{
	return value.set ? value.value : otherwise;
}

static enum axvm_error copy_string(char *to, size_t size, const char *from, const char *field,
				   struct axvm_diag *diag)
{
	size_t len = strlen(from);

	if (len >= size) {
		invalid(diag, field, "too long");
		diag_value(diag, "length", len);
		diag_value(diag, "most", size - 1);
		return AXVM_ERR_INVALID_INPUT;
	}
	memcpy(to, from, len + 1);
	return AXVM_OK;
}

static enum axvm_error convert_number(struct axvm_opt_u64 from, uint32_t otherwise, uint32_t *to,
				      const char *field, struct axvm_diag *diag)
{
	uint64_t value = value_or(from, otherwise);

	if (value > UINT32_MAX) {
		invalid(diag, field, "out of range");
		diag_value(diag, "value", value);
		return AXVM_ERR_INVALID_INPUT;
	}
	*to = (uint32_t)value;
	return AXVM_OK;
}

static enum axvm_error convert_vm_type(const struct axvm_crate_config *crate,
				       struct axvm_config *out, struct axvm_diag *diag)
{
	switch (value_or(crate->base.vm_type, AXVM_VM_TYPE_RTOS)) {
	case 0:
		out->vm_type = AXVM_VM_TYPE_HOST;
		return AXVM_OK;
	case 1:
		out->vm_type = AXVM_VM_TYPE_RTOS;
		return AXVM_OK;
	case 2:
		out->vm_type = AXVM_VM_TYPE_LINUX;
		return AXVM_OK;
	default:
		return invalid(diag, "base.vm_type", "must be 0 (host), 1 (RTOS) or 2 (Linux)");
	}
}

/* A list with one entry per vCPU, or none. */
static enum axvm_error convert_cpu_list(const uint64_t *list, size_t num, uint32_t cpu_num,
					uint64_t *to, uint32_t *to_num, const char *field,
					struct axvm_diag *diag)
{
	if (num != 0 && (num != cpu_num || num > AXVM_MAX_VCPUS)) {
		invalid(diag, field, "must have one entry per vCPU");
		diag_value(diag, "entries", num);
		diag_value(diag, "cpu_num", cpu_num);
		return AXVM_ERR_INVALID_INPUT;
	}
	for (size_t i = 0; i < num; i++)
		to[i] = list[i];
	*to_num = (uint32_t)num;
	return AXVM_OK;
}

/* "vm" and the id, so that VMs without a name do not have the same. */
static void default_name(char *name, uint32_t id)
{
	char digits[10];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + id % 10);
		id /= 10;
	} while (id);
	*name++ = 'v';
	*name++ = 'm';
	while (n)
		*name++ = digits[--n];
	*name = '\0';
}

static enum axvm_error convert_name(const struct axvm_crate_config *crate, struct axvm_config *out,
				    struct axvm_diag *diag)
{
	if (crate->base.name)
		return copy_string(out->name, sizeof(out->name), crate->base.name, "base.name",
				   diag);
	default_name(out->name, out->id);
	return AXVM_OK;
}

static enum axvm_error convert_base(const struct axvm_crate_config *crate, struct axvm_config *out,
				    struct axvm_diag *diag)
{
	enum axvm_error error;

	error = convert_number(crate->base.id, DEFAULT_ID, &out->id, "base.id", diag);
	if (!error)
		error = convert_name(crate, out, diag);
	if (!error)
		error = convert_vm_type(crate, out, diag);
	if (!error)
		error = convert_number(crate->base.cpu_num, 1, &out->cpu_num, "base.cpu_num", diag);
	if (!error)
		error = convert_cpu_list(crate->base.phys_cpu_ids, crate->base.phys_cpu_id_num,
					 out->cpu_num, out->phys_cpu_ids, &out->phys_cpu_id_num,
					 "base.phys_cpu_ids", diag);
	if (!error)
		error = convert_cpu_list(crate->base.phys_cpu_sets, crate->base.phys_cpu_set_num,
					 out->cpu_num, out->phys_cpu_sets, &out->phys_cpu_set_num,
					 "base.phys_cpu_sets", diag);
	return error;
}

static enum axvm_error convert_images(const struct axvm_crate_config *crate,
				      struct axvm_config *out, struct axvm_diag *diag)
{
	const char *cmdline = crate->kernel.cmdline ? crate->kernel.cmdline : "";
	const char *location = crate->kernel.image_location;

	if (location && strcmp(location, "memory") != 0 && strcmp(location, "fs") != 0)
		return invalid(diag, "kernel.image_location", "must be \"memory\" or \"fs\"");
	if (crate->kernel.disk_path)
		return unsupported(diag, "kernel.disk_path",
				   "there is no disk device in this version: remove it");
	out->cpu_config.bsp_entry = crate->kernel.entry_point;
	out->cpu_config.ap_entry = crate->kernel.entry_point;
	out->image_config.kernel_load_addr = crate->kernel.kernel_load_addr;
	out->image_config.bios_load_addr = crate->kernel.bios_load_addr;
	out->image_config.dtb_load_addr = crate->kernel.dtb_load_addr;
	out->image_config.ramdisk_load_addr = crate->kernel.ramdisk_load_addr;
	return copy_string(out->image_config.cmdline, sizeof(out->image_config.cmdline), cmdline,
			   "kernel.cmdline", diag);
}

static enum axvm_error too_many(struct axvm_diag *diag, const char *field, size_t most)
{
	invalid(diag, field, "too many entries");
	diag_value(diag, "most", most);
	return AXVM_ERR_INVALID_INPUT;
}

static enum axvm_error convert_memory(const struct axvm_crate_config *crate,
				      const struct axvm_machine *machine, struct axvm_config *out,
				      struct axvm_diag *diag)
{
	struct axvm_memory_region ram = {
		.gpa = machine->ram_base,
		.size = value_or(crate->kernel.memory, machine->ram_size),
		.flags = DEFAULT_FLAGS,
		.map_type = AXVM_MAP_ALLOC,
	};

	if (!crate->kernel.memory_region_num)
		return axvm_config_add_memory_region(out, &ram);
	if (crate->kernel.memory.set)
		return invalid(diag, "kernel.memory", "give memory or memory_regions, not both");
	if (crate->kernel.memory_region_num > AXVM_MAX_MEMORY_REGIONS)
		return too_many(diag, "kernel.memory_regions", AXVM_MAX_MEMORY_REGIONS);
	for (size_t i = 0; i < crate->kernel.memory_region_num; i++)
		axvm_config_add_memory_region(out, &crate->kernel.memory_regions[i]);
	return AXVM_OK;
}

static enum axvm_error add_emu_device(struct axvm_config *config,
				      const struct axvm_emu_device *device, struct axvm_diag *diag)
{
	if (config->emu_device_num >= AXVM_MAX_EMU_DEVICES)
		return too_many(diag, "devices.emu_devices", AXVM_MAX_EMU_DEVICES);
	config->emu_devices[config->emu_device_num++] = *device;
	return AXVM_OK;
}

/* The set of which a file has a part, in either list; else the machine's own. */
static const struct intc_set *choose_intc(const struct axvm_crate_config *crate,
					  const struct axvm_config *config)
{
	const struct intc_set *set = NULL;

	while ((set = intc_next(config->arch, set))) {
		if (intc_has_any(set, config))
			return set;
		for (size_t i = 0; i < crate->devices.virtual_device_num; i++) {
			if (intc_part(set, crate->devices.virtual_devices[i].emu_type))
				return set;
		}
	}
	return intc_next(config->arch, NULL);
}

static const struct axvm_emu_device *machine_device(const struct axvm_machine *machine,
						    uint32_t emu_type)
{
	for (size_t i = 0; i < machine->device_num; i++) {
		if (machine->devices[i].emu_type == emu_type)
			return &machine->devices[i];
	}
	for (size_t i = 0; i < machine->other_num; i++) {
		if (machine->others[i].emu_type == emu_type)
			return &machine->others[i];
	}
	return NULL;
}

/* Those of the machine, but for another interrupt controller than the chosen one. */
static enum axvm_error add_machine_devices(struct axvm_config *config,
					   const struct axvm_machine *machine,
					   const struct intc_set *intc, struct axvm_diag *diag)
{
	enum axvm_error error = AXVM_OK;

	for (size_t i = 0; i < machine->device_num && !error; i++) {
		uint32_t emu_type = machine->devices[i].emu_type;

		if (!is_intc(config->arch, emu_type) || intc_part(intc, emu_type))
			error = add_emu_device(config, &machine->devices[i], diag);
	}
	return error;
}

/* What a file leaves out of its interrupt controller. */
static enum axvm_error add_intc(struct axvm_config *config, const struct axvm_machine *machine,
				const struct intc_set *intc, struct axvm_diag *diag)
{
	enum axvm_error error = AXVM_OK;

	for (size_t i = 0; i < INTC_PARTS && !error; i++) {
		const struct axvm_emu_device *device = machine_device(machine, intc->parts[i]);

		if (device && !device_config_find(config, device->emu_type))
			error = add_emu_device(config, device, diag);
	}
	return error;
}

static enum axvm_error no_such_device(struct axvm_diag *diag)
{
	return unsupported(diag, "devices.virtual", "this machine has no such device");
}

static enum axvm_error add_machine_device(struct axvm_config *config,
					  const struct axvm_machine *machine, uint32_t emu_type,
					  struct axvm_diag *diag)
{
	const struct axvm_emu_device *device = machine_device(machine, emu_type);

	if (device)
		return add_emu_device(config, device, diag);
	return no_such_device(diag);
}

/* Those that are named by their model are added to a list of devices that lacks them. */
static enum axvm_error add_virtual_devices(const struct axvm_crate_config *crate,
					   const struct axvm_machine *machine,
					   struct axvm_config *config, struct axvm_diag *diag)
{
	enum axvm_error error = AXVM_OK;

	for (size_t i = 0; i < crate->devices.virtual_device_num && !error; i++) {
		const struct axvm_virtual_device *device = &crate->devices.virtual_devices[i];

		if (device->arch && device->arch != config->arch)
			return no_such_device(diag);
		if (!device_config_find(config, device->emu_type))
			error = add_machine_device(config, machine, device->emu_type, diag);
	}
	return error;
}

static const struct mode_name {
	const char *name;
	enum axvm_interrupt_mode mode;
} mode_names[] = {
	{ "no_irq", AXVM_INTERRUPT_NONE },	 { "no", AXVM_INTERRUPT_NONE },
	{ "none", AXVM_INTERRUPT_NONE },	 { "emu", AXVM_INTERRUPT_EMULATED },
	{ "emulated", AXVM_INTERRUPT_EMULATED }, { "passthrough", AXVM_INTERRUPT_PASSTHROUGH },
	{ "pt", AXVM_INTERRUPT_PASSTHROUGH },
};

/* By default as the devices are: emulated when there is an interrupt controller among them. */
static enum axvm_error convert_interrupt_mode(const char *name, struct axvm_config *out,
					      struct axvm_diag *diag)
{
	if (!name) {
		out->interrupt_mode = has_intc(out) ? AXVM_INTERRUPT_EMULATED : AXVM_INTERRUPT_NONE;
		return AXVM_OK;
	}
	for (size_t i = 0; i < sizeof(mode_names) / sizeof(mode_names[0]); i++) {
		if (strcmp(mode_names[i].name, name) == 0) {
			out->interrupt_mode = mode_names[i].mode;
			return AXVM_OK;
		}
	}
	return invalid(diag, "devices.interrupt_mode", "must be \"emu\" or \"no_irq\"");
}

static enum axvm_error convert_emu_devices(const struct axvm_crate_config *crate,
					   const struct axvm_machine *machine,
					   struct axvm_config *out, struct axvm_diag *diag)
{
	const struct intc_set *intc;
	enum axvm_error error = AXVM_OK;

	for (size_t i = 0; i < crate->devices.emu_device_num && !error; i++)
		error = add_emu_device(out, &crate->devices.emu_devices[i], diag);
	intc = choose_intc(crate, out);
	if (!error && !crate->devices.emu_devices_set)
		error = add_machine_devices(out, machine, intc, diag);
	if (!error)
		error = add_virtual_devices(crate, machine, out, diag);
	if (!error)
		error = convert_interrupt_mode(crate->devices.interrupt_mode, out, diag);
	if (!error && out->interrupt_mode == AXVM_INTERRUPT_EMULATED)
		error = add_intc(out, machine, intc, diag);
	return error;
}

static enum axvm_error add_pass_through(struct axvm_config *config,
					const struct axvm_pass_through_device *device,
					struct axvm_diag *diag)
{
	if (axvm_config_add_pass_through_device(config, device))
		return too_many(diag, "devices.passthrough_devices", AXVM_MAX_PASS_THROUGH_DEVICES);
	return AXVM_OK;
}

static enum axvm_error convert_pass_through(const struct axvm_crate_config *crate,
					    struct axvm_config *out, struct axvm_diag *diag)
{
	enum axvm_error error = AXVM_OK;

	for (size_t i = 0; i < crate->devices.passthrough_device_num && !error; i++) {
		const struct axvm_pass_through_device *device =
			&crate->devices.passthrough_devices[i];

		if (device->name[0] == '/' && !device->length) {
			diag_set(diag, AXVM_ERR_UNSUPPORTED,
				 "a device cannot be given by its path: give its addresses");
			diag_where_entry(diag, "devices.passthrough_devices", i, NULL);
			return AXVM_ERR_UNSUPPORTED;
		}
		error = add_pass_through(out, device, diag);
	}
	for (size_t i = 0; i < crate->devices.passthrough_address_num && !error; i++) {
		struct axvm_pass_through_device device = crate->devices.passthrough_addresses[i];

		memcpy(device.name, "address", sizeof("address"));
		device.base_hpa = device.base_gpa;
		device.irq_id = 0;
		error = add_pass_through(out, &device, diag);
	}
	return error;
}

static bool spi_taken(const struct axvm_config *config, uint32_t irq_host_base, uint32_t spi)
{
	for (uint32_t i = 0; i < config->emu_device_num; i++) {
		if (config->emu_devices[i].irq_id == spi)
			return true;
	}
	for (uint32_t i = 0; i < config->pass_through_device_num; i++) {
		if (config->pass_through_devices[i].irq_id == irq_host_base + spi)
			return true;
	}
	for (uint32_t i = 0; i < config->ivc_channel_num; i++) {
		if (config->ivc_channels[i].irq_id == spi)
			return true;
	}
	return false;
}

/* From the highest downwards, so that a device added later keeps its usual number. */
static enum axvm_error assign_doorbells(struct axvm_config *config,
					const struct axvm_machine *machine, struct axvm_diag *diag)
{
	uint32_t base = machine->irq_host_base, least = machine->irq_min;
	uint32_t spi = machine->doorbell_max;

	for (uint32_t i = 0; i < config->ivc_channel_num; i++) {
		if (config->ivc_channels[i].irq_id != AXVM_IVC_IRQ_ANY)
			continue;
		while (spi > least && spi_taken(config, base, spi - 1))
			spi--;
		if (spi == least)
			return invalid(diag, "devices.ivc", "no interrupt is left for a doorbell");
		config->ivc_channels[i].irq_id = spi - 1;
	}
	return AXVM_OK;
}

/* A VM may name itself as the publisher. */
static void add_channel(struct axvm_config *config, const struct axvm_ivc_channel *channel)
{
	struct axvm_ivc_channel *to = &config->ivc_channels[config->ivc_channel_num++];

	*to = *channel;
	if (strncmp(to->publisher, config->name, sizeof(to->publisher)) == 0)
		memset(to->publisher, 0, sizeof(to->publisher));
}

static enum axvm_error convert_channels(const struct axvm_crate_config *crate,
					const struct axvm_machine *machine, struct axvm_config *out,
					struct axvm_diag *diag)
{
	enum axvm_error error = AXVM_OK;

	if (crate->devices.ivc_channel_num > AXVM_MAX_IVC_CHANNELS)
		return too_many(diag, "devices.ivc", AXVM_MAX_IVC_CHANNELS);
	for (size_t i = 0; i < crate->devices.ivc_channel_num; i++)
		add_channel(out, &crate->devices.ivc_channels[i]);
	if (out->ivc_channel_num && machine->ivc && !device_config_find(out, AXVM_EMU_IVC_CHANNEL))
		error = add_emu_device(out, machine->ivc, diag);
	return error ? error : assign_doorbells(out, machine, diag);
}

enum axvm_error axvm_config_from_crate_config(const struct axvm_crate_config *crate,
					      struct axvm_config *out, struct axvm_diag *diag)
{
	const struct axvm_machine *machine = axvm_machine_get(crate->arch);
	enum axvm_error error;

	if (!machine)
		return unsupported(diag, "", "there is no guest machine for this architecture");
	memset(out, 0, sizeof(*out));
	out->arch = crate->arch;
	error = convert_base(crate, out, diag);
	if (!error)
		error = convert_images(crate, out, diag);
	if (!error)
		error = convert_memory(crate, machine, out, diag);
	if (!error)
		error = convert_emu_devices(crate, machine, out, diag);
	if (!error)
		error = convert_pass_through(crate, out, diag);
	if (!error)
		error = convert_channels(crate, machine, out, diag);
	return error;
}

uint32_t axvm_config_id(const struct axvm_config *config)
{
	return config->id;
}

const char *axvm_config_name(const struct axvm_config *config)
{
	return config->name;
}

const struct axvm_image_config *axvm_config_image_config(const struct axvm_config *config)
{
	return &config->image_config;
}

struct axvm_opt_u64 axvm_config_bsp_entry(const struct axvm_config *config)
{
	return config->cpu_config.bsp_entry;
}

struct axvm_opt_u64 axvm_config_ap_entry(const struct axvm_config *config)
{
	return config->cpu_config.ap_entry;
}

const struct axvm_memory_region *axvm_config_memory_regions(const struct axvm_config *config,
							    size_t *num)
{
	*num = config->memory_region_num;
	return config->memory_regions;
}

enum axvm_interrupt_mode axvm_config_interrupt_mode(const struct axvm_config *config)
{
	return (enum axvm_interrupt_mode)config->interrupt_mode;
}

const struct axvm_emu_device *axvm_config_emu_devices(const struct axvm_config *config, size_t *num)
{
	*num = config->emu_device_num;
	return config->emu_devices;
}

const struct axvm_pass_through_device *
axvm_config_pass_through_devices(const struct axvm_config *config, size_t *num)
{
	*num = config->pass_through_device_num;
	return config->pass_through_devices;
}

const uint32_t *axvm_config_pass_through_spis(const struct axvm_config *config, size_t *num)
{
	*num = config->spi_num;
	return config->spi_list;
}

enum axvm_error axvm_config_add_memory_region(struct axvm_config *config,
					      const struct axvm_memory_region *region)
{
	if (config->memory_region_num >= AXVM_MAX_MEMORY_REGIONS)
		return AXVM_ERR_NO_MEMORY;
	config->memory_regions[config->memory_region_num++] = *region;
	return AXVM_OK;
}

enum axvm_error axvm_config_add_pass_through_device(struct axvm_config *config,
						    const struct axvm_pass_through_device *device)
{
	if (config->pass_through_device_num >= AXVM_MAX_PASS_THROUGH_DEVICES)
		return AXVM_ERR_NO_MEMORY;
	config->pass_through_devices[config->pass_through_device_num++] = *device;
	return AXVM_OK;
}

enum axvm_error axvm_config_add_pass_through_spi(struct axvm_config *config, uint32_t spi)
{
	if (config->spi_num >= AXVM_MAX_SPIS)
		return AXVM_ERR_NO_MEMORY;
	config->spi_list[config->spi_num++] = spi;
	return AXVM_OK;
}

enum axvm_error axvm_config_remove_pass_through_device(struct axvm_config *config, const char *name)
{
	struct axvm_pass_through_device *devices = config->pass_through_devices;
	uint32_t num = config->pass_through_device_num;

	for (uint32_t i = 0; i < num; i++) {
		if (strncmp(devices[i].name, name, sizeof(devices[i].name)) != 0)
			continue;
		memmove(&devices[i], &devices[i + 1], (num - i - 1) * sizeof(devices[0]));
		config->pass_through_device_num--;
		return AXVM_OK;
	}
	return AXVM_ERR_NOT_FOUND;
}

bool axvm_config_contains_memory_range(const struct axvm_config *config, uint64_t gpa,
				       uint64_t size)
{
	for (uint32_t i = 0; i < config->memory_region_num; i++) {
		const struct axvm_memory_region *region = &config->memory_regions[i];

		if (size && gpa >= region->gpa && gpa - region->gpa < region->size &&
		    size <= region->size - (gpa - region->gpa))
			return true;
	}
	return false;
}

static uint64_t default_phys_id(uint32_t arch, uint32_t vcpu)
{
	if (arch == AXVM_ARCH_AARCH64)
		return (vcpu / AFF0_NUM) << 8 | vcpu % AFF0_NUM;
	return vcpu;
}

enum axvm_error axvm_config_get_vcpu_affinities_pcpu_ids(const struct axvm_config *config,
							 struct axvm_vcpu_affinity *out,
							 size_t out_num)
{
	uint32_t num = config->cpu_num;

	if (num > AXVM_MAX_VCPUS || num > out_num ||
	    (config->phys_cpu_id_num && config->phys_cpu_id_num != num) ||
	    (config->phys_cpu_set_num && config->phys_cpu_set_num != num))
		return AXVM_ERR_INVALID_INPUT;
	for (uint32_t i = 0; i < num; i++) {
		out[i] = (struct axvm_vcpu_affinity){
			.vcpu_id = i,
			.has_mask = config->phys_cpu_set_num != 0,
			.mask = config->phys_cpu_set_num ? config->phys_cpu_sets[i] : 0,
			.phys_id = config->phys_cpu_id_num ? config->phys_cpu_ids[i] :
							     default_phys_id(config->arch, i),
		};
	}
	return AXVM_OK;
}
