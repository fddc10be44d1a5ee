/* SPDX-License-Identifier: Apache-2.0 */
#include "aspace.h"
#include "arch.h"
#include <arch/stage2.h>
#include <string.h>

enum axvm_error aspace_init(struct aspace *as, struct axvm_hal *hal, struct arena *arena,
			    const struct stage2_geometry *geo, struct stage2_tlb tlb)
{
	enum axvm_error err;

	lock_take(&as->lock);
	as->arena = arena;
	as->geo = *geo;
	err = stage2_init(&as->s2, hal, &as->geo, tlb);
	if (err == AXVM_OK) {
		as->hal = hal;
		as->live = true;
	}
	lock_drop(&as->lock);
	return err;
}

/* ---- Memory that the VM owns ---- */

static bool is_ram(const struct aspace_chunk *chunk)
{
	return chunk->kind == CHUNK_FRAMES || chunk->kind == CHUNK_HOST_RANGE;
}

static void chunk_give_back(struct aspace *as, const struct aspace_chunk *chunk)
{
	struct axvm_hal *hal = as->hal;

	if (chunk->kind == CHUNK_HOST_RANGE && !chunk->lent)
		hal->dealloc_memory_region_at(hal, chunk->hpa, chunk->size);
	else if (chunk->kind == CHUNK_FRAMES)
		hal->dealloc_contiguous(hal, chunk->hpa, chunk->size / AXVM_PAGE_SIZE);
}

/* Gives back the chunks that were taken after `mark`. Other VMs walk the list: under the lock. */
static void chunks_drop(struct aspace *as, const struct aspace_chunk *mark)
{
	while (as->chunks != mark) {
		struct aspace_chunk *chunk = as->chunks;

		as->chunks = chunk->next;
		if (is_ram(chunk))
			as->ram_bytes -= chunk->size;
		chunk_give_back(as, chunk);
	}
}

/* What the chunk describes is given back when there is no room to note it. */
static enum axvm_error chunk_add(struct aspace *as, const struct aspace_chunk *record)
{
	struct aspace_chunk *chunk = arena_alloc(as->arena, sizeof(*chunk),
						 _Alignof(struct aspace_chunk));

	if (!chunk) {
		chunk_give_back(as, record);
		return AXVM_ERR_NO_MEMORY;
	}
	*chunk = *record;
	chunk->next = as->chunks;
	lock_take(&as->lock);
	as->chunks = chunk;
	lock_drop(&as->lock);
	if (is_ram(chunk))
		as->ram_bytes += chunk->size;
	return AXVM_OK;
}

void aspace_fini(struct aspace *as)
{
	if (!as->hal)
		return;
	lock_take(&as->lock);
	as->live = false;
	stage2_fini(&as->s2);
	chunks_drop(as, NULL);
	lock_drop(&as->lock);
	as->hal = NULL;
}

/* ---- Mapping ---- */

static bool range_valid(const struct aspace *as, uint64_t gpa, uint64_t size)
{
	uint64_t limit = UINT64_C(1) << as->s2.geo->gpa_bits;

	return (gpa | size) % AXVM_PAGE_SIZE == 0 && size != 0 && gpa < limit &&
	       size <= limit - gpa;
}

static bool host_range_valid(uint64_t hpa, uint64_t size)
{
	uint64_t limit = UINT64_C(1) << PTE_HPA_BITS;

	return hpa % AXVM_PAGE_SIZE == 0 && hpa < limit && size <= limit - hpa;
}

/* Some right, none that this machine's tables cannot express, and nothing unknown. */
static bool flags_valid(uint32_t flags)
{
	return (flags & ~AXVM_MEM_ALL) == 0 &&
	       (flags & (AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE)) != 0 &&
	       pte_can_grant(flags);
}

static enum axvm_error map_locked(struct aspace *as, uint64_t gpa, axvm_hpa_t hpa, uint64_t size,
				  uint32_t flags)
{
	enum axvm_error err;

	if (!as->live)
		return AXVM_ERR_BAD_STATE;
	if (stage2_any_mapped(&as->s2, gpa, size))
		return AXVM_ERR_ALREADY_EXISTS;
	err = stage2_prepare_map(&as->s2, gpa, hpa, size);
	if (err != AXVM_OK)
		return err;
	stage2_map(&as->s2, gpa, hpa, size, flags);
	as->changed = true;
	return AXVM_OK;
}

