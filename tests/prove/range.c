/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties: each check of a range says what the same sentence says in numbers without end
 * (128 bits here): in particular nothing wraps near 2^64. Bounds: none, but for a bus of RANGES
 * ranges and for a region of RAM, which begin and end within 256 bytes of either end of the
 * address space.
 */
#include "prove.h"

#include "../../core/aspace.c"
#include "../../core/bus.c"
#include "../../core/config.c"
#include "../../core/diag.c"
#define unsupported check_unsupported /* config.c has one too */
#include "../../core/config_check.c"
#include "../../core/extend.h"

#define RANGES 2u

typedef unsigned __int128 wide;

static const struct stage2_geometry geo_of[] = { { .gpa_bits = 32 },
						 { .gpa_bits = 40 },
						 { .gpa_bits = 48 } };

/* An address space takes what begins and ends in its width, in whole pages. */
void harness_aspace(void)
{
	uint8_t which = nondet_u8();
	struct aspace as = { 0 };
	uint64_t gpa = nondet_u64(), size = nondet_u64(), hpa = nondet_u64();
	bool whole, inside;

	ASSUME(which < 3);
	as.s2.geo = &geo_of[which];
	whole = (gpa & 4095) == 0 && (size & 4095) == 0 && size != 0;
	inside = (wide)gpa + size <= (wide)1 << as.s2.geo->gpa_bits;
	PROVE(range_valid(&as, gpa, size) == (whole && inside), "of the guest");
	whole = (hpa & 4095) == 0;
	inside = (wide)hpa + size <= (wide)1 << PTE_HPA_BITS && hpa < UINT64_C(1) << PTE_HPA_BITS;
	PROVE(host_range_valid(hpa, size) == (whole && inside), "of the host");
}

/* Near either end of 2^64 addresses, where it can go wrong. */
static uint64_t any_end(void)
{
	return nondet_bool() ? nondet_u8() : UINT64_MAX - nondet_u8();
}

static struct bus_range any_range(void)
{
	struct bus_range r = { .base = nondet_u64(), .length = nondet_u64() };

	return r;
}

static unsigned any_width(void)
{
	return 1u << (nondet_u8() & 3);
}

static bool wide_holds(const struct bus_range *r, uint64_t gpa, unsigned width)
{
	return gpa >= r->base && (wide)gpa + width <= (wide)r->base + r->length;
}

/* A range holds an access if all of it lies inside. */
void harness_bus_holds(void)
{
	struct bus_range r = any_range();
	uint64_t gpa = nondet_u64();
	unsigned width = any_width();

	ASSUME((wide)r.base + r.length <= (wide)1 << 64);
	PROVE(bus_range_holds(&r, gpa, width) == wide_holds(&r, gpa, width), "the whole access");
}

static bool contains(const struct bus_range *r, uint64_t gpa)
{
	return gpa - r->base < r->length;
}

/* A bus in order, as bus_add() keeps it. */
static void any_bus(struct bus *bus)
{
	bus->num = nondet_bool() + nondet_bool();
	for (unsigned k = 0; k < RANGES; k++) {
		struct bus_range *r = &bus->ranges[k];

		r->base = any_end();
		r->length = any_end();
		ASSUME(r->length != 0 && r->base + (r->length - 1) >= r->base);
		ASSUME(k == 0 ||
		       bus->ranges[k - 1].base + (bus->ranges[k - 1].length - 1) < r->base);
	}
}

/* A bus finds for every access exactly the range that holds it. */
void harness_bus_find(void)
{
	static struct bus_range slots[RANGES];
	struct bus bus = { .ranges = slots, .max = RANGES };
	uint64_t gpa = any_end();
	unsigned width = any_width();
	const struct bus_range *found;

	any_bus(&bus);
	found = bus_find(&bus, gpa, width);
	for (unsigned k = 0; k < RANGES; k++)
		PROVE((found == &slots[k]) ==
			      (k < bus.num && bus_range_holds(&slots[k], gpa, width)),
		      "it is found if and only if it holds the access");
}

/* Of two ranges that overlap, one contains the other's beginning. */
void harness_bus_overlap(void)
{
	static struct bus_range slots[RANGES];
	struct bus bus = { .ranges = slots, .max = RANGES };
	struct bus_range r = { .base = any_end(), .length = any_end() };
	bool free = true;

	any_bus(&bus);
	ASSUME(r.length != 0 && r.base + (r.length - 1) >= r.base);
	for (unsigned k = 0; k < RANGES; k++)
		free &= k >= bus.num ||
			(!contains(&slots[k], r.base) && !contains(&r, slots[k].base));
	PROVE(bus_overlaps(&bus, r.base, r.length) == !free, "no overlap is missed or invented");
}

/* A configuration's ranges lie in the guest's address space. */
void harness_config(void)
{
	static struct axvm_config config;
	struct axvm_machine machine = { .max_gpa = nondet_u64() };
	const struct checker c = { .config = &config, .machine = &machine };
	uint64_t base = nondet_u64(), size = nondet_u64();

	PROVE((check_range(&c, "", 0, base, "", size, "") == AXVM_OK) ==
		      (size != 0 && (wide)base + size <= machine.max_gpa),
	      "it lies in the address space");
}

/* A range is in RAM if a region of the configuration has all of it. */
void harness_ram(void)
{
	static struct axvm_config config;
	struct axvm_memory_region *r = &config.memory_regions[0];
	uint64_t gpa = any_end(), size = any_end();

	config.memory_region_num = 1;
	r->gpa = any_end();
	r->size = any_end();
	PROVE(axvm_config_contains_memory_range(&config, gpa, size) ==
		      (size != 0 && gpa >= r->gpa && (wide)gpa + size <= (wide)r->gpa + r->size),
	      "all of it");
}

/* What a load leaves in a register is what its bytes say, extended. */
void harness_extend(void)
{
	uint64_t value = nondet_u64(), result;
	unsigned width = any_width(), bit = nondet_u8();
	unsigned reg_width = nondet_bool() ? 8 : 4;
	bool is_signed = nondet_bool(), expected;

	ASSUME(bit < 64);
	result = extend(value, width, reg_width, is_signed);
	expected = bit < 8 * width ? value >> bit & 1 : is_signed && value >> (8 * width - 1) & 1;
	PROVE((result >> bit & 1) == (expected && bit < 8 * reg_width), "bit by bit");
}
