/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual machines: creation, life cycle, memory, interrupts.
 *
 * The life of a VM: CREATED -> RUNNING <-> PAUSED; RUNNING or PAUSED -> STOPPING -> STOPPED;
 * STOPPED -> CREATED by axvm_reset(); any -> DESTROYED. A call that asks for another edge returns
 * BAD_STATE and changes nothing; so does every call that needs memory, devices or interrupts of a
 * VM that is destroyed. NULL for a pointer that a call needs is INVALID_INPUT. A call that fails
 * leaves everything as it was, its results too, unless it says otherwise.
 *
 * Calls about one VM may come from several CPUs at once. Where no context is given: any CPU, any
 * time while a reference is held, but not from inside an operation of struct axvm_hal unless that
 * says so.
 */
#ifndef AXVM_VM_H
#define AXVM_VM_H

#include <axvm/config.h>
#include <axvm/error.h>
#include <axvm/hal.h>
#include <axvm/types.h>
#include <axvm/vcpu.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a VM is in its life. */
enum axvm_vm_status {
	AXVM_VM_CREATED = 0, /* built, or reset: images may be loaded */
	AXVM_VM_RUNNING,     /* its vCPUs may run */
	AXVM_VM_PAUSED,	     /* no vCPU runs, its time stands still */
	AXVM_VM_STOPPING,    /* some vCPU has not left its guest yet */
	AXVM_VM_STOPPED,     /* none runs any more */
	AXVM_VM_DESTROYED,   /* it has no memory any more, only its name and number */
};

/* Why a VM stopped. */
enum axvm_stop_reason {
	AXVM_STOP_NONE = 0,    /* it has not */
	AXVM_STOP_SHUTDOWN,    /* axvm_shutdown() */
	AXVM_STOP_GUEST_OFF,   /* the guest powered off */
	AXVM_STOP_GUEST_RESET, /* the guest asked for a reset */
	AXVM_STOP_FAULT,       /* something that cannot be emulated; a report was logged */
};

/* Whether this CPU and backend can virtualise. Any context. */
bool axvm_has_hardware_support(void);

/*
 * Makes the calling physical CPU ready to run vCPUs.
 * Errors: UNSUPPORTED: it cannot virtualise
 * Context: each physical CPU for itself, before it runs a vCPU; bare metal: interrupts masked
 */
enum axvm_error axvm_hardware_enable(void);
/* Whether the calling physical CPU has been made ready (simulated CPUs: any of them). Any context.
 */
bool axvm_hardware_enabled(void);
/* Undoes axvm_hardware_enable(). Context: the same CPU, no vCPU bound to it. */
void axvm_hardware_disable(void);

/*
 * Checks the whole configuration, then builds the VM: vCPUs, guest-physical address space, RAM,
 * passthrough mappings, devices, interrupt wiring, entry points. All or nothing. The new VM has one
 * reference, the caller's.
 *
 * hal     must outlive the VM; no operation may be NULL
 * config  is copied
 * *out    the VM, unless the call fails
 * Errors  INVALID_INPUT: illegal memory flags, any other invalid configuration (diag says which),
 *         a device that is too short or has no such interrupt, or an operation of hal that is
 *         missing; UNSUPPORTED: the hardware cannot virtualise, or not this architecture, or it
 *         lacks what the configuration asks (addresses that wide, a device model); NO_MEMORY:
 *         the host has not enough for its RAM, tables and state; ALREADY_EXISTS: overlapping
 *         regions or devices, another VM of the host has the same id or name, or has host pages
 *         that not both call shared (diag names both); RESOURCE_BUSY: a host range is taken, or
 *         no VMID is left; NOT_FOUND: a host range is not RAM of the host; PERMISSION_DENIED: a
 *         passthrough device is RAM, or the host keeps it
 * Context a host thread; not from inside a HAL operation. Allocates
 */
enum axvm_error axvm_new(struct axvm_hal *hal, const struct axvm_config *config, struct axvm **out,
			 struct axvm_diag *diag);