bool aspace_may_map(const struct aspace *as, axvm_gpa_t gpa, axvm_hpa_t hpa, uint64_t size,
		    uint32_t flags)
{
	return range_valid(as, gpa.v, size) && host_range_valid(hpa.v, size) && flags_valid(flags);
}

enum axvm_error aspace_map(struct aspace *as, axvm_gpa_t gpa, axvm_hpa_t hpa, uint64_t size,
			   uint32_t flags)
{
	enum axvm_error err;

	if (!aspace_may_map(as, gpa, hpa, size, flags))
		return AXVM_ERR_INVALID_INPUT;
	lock_take(&as->lock);
	err = map_locked(as, gpa.v, hpa, size, flags);
	lock_drop(&as->lock);
	return err;
}

static enum axvm_error unmap_locked(struct aspace *as, uint64_t gpa, uint64_t size)
{
	enum axvm_error err;

	if (!as->live)
		return AXVM_ERR_BAD_STATE;
	if (!stage2_all_mapped(&as->s2, gpa, size))
		return AXVM_ERR_NOT_FOUND;
	err = stage2_prepare_change(&as->s2, gpa, size);
	if (err != AXVM_OK)
		return err;
	stage2_unmap(&as->s2, gpa, size);
	as->changed = true;
	return AXVM_OK;
}

enum axvm_error aspace_unmap(struct aspace *as, axvm_gpa_t gpa, uint64_t size)
{
	enum axvm_error err;

	if (!range_valid(as, gpa.v, size))
		return AXVM_ERR_INVALID_INPUT;
	lock_take(&as->lock);
	err = unmap_locked(as, gpa.v, size);
	lock_drop(&as->lock);
	return err;
}

/* ---- RAM ---- */

/* What one piece of host memory should be: `size` bytes at a multiple of `align`. */
struct want {
	uint64_t size;
	uint64_t align;
};

/*
 * The next piece of an ALLOC region: all that is left, if gpa stands where a leaf of some size can
 * and there is room for one; else up to where a larger leaf can stand. Host and guest addresses
 * then agree modulo the leaf's size.
 */
static struct want want_next(const struct stage2_geometry *geo, uint64_t gpa, uint64_t left)
{
	struct want want = { left, AXVM_PAGE_SIZE };

	for (unsigned level = 0; level < geo->levels; level++) {
		uint64_t span = UINT64_C(1) << geo->level[level].shift;
		uint64_t head = -gpa & (span - 1);

		if (!geo->level[level].leaf || want.size < span || want.size - span < head)
			continue;
		if (head == 0) {
			want.align = span;
			break;
		}
		want.size = head;
	}
	return want;
}

/* Less than `want`: first weaker alignment, then half the size. */
static struct want want_less(const struct stage2_geometry *geo, struct want want)
{
	uint64_t unit;

	for (unsigned level = 0; level < geo->levels; level++) {
		uint64_t span = UINT64_C(1) << geo->level[level].shift;

		if (geo->level[level].leaf && span < want.align && span > AXVM_PAGE_SIZE) {
			want.align = span;
			return want;
		}
	}
	unit = want.size / 2 < want.align ? AXVM_PAGE_SIZE : want.align;
	want.size = want.size / 2 & ~(unit - 1);
	want.align = unit;
	return want;
}

/* Takes the largest piece that the host has and that is not larger than `want`. */
static enum axvm_error piece_alloc(struct aspace *as, struct want *want, axvm_hpa_t *hpa)
{
	struct axvm_hal *hal = as->hal;

	for (; want->size != 0; *want = want_less(as->s2.geo, *want))
		if (hal->alloc_contiguous(hal, want->size / AXVM_PAGE_SIZE, want->align, hpa) ==
		    AXVM_OK)
			return AXVM_OK;
	return AXVM_ERR_NO_MEMORY;
}

static void ram_clear(struct aspace *as, axvm_hpa_t hpa, uint64_t size)
{
	arch_clear_guest_memory(as->hal->phys_to_virt(as->hal, hpa), size);
}

static enum axvm_error take_piece(struct aspace *as, uint64_t gpa, uint32_t flags,
				  struct want *want)
{
	struct aspace_chunk chunk = { .gpa = gpa, .flags = flags, .kind = CHUNK_FRAMES };
	enum axvm_error err = piece_alloc(as, want, &chunk.hpa);

