/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface between AxVM and a device model. A device model includes this header and nothing
 * else of AxVM; it registers itself with AXVM_DEVICE_MODEL().
 *
 * Every operation is called with the device's own lock held, so that a model needs none.
 * A guest chooses the offsets and values: an operation must bear any of them.
 */
#ifndef AXVM_DEVICE_H
#define AXVM_DEVICE_H

#include <axvm/config.h>
#include <axvm/error.h>
#include <axvm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct axvm_device;

/* A kind of device. A constant, the same for all VMs. */
struct axvm_device_model {
	const char *name;	/* the `model` of TOML, for instance "pl011" */
	const char *compatible; /* of its device-tree node; several are separated by spaces;
				 * NULL: the guest is not told of it */
	enum axvm_arch arch;	/* which architecture's table `emu_type` belongs to; 0: all */
	uint32_t emu_type;	/* enum axvm_emu_type */
	bool no_irq;		/* it has no interrupt: the configuration's irq_id says nothing */
	uint64_t min_length;	/* bytes of guest-physical space that it needs */
	size_t state_size;	/* bytes; plain data without pointers, zeroed, then reset() */
	uint32_t state_version; /* of that structure; a change of its layout is another version */

	/* Power-on state. Also the first call after creation. */
	void (*reset)(struct axvm_device *dev);
	/*
	 * An access of `width` 1, 2, 4 or 8 bytes at `offset` (bytes, wholly inside the device's
	 * range). A read that the device does not know gives 0; a write that it does not know does
	 * nothing. Widths that the device does not support: as its manual says, or the same.
	 */
	uint64_t (*read)(struct axvm_device *dev, uint64_t offset, unsigned width);
	void (*write)(struct axvm_device *dev, uint64_t offset, unsigned width, uint64_t value);
	/* Console devices: bytes from the person at the console; returns how many fitted. */
	size_t (*console_input)(struct axvm_device *dev, const uint8_t *bytes, size_t len);
	/* The time that axvm_device_set_timer() asked for has come. May be NULL. */
	void (*timer)(struct axvm_device *dev);
	/* Adds properties to the device's tree node beside compatible, reg and interrupts. fdt is
	 * libfdt's sequential-write buffer. Returns 0 or libfdt's negative error. May be NULL. */
	int (*describe)(struct axvm_device *dev, void *fdt);
};

/* One device of one VM. Models read it and change `state` only. */
struct axvm_device {
	const struct axvm_device_model *model; /* its kind */
	struct axvm *vm;		       /* the core's; to a model an opaque name */
	void *state;			       /* model->state_size bytes */
	const struct axvm_emu_device *config;  /* as the VM's configuration has it */
	bool line;			       /* level of its interrupt; the core's */
	uint64_t deadline;		       /* of its timer, VM time; the core's */
};

/* Every device tree has a fixed clock of 24 MHz for devices that must name one: its phandle. */
#define AXVM_FDT_CLOCK_PHANDLE 2u
/* Of the device that powers the machine off, of which there is at most one. */
#define AXVM_FDT_POWER_PHANDLE 3u

/* Registers a model: the linker collects them, there is no list to edit. */
#define AXVM_DEVICE_MODEL(ident)                                                                   \
	static const struct axvm_device_model *const axvm_device_model_##ident                     \
		__attribute__((used, retain, section("axvm_device_models"))) = &(ident)

/* Services to models. Context: inside an operation of the model. */

/* Sets the level of the device's interrupt line (config->irq_id). Repeating a level is cheap. */
void axvm_device_set_irq(struct axvm_device *dev, bool level);
/* Bytes to the VM's console. */
void axvm_device_console_write(struct axvm_device *dev, const uint8_t *bytes, size_t len);
/* The VM's own monotonic time in nanoseconds; it stands still while the VM is paused. */
uint64_t axvm_device_now(struct axvm_device *dev);
/* Asks for model->timer() soon after the VM's time (axvm_device_now()) reaches `deadline`;
 * UINT64_MAX: never. A device has one timer. */
void axvm_device_set_timer(struct axvm_device *dev, uint64_t deadline);
/* Seconds since 1970-01-01 UTC when this VM's time was 0; 0 where the host has no clock. */
uint64_t axvm_device_wall_clock_base(struct axvm_device *dev);
/* How a guest ends its machine through a device. */
enum axvm_device_power {
	AXVM_DEVICE_POWER_OFF, /* all is well */
	AXVM_DEVICE_RESET,     /* it wants to start again */
	AXVM_DEVICE_FAILURE,   /* it has failed: the VM stops as on a fault */
};
/* The VM stops, for the reason that axvm_stop_reason() then tells; the vCPU runs no further once
 * the access is over, and leaves as PREEMPTED. `code`: the guest's word on its failure, which is
 * logged; else nothing. */
void axvm_device_power(struct axvm_device *dev, enum axvm_device_power how, uint64_t code);
/*
 * Copy between a model and guest memory, as axvm_read_from_guest() and axvm_write_to_guest().
 * Errors: INVALID_INPUT: not wholly RAM that the guest itself may read, or write; then nothing is
 * copied
 */
enum axvm_error axvm_device_read_guest(struct axvm_device *dev, axvm_gpa_t gpa, void *buf,
				       size_t len);
enum axvm_error axvm_device_write_guest(struct axvm_device *dev, axvm_gpa_t gpa, const void *buf,
					size_t len);

#ifdef __cplusplus
}
#endif

#endif
