/* SPDX-License-Identifier: Apache-2.0 */
#include "bus.h"

enum axvm_error bus_init(struct bus *bus, struct arena *arena, uint32_t max)
{
	*bus = (struct bus){ .max = max };
	bus->ranges = arena_alloc(arena, max * sizeof(*bus->ranges), _Alignof(struct bus_range));
	return bus->ranges ? AXVM_OK : AXVM_ERR_NO_MEMORY;
}

/* The first range that ends behind gpa; bus->num if there is none. */
static uint32_t bus_lower(const struct bus *bus, uint64_t gpa)
{
	uint32_t low = 0, high = bus->num;

	while (low < high) {
		uint32_t mid = (low + high) / 2;
		const struct bus_range *r = &bus->ranges[mid];

		if (r->base + (r->length - 1) < gpa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

enum axvm_error bus_add(struct bus *bus, const struct bus_range *range)
{
	uint32_t at;

	if (range->length == 0 || range->length - 1 > UINT64_MAX - range->base)
		return AXVM_ERR_INVALID_INPUT;
	if (bus_overlaps(bus, range->base, range->length))
		return AXVM_ERR_ALREADY_EXISTS;
	if (bus->num == bus->max)
		return AXVM_ERR_NO_MEMORY;
	at = bus_lower(bus, range->base);
	for (uint32_t i = bus->num++; i > at; i--)
		bus->ranges[i] = bus->ranges[i - 1];
	bus->ranges[at] = *range;
	return AXVM_OK;
}

struct bus_range *bus_find(struct bus *bus, uint64_t gpa, unsigned width)
{
	uint32_t low = 0, high = bus->num;

	while (low < high) {
		uint32_t mid = (low + high) / 2;
		struct bus_range *r = &bus->ranges[mid];

		if (gpa < r->base)
			high = mid;
		else if (gpa - r->base >= r->length)
			low = mid + 1;
		else
			return bus_range_holds(r, gpa, width) ? r : NULL;
	}
	return NULL;
}

bool bus_overlaps(const struct bus *bus, uint64_t gpa, uint64_t size)
{
	uint32_t at = bus_lower(bus, gpa);

	if (size == 0 || at == bus->num)
		return false;
	return bus->ranges[at].base <= gpa || bus->ranges[at].base - gpa < size;
}
