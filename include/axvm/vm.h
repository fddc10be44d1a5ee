/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual machines: creation, life cycle, memory, interrupts.
 *
 * Life cycle: CREATED -> RUNNING -> STOPPING -> STOPPED, STOPPED -> CREATED by axvm_reset(), any ->
 * DESTROYED with the last reference.
 */
#ifndef AXVM_VM_H
#define AXVM_VM_H

#include <axvm/config.h>
#include <axvm/error.h>
#include <axvm/hal.h>
#include <axvm/types.h>
#include <axvm/vcpu.h>

enum axvm_vm_status {
	AXVM_VM_CREATED = 0,
	AXVM_VM_RUNNING,
	AXVM_VM_PAUSED,
	AXVM_VM_STOPPING,
	AXVM_VM_STOPPED,
	AXVM_VM_DESTROYED,
};

/* Why a VM stopped. */
enum axvm_stop_reason {
	AXVM_STOP_NONE = 0,
	AXVM_STOP_SHUTDOWN,    /* axvm_shutdown() */
	AXVM_STOP_GUEST_OFF,   /* the guest powered off */
	AXVM_STOP_GUEST_RESET, /* the guest asked for a reset */
	AXVM_STOP_FAULT,       /* something that cannot be emulated; a report was logged */
};

/* Whether this CPU and backend can virtualise. Any context. */
bool axvm_has_hardware_support(void);

/* Per physical CPU, on that CPU, before it runs a vCPU. UNSUPPORTED: it cannot virtualise. */
enum axvm_error axvm_hardware_enable(void);
void axvm_hardware_disable(void);

/*
 * Checks the whole configuration, then builds the VM: vCPUs, guest-physical address space, RAM,
 * passthrough mappings, devices, interrupt wiring, entry points. All or nothing. The new VM has one
 * reference, the caller's.
 *
 * hal, config  hal must outlive the VM; config is copied
 * Errors       INVALID_INPUT: illegal memory flags, or any invalid configuration (diag says which);
 *              UNSUPPORTED: the hardware cannot virtualise, or lacks what the configuration asks;
 *              NO_MEMORY; ALREADY_EXISTS: overlapping regions or devices; RESOURCE_BUSY: a host
 *              range is taken, or no VMID is left; PERMISSION_DENIED: a passthrough device is RAM,
 *              or the host keeps it; errors of the host's address space or of a device
 * Context      a host thread; not from inside a HAL operation
 */
enum axvm_error axvm_new(struct axvm_hal *hal, const struct axvm_config *config, struct axvm **out,
			 struct axvm_diag *diag);
/* Reference counting. The last put frees everything; no vCPU may be running then. */
struct axvm *axvm_get(struct axvm *vm);
void axvm_put(struct axvm *vm);

/*
 * The life of a VM: CREATED -> RUNNING <-> PAUSED; RUNNING or PAUSED -> STOPPING -> STOPPED;
 * STOPPED -> CREATED by axvm_reset(); any -> DESTROYED. A call that asks for another edge returns
 * BAD_STATE and changes nothing; so does every call that needs memory, devices or interrupts of a
 * VM that is destroyed. A NULL argument is INVALID_INPUT.
 */

/* Lets vCPUs run; vCPU 0 is started. BAD_STATE: not CREATED. UNSUPPORTED: no hardware
 * virtualisation. */
enum axvm_error axvm_boot(struct axvm *vm);
/* Asks every vCPU to stop; returns at once. BAD_STATE: neither RUNNING nor PAUSED. */
enum axvm_error axvm_shutdown(struct axvm *vm);

/*
 * Stops every vCPU where it is, and returns when all have left their guests. The guest's time
 * stands still until axvm_resume(); interrupts that are injected meanwhile wait for it.
 * Errors: BAD_STATE: not RUNNING, or it stopped meanwhile
 * Context: not inside axvm_run_vcpu() of this VM, nor on a CPU that has to leave it
 */
enum axvm_error axvm_pause(struct axvm *vm);
/* Lets them go on, every one awake. BAD_STATE: not PAUSED. */
enum axvm_error axvm_resume(struct axvm *vm);

/*
 * Ends a VM in any state and gives back its memory, once every vCPU has left its guest; what is
 * left goes with the last reference. Errors: BAD_STATE: destroyed before. Context: as axvm_pause().
 */
enum axvm_error axvm_destroy(struct axvm *vm);

/*
 * Brings a stopped VM back to what it was before its images were loaded: RAM cleared (RESERVED
 * regions keep what the platform put there), devices, interrupt controller and vCPUs at power-on.
 * Load the images and boot it again, and its time starts anew. A part of the RAM is cleared at each
 * call, so that a guest that resets for ever holds up nobody.
 * Errors: WOULD_BLOCK: not all yet, call again; BAD_STATE: not stopped
 */
enum axvm_error axvm_reset(struct axvm *vm);

/*
 * Binds the vCPU to the current physical CPU and runs it, handling everything that AxVM can handle
 * inside, until an exit that the caller must handle (see struct axvm_exit). Always unbinds.
 *
 * Errors   INVALID_INPUT: no such vCPU; BAD_STATE: the VM is not running, the vCPU has not been
 *          started, or it is running elsewhere
 * Context  a physical CPU (bare metal: interrupts masked) that called axvm_hardware_enable()
 */
enum axvm_error axvm_run_vcpu(struct axvm *vm, uint32_t vcpu_id, struct axvm_exit *exit);

/*
 * Maps host memory into the guest, also while it runs.
 * Errors: INVALID_INPUT: unaligned, empty, out of the guest's address width, illegal flags;
 * ALREADY_EXISTS: overlap with a mapping or a device; NO_MEMORY. A failure changes nothing.
 */