	chunk.size = want->size;
	if (err == AXVM_OK)
		err = chunk_add(as, &chunk);
	if (err == AXVM_OK)
		ram_clear(as, chunk.hpa, chunk.size);
	return err;
}

static enum axvm_error take_pieces(struct aspace *as, const struct axvm_memory_region *region)
{
	uint64_t gpa = region->gpa, left = region->size, most = left;

	while (left != 0) {
		struct want want = want_next(as->s2.geo, gpa, left);
		enum axvm_error err;
		uint64_t asked;

		/* What the host did not have for an earlier piece, it does not have now. */
		while (want.size > most)
			want = want_less(as->s2.geo, want);
		asked = want.size;
		err = take_piece(as, gpa, region->flags, &want);
		if (err != AXVM_OK)
			return err;
		if (want.size < asked)
			most = want.size;
		gpa += want.size;
		left -= want.size;
	}
	return AXVM_OK;
}

/*
 * IDENTICAL memory is cleared like any other RAM, unless another VM uses it already; what a
 * RESERVED range holds is the platform's.
 */
static enum axvm_error take_at(struct aspace *as, const struct axvm_memory_region *region,
			       bool lent)
{
	struct axvm_hal *hal = as->hal;
	struct aspace_chunk chunk = {
		.gpa = region->gpa,
		.hpa = axvm_hpa(region->gpa),
		.size = region->size,
		.flags = region->flags,
		.kind = CHUNK_HOST_RANGE,
		.keep = region->map_type == AXVM_MAP_RESERVED || (region->flags & AXVM_MEM_SHARED),
		.lent = lent,
	};
	enum axvm_error err = AXVM_OK;

	if (!lent)
		err = hal->alloc_memory_region_at(hal, chunk.hpa, chunk.size);
	if (err == AXVM_OK)
		err = chunk_add(as, &chunk);
	if (err == AXVM_OK && region->map_type == AXVM_MAP_IDENTICAL && !lent)
		ram_clear(as, chunk.hpa, chunk.size);
	return err;
}

static void chunk_map(struct aspace *as, const struct aspace_chunk *c)
{
	if (c->kind == CHUNK_WINDOW)
		stage2_open(&as->s2, c->gpa, c->size);
	else
		stage2_map(&as->s2, c->gpa, c->hpa, c->size, c->flags);
}

/* All tables for all chunks after `mark` first, so that mapping them cannot fail half-way. */
static enum axvm_error map_chunks(struct aspace *as, const struct aspace_chunk *mark)
{
	const struct aspace_chunk *c;
	enum axvm_error err = AXVM_OK;

	lock_take(&as->lock);
	for (c = as->chunks; err == AXVM_OK && c != mark; c = c->next)
		err = stage2_prepare_map(&as->s2, c->gpa, c->hpa, c->size);
	for (c = as->chunks; err == AXVM_OK && c != mark; c = c->next)
		chunk_map(as, c);
	stage2_unprepare(&as->s2);
	lock_drop(&as->lock);
	return err;
}

/* Maps what has been noted after `mark`, or gives it back. */
static enum axvm_error finish_chunks(struct aspace *as, struct aspace_chunk *mark,
				     enum axvm_error err)
{
	if (err == AXVM_OK)
		err = map_chunks(as, mark);
	if (err == AXVM_OK)
		return AXVM_OK;
	lock_take(&as->lock);
	chunks_drop(as, mark);
	lock_drop(&as->lock);
	return err;
}

enum axvm_error aspace_add_region(struct aspace *as, const struct axvm_memory_region *region,
				  bool lent)
{
	struct aspace_chunk *mark = as->chunks;
	enum axvm_error err;

	if (!range_valid(as, region->gpa, region->size) || !flags_valid(region->flags))
		return AXVM_ERR_INVALID_INPUT;
	if (stage2_any_mapped(&as->s2, region->gpa, region->size))
		return AXVM_ERR_ALREADY_EXISTS;
	err = region->map_type == AXVM_MAP_ALLOC ? take_pieces(as, region) :
						   take_at(as, region, lent);
	return finish_chunks(as, mark, err);
}

