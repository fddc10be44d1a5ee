/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What AxVM asks of its host. The host fills one struct axvm_hal and passes it to axvm_new(); it
 * outlives every VM made with it. Unless an operation says otherwise it may be called from any
 * CPU, with a lock of the calling VM held, and must not call back into AxVM.
 */
#ifndef AXVM_HAL_H
#define AXVM_HAL_H

#include <axvm/error.h>
#include <axvm/types.h>
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

/* By blame: ERROR is the host's or AxVM's own fault, WARN a guest's or a configuration's. */
enum axvm_log_level {
	AXVM_LOG_ERROR, /* something is broken */
	AXVM_LOG_WARN,	/* something is not as it should be, and bounded in number */
	AXVM_LOG_INFO,	/* what a person wants to know */
	AXVM_LOG_DEBUG, /* what a developer wants to know */
};

/* The number of no VM and no vCPU. */
#define AXVM_NO_ID UINT32_MAX

/*
 * What AxVM knows of all VMs of one host: who owns which pages, which channels lead where. Zeroed
 * by the host before its first VM, AxVM's alone from then on; it outlives every VM.
 */
struct axvm_host {
	uint32_t lock;	  /* the list of VMs, and their channels */
	uint32_t build;	  /* which VM has which host pages */
	struct axvm *vms; /* by both locks */
};

/* The operations of a host. None may be NULL. */
struct axvm_hal {
	struct axvm_host *host; /* one for all VMs, also when each has its own struct axvm_hal */

	/* One page frame of 4 KiB, contents undefined. NO_MEMORY. */
	enum axvm_error (*alloc_frame)(struct axvm_hal *hal, axvm_hpa_t *out);
	void (*dealloc_frame)(struct axvm_hal *hal, axvm_hpa_t frame);

	/*
	 * `frames` frames in a row, contents undefined, the first at a multiple of `align` bytes (a
	 * power of two, at least 4096). NO_MEMORY. Freed by dealloc_contiguous with the same count.
	 */
	enum axvm_error (*alloc_contiguous)(struct axvm_hal *hal, size_t frames, uint64_t align,
					    axvm_hpa_t *out);
	void (*dealloc_contiguous)(struct axvm_hal *hal, axvm_hpa_t first, size_t frames);

	/* Takes exactly this host range (whole pages; bytes) out of use. RESOURCE_BUSY: some of it
	 * is in use; NOT_FOUND: some of it is not RAM of the host. */
	enum axvm_error (*alloc_memory_region_at)(struct axvm_hal *hal, axvm_hpa_t base,
						  uint64_t size);
	void (*dealloc_memory_region_at)(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size);

	/*
	 * Whether a VM may have a host range (whole pages; bytes) for its own device.
	 * PERMISSION_DENIED: some of it is RAM, or a device that the host keeps for itself.
	 */
	enum axvm_error (*check_device)(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size);

	/* Host RAM only; the result of one call is valid up to the end of that allocation. */
	void *(*phys_to_virt)(struct axvm_hal *hal, axvm_hpa_t hpa);
	axvm_hpa_t (*virt_to_phys)(struct axvm_hal *hal, const void *p);

	/* Monotonic, nanoseconds since some fixed moment. */
	uint64_t (*current_time_nanos)(struct axvm_hal *hal);
	/* Seconds since 1970-01-01 UTC, or 0 where the host has no clock. */
	uint64_t (*wall_clock_seconds)(struct axvm_hal *hal);
	/* Fills buf with `len` bytes that nobody else gets or can guess. false: this host has none.
	 */
	bool (*random)(struct axvm_hal *hal, void *buf, size_t len);

	/*
	 * One one-shot timer per vCPU, absolute deadline in the clock of current_time_nanos;
	 * UINT64_MAX disarms it. Called on the CPU that runs the vCPU, or while it is not running.
	 * At the deadline the host makes the vCPU leave the guest (running) or wakes it (halted).
	 */
	void (*set_timer)(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id,
			  uint64_t deadline);

	/* Who runs on this CPU; AXVM_NO_ID for none. */
	uint32_t (*current_vm_id)(struct axvm_hal *hal);
	uint32_t (*current_vcpu_id)(struct axvm_hal *hal);
	uint32_t (*current_pcpu_id)(struct axvm_hal *hal);

	/* The physical CPU on which a vCPU is inside axvm_run_vcpu(). NOT_FOUND: on none. */
	enum axvm_error (*vcpu_resides_on)(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id,
					   uint32_t *pcpu_id);
	/* Finds the VM and calls axvm_inject_interrupt_to_vcpu() on it. NOT_FOUND. */
	enum axvm_error (*inject_irq_to_vcpu)(struct axvm_hal *hal, uint32_t vm_id,
					      uint32_t vcpu_id, uint32_t irq);

	/*
	 * Makes a vCPU that is in the guest on physical CPU `pcpu_id` leave it soon (a spurious
	 * kick is harmless).
	 */
	void (*kick_vcpu)(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id, uint32_t pcpu_id);
	/* Makes a halted or newly started vCPU ready to be run again. */
	void (*wake_vcpu)(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id);

	/* One line without newline, printf's integer and string formats. vm_id may be AXVM_NO_ID.
	 */
	void (*log)(struct axvm_hal *hal, enum axvm_log_level level, uint32_t vm_id,
		    const char *fmt, va_list args);
	/* Bytes that a guest's console sends. */
	void (*console_write)(struct axvm_hal *hal, uint32_t vm_id, const uint8_t *bytes,
			      size_t len);
};

#ifdef __cplusplus
}
#endif

#endif
