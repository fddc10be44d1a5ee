/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration of a VM.
 *
 * struct axvm_crate_config is what a TOML file says: every value optional, paths not yet opened.
 * struct axvm_config is what axvm_new() takes: plain data without pointers, so that it can be
 * copied, compared and carried in a bundle. axvm_config_from_crate_config() leads from one to the
 * other and fills in the defaults of the guest machine.
 */
#ifndef AXVM_CONFIG_H
#define AXVM_CONFIG_H

#include <axvm/error.h>
#include <axvm/types.h>

#define AXVM_NAME_MAX		      48
#define AXVM_CMDLINE_MAX	      2048
#define AXVM_MAX_MEMORY_REGIONS	      16
#define AXVM_MAX_EMU_DEVICES	      64
#define AXVM_MAX_DEVICE_CFG	      8
#define AXVM_MAX_PASS_THROUGH_DEVICES 32
#define AXVM_MAX_SPIS		      64
#define AXVM_MAX_IVC_CHANNELS	      8
#define AXVM_MAX_IVC_SUBSCRIBERS      8

enum axvm_vm_type {
	AXVM_VM_TYPE_HOST = 0,
	AXVM_VM_TYPE_RTOS = 1,
	AXVM_VM_TYPE_LINUX = 2,
};

/*
 * Flags of a memory region, honoured exactly by the stage-2 tables. SHARED says nothing to the
 * hardware: it lets another VM that says it too map the same host pages.
 */
enum axvm_mem_flags {
	AXVM_MEM_READ = 0x1,
	AXVM_MEM_WRITE = 0x2,
	AXVM_MEM_EXECUTE = 0x4,
	AXVM_MEM_USER = 0x8,
	AXVM_MEM_DEVICE = 0x10,
	AXVM_MEM_UNCACHED = 0x20,
	AXVM_MEM_SHARED = 0x40,
};
#define AXVM_MEM_ALL 0x7fu

enum axvm_map_type {
	AXVM_MAP_ALLOC = 0,	/* the host picks the frames; they are zeroed */
	AXVM_MAP_IDENTICAL = 1, /* guest-physical equals host-physical */
	AXVM_MAP_RESERVED = 2,	/* a host range that the platform has set aside */
};

enum axvm_interrupt_mode {
	AXVM_INTERRUPT_NONE = 0,
	AXVM_INTERRUPT_EMULATED = 1,
	AXVM_INTERRUPT_PASSTHROUGH = 2,
};

enum axvm_emu_type {
	AXVM_EMU_DUMMY = 0x0,
	AXVM_EMU_INTERRUPT_CONTROLLER = 0x1,
	AXVM_EMU_CONSOLE = 0x2,
	AXVM_EMU_FW_CFG = 0x3,
	AXVM_EMU_IVC_CHANNEL = 0xa,
	AXVM_EMU_RTC = 0xb,
	AXVM_EMU_GICR = 0x20,
	AXVM_EMU_GICD = 0x21,
	AXVM_EMU_ITS = 0x22,
	AXVM_EMU_IOAPIC = 0x23,
	AXVM_EMU_PIT = 0x24,
	AXVM_EMU_PLIC = 0x30,
	AXVM_EMU_VIRTIO_BLK = 0xe1,
	AXVM_EMU_VIRTIO_NET = 0xe2,
	AXVM_EMU_VIRTIO_CONSOLE = 0xe3,
};

struct axvm_opt_u64 {
	bool set;
	uint64_t value;
};

static inline struct axvm_opt_u64 axvm_some(uint64_t value)
{
	return (struct axvm_opt_u64){ true, value };
}

struct axvm_memory_region {
	uint64_t gpa;
	uint64_t size;	/* bytes */
	uint32_t flags; /* AXVM_MEM_* */
	uint32_t map_type;
};

struct axvm_emu_device {
	char name[AXVM_NAME_MAX];
	uint64_t base_gpa;
	uint64_t length; /* bytes */
	uint32_t irq_id; /* AArch64: SPI number, counted from 0 (INTID - 32) */
	uint32_t emu_type;
	uint32_t cfg_num;
	uint64_t cfg_list[AXVM_MAX_DEVICE_CFG];
};

struct axvm_pass_through_device {
	char name[AXVM_NAME_MAX];
	uint64_t base_gpa;
	uint64_t base_hpa;
	uint64_t length; /* bytes */
	uint32_t irq_id;
	uint32_t shared; /* 1: another VM that says so too may have the same host pages; else 0 */
};

/* Who may subscribe to a channel. */
struct axvm_ivc_subscriber {
	char name[AXVM_NAME_MAX]; /* of the VM */
	uint32_t rights;	  /* AXVM_ACCESS_READ, or that with AXVM_ACCESS_WRITE */
};

