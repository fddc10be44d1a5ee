/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device bus of one VM: ranges sorted by address, found by binary search. It is built with the
 * VM and does not change afterwards, so that an access takes no lock but the device's own.
 */
#ifndef CORE_BUS_H
#define CORE_BUS_H

#include "arena.h"
#include "lock.h"
#include <axvm/device.h>

/* A range of the bus. A device model's, or one that the architecture handles itself. */
struct bus_range {
	uint64_t base;
	uint64_t length;
	struct lock lock;
	bool locked; /* take the lock around an access (device models) */
	uint64_t (*read)(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu);
	void (*write)(void *opaque, uint64_t offset, unsigned width, uint64_t value,
		      struct axvm_vcpu *vcpu);
	void *opaque;
};

struct bus {
	struct bus_range *ranges;
	uint32_t num;
	uint32_t max;
};

enum axvm_error bus_init(struct bus *bus, struct arena *arena, uint32_t max);
/* Inserts in order. ALREADY_EXISTS: it overlaps; NO_MEMORY: more than `max`; INVALID_INPUT: empty
 * or past the end of the address space. */
enum axvm_error bus_add(struct bus *bus, const struct bus_range *range);
/* The range that holds the whole access, or NULL. */
struct bus_range *bus_find(struct bus *bus, uint64_t gpa, unsigned width);
/* Whether a range of addresses touches any device. */
bool bus_overlaps(const struct bus *bus, uint64_t gpa, uint64_t size);

/* Whether the range holds the whole access. */
static inline bool bus_range_holds(const struct bus_range *range, uint64_t gpa, unsigned width)
{
	uint64_t offset = gpa - range->base;

	return offset < range->length && width <= range->length - offset;
}

static inline uint64_t bus_read(struct bus_range *range, uint64_t gpa, unsigned width,
				struct axvm_vcpu *vcpu)
{
	uint64_t offset = gpa - range->base, value;

	if (!range->locked)
		return range->read(range->opaque, offset, width, vcpu);
	lock_take(&range->lock);
	value = range->read(range->opaque, offset, width, vcpu);
	lock_drop(&range->lock);
	return value;
}

static inline void bus_write(struct bus_range *range, uint64_t gpa, unsigned width, uint64_t value,
			     struct axvm_vcpu *vcpu)
{
	uint64_t offset = gpa - range->base;

	if (!range->locked) {
		range->write(range->opaque, offset, width, value, vcpu);
		return;
	}
	lock_take(&range->lock);
	range->write(range->opaque, offset, width, value, vcpu);
	lock_drop(&range->lock);
}

#endif
