/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated CPU's loads, stores and fetches: a table walk without a lock, as hardware does. */
#include "host.h"
#include <arch/stage2.h>

/* From here on arch_stage2_flush() waits for this CPU. */
static void access_begin(struct arch_vcpu *a)
{
	__atomic_store_n(&a->accesses, a->accesses + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void access_end(struct arch_vcpu *a)
{
	__atomic_store_n(&a->accesses, a->accesses + 1, __ATOMIC_RELEASE);
}

static uint64_t entry_read(struct axvm_vcpu *vcpu, uint64_t table, unsigned level, uint64_t gpa)
{
	const struct stage2_geometry *geo = vcpu->vm->aspace.s2.geo;
	struct axvm_hal *hal = vcpu->vm->hal;
	const uint64_t *entries = hal->phys_to_virt(hal, axvm_hpa(table));
	uint64_t index = gpa >> geo->level[level].shift &
			 ((UINT64_C(1) << geo->level[level].bits) - 1);

	return __atomic_load_n(&entries[index], __ATOMIC_ACQUIRE);
}

/* The host's memory behind gpa. */
static enum sim_access_result walk(struct axvm_vcpu *vcpu, uint64_t gpa, uint32_t right,
				   uint8_t **out)
{
	const struct stage2 *s2 = &vcpu->vm->aspace.s2;
	uint64_t entry, table = s2->root.v, offset;
	unsigned level = 0;

	if (gpa >> s2->geo->gpa_bits)
		return SIM_ACCESS_UNMAPPED;
	for (;; level++, table = pte_hpa(entry)) {
		entry = entry_read(vcpu, table, level, gpa);
		if (!pte_valid(entry))
			return SIM_ACCESS_UNMAPPED;
		if (pte_is_leaf(entry, s2->geo->level[level].shift))
			break;
	}
	if (!(pte_flags(entry) & right))
		return SIM_ACCESS_FORBIDDEN;
	offset = gpa & ((UINT64_C(1) << s2->geo->level[level].shift) - 1);
	*out = s2->hal->phys_to_virt(s2->hal, axvm_hpa(pte_hpa(entry) + offset));
	return *out ? SIM_ACCESS_DONE : SIM_ACCESS_NOTHING;
}

/* An aligned access is one and whole, also when other CPUs access the same. */
static void load(struct sim_access *access, const uint8_t *p)
{
	const void *from = p;

	switch (access->width) {
	case 1:
		access->value = __atomic_load_n(p, __ATOMIC_RELAXED);
		break;
	case 2:
		access->value = __atomic_load_n((const uint16_t *)from, __ATOMIC_RELAXED);
		break;
	case 4:
		access->value = __atomic_load_n((const uint32_t *)from, __ATOMIC_RELAXED);
		break;
	default:
		access->value = __atomic_load_n((const uint64_t *)from, __ATOMIC_RELAXED);
	}
}

static void store(const struct sim_access *access, uint8_t *p)
{
	void *to = p;

	switch (access->width) {
	case 1:
		__atomic_store_n(p, (uint8_t)access->value, __ATOMIC_RELAXED);
		break;
	case 2:
		__atomic_store_n((uint16_t *)to, (uint16_t)access->value, __ATOMIC_RELAXED);
		break;
	case 4:
		__atomic_store_n((uint32_t *)to, (uint32_t)access->value, __ATOMIC_RELAXED);
		break;
	default:
		__atomic_store_n((uint64_t *)to, access->value, __ATOMIC_RELAXED);
	}
}

static void transfer(struct sim_access *access, uint8_t *p)
{
	if (access->kind == AXVM_ACCESS_READ)
		load(access, p);
	else if (access->kind == AXVM_ACCESS_WRITE)
		store(access, p);
}

/* Byte by byte, once all bytes are known to be there: it may reach over two pages. */
static enum sim_access_result access_unaligned(struct axvm_vcpu *vcpu, struct sim_access *access)
{
	enum sim_access_result result;
	struct sim_access byte = { .width = 1, .kind = access->kind };
	uint64_t value = 0;
	uint8_t *p[8];

	for (unsigned i = 0; i < access->width; i++) {
		result = walk(vcpu, access->gpa + i, access->kind, &p[i]);
		if (result != SIM_ACCESS_DONE) {
			access->gpa += i;
			return result;
		}
	}
	for (unsigned i = 0; i < access->width; i++) {
		byte.value = access->value >> 8 * i;
		transfer(&byte, p[i]);
		value |= (byte.value & 0xff) << 8 * i;
	}
	access->value = value;
	return SIM_ACCESS_DONE;
}

static enum sim_access_result access_aligned(struct axvm_vcpu *vcpu, struct sim_access *access)
{
	enum sim_access_result result;
	uint8_t *p;

	result = walk(vcpu, access->gpa, access->kind, &p);
	if (result == SIM_ACCESS_DONE)
		transfer(access, p);
	return result;
}

enum sim_access_result sim_access(struct axvm_vcpu *vcpu, struct sim_access *access)
{
	enum sim_access_result result;

	access_begin(&vcpu->arch);
	result = access->gpa % access->width ? access_unaligned(vcpu, access) :
					       access_aligned(vcpu, access);
	access_end(&vcpu->arch);
	return result;
}