enum axvm_error axvm_map_region(struct axvm *vm, axvm_gpa_t gpa, axvm_hpa_t hpa, uint64_t size,
				uint32_t flags);
/*
 * Removes mappings and makes every CPU forget them before it returns.
 * Errors: INVALID_INPUT: unaligned, empty, out of width; NOT_FOUND: some of it is not mapped;
 * NO_MEMORY: a larger leaf could not be split. A failure changes nothing.
 */
enum axvm_error axvm_unmap_region(struct axvm *vm, axvm_gpa_t gpa, uint64_t size);

/*
 * Makes interrupt `irq` (AArch64: INTID) pending on each vCPU of `targets`; wakes a halted target,
 * kicks a running one. A shared peripheral interrupt goes where the guest routes it.
 * Errors: INVALID_INPUT: a target or an interrupt that does not exist; then none is injected.
 * Context: any, also when another VM or none is current.
 */
enum axvm_error axvm_inject_interrupt_to_vcpu(struct axvm *vm, axvm_cpu_mask_t targets,
					      uint32_t irq);
/* Sets the level of a device's interrupt line (AArch64: INTID of an SPI). Same errors, context. */
enum axvm_error axvm_set_irq_line(struct axvm *vm, uint32_t irq, bool level);

/*
 * Accessors, safe from any CPU at any time while a reference is held. Of NULL: AXVM_NO_ID, "",
 * NULL, 0, or a VM that is DESTROYED.
 */
uint32_t axvm_id(const struct axvm *vm);
const char *axvm_name(const struct axvm *vm);
const struct axvm_config *axvm_config(const struct axvm *vm);
/* NOT_FOUND: no such vCPU. It lives as long as its VM. */
enum axvm_error axvm_vcpu(struct axvm *vm, uint32_t vcpu_id, struct axvm_vcpu **out);
uint32_t axvm_vcpu_num(const struct axvm *vm);
bool axvm_running(const struct axvm *vm);
bool axvm_shutting_down(const struct axvm *vm);
enum axvm_vm_status axvm_status(const struct axvm *vm);
enum axvm_stop_reason axvm_stop_reason(const struct axvm *vm);
axvm_hpa_t axvm_ept_root(const struct axvm *vm);
/* Bytes of host memory that this VM uses besides its RAM. */
uint64_t axvm_overhead(const struct axvm *vm);
/* The devices of the VM, sorted by address. */
struct axvm_device *axvm_get_devices(struct axvm *vm, size_t *num);

/* A piece of host memory behind guest-physical memory. */
struct axvm_host_piece {
	void *base;
	size_t size; /* bytes */
};

/*
 * The host-side pieces of a guest range, in order, for loading images.
 * *num   in: entries of `pieces`; out: entries filled
 * Errors INVALID_INPUT: not mapped, not writable RAM, out of range; NO_MEMORY: too many pieces
 */
enum axvm_error axvm_get_image_load_region(struct axvm *vm, axvm_gpa_t gpa, uint64_t size,
					   struct axvm_host_piece *pieces, size_t *num);
/*
 * Takes a range of guest addresses for communication between VMs out of the window of the VM's IVC
 * device (AXVM_EMU_IVC_CHANNEL); nothing is mapped there yet. The hypercalls of <axvm/hypercall.h>
 * use the same window.
 *
 * size    bytes, rounded up to pages
 * *gpa    where; *actual: the rounded size
 * Errors  INVALID_INPUT: size 0, or no IVC device; NO_MEMORY: no gap in the window is large enough
 */
enum axvm_error axvm_alloc_ivc_channel(struct axvm *vm, uint64_t size, axvm_gpa_t *gpa,
				       uint64_t *actual);
/* NOT_FOUND: not a range that axvm_alloc_ivc_channel() gave, or released before. RESOURCE_BUSY:
 * something is mapped there: unmap it first. */
enum axvm_error axvm_release_ivc_channel(struct axvm *vm, axvm_gpa_t gpa, uint64_t size);

/*
 * Copy between host and guest memory, across pages and regions. INVALID_INPUT: not wholly mapped
 * RAM; then nothing is copied.
 */
enum axvm_error axvm_read_from_guest(struct axvm *vm, axvm_gpa_t gpa, void *buf, size_t len);
enum axvm_error axvm_write_to_guest(struct axvm *vm, axvm_gpa_t gpa, const void *buf, size_t len);

/* Boot images in host memory; data NULL when there is none. They are copied. */
struct axvm_image {
	const void *data;
	size_t size; /* bytes */
};
struct axvm_images {
	struct axvm_image kernel;
	struct axvm_image ramdisk;
	struct axvm_image dtb; /* patched instead of a generated tree */
	struct axvm_image bios;
};

/*
 * Places the kernel (Linux Image, ELF or raw), the initial RAM disk and the device tree in the
 * guest's memory, checks that they do not overlap, and sets the entry points and first arguments.
 * Call between axvm_new() and axvm_boot().
 * Errors: INVALID_DATA: a damaged or foreign image; INVALID_INPUT: it does not fit or overlaps;
 * NOT_FOUND: no kernel; BAD_STATE: the VM has been booted
 */
enum axvm_error axvm_load_images(struct axvm *vm, const struct axvm_images *images,
				 struct axvm_diag *diag);

/* Bytes from the person at the VM's console. Result: how many its device took. Any context. */
size_t axvm_console_input(struct axvm *vm, const uint8_t *bytes, size_t len);

#endif