/* One reference more; it needs one to begin with. Result: vm. Of NULL: NULL. */
struct axvm *axvm_get(struct axvm *vm);
/* One reference less. The last put frees everything; no vCPU may be running then. */
void axvm_put(struct axvm *vm);

/*
 * Lets vCPUs run, and starts the VM's time; vCPU 0 is started, and every one that
 * axvm_vcpu_set_entry() was called for.
 * Errors: INVALID_INPUT: NULL; UNSUPPORTED: no hardware virtualisation; BAD_STATE: not CREATED
 */
enum axvm_error axvm_boot(struct axvm *vm);
/*
 * Asks every vCPU to stop; returns at once. The VM is STOPPED when the last has left its guest.
 * Errors: INVALID_INPUT: NULL; BAD_STATE: neither RUNNING nor PAUSED
 */
enum axvm_error axvm_shutdown(struct axvm *vm);

/*
 * Stops every vCPU where it is, and returns when all have left their guests. The guest's time
 * stands still until axvm_resume(); interrupts that are injected meanwhile wait for it.
 * Errors: INVALID_INPUT: NULL; BAD_STATE: not RUNNING, or it stopped meanwhile
 * Context: not inside axvm_run_vcpu() of this VM, nor on a CPU that has to leave it
 */
enum axvm_error axvm_pause(struct axvm *vm);
/*
 * Lets them go on, every one awake.
 * Errors: INVALID_INPUT: NULL; BAD_STATE: not PAUSED
 */
enum axvm_error axvm_resume(struct axvm *vm);

/*
 * Ends a VM in any state and gives back its memory, once every vCPU has left its guest; what is
 * left goes with the last reference.
 * Errors: INVALID_INPUT: NULL; BAD_STATE: destroyed before
 * Context: as axvm_pause()
 */
enum axvm_error axvm_destroy(struct axvm *vm);

/*
 * Brings a stopped VM back to what it was before its images were loaded: RAM cleared (RESERVED
 * regions keep what the platform put there), devices, interrupt controller and vCPUs at power-on.
 * Load the images and boot it again, and its time starts anew. A part of the RAM is cleared at each
 * call, so that a guest that resets for ever holds up nobody.
 * Errors: INVALID_INPUT: NULL; BAD_STATE: not STOPPED; WOULD_BLOCK: not all yet, call again;
 * NO_MEMORY: mappings that the host had taken away cannot be restored: it stays STOPPED
 */
enum axvm_error axvm_reset(struct axvm *vm);

/*
 * Binds the vCPU to the current physical CPU and runs it, handling everything that AxVM can handle
 * inside, until an exit that the caller must handle (see struct axvm_exit). Always unbinds.
 *
 * *exit    the exit, unless the call fails
 * Errors   INVALID_INPUT: no such vCPU, or NULL; BAD_STATE: the VM is not RUNNING, the vCPU has not
 *          been started, or it is bound elsewhere
 * Context  a physical CPU (bare metal: interrupts masked) that called axvm_hardware_enable()
 */
enum axvm_error axvm_run_vcpu(struct axvm *vm, uint32_t vcpu_id, struct axvm_exit *exit);

/*
 * Maps host memory into the guest, also while it runs. What lies in the window of the VM's channels
 * goes only into a part that axvm_alloc_ivc_channel() gave.
 *
 * gpa, hpa  multiples of AXVM_PAGE_SIZE
 * size      bytes, a multiple of AXVM_PAGE_SIZE
 * flags     AXVM_MEM_*, honoured exactly
 * Errors    INVALID_INPUT: unaligned, empty, out of the guest's or the host's address width,
 *           illegal flags; BAD_STATE: the VM is destroyed; ALREADY_EXISTS: overlap with a mapping,
 *           a device, or another's part of the window; PERMISSION_DENIED: another VM has some of
 *           the host pages, and not both call them shared; NO_MEMORY: page-table frames
 */
enum axvm_error axvm_map_region(struct axvm *vm, axvm_gpa_t gpa, axvm_hpa_t hpa, uint64_t size,
				uint32_t flags);
