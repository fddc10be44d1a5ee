/* SPDX-License-Identifier: Apache-2.0 */
#include "config_keys.hpp"

namespace config
{

#define CRATE(member)	offsetof(axvm_crate_config, member)
#define REGION(member)	offsetof(axvm_memory_region, member)
#define DEVICE(member)	offsetof(axvm_emu_device, member)
#define PASSED(member)	offsetof(axvm_pass_through_device, member)
#define CHANNEL(member) offsetof(axvm_ivc_channel, member)

static const std::vector<name_value> vm_types = {
	{ "host", AXVM_VM_TYPE_HOST, "" },
	{ "rtos", AXVM_VM_TYPE_RTOS, "" },
	{ "linux", AXVM_VM_TYPE_LINUX, "" },
};

static const std::vector<name_value> locations = { { "memory", 0, "" }, { "fs", 0, "" } };

static const std::vector<name_value> modes = {
	{ "emu", 0, "" },  { "emulated", 0, "" },    { "no_irq", 0, "" }, { "no", 0, "" },
	{ "none", 0, "" }, { "passthrough", 0, "" }, { "pt", 0, "" },
};

static const std::vector<name_value> mem_flags = {
	{ "r", AXVM_MEM_READ, "read" },	      { "w", AXVM_MEM_WRITE, "write" },
	{ "x", AXVM_MEM_EXECUTE, "execute" }, { "u", AXVM_MEM_USER, "user" },
	{ "d", AXVM_MEM_DEVICE, "device" },   { "n", AXVM_MEM_UNCACHED, "uncached" },
	{ "s", AXVM_MEM_SHARED, "shared" },
};

static const std::vector<name_value> rights = {
	{ "r", AXVM_ACCESS_READ, "read" },
	{ "w", AXVM_ACCESS_WRITE, "write" },
};

static const std::vector<name_value> map_types = {
	{ "allocate", AXVM_MAP_ALLOC, "" },
	{ "identical", AXVM_MAP_IDENTICAL, "" },
	{ "reserved", AXVM_MAP_RESERVED, "" },
};

static const std::vector<name_value> emu_types = {
	{ "dummy", AXVM_EMU_DUMMY, "" },     { "gicd", AXVM_EMU_GICD, "" },
	{ "gicr", AXVM_EMU_GICR, "" },	     { "plic", AXVM_EMU_PLIC, "" },
	{ "aplic", AXVM_EMU_APLIC, "" },     { "imsic", AXVM_EMU_IMSIC, "" },
	{ "console", AXVM_EMU_CONSOLE, "" }, { "rtc", AXVM_EMU_RTC, "" },
	{ "power", AXVM_EMU_POWER, "" },     { "ivc", AXVM_EMU_IVC_CHANNEL, "" },
};

static const std::vector<name_value> models = {
	{ "pl011", model_word(AXVM_ARCH_AARCH64, AXVM_EMU_CONSOLE), "" },
	{ "arm-pl011", model_word(AXVM_ARCH_AARCH64, AXVM_EMU_CONSOLE), "" },
	{ "pl031", model_word(AXVM_ARCH_AARCH64, AXVM_EMU_RTC), "" },
	{ "arm-pl031", model_word(AXVM_ARCH_AARCH64, AXVM_EMU_RTC), "" },
	{ "ns16550", model_word(AXVM_ARCH_RISCV64, AXVM_EMU_CONSOLE), "" },
	{ "ns16550a", model_word(AXVM_ARCH_RISCV64, AXVM_EMU_CONSOLE), "" },
	{ "goldfish-rtc", model_word(AXVM_ARCH_RISCV64, AXVM_EMU_RTC), "" },
	{ "sifive-test", model_word(AXVM_ARCH_RISCV64, AXVM_EMU_POWER), "" },
	{ "plic", model_word(AXVM_ARCH_RISCV64, AXVM_EMU_PLIC), "" },
	{ "aplic", model_word(AXVM_ARCH_RISCV64, AXVM_EMU_APLIC), "" },
	{ "imsic", model_word(AXVM_ARCH_RISCV64, AXVM_EMU_IMSIC), "" },
};

static const std::vector<field> region_fields = {
	{ .name = "gpa",
	  .type = kind::u64,
	  .offset = REGION(gpa),
	  .help = "guest-physical address, a multiple of 4096" },
	{ .name = "size",
	  .type = kind::size,
	  .offset = REGION(size),
	  .help = "bytes, a multiple of 4096" },
	{ .name = "flags",
	  .type = kind::flags,
	  .offset = REGION(flags),
	  .help = "what the guest may do; `s`: other VMs that say so too may have the same host "
		  "memory",
	  .fallback = "\"rwx\"",
	  .max = AXVM_MEM_ALL,
	  .names = &mem_flags },
	{ .name = "map_type",
	  .type = kind::named,
	  .offset = REGION(map_type),
	  .help = "the host picks the memory; or it is at the same address in the host; or at the "
		  "same address, which the platform has set aside",
	  .fallback = "\"allocate\"",
	  .names = &map_types },
};

static const std::vector<field> device_fields = {
	{ .name = "name", .type = kind::name, .offset = DEVICE(name), .help = "for people" },
	{ .name = "base_gpa",
	  .type = kind::u64,
	  .offset = DEVICE(base_gpa),
	  .help = "guest-physical address" },
	{ .name = "length",
	  .type = kind::size,
	  .offset = DEVICE(length),
	  .help = "bytes that it takes" },
	{ .name = "irq_id",
	  .type = kind::u32,
	  .offset = DEVICE(irq_id),
	  .help = "its interrupt: AArch64 counts shared peripheral interrupts from 0, RISC-V the "
		  "controller's sources from 1 (a PLIC has 1023, an APLIC 96); of no meaning for a "
		  "device without one",
	  .max = UINT32_MAX },
	{ .name = "emu_type",
	  .type = kind::named,
	  .offset = DEVICE(emu_type),
	  .help = "the device model",
	  .names = &emu_types },
	{ .name = "cfg_list",
	  .type = kind::numbers,
	  .help = "numbers that the device model understands",
	  .fallback = "[]",
	  .most = AXVM_MAX_DEVICE_CFG,
	  .append = [](axvm_toml &, void *owner) -> void * {
		  auto *device = static_cast<axvm_emu_device *>(owner);

		  return device->cfg_num < AXVM_MAX_DEVICE_CFG ?
				 &device->cfg_list[device->cfg_num++] :
				 nullptr;
	  } },
};

static const std::vector<field> pass_through_fields = {
	{ .name = "name", .type = kind::name, .offset = PASSED(name), .help = "for people" },
	{ .name = "base_gpa",
	  .type = kind::u64,
	  .offset = PASSED(base_gpa),
	  .help = "guest-physical address" },
	{ .name = "base_hpa",
	  .type = kind::u64,
	  .offset = PASSED(base_hpa),
	  .help = "host-physical address, at the same place in its page" },
	{ .name = "length",
	  .type = kind::size,
	  .offset = PASSED(length),
	  .help = "bytes; the guest gets whole pages" },
	{ .name = "irq_id",
	  .type = kind::u32,
	  .offset = PASSED(irq_id),
	  .help = "the host's interrupt number, which is not forwarded; AArch64: below 32, "
		  "RISC-V: 0: none",
	  .fallback = "0",
	  .max = UINT32_MAX },
	{ .name = "shared",
	  .type = kind::boolean,
	  .offset = PASSED(shared),
	  .help = "other VMs that say so too may have the same host memory",
	  .fallback = "false" },
};

static const std::vector<field> address_fields = {
	{ .name = "base_gpa",
	  .type = kind::u64,
	  .offset = PASSED(base_gpa),
	  .help = "guest-physical and host-physical address" },
	{ .name = "length",
	  .type = kind::size,
	  .offset = PASSED(length),
	  .help = "bytes that it takes" },
};

static const std::vector<field> virtual_fields = {
	{ .name = "id",
	  .type = kind::name,
	  .offset = offsetof(virtual_device, id),
	  .help = "for people" },
	{ .name = "model",
	  .type = kind::model,
	  .offset = offsetof(virtual_device, model),
	  .help = "the device model",
	  .names = &models },
};

static const std::vector<field> subscriber_fields = {
	{ .name = "name",
	  .type = kind::name,
	  .offset = offsetof(axvm_ivc_subscriber, name),
	  .help = "of the VM" },
	{ .name = "rights",
	  .type = kind::flags,
	  .offset = offsetof(axvm_ivc_subscriber, rights),
	  .help = "what it may do with the memory",
	  .fallback = "\"r\"",
	  .max = AXVM_ACCESS_READ | AXVM_ACCESS_WRITE,
	  .names = &rights },
};

static const std::vector<field> channel_fields = {
	{ .name = "key",
	  .type = kind::u32,
	  .offset = CHANNEL(key),
	  .help = "the channel's number, the same in the publisher and its subscribers; each "
		  "channel of a VM has its own",
	  .max = UINT32_MAX },
	{ .name = "irq_id",
	  .type = kind::u32,
	  .offset = CHANNEL(irq_id),
	  .help = "doorbell of this VM: an interrupt as in `emu_devices`",
	  .fallback = "the highest that no device has; RISC-V: below 96",
	  .max = UINT32_MAX },
	{ .name = "publisher",
	  .type = kind::name,
	  .offset = CHANNEL(publisher),
	  .help = "name of the VM that publishes the memory",
	  .fallback = "this VM" },
	{ .name = "size",
	  .type = kind::size,
	  .offset = CHANNEL(size),
	  .help = "most bytes that the publisher may publish; in its own file only",
	  .fallback = "0" },
	{ .name = "subscribers",
	  .type = kind::records,
	  .help = "the VMs that may map the memory; in the publisher's file only",
	  .fallback = "[]",
	  .most = AXVM_MAX_IVC_SUBSCRIBERS,
	  .fields = &subscriber_fields,
	  .append = [](axvm_toml &, void *owner) -> void * {
		  auto *channel = static_cast<axvm_ivc_channel *>(owner);

		  if (channel->subscriber_num >= AXVM_MAX_IVC_SUBSCRIBERS)
			  return nullptr;
		  auto *subscriber = &channel->subscribers[channel->subscriber_num++];

		  subscriber->rights = AXVM_ACCESS_READ;
		  return subscriber;
	  } },
};

static const std::vector<field> base_fields = {
	{ .name = "id",
	  .type = kind::opt_number,
	  .offset = CRATE(base.id),
	  .help = "number of the VM, unique among those that run together",
	  .fallback = "the lowest free one, from 1",
	  .max = UINT32_MAX - 1 },
	{ .name = "name",
	  .type = kind::text,
	  .offset = CRATE(base.name),
	  .help = "name of the VM, unique among those that run together",
	  .fallback = "`vm` and the id",
	  .max = AXVM_NAME_MAX },
	{ .name = "vm_type",
	  .type = kind::opt_named,
	  .offset = CRATE(base.vm_type),
	  .help = "what runs in it, for people",
	  .fallback = "\"rtos\"",
	  .names = &vm_types },
	{ .name = "cpu_num",
	  .type = kind::opt_number,
	  .offset = CRATE(base.cpu_num),
	  .help = "how many vCPUs",
	  .fallback = "1",
	  .min = 1,
	  .max = AXVM_MAX_VCPUS },
	{ .name = "phys_cpu_ids",
	  .type = kind::numbers,
	  .help = "the hardware id that each vCPU shows its guest (AArch64: MPIDR affinity; RISC-V: hart id)",
	  .fallback = "AArch64: number n has Aff1 n / 16 and Aff0 n % 16; RISC-V: n",
	  .most = AXVM_MAX_VCPUS,
	  .append = [](axvm_toml &file, void *) -> void * {
		  return &file.cpu_ids.emplace_back();
	  } },
	{ .name = "phys_cpu_sets",
	  .type = kind::numbers,
	  .help = "for each vCPU, a bit mask of the physical CPUs on which it may run",
	  .fallback = "any",
	  .most = AXVM_MAX_VCPUS,
	  .append = [](axvm_toml &file, void *) -> void * {
		  return &file.cpu_sets.emplace_back();
	  } },
};

static const std::vector<field> kernel_fields = {
	{ .name = "kernel_path",
	  .type = kind::text,
	  .offset = CRATE(kernel.kernel_path),
	  .help = "Linux Image, ELF or raw file, also packed with gzip or zstd",
	  .fallback = "none: such a VM can be checked, but not run" },
	{ .name = "kernel_load_addr",
	  .type = kind::opt_number,
	  .offset = CRATE(kernel.kernel_load_addr),
	  .help = "guest-physical address of the kernel",
	  .fallback = "where its header wants it" },
	{ .name = "entry_point",
	  .type = kind::opt_number,
	  .offset = CRATE(kernel.entry_point),
	  .help = "guest-physical address of the first instruction",
	  .fallback = "the kernel's own" },
	{ .name = "image_location",
	  .type = kind::choice,
	  .offset = CRATE(kernel.image_location),
	  .help = "where the images are before the VM starts; both are read from the files here",
	  .fallback = "\"memory\"",
	  .names = &locations },
	{ .name = "ramdisk_path",
	  .type = kind::text,
	  .offset = CRATE(kernel.ramdisk_path),
	  .help = "initial RAM disk",
	  .fallback = "none" },
	{ .name = "ramdisk_load_addr",
	  .type = kind::opt_number,
	  .offset = CRATE(kernel.ramdisk_load_addr),
	  .help = "guest-physical address of the RAM disk",
	  .fallback = "behind the kernel, a multiple of 2 MiB" },
	{ .name = "dtb_path",
	  .type = kind::text,
	  .offset = CRATE(kernel.dtb_path),
	  .help = "device tree blob; RAM, command line and RAM disk are entered into it",
	  .fallback = "none: a tree is generated" },
	{ .name = "dtb_load_addr",
	  .type = kind::opt_number,
	  .offset = CRATE(kernel.dtb_load_addr),
	  .help = "guest-physical address of the device tree",
	  .fallback = "the start of RAM" },
	{ .name = "bios_path",
	  .type = kind::text,
	  .offset = CRATE(kernel.bios_path),
	  .help = "firmware image; needs `bios_load_addr`",
	  .fallback = "none" },
	{ .name = "bios_load_addr",
	  .type = kind::opt_number,
	  .offset = CRATE(kernel.bios_load_addr),
	  .help = "guest-physical address of the firmware",
	  .fallback = "none" },
	{ .name = "cmdline",
	  .type = kind::text,
	  .offset = CRATE(kernel.cmdline),
	  .help = "the kernel's command line",
	  .fallback = "\"\"",
	  .max = AXVM_CMDLINE_MAX },
	{ .name = "disk_path",
	  .type = kind::text,
	  .offset = CRATE(kernel.disk_path),
	  .help = "disk image; refused, since there is no disk device yet",
	  .fallback = "none" },
	{ .name = "memory",
	  .type = kind::opt_size,
	  .offset = CRATE(kernel.memory),
	  .help = "bytes of RAM at the guest machine's RAM base; instead of `memory_regions`",
	  .fallback = "\"256M\"" },
	{ .name = "memory_regions",
	  .type = kind::records,
	  .help = "RAM in pieces; instead of `memory`",
	  .fallback = "one region of the size of `memory`",
	  .most = AXVM_MAX_MEMORY_REGIONS,
	  .fields = &region_fields,
	  .append = [](axvm_toml &file, void *) -> void * {
		  axvm_memory_region *region = &file.regions.emplace_back();

		  region->flags = AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE;
		  return region;
	  } },
};

static void *append_pass_through(axvm_toml &file, void *)
{
	return &file.pass_through.emplace_back();
}

static const std::vector<field> devices_fields = {
	{ .name = "interrupt_mode",
	  .type = kind::choice,
	  .offset = CRATE(devices.interrupt_mode),
	  .help = "whether the guest has an emulated interrupt controller; passthrough is refused, "
		  "since nothing forwards the host's interrupts yet",
	  .fallback =
		  "`emu` when there is an interrupt controller among the devices, else `no_irq`",
	  .names = &modes },
	{ .name = "emu_devices",
	  .type = kind::records,
	  .help = "emulated devices; a missing part of the interrupt controller is added",
	  .fallback = "those of the guest machine",
	  .most = AXVM_MAX_EMU_DEVICES,
	  .fields = &device_fields,
	  .append = [](axvm_toml &file, void *) -> void * {
		  return &file.emu_devices.emplace_back();
	  } },
	{ .name = "virtual",
	  .type = kind::records,
	  .help = "devices of the guest machine by their model, at the machine's addresses; options "
		  "besides these keys are left alone",
	  .fallback = "[]",
	  .fields = &virtual_fields,
	  .shapes = SHAPE_NAMED | SHAPE_OPEN,
	  .append = [](axvm_toml &file, void *) -> void * {
		  return &file.virtual_devices.emplace_back();
	  } },
	{ .name = "passthrough_devices",
	  .type = kind::records,
	  .help = "device memory of the host that the guest gets; the devices of a path are at "
		  "their own addresses, which `--board-dtb` or `axvm run` knows",
	  .fallback = "[]",
	  .most = AXVM_MAX_PASS_THROUGH_DEVICES,
	  .fields = &pass_through_fields,
	  .shapes = SHAPE_NAMED | SHAPE_POSITIONS | SHAPE_PATH,
	  .append = append_pass_through },
	{ .name = "passthrough",
	  .type = kind::records,
	  .help = "the same as `passthrough_devices`",
	  .fallback = "[]",
	  .most = AXVM_MAX_PASS_THROUGH_DEVICES,
	  .fields = &pass_through_fields,
	  .shapes = SHAPE_NAMED | SHAPE_POSITIONS | SHAPE_PATH,
	  .append = append_pass_through },
	{ .name = "passthrough_addresses",
	  .type = kind::records,
	  .help = "device memory with equal guest-physical and host-physical addresses",
	  .fallback = "[]",
	  .most = AXVM_MAX_PASS_THROUGH_DEVICES,
	  .fields = &address_fields,
	  .append = [](axvm_toml &file, void *) -> void * {
		  return &file.addresses.emplace_back();
	  } },
	{ .name = "excluded_devices",
	  .type = kind::paths,
	  .help = "devices that stay with the host, and all that is in them; such a path in "
		  "`passthrough_devices` is an error",
	  .fallback = "[]" },
	{ .name = "disabled",
	  .type = kind::paths,
	  .help = "the same as `excluded_devices`",
	  .fallback = "[]" },
	{ .name = "ivc",
	  .type = kind::records,
	  .help = "channels: memory that this VM publishes to others, or maps from another one",
	  .fallback = "[]",
	  .most = AXVM_MAX_IVC_CHANNELS,
	  .fields = &channel_fields,
	  .shapes = SHAPE_NAMED,
	  .append = [](axvm_toml &file, void *) -> void * {
		  axvm_ivc_channel *channel = &file.channels.emplace_back();

		  channel->irq_id = AXVM_IVC_IRQ_ANY;
		  return channel;
	  } },
};

const std::vector<field> file_fields = {
	{ .name = "base",
	  .type = kind::table,
	  .help = "who the VM is, and its CPUs",
	  .fallback = "{}",
	  .fields = &base_fields },
	{ .name = "kernel",
	  .type = kind::table,
	  .help = "what it boots, and its RAM",
	  .fallback = "{}",
	  .fields = &kernel_fields },
	{ .name = "devices",
	  .type = kind::table,
	  .help = "its devices",
	  .fallback = "{}",
	  .fields = &devices_fields },
};

const field *find_field(const std::vector<field> &fields, std::string_view name)
{
	for (const field &f : fields) {
		if (f.name == name)
			return &f;
	}
	return nullptr;
}

} // namespace config
