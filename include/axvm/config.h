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

#ifdef __cplusplus
extern "C" {
#endif

/* Most bytes of a name and of a kernel's command line, the 0 at the end included. */
#define AXVM_NAME_MAX	 48
#define AXVM_CMDLINE_MAX 2048
/* Most entries of each list of a configuration. */
#define AXVM_MAX_MEMORY_REGIONS	      16
#define AXVM_MAX_EMU_DEVICES	      256
#define AXVM_MAX_DEVICE_CFG	      8
#define AXVM_MAX_PASS_THROUGH_DEVICES 32
#define AXVM_MAX_SPIS		      64
#define AXVM_MAX_IVC_CHANNELS	      8
#define AXVM_MAX_IVC_SUBSCRIBERS      8

/* What runs in a VM; for people and for other tools, AxVM treats all alike. */
enum axvm_vm_type {
	AXVM_VM_TYPE_HOST = 0,	/* the VM that manages the others */
	AXVM_VM_TYPE_RTOS = 1,	/* a real-time system; the default */
	AXVM_VM_TYPE_LINUX = 2, /* Linux */
};

/*
 * Flags of a memory region, honoured exactly by the stage-2 tables. SHARED says nothing to the
 * hardware: it lets another VM that says it too map the same host pages.
 */
enum axvm_mem_flags {
	AXVM_MEM_READ = 0x1,	  /* the guest may read it */
	AXVM_MEM_WRITE = 0x2,	  /* the guest may write it */
	AXVM_MEM_EXECUTE = 0x4,	  /* the guest may execute it */
	AXVM_MEM_USER = 0x8,	  /* of the reference; stage 2 knows no such right */
	AXVM_MEM_DEVICE = 0x10,	  /* not memory; in a memory region it is refused */
	AXVM_MEM_UNCACHED = 0x20, /* memory that is not cached */
	AXVM_MEM_SHARED = 0x40,	  /* others may have it too */
};
/* All flags that there are. */
#define AXVM_MEM_ALL 0x7fu

/* Where the host memory of a region comes from. */
enum axvm_map_type {
	AXVM_MAP_ALLOC = 0,	/* the host picks the frames; they are zeroed */
	AXVM_MAP_IDENTICAL = 1, /* guest-physical equals host-physical */
	AXVM_MAP_RESERVED = 2,	/* a host range that the platform has set aside */
};

/* How a guest gets interrupts. */
enum axvm_interrupt_mode {
	AXVM_INTERRUPT_NONE = 0,	/* the default */
	AXVM_INTERRUPT_EMULATED = 1,	/* by an emulated interrupt controller */
	AXVM_INTERRUPT_PASSTHROUGH = 2, /* devices' own interrupts reach the guest */
};

/* Kinds of emulated devices. axvm_new() refuses one that no backend and no model offers. */
enum axvm_emu_type {
	AXVM_EMU_DUMMY = 0x0,		     /* reads give 0, writes go nowhere */
	AXVM_EMU_INTERRUPT_CONTROLLER = 0x1, /* that of the architecture */
	AXVM_EMU_CONSOLE = 0x2,		     /* AArch64: PL011; RISC-V: 16550 */
	AXVM_EMU_FW_CFG = 0x3,		     /* QEMU's firmware configuration */
	AXVM_EMU_IVC_CHANNEL = 0xa,	     /* the window of channels between VMs */
	AXVM_EMU_RTC = 0xb,		     /* AArch64: PL031; RISC-V: Goldfish */
	AXVM_EMU_POWER = 0xc,		     /* off and reset; RISC-V: SiFive's test device */
	AXVM_EMU_GICR = 0x20,		     /* GICv3 redistributors */
	AXVM_EMU_GICD = 0x21,		     /* GICv3 distributor */
	AXVM_EMU_ITS = 0x22,		     /* GICv3 interrupt translation service */
	AXVM_EMU_IOAPIC = 0x23,		     /* x86 */
	AXVM_EMU_PIT = 0x24,		     /* x86 */
	AXVM_EMU_PLIC = 0x30,		     /* RISC-V */
	AXVM_EMU_APLIC = 0x31,		     /* RISC-V: its supervisor domain, by messages */
	AXVM_EMU_IMSIC = 0x32,		     /* RISC-V: a page per vCPU, supervisor files */
	AXVM_EMU_VIRTIO_BLK = 0xe1,	     /* virtio block */
	AXVM_EMU_VIRTIO_NET = 0xe2,	     /* virtio network */
	AXVM_EMU_VIRTIO_CONSOLE = 0xe3,	     /* virtio console */
};

/* A number that need not be given. */
struct axvm_opt_u64 {
	bool set;	/* it is given */
	uint64_t value; /* 0 unless set */
};

/* One that is given. */
static inline struct axvm_opt_u64 axvm_some(uint64_t value)
{
	return (struct axvm_opt_u64){ true, value };
}

/* RAM of a VM: whole pages of guest-physical memory. */
struct axvm_memory_region {
	uint64_t gpa;	   /* a multiple of AXVM_PAGE_SIZE */
	uint64_t size;	   /* bytes, a multiple of AXVM_PAGE_SIZE */
	uint32_t flags;	   /* AXVM_MEM_* */
	uint32_t map_type; /* AXVM_MAP_* */
};

/* A device that AxVM emulates. */
struct axvm_emu_device {
	char name[AXVM_NAME_MAX]; /* for people */
	uint64_t base_gpa;	  /* guest-physical */
	uint64_t length;	  /* bytes */
	uint32_t irq_id;	  /* AArch64: SPI number, counted from 0 (INTID - 32); RISC-V: of
				   * the PLIC or APLIC, 1 to 1023 */
	uint32_t emu_type;	  /* AXVM_EMU_* */
	uint32_t cfg_num;	  /* entries of cfg_list */
	uint64_t cfg_list[AXVM_MAX_DEVICE_CFG]; /* what they mean is the model's */
};

/* A device of the host that the guest drives itself. All pages that it touches are mapped. */
struct axvm_pass_through_device {
	char name[AXVM_NAME_MAX]; /* for people */
	uint64_t base_gpa; /* where the guest sees it; the same offset in a page as base_hpa */
	uint64_t base_hpa; /* where the host has it */
	uint64_t length;   /* bytes */
	uint32_t irq_id;   /* the host's; AArch64: INTID, below 32: none; RISC-V: 0: none */
	uint32_t shared;   /* 1: another VM that says so too may have the same host pages; else 0 */
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
	struct axvm_ivc_subscriber subscribers[AXVM_MAX_IVC_SUBSCRIBERS]; /* of a publisher */
};

/* A device of the guest machine that is named by its model only. */
struct axvm_virtual_device {
	uint32_t emu_type; /* AXVM_EMU_* */
	uint32_t arch;	   /* enum axvm_arch: whose model it is; 0: any one's */
};

/* What a TOML file says. Pointers belong to the parser and outlive this structure. */
struct axvm_crate_config {
	enum axvm_arch arch; /* by the command line or the kernel's header, never by the file */
	struct {
		/* the keys of [base]; unset, NULL or no entries: left out */
		struct axvm_opt_u64 id;
		const char *name;
		struct axvm_opt_u64 vm_type;
		struct axvm_opt_u64 cpu_num;
		const uint64_t *phys_cpu_ids;
		size_t phys_cpu_id_num;
		const uint64_t *phys_cpu_sets;
		size_t phys_cpu_set_num;
	} base; /* [base] */
	struct {
		/* the keys of [kernel]; unset, NULL or no entries: left out */
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
	} kernel; /* [kernel] */
	struct {
		/* the keys of [devices]; NULL or no entries: left out */
		const char *interrupt_mode;
		bool emu_devices_set; /* the file has the list; else the machine's devices are used
				       */
		const struct axvm_emu_device *emu_devices;
		size_t emu_device_num;
		/* The machine's own, unless emu_devices has one of that type. */
		const struct axvm_virtual_device *virtual_devices;
		size_t virtual_device_num;
		const struct axvm_pass_through_device *passthrough_devices;
		size_t passthrough_device_num;
		const struct axvm_pass_through_device *passthrough_addresses; /* base_gpa, length */
		size_t passthrough_address_num;
		const struct axvm_ivc_channel *ivc_channels;
		size_t ivc_channel_num;
	} devices; /* [devices] */
};

/* Where the images of a VM go, guest-physical; unset: axvm_image_place() chooses. */
struct axvm_image_config {
	struct axvm_opt_u64 kernel_load_addr;  /* unset: where the kernel's header wants it */
	struct axvm_opt_u64 bios_load_addr;    /* firmware */
	struct axvm_opt_u64 dtb_load_addr;     /* device tree */
	struct axvm_opt_u64 ramdisk_load_addr; /* initial RAM disk */
	char cmdline[AXVM_CMDLINE_MAX];	       /* for the kernel; "": none */
};

/* All that axvm_new() has to know of a VM. Each list has its length before it. */
struct axvm_config {
	uint32_t arch;		   /* enum axvm_arch */
	uint32_t id;		   /* unique among the VMs of a host; any number but AXVM_NO_ID */
	char name[AXVM_NAME_MAX];  /* unique among them too */
	uint32_t vm_type;	   /* enum axvm_vm_type */
	uint32_t cpu_num;	   /* vCPUs, 1 to AXVM_MAX_VCPUS */
	uint32_t phys_cpu_id_num;  /* 0, or cpu_num */
	uint32_t phys_cpu_set_num; /* 0, or cpu_num */
	uint64_t phys_cpu_ids[AXVM_MAX_VCPUS];	/* the hardware id that each vCPU shows */
	uint64_t phys_cpu_sets[AXVM_MAX_VCPUS]; /* bit n: may run on physical CPU n; none: any */
	struct {
		struct axvm_opt_u64 bsp_entry; /* unset: the kernel image's own entry */
		struct axvm_opt_u64 ap_entry;  /* of the other vCPUs, where firmware does not say */
	} cpu_config;			       /* guest-physical */
	struct axvm_image_config image_config; /* load addresses and command line */
	/* RAM */
	uint32_t memory_region_num;
	struct axvm_memory_region memory_regions[AXVM_MAX_MEMORY_REGIONS];
	/* devices that AxVM emulates */
	uint32_t emu_device_num;
	struct axvm_emu_device emu_devices[AXVM_MAX_EMU_DEVICES];
	/* devices of the host */
	uint32_t pass_through_device_num;
	struct axvm_pass_through_device pass_through_devices[AXVM_MAX_PASS_THROUGH_DEVICES];
	/* shared peripheral interrupts that the VM gets in passthrough mode */
	uint32_t spi_num;
	uint32_t spi_list[AXVM_MAX_SPIS];
	uint32_t interrupt_mode; /* enum axvm_interrupt_mode */
	/* this VM's ends of channels */
	uint32_t ivc_channel_num;
	struct axvm_ivc_channel ivc_channels[AXVM_MAX_IVC_CHANNELS];
};

/* The guest machine of an architecture: where things are when a configuration does not say. */
struct axvm_machine {
	enum axvm_arch arch;	/* whose */
	const char *name;	/* "aarch64" */
	uint64_t ram_base;	/* default guest-physical address of RAM */
	uint64_t ram_size;	/* default size in bytes */
	uint64_t kernel_offset; /* of a Linux Image from the RAM base, before its text_offset */
	uint64_t max_gpa;	/* one past the highest guest-physical address */
	uint32_t irq_min;	/* the lowest interrupt id of a device */
	uint32_t spi_max;	/* interrupt ids of devices are below this */
	uint32_t doorbell_max;	/* and those that channels get by default below this */
	uint32_t irq_host_base; /* of a pass-through device: the host's number of interrupt id 0 */
	const struct axvm_emu_device *devices; /* that a VM has unless its file says otherwise */
	size_t device_num;		       /* entries of devices */
	const struct axvm_emu_device *others;  /* that it can have, where they are then */
	size_t other_num;		       /* entries of others */
	/* Where channels between VMs are mapped when a file has some and no device of its own for
	 * them (AXVM_EMU_IVC_CHANNEL). */
	const struct axvm_emu_device *ivc;
};
/*
 * That machine; lives for ever.
 * Result: NULL: there is none for this architecture
 * Context: any
 */
const struct axvm_machine *axvm_machine_get(enum axvm_arch arch);

/*
 * Turns what a file says into a VM's configuration: id and name are copied; the VM type's number
 * becomes the enumerator; the entry point becomes both bsp_entry and ap_entry; the image's load
 * addresses are converted; devices and memory regions move over. What the file leaves out gets the
 * default of the guest machine; the name's is "vm" and the id.
 *
 * Errors   INVALID_INPUT: a value out of range, a name too long, too many entries, a list whose
 *          length is not cpu_num, no interrupt left for a doorbell; UNSUPPORTED: no guest machine
 *          for the architecture, no such device in it, or a disk. On failure *out is undefined
 * Context  any; allocates nothing
 */
enum axvm_error axvm_config_from_crate_config(const struct axvm_crate_config *crate,
					      struct axvm_config *out, struct axvm_diag *diag);

/*
 * Checks everything about a configuration that can be known without a host: ranges, alignment,
 * flags, list lengths, overlaps of RAM and devices, interrupt numbers. axvm_new() calls it first.
 *
 * Errors   INVALID_INPUT: a value out of range or not aligned, illegal flags, a list longer than
 *          its array or not cpu_num long; ALREADY_EXISTS: an overlap of guest addresses, an
 *          interrupt, a channel's key or a device of which there can be one, given twice (diag
 *          names both); UNSUPPORTED: no guest machine for the architecture, no such device model,
 *          or interrupts that are passed through. diag->where names the field
 * Context  any; allocates nothing
 */
enum axvm_error axvm_config_check(const struct axvm_config *config, struct axvm_diag *diag);

/* Gets one finding of axvm_config_check_all(); *diag is valid during the call only. */
typedef void axvm_config_report(void *ctx, const struct axvm_diag *diag);
/*
 * As axvm_config_check(), without ending at the first finding: `report` gets each that does not
 * follow from another, and ctx with it.
 * Result: the first finding's error
 */
enum axvm_error axvm_config_check_all(const struct axvm_config *config, axvm_config_report *report,
				      void *ctx);

/*
 * What a configuration says, by the names of the reference; pointers lead into *config. *num: how
 * many entries.
 * Context: any
 */
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

/*
 * Adds a copy at the end of a list. Nothing else is checked: axvm_config_check() does that.
 * Errors: NO_MEMORY: the list is full
 */
enum axvm_error axvm_config_add_memory_region(struct axvm_config *config,
					      const struct axvm_memory_region *region);
enum axvm_error axvm_config_add_pass_through_device(struct axvm_config *config,
						    const struct axvm_pass_through_device *device);
enum axvm_error axvm_config_add_pass_through_spi(struct axvm_config *config, uint32_t spi);

/*
 * Removes the first device of that name, and no other.
 * Errors: NOT_FOUND: there is none
 */
enum axvm_error axvm_config_remove_pass_through_device(struct axvm_config *config,
						       const char *name);

/* Whether one memory region holds the whole of [gpa, gpa + size); size 0 is never contained. */
bool axvm_config_contains_memory_range(const struct axvm_config *config, uint64_t gpa,
				       uint64_t size);

/* Where one vCPU may run, and the hardware id (MPIDR affinity, hart id, APIC id) it shows. */
struct axvm_vcpu_affinity {
	uint32_t vcpu_id; /* the entry's index */
	bool has_mask;	  /* else it may run on any */
	uint64_t mask;	  /* bit n: physical CPU n */
	uint64_t phys_id; /* by default its number (AArch64: MPIDR, 16 to a cluster) */
};

/*
 * Fills one entry per vCPU.
 *
 * out_num  entries that `out` has room for
 * Errors   INVALID_INPUT: a list is neither empty nor cpu_num long, cpu_num is above
 *          AXVM_MAX_VCPUS, or out_num is below cpu_num
 * Context  any
 */
enum axvm_error axvm_config_get_vcpu_affinities_pcpu_ids(const struct axvm_config *config,
							 struct axvm_vcpu_affinity *out,
							 size_t out_num);

#ifdef __cplusplus
}
#endif

#endif