/*
 * Removes mappings and makes every CPU forget them before it returns.
 *
 * gpa     a multiple of AXVM_PAGE_SIZE
 * size    bytes, a multiple of AXVM_PAGE_SIZE
 * Errors  INVALID_INPUT: unaligned, empty, out of the guest's address width; BAD_STATE: the VM is
 *         destroyed; PERMISSION_DENIED: a guest's channel, or a part of the window that
 *         axvm_alloc_ivc_channel() did not give; NOT_FOUND: some of it is not mapped; NO_MEMORY: a
 *         larger leaf could not be split
 */
enum axvm_error axvm_unmap_region(struct axvm *vm, axvm_gpa_t gpa, uint64_t size);

/*
 * Makes interrupt `irq` (AArch64: INTID) pending on each vCPU of `targets`; wakes a halted target,
 * kicks a running one. A shared peripheral interrupt goes where the guest routes it. While the VM
 * is PAUSED it waits.
 *
 * targets  bit n stands for vCPU n; at least one
 * Errors   INVALID_INPUT: a target or an interrupt that does not exist; then none is injected.
 *          BAD_STATE: the VM is destroyed
 * Context  any, also when another VM or none is current
 */
enum axvm_error axvm_inject_interrupt_to_vcpu(struct axvm *vm, axvm_cpu_mask_t targets,
					      uint32_t irq);
/*
 * Sets the level of a device's interrupt line (AArch64: INTID of an SPI); repeating one is
 * harmless. Errors: INVALID_INPUT: no such interrupt; BAD_STATE: the VM is destroyed Context: as
 * axvm_inject_interrupt_to_vcpu()
 */
enum axvm_error axvm_set_irq_line(struct axvm *vm, uint32_t irq, bool level);

/* The number of the VM, from its configuration. Of NULL: AXVM_NO_ID. */
uint32_t axvm_id(const struct axvm *vm);
/* Its name; lives as long as the VM. Of NULL: "". */
const char *axvm_name(const struct axvm *vm);
/* The copy of its configuration; lives as long as the VM. Of NULL: NULL. */
const struct axvm_config *axvm_config(const struct axvm *vm);
/*
 * A vCPU by number; it lives as long as its VM.
 * Errors: INVALID_INPUT: NULL; NOT_FOUND: no such vCPU
 */
enum axvm_error axvm_vcpu(struct axvm *vm, uint32_t vcpu_id, struct axvm_vcpu **out);
/* How many vCPUs it has. Of NULL: 0. */
uint32_t axvm_vcpu_num(const struct axvm *vm);
/* Whether its status is RUNNING. Of NULL: false. */
bool axvm_running(const struct axvm *vm);
/* Whether its status is STOPPING. Of NULL: false. */
bool axvm_shutting_down(const struct axvm *vm);
/* Its status at this moment. Of NULL: AXVM_VM_DESTROYED. */
enum axvm_vm_status axvm_status(const struct axvm *vm);
/* Why it stopped; valid from STOPPING on, until a reset. Of NULL: AXVM_STOP_NONE. */
enum axvm_stop_reason axvm_stop_reason(const struct axvm *vm);
/* Where the root of its stage-2 tables is (AArch64: VTTBR_EL2.BADDR). Of NULL: 0. */
axvm_hpa_t axvm_ept_root(const struct axvm *vm);
/* Bytes of host memory that this VM uses besides its RAM. Of NULL: 0. */
uint64_t axvm_overhead(const struct axvm *vm);
/* The emulated devices that have a model, sorted by address; they live as long as the VM. *num:
 * how many. Of NULL: NULL. */
struct axvm_device *axvm_get_devices(struct axvm *vm, size_t *num);

/* A piece of host memory behind guest-physical memory. */
struct axvm_host_piece {
	void *base;  /* host-virtual */
	size_t size; /* bytes */
};