/* In a file's channel only: the highest interrupt that nothing else has becomes its doorbell. */
#define AXVM_IVC_IRQ_ANY UINT32_MAX

/*
 * A channel between VMs: memory of one VM, the publisher, that others may map. The publisher lists
 * its subscribers; a subscriber names the publisher. Both use the same key.
 */
struct axvm_ivc_channel {
	uint32_t key;		       /* each of one VM has its own */
	uint32_t irq_id;	       /* doorbell of this VM; as in struct axvm_emu_device */
	char publisher[AXVM_NAME_MAX]; /* the VM that publishes; "": this one */
	uint64_t size;		       /* bytes that may be published; 0 for a subscriber */
	uint32_t subscriber_num;       /* 0 for a subscriber */
	struct axvm_ivc_subscriber subscribers[AXVM_MAX_IVC_SUBSCRIBERS];
};

/* What a TOML file says. Pointers belong to the parser and outlive this structure. */
struct axvm_crate_config {
	enum axvm_arch arch; /* by the command line or the kernel's header, never by the file */
	struct {
		struct axvm_opt_u64 id;
		const char *name;
		struct axvm_opt_u64 vm_type;
		struct axvm_opt_u64 cpu_num;
		const uint64_t *phys_cpu_ids;
		size_t phys_cpu_id_num;
		const uint64_t *phys_cpu_sets;
		size_t phys_cpu_set_num;
	} base;
	struct {
		struct axvm_opt_u64 entry_point;
		const char *image_location;
		const char *kernel_path;
		struct axvm_opt_u64 kernel_load_addr;
		const char *dtb_path;
		struct axvm_opt_u64 dtb_load_addr;
		const char *ramdisk_path;
		struct axvm_opt_u64 ramdisk_load_addr;
		const char *bios_path;
		struct axvm_opt_u64 bios_load_addr;
		const char *cmdline;
		const char *disk_path;
		struct axvm_opt_u64 memory; /* short form: bytes of RAM at the machine's RAM base */
		const struct axvm_memory_region *memory_regions;
		size_t memory_region_num;
	} kernel;
	struct {
		const char *interrupt_mode;
		bool emu_devices_set; /* the file has the list; else the machine's devices are used
				       */
		const struct axvm_emu_device *emu_devices;
		size_t emu_device_num;
		/* Devices named by their model only (AXVM_EMU_*): the machine's own, unless
		 * emu_devices has one of that type. */
		const uint32_t *virtual_types;
		size_t virtual_type_num;
		const struct axvm_pass_through_device *passthrough_devices;
		size_t passthrough_device_num;
		const struct axvm_pass_through_device *passthrough_addresses; /* base_gpa, length */
		size_t passthrough_address_num;
		const struct axvm_ivc_channel *ivc_channels;
		size_t ivc_channel_num;
	} devices;
};

struct axvm_image_config {
	struct axvm_opt_u64 kernel_load_addr; /* unset: where the kernel's header wants it */
	struct axvm_opt_u64 bios_load_addr;
	struct axvm_opt_u64 dtb_load_addr;
	struct axvm_opt_u64 ramdisk_load_addr;
	char cmdline[AXVM_CMDLINE_MAX];
};

struct axvm_config {
	uint32_t arch; /* enum axvm_arch */
	uint32_t id;
	char name[AXVM_NAME_MAX];
	uint32_t vm_type;
	uint32_t cpu_num;
	uint32_t phys_cpu_id_num;  /* 0, or cpu_num */
	uint32_t phys_cpu_set_num; /* 0, or cpu_num */
	uint64_t phys_cpu_ids[AXVM_MAX_VCPUS];
	uint64_t phys_cpu_sets[AXVM_MAX_VCPUS];
	struct {
		struct axvm_opt_u64 bsp_entry; /* unset: the kernel image's own entry */
		struct axvm_opt_u64 ap_entry;
	} cpu_config;
	struct axvm_image_config image_config;
	uint32_t memory_region_num;
	struct axvm_memory_region memory_regions[AXVM_MAX_MEMORY_REGIONS];
	uint32_t emu_device_num;
	struct axvm_emu_device emu_devices[AXVM_MAX_EMU_DEVICES];
	uint32_t pass_through_device_num;
	struct axvm_pass_through_device pass_through_devices[AXVM_MAX_PASS_THROUGH_DEVICES];
	uint32_t spi_num;
	uint32_t spi_list[AXVM_MAX_SPIS];
	uint32_t interrupt_mode;
	uint32_t ivc_channel_num;
	struct axvm_ivc_channel ivc_channels[AXVM_MAX_IVC_CHANNELS];
};

/*
 * The guest machine of an architecture: where things are when a configuration does not say.
 * Result: NULL for an architecture that has none.
 */
