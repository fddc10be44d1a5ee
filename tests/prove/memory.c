/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: a copy from or to guest memory succeeds if and only if the guest has the right to every
 * byte of it and all of it is RAM; then exactly these bytes are copied, and else none.
 * Bounds: copies of up to LEN bytes anywhere in 2^64 addresses, over LEAVES leaves of 4 bytes with
 * any rights, which lead to any host memory; the walker is replaced by what it promises.
 */
#include "prove.h"
#include <string.h>

#define LEAVES 3u
#define BYTES  4u /* of a leaf */
#define LEN    8u

static void copy(void *to, const void *from, size_t len)
{
	PROVE(len <= BYTES, "a piece is inside one leaf");
	for (size_t i = 0; i < len; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
}

#define memcpy(to, from, len) copy(to, from, len)
#include "../../core/aspace.c"
#undef memcpy

static uint64_t base; /* of the guest's addresses that have leaves */
static uint8_t h0[BYTES], h1[BYTES], h2[BYTES];
static uint8_t *const host[] = { h0, h1, h2 };
static struct {
	bool mapped;
	uint32_t flags;
	unsigned host;
} leaves[LEAVES];

bool stage2_find(const struct stage2 *s2, uint64_t gpa, struct stage2_leaf *out)
{
	uint64_t n = (gpa - base) >> 2;

	if (n >= LEAVES || !leaves[n].mapped)
		return false;
	out->hpa = axvm_hpa((leaves[n].host << 2) + (gpa & 3));
	out->left = BYTES - (gpa & 3);
	out->flags = leaves[n].flags;
	return true;
}

void arch_sync_guest_memory(void *p, size_t len)
{
}

static void *phys_to_virt(struct axvm_hal *hal, axvm_hpa_t hpa)
{
	for (unsigned n = 0; n < LEAVES; n++)
		if (n == hpa.v >> 2)
			return host[n] + (hpa.v & 3);
	PROVE(false, "only host memory of a leaf is touched");
	return NULL;
}

static struct axvm_hal hal = { .phys_to_virt = phys_to_virt };
static struct aspace as = { .hal = &hal };

/* The host's byte behind a guest's, if the guest has the right to it. */
static uint8_t *byte_of(uint64_t gpa, uint32_t right)
{
	uint64_t n = (gpa - base) >> 2;

	if (n >= LEAVES || !leaves[n].mapped || !(leaves[n].flags & right) ||
	    (leaves[n].flags & AXVM_MEM_DEVICE))
		return NULL;
	return host[leaves[n].host] + (gpa & 3);
}

static bool covered(uint64_t gpa, size_t len, uint32_t right)
{
	bool all = as.live || len == 0;

	for (size_t i = 0; i < LEN; i++)
		all &= i >= len || byte_of(gpa + i, right);
	return all;
}

static void any_leaves(void)
{
	as.live = nondet_bool();
	base = nondet_u64();
	ASSUME((base & 3) == 0 && base <= UINT64_MAX - LEAVES * BYTES);
	for (unsigned n = 0; n < LEAVES; n++) {
		leaves[n].mapped = nondet_bool();
		leaves[n].flags = nondet_u8() & AXVM_MEM_ALL;
		leaves[n].host = nondet_u8();
		ASSUME(leaves[n].host < LEAVES);
		for (unsigned i = 0; i < BYTES; i++)
			host[n][i] = nondet_u8();
	}
}

void harness_read(void)
{
	uint64_t gpa = nondet_u64(), i = nondet_u8();
	size_t len = nondet_u8();
	uint8_t buf[LEN], old;
	enum axvm_error err;

	any_leaves();
	ASSUME(len <= LEN && i < LEN);
	old = buf[i];
	err = aspace_read(&as, axvm_gpa(gpa), buf, len);
	PROVE((err == AXVM_OK) == covered(gpa, len, AXVM_MEM_READ), "all readable, or an error");
	PROVE(err == AXVM_OK || err == AXVM_ERR_INVALID_INPUT, "of one kind");
	if (err == AXVM_OK && i < len)
		PROVE(buf[i] == *byte_of(gpa + i, AXVM_MEM_READ), "every byte is the guest's");
	else
		PROVE(buf[i] == old, "nothing else is written, and nothing after an error");
}

/* Two leaves may lead to one host page: then the later byte stays. */
void harness_write(void)
{
	uint64_t gpa = nondet_u64(), n = nondet_u8(), k = nondet_u8();
	size_t len = nondet_u8();
	uint8_t buf[LEN], expected;
	enum axvm_error err;

	any_leaves();
	ASSUME(len <= LEN && n < LEAVES && k < BYTES);
	expected = host[n][k];
	err = aspace_write(&as, axvm_gpa(gpa), buf, len);
	PROVE((err == AXVM_OK) == covered(gpa, len, AXVM_MEM_WRITE), "all writable, or an error");
	for (size_t i = 0; i < LEN; i++)
		if (err == AXVM_OK && i < len && byte_of(gpa + i, AXVM_MEM_WRITE) == &host[n][k])
			expected = buf[i];
	PROVE(host[n][k] == expected, "a byte changes if it is covered, and no other does");
}