enum axvm_error aspace_add_device(struct aspace *as, axvm_gpa_t gpa, axvm_hpa_t hpa, uint64_t size,
				  uint32_t flags)
{
	struct aspace_chunk *mark = as->chunks;
	struct aspace_chunk chunk = {
		.gpa = gpa.v,
		.hpa = hpa,
		.size = size,
		.flags = flags,
		.kind = CHUNK_DEVICE,
		.keep = true,
	};

	if (!aspace_may_map(as, gpa, hpa, size, flags))
		return AXVM_ERR_INVALID_INPUT;
	if (stage2_any_mapped(&as->s2, gpa.v, size))
		return AXVM_ERR_ALREADY_EXISTS;
	return finish_chunks(as, mark, chunk_add(as, &chunk));
}

enum axvm_error aspace_add_window(struct aspace *as, axvm_gpa_t gpa, uint64_t size)
{
	struct aspace_chunk *mark = as->chunks;
	struct aspace_chunk chunk = {
		.gpa = gpa.v,
		.hpa = axvm_hpa(gpa.v + AXVM_PAGE_SIZE), /* none: see stage2_open() */
		.size = size,
		.kind = CHUNK_WINDOW,
		.keep = true,
	};

	if (!range_valid(as, gpa.v, size))
		return AXVM_ERR_INVALID_INPUT;
	if (stage2_any_mapped(&as->s2, gpa.v, size))
		return AXVM_ERR_ALREADY_EXISTS;
	return finish_chunks(as, mark, chunk_add(as, &chunk));
}

void aspace_window_point(struct aspace *as, axvm_gpa_t gpa, axvm_hpa_t hpa)
{
	lock_take(&as->lock);
	if (as->live)
		stage2_point(&as->s2, gpa.v, hpa, AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_DEVICE);
	lock_drop(&as->lock);
}

void aspace_window_shut(struct aspace *as, axvm_gpa_t gpa)
{
	lock_take(&as->lock);
	if (as->live)
		stage2_shut(&as->s2, gpa.v);
	lock_drop(&as->lock);
}

static enum axvm_error restore_locked(struct aspace *as)
{
	const struct aspace_chunk *c;
	enum axvm_error err = AXVM_OK;

	for (c = as->chunks; err == AXVM_OK && c; c = c->next)
		err = stage2_prepare_anew(&as->s2, c->gpa, c->hpa, c->size);
	if (err != AXVM_OK)
		return err;
	stage2_unmap(&as->s2, 0, UINT64_C(1) << as->s2.geo->gpa_bits);
	for (c = as->chunks; c; c = c->next)
		chunk_map(as, c);
	stage2_unprepare(&as->s2);
	as->changed = false;
	return AXVM_OK;
}

enum axvm_error aspace_restore(struct aspace *as)
{
	enum axvm_error err = AXVM_OK;

	lock_take(&as->lock);
	if (as->changed)
		err = restore_locked(as);
	lock_drop(&as->lock);
	return err;
}

/* ---- Host pages, as other VMs ask for them ---- */

static bool ranges_meet(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a <= b ? b - a < a_size : a - b < b_size;
}

bool aspace_has_host_pages(struct aspace *as, axvm_hpa_t hpa, uint64_t size, bool shared)
{
	uint32_t passes = shared ? AXVM_MEM_SHARED : 0;
	const struct aspace_chunk *c;
	bool found = false;

	lock_take(&as->lock);
	for (c = as->chunks; c && !found; c = c->next)
		found = c->kind != CHUNK_WINDOW && !(c->flags & passes) &&
			ranges_meet(c->hpa.v, c->size, hpa.v, size);
	if (as->live && !found)
		found = stage2_any_host(&as->s2, hpa, size, passes);
	lock_drop(&as->lock);
	return found;
}

bool aspace_has_reserved(struct aspace *as, axvm_hpa_t hpa, uint64_t size)
{
	const struct aspace_chunk *c;
	bool found = false;

	lock_take(&as->lock);
	for (c = as->chunks; c && !found; c = c->next)
		found = c->kind == CHUNK_HOST_RANGE && (c->flags & AXVM_MEM_SHARED) &&
			c->hpa.v == hpa.v && c->size == size;
	lock_drop(&as->lock);
	return found;
}

bool aspace_clear(struct aspace *as, uint64_t *done, uint64_t most)
{
	uint64_t start = 0;

	for (const struct aspace_chunk *c = as->chunks; c; start += c->size, c = c->next) {
		uint64_t offset, size;

		if (*done >= start + c->size)
			continue;
		if (most == 0)
			return false;
		offset = *done - start;
		size = c->size - offset < most ? c->size - offset : most;
		if (!c->keep)
			ram_clear(as, axvm_hpa(c->hpa.v + offset), size);
		*done += size;
		most -= size;
		if (offset + size < c->size)
			return false;
	}
	return true;
}