struct axvm_machine {
	enum axvm_arch arch;
	const char *name;	/* "aarch64" */
	uint64_t ram_base;	/* default guest-physical address of RAM */
	uint64_t ram_size;	/* default size in bytes */
	uint64_t kernel_offset; /* of a Linux Image from the RAM base, before its text_offset */
	uint64_t max_gpa;	/* one past the highest guest-physical address */
	uint32_t spi_max;	/* interrupt ids of devices are below this */
	const struct axvm_emu_device *devices;
	size_t device_num;
	/* Where channels between VMs are mapped when a file has some and no device of its own for
	 * them (AXVM_EMU_IVC_CHANNEL). */
	const struct axvm_emu_device *ivc;
};
const struct axvm_machine *axvm_machine_get(enum axvm_arch arch);

/*
 * Turns what a file says into a VM's configuration: id and name are copied; the VM type's number
 * becomes the enumerator; the entry point becomes both bsp_entry and ap_entry; the image's load
 * addresses are converted; devices and memory regions move over. What the file leaves out gets the
 * default of the guest machine; the name's is "vm" and the id.
 *
 * Errors   INVALID_INPUT: a value out of range, a name too long, too many entries, a list whose
 *          length is not cpu_num; UNSUPPORTED: something that no backend offers. On failure *out
 *          is not to be used
 * Context  any; allocates nothing
 */
enum axvm_error axvm_config_from_crate_config(const struct axvm_crate_config *crate,
					      struct axvm_config *out, struct axvm_diag *diag);

/*
 * Checks everything about a configuration that can be known without a host: ranges, alignment,
 * flags, list lengths, overlaps of RAM and devices, interrupt numbers. axvm_new() calls it first.
 *
 * Errors   INVALID_INPUT, ALREADY_EXISTS (an overlap), UNSUPPORTED; diag->where names the field
 * Context  any; allocates nothing
 */
enum axvm_error axvm_config_check(const struct axvm_config *config, struct axvm_diag *diag);

/*
 * The same, without ending at the first finding: `report` gets each that does not follow from
 * another. diag is valid during the call only.
 * Result: the first finding's error
 */
typedef void axvm_config_report(void *ctx, const struct axvm_diag *diag);
enum axvm_error axvm_config_check_all(const struct axvm_config *config, axvm_config_report *report,
				      void *ctx);

uint32_t axvm_config_id(const struct axvm_config *config);
const char *axvm_config_name(const struct axvm_config *config);
const struct axvm_image_config *axvm_config_image_config(const struct axvm_config *config);
struct axvm_opt_u64 axvm_config_bsp_entry(const struct axvm_config *config);
struct axvm_opt_u64 axvm_config_ap_entry(const struct axvm_config *config);
const struct axvm_memory_region *axvm_config_memory_regions(const struct axvm_config *config,
							    size_t *num);
enum axvm_interrupt_mode axvm_config_interrupt_mode(const struct axvm_config *config);
const struct axvm_emu_device *axvm_config_emu_devices(const struct axvm_config *config,
						      size_t *num);
const struct axvm_pass_through_device *
axvm_config_pass_through_devices(const struct axvm_config *config, size_t *num);
const uint32_t *axvm_config_pass_through_spis(const struct axvm_config *config, size_t *num);

/* Errors of the add calls: NO_MEMORY when the list is full. They check nothing else. */
enum axvm_error axvm_config_add_memory_region(struct axvm_config *config,
					      const struct axvm_memory_region *region);
enum axvm_error axvm_config_add_pass_through_device(struct axvm_config *config,
						    const struct axvm_pass_through_device *device);
enum axvm_error axvm_config_add_pass_through_spi(struct axvm_config *config, uint32_t spi);

/* Removes the one device of that name. Errors: NOT_FOUND. */
enum axvm_error axvm_config_remove_pass_through_device(struct axvm_config *config,
						       const char *name);

/* Whether one memory region holds the whole of [gpa, gpa + size); size 0 is never contained. */
bool axvm_config_contains_memory_range(const struct axvm_config *config, uint64_t gpa,
				       uint64_t size);

/* Where one vCPU may run, and the hardware id (MPIDR affinity, hart id, APIC id) it shows. */
struct axvm_vcpu_affinity {
	uint32_t vcpu_id;
	bool has_mask;
	uint64_t mask; /* bit n: physical CPU n */
	uint64_t phys_id;
};

/*
 * Fills one entry per vCPU.
 * Errors: INVALID_INPUT when a list is neither empty nor cpu_num long, or out_num < cpu_num.
 */
enum axvm_error axvm_config_get_vcpu_affinities_pcpu_ids(const struct axvm_config *config,
							 struct axvm_vcpu_affinity *out,
							 size_t out_num);

#endif