/*
 * The host-side pieces of a guest range, in order, for loading images. They are valid until the
 * range is unmapped or the VM ends. What is written there needs arch-specific cache maintenance
 * before a guest that has its caches off sees it: axvm_write_to_guest() does that itself.
 *
 * size    bytes, any
 * *num    in: entries of `pieces`; out: entries filled, undefined after a failure
 * Errors  INVALID_INPUT: empty, not mapped, not writable RAM, out of range; BAD_STATE: the VM is
 *         destroyed; NO_MEMORY: more pieces than entries
 */
enum axvm_error axvm_get_image_load_region(struct axvm *vm, axvm_gpa_t gpa, uint64_t size,
					   struct axvm_host_piece *pieces, size_t *num);
/*
 * Takes a range of guest addresses for communication between VMs out of the window of the VM's IVC
 * device (AXVM_EMU_IVC_CHANNEL); nothing is mapped there yet. The hypercalls of <axvm/hypercall.h>
 * use the same window. A reset takes it back.
 *
 * size     bytes, rounded up to pages
 * *gpa     where it begins
 * *actual  the rounded size in bytes
 * Errors   INVALID_INPUT: size 0, or no IVC device; BAD_STATE: the VM is destroyed; NO_MEMORY: no
 *          gap in the window is large enough
 */
enum axvm_error axvm_alloc_ivc_channel(struct axvm *vm, uint64_t size, axvm_gpa_t *gpa,
				       uint64_t *actual);
/*
 * Gives back what axvm_alloc_ivc_channel() gave.
 *
 * size    bytes, as asked for or as given
 * Errors  INVALID_INPUT: NULL; BAD_STATE: the VM is destroyed; NOT_FOUND: not a range that
 *         axvm_alloc_ivc_channel() gave, or released before; RESOURCE_BUSY: something is mapped
 *         there: unmap it first
 */
enum axvm_error axvm_release_ivc_channel(struct axvm *vm, axvm_gpa_t gpa, uint64_t size);

/*
 * Copy between host and guest memory, across pages and regions. They go as far as the guest's own
 * rights: reading needs AXVM_MEM_READ, writing AXVM_MEM_WRITE.
 *
 * buf, len  in host memory; bytes. With 0 nothing is looked at
 * Errors    INVALID_INPUT: not wholly mapped RAM with that right; then nothing is copied.
 *           BAD_STATE: the VM is destroyed
 */
enum axvm_error axvm_read_from_guest(struct axvm *vm, axvm_gpa_t gpa, void *buf, size_t len);
enum axvm_error axvm_write_to_guest(struct axvm *vm, axvm_gpa_t gpa, const void *buf, size_t len);

/* A boot image in host memory. */
struct axvm_image {
	const void *data; /* NULL: there is none */
	size_t size;	  /* bytes */
};
/* What a VM boots from. They are copied, and may go afterwards. */
struct axvm_images {
	struct axvm_image kernel;  /* Linux Image, ELF or raw */
	struct axvm_image ramdisk; /* initial RAM disk */
	struct axvm_image dtb;	   /* device tree: patched instead of a generated one */
	struct axvm_image bios;	   /* firmware at the configured address */
};

/*
 * Places the kernel (Linux Image, ELF or raw), the initial RAM disk and the device tree in the
 * guest's memory, checks that they do not overlap, and sets the entry points and first arguments.
 * Call between axvm_new() or axvm_reset() and axvm_boot(). A failure may leave some of them in the
 * guest's memory.
 * Errors: INVALID_DATA: a damaged, compressed or foreign image; INVALID_INPUT: it does not fit,
 * overlaps, or lies where the guest may not write (diag says which); NOT_FOUND: no kernel;
 * NO_MEMORY: none to build the device tree in; BAD_STATE: not CREATED
 */
enum axvm_error axvm_load_images(struct axvm *vm, const struct axvm_images *images,
				 struct axvm_diag *diag);

/*
 * Bytes from the person at the VM's console.
 * Result: how many its device took; 0 when the VM has no console
 * Context: any
 */
size_t axvm_console_input(struct axvm *vm, const uint8_t *bytes, size_t len);

#ifdef __cplusplus
}
#endif

#endif