/* ---- Access ---- */

bool aspace_any_mapped(struct aspace *as, axvm_gpa_t gpa, uint64_t size)
{
	bool any;

	lock_take(&as->lock);
	any = as->live && stage2_any_mapped(&as->s2, gpa.v, size);
	lock_drop(&as->lock);
	return any;
}

bool aspace_find(struct aspace *as, axvm_gpa_t gpa, struct stage2_leaf *out)
{
	bool found;

	lock_take(&as->lock);
	found = as->live && stage2_find(&as->s2, gpa.v, out);
	lock_drop(&as->lock);
	return found;
}

/* The whole range is RAM that the guest has `right` to. */
static bool ram_covers(struct aspace *as, uint64_t gpa, uint64_t size, uint32_t right)
{
	struct stage2_leaf leaf;

	while (as->live && stage2_find(&as->s2, gpa, &leaf)) {
		if (!(leaf.flags & right) || leaf.flags & AXVM_MEM_DEVICE)
			return false;
		if (leaf.left >= size)
			return true;
		gpa += leaf.left;
		size -= leaf.left;
	}
	return false;
}

/* The next piece of a range that ram_covers(). */
static uint8_t *ram_piece(struct aspace *as, uint64_t gpa, uint64_t size, size_t *len)
{
	struct stage2_leaf leaf;

	stage2_find(&as->s2, gpa, &leaf);
	*len = leaf.left < size ? leaf.left : size;
	return as->hal->phys_to_virt(as->hal, leaf.hpa);
}

enum axvm_error aspace_read(struct aspace *as, axvm_gpa_t gpa, void *buf, size_t len)
{
	uint64_t addr = gpa.v;
	uint8_t *to = buf;
	bool ok;

	lock_take(&as->lock);
	ok = len == 0 || ram_covers(as, addr, len, AXVM_MEM_READ);
	for (size_t n; ok && len != 0; addr += n, to += n, len -= n) {
		const uint8_t *from = ram_piece(as, addr, len, &n);

		memcpy(to, from, n);
	}
	lock_drop(&as->lock);
	return ok ? AXVM_OK : AXVM_ERR_INVALID_INPUT;
}

enum axvm_error aspace_write(struct aspace *as, axvm_gpa_t gpa, const void *buf, size_t len)
{
	uint64_t addr = gpa.v;
	const uint8_t *from = buf;
	bool ok;

	lock_take(&as->lock);
	ok = len == 0 || ram_covers(as, addr, len, AXVM_MEM_WRITE);
	for (size_t n; ok && len != 0; addr += n, from += n, len -= n) {
		uint8_t *to = ram_piece(as, addr, len, &n);

		memcpy(to, from, n);
		arch_sync_guest_memory(to, n);
	}
	lock_drop(&as->lock);
	return ok ? AXVM_OK : AXVM_ERR_INVALID_INPUT;
}

static enum axvm_error pieces_locked(struct aspace *as, uint64_t gpa, uint64_t size,
				     struct axvm_host_piece *pieces, size_t max, size_t *num)
{
	if (size == 0 || !ram_covers(as, gpa, size, AXVM_MEM_WRITE))
		return AXVM_ERR_INVALID_INPUT;
	for (size_t n; size != 0; gpa += n, size -= n) {
		uint8_t *base = ram_piece(as, gpa, size, &n);
		struct axvm_host_piece *last = *num ? &pieces[*num - 1] : NULL;

		if (last && (uint8_t *)last->base + last->size == base) {
			last->size += n;
			continue;
		}
		if (*num == max)
			return AXVM_ERR_NO_MEMORY;
		pieces[(*num)++] = (struct axvm_host_piece){ base, n };
	}
	return AXVM_OK;
}

enum axvm_error aspace_pieces(struct aspace *as, axvm_gpa_t gpa, uint64_t size,
			      struct axvm_host_piece *pieces, size_t *num)
{
	size_t max = *num;
	enum axvm_error err;

	*num = 0;
	lock_take(&as->lock);
	err = pieces_locked(as, gpa.v, size, pieces, max, num);
	lock_drop(&as->lock);
	return err;
}
