/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walker. Wherever a valid entry changes into a different valid one, the old one is made
 * invalid and flushed first (break-before-make, Arm ARM D8); a guest that meets the gap takes
 * a stage-2 fault and waits for the owner's lock.
 */
#include "stage2.h"
#include <arch/stage2.h>
#include <string.h>

/*
 * A frame that is in no table: set aside, or removed and not yet flushed. The link lies in the
 * first entry; it is page aligned, so that hardware that still walks a removed table takes it for
 * invalid like the other entries.
 */
struct stage2_spare {
	struct stage2_spare *next;
};

/* ---- Entries and tables ---- */

static uint64_t span_of(const struct stage2 *s2, unsigned level)
{
	return UINT64_C(1) << s2->geo->level[level].shift;
}

static unsigned entry_num(const struct stage2 *s2, unsigned level)
{
	return 1u << s2->geo->level[level].bits;
}

static bool last_level(const struct stage2 *s2, unsigned level)
{
	return level + 1u == s2->geo->levels;
}

static uint64_t *entries_at(const struct stage2 *s2, uint64_t hpa)
{
	return s2->hal->phys_to_virt(s2->hal, axvm_hpa(hpa));
}

static uint64_t *entry_of(const struct stage2 *s2, unsigned level, uint64_t *table, uint64_t gpa)
{
	return &table[gpa >> s2->geo->level[level].shift & (entry_num(s2, level) - 1)];
}

static uint64_t *root_of(const struct stage2 *s2)
{
	return entries_at(s2, s2->root.v);
}

static bool entry_is_leaf(const struct stage2 *s2, unsigned level, uint64_t entry)
{
	return pte_valid(entry) && pte_is_leaf(entry, s2->geo->level[level].shift);
}

static bool entry_is_table(const struct stage2 *s2, unsigned level, uint64_t entry)
{
	return pte_valid(entry) && !pte_is_leaf(entry, s2->geo->level[level].shift);
}

/* Single-copy atomic, as hardware may read it at any moment; a table is filled before it is seen.
 */
static void entry_write(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

/* The end of what the entry of gpa covers, but not beyond end. */
static uint64_t next_of(const struct stage2 *s2, unsigned level, uint64_t gpa, uint64_t end)
{
	uint64_t next = (gpa | (span_of(s2, level) - 1)) + 1;

	return next < end ? next : end;
}

static bool covers(const struct stage2 *s2, unsigned level, uint64_t gpa, uint64_t next)
{
	return next - gpa == span_of(s2, level);
}

static bool leaf_fits(const struct stage2 *s2, unsigned level, uint64_t gpa, uint64_t hpa,
		      uint64_t next)
{
	return s2->geo->level[level].leaf && covers(s2, level, gpa, next) &&
	       (hpa & (span_of(s2, level) - 1)) == 0;
}

static void flush(struct stage2 *s2, uint64_t gpa, uint64_t size, bool tables)
{
	s2->tlb.flush(s2->tlb.ctx, gpa, size, tables);
}

/* ---- Frames for tables ---- */

static void spare_push(struct stage2_spare **list, void *frame)
{
	struct stage2_spare *spare = frame;

	__atomic_store_n(&spare->next, *list, __ATOMIC_RELAXED);
	*list = spare;
}

static void spare_free_all(struct stage2 *s2, struct stage2_spare *list)
{
	while (list) {
		struct stage2_spare *spare = list;

		list = spare->next;
		s2->hal->dealloc_frame(s2->hal, s2->hal->virt_to_phys(s2->hal, spare));
	}
}

static enum axvm_error spare_fill(struct stage2 *s2, uint64_t num)
{
	for (; num > 0; num--) {
		axvm_hpa_t hpa;
		void *frame;

		if (s2->hal->alloc_frame(s2->hal, &hpa) != AXVM_OK) {
			stage2_unprepare(s2);
			return AXVM_ERR_NO_MEMORY;
		}
		frame = s2->hal->phys_to_virt(s2->hal, hpa);
		memset(frame, 0, AXVM_PAGE_SIZE);
		spare_push(&s2->spare, frame);
		s2->spare_num++;
	}
	return AXVM_OK;
}

/* An empty table; there is one, since prepare counted it. */
static uint64_t *table_take(struct stage2 *s2)
{
	struct stage2_spare *spare = s2->spare;

	s2->spare = spare->next;
	s2->spare_num--;
	__atomic_add_fetch(&s2->table_num, 1, __ATOMIC_RELAXED); /* axvm_overhead() reads it */
	spare->next = NULL;
	return (uint64_t *)spare;
}

static uint64_t table_entry(const struct stage2 *s2, const uint64_t *table)
{
	return pte_table(s2->hal->virt_to_phys(s2->hal, table).v);
}

void stage2_unprepare(struct stage2 *s2)
{
	spare_free_all(s2, s2->spare);
	s2->spare = NULL;
	s2->spare_num = 0;
}

/* ---- Creation and end ---- */

enum axvm_error stage2_init(struct stage2 *s2, struct axvm_hal *hal,
			    const struct stage2_geometry *geo, struct stage2_tlb tlb)
{
	size_t size = (size_t)geo->root_frames * AXVM_PAGE_SIZE;
	axvm_hpa_t root;

	*s2 = (struct stage2){ .geo = geo, .tlb = tlb };
	if (hal->alloc_contiguous(hal, geo->root_frames, size, &root) != AXVM_OK)
		return AXVM_ERR_NO_MEMORY;
	s2->hal = hal;
	s2->root = root;
	s2->table_num = geo->root_frames;
	memset(root_of(s2), 0, size);
	pte_publish();
	return AXVM_OK;
}

static void free_below(struct stage2 *s2, unsigned level, uint64_t *table)
{
	for (unsigned i = 0; i < entry_num(s2, level); i++) {
		if (!entry_is_table(s2, level, table[i]))
			continue;
		free_below(s2, level + 1, entries_at(s2, pte_hpa(table[i])));
		s2->hal->dealloc_frame(s2->hal, axvm_hpa(pte_hpa(table[i])));
	}
}

void stage2_fini(struct stage2 *s2)
{
	if (!s2->hal)
		return;
	stage2_unprepare(s2);
	free_below(s2, 0, root_of(s2));
	s2->hal->dealloc_contiguous(s2->hal, s2->root, s2->geo->root_frames);
	*s2 = (struct stage2){ .geo = s2->geo };
}

/* ---- Prepare: how many tables a change takes ---- */

/* table is NULL where there is none yet. */
static uint64_t count_map(const struct stage2 *s2, unsigned level, uint64_t *table, uint64_t gpa,
			  uint64_t hpa, uint64_t end)
{
	uint64_t num = 0, next;

	if (last_level(s2, level))
		return 0;
	for (; gpa < end; hpa += next - gpa, gpa = next) {
		uint64_t entry = table ? *entry_of(s2, level, table, gpa) : 0;
		uint64_t *below = NULL;

		next = next_of(s2, level, gpa, end);
		if (leaf_fits(s2, level, gpa, hpa, next))
			continue;
		if (entry_is_table(s2, level, entry))
			below = entries_at(s2, pte_hpa(entry));
		num += !below + count_map(s2, level + 1, below, gpa, hpa, next);
	}
	return num;
}

/* table is NULL inside a leaf that will be split. */
static uint64_t count_splits(const struct stage2 *s2, unsigned level, uint64_t *table, uint64_t gpa,
			     uint64_t end)
{
	uint64_t num = 0, next;

	for (; gpa < end; gpa = next) {
		uint64_t *below = NULL;

		next = next_of(s2, level, gpa, end);
		if (covers(s2, level, gpa, next))
			continue;
		if (table && entry_is_table(s2, level, *entry_of(s2, level, table, gpa)))
			below = entries_at(s2, pte_hpa(*entry_of(s2, level, table, gpa)));
		num += !below + count_splits(s2, level + 1, below, gpa, next);
	}
	return num;
}

enum axvm_error stage2_prepare_map(struct stage2 *s2, uint64_t gpa, axvm_hpa_t hpa, uint64_t size)
{
	return spare_fill(s2, count_map(s2, 0, root_of(s2), gpa, hpa.v, gpa + size));
}

enum axvm_error stage2_prepare_anew(struct stage2 *s2, uint64_t gpa, axvm_hpa_t hpa, uint64_t size)
{
	return spare_fill(s2, count_map(s2, 0, NULL, gpa, hpa.v, gpa + size));
}

enum axvm_error stage2_prepare_change(struct stage2 *s2, uint64_t gpa, uint64_t size)
{
	return spare_fill(s2, count_splits(s2, 0, root_of(s2), gpa, gpa + size));
}

/* ---- Commit: split and merge ---- */

static void split(struct stage2 *s2, unsigned level, uint64_t *entry, uint64_t gpa)
{
	unsigned shift = s2->geo->level[level + 1].shift;
	uint64_t old = *entry, hpa = pte_hpa(old);
	uint64_t *table = table_take(s2);

	for (unsigned i = 0; i < entry_num(s2, level + 1); i++)
		table[i] = pte_leaf(hpa + ((uint64_t)i << shift), shift, pte_flags(old));
	entry_write(entry, pte_break(old));
	flush(s2, gpa & ~(span_of(s2, level) - 1), span_of(s2, level), false);
	pte_publish();
	entry_write(entry, table_entry(s2, table));
}

/* No leaf reaches across either end of the range afterwards. */
static void split_edges(struct stage2 *s2, unsigned level, uint64_t *table, uint64_t gpa,
			uint64_t end)
{
	uint64_t next;

	for (; gpa < end; gpa = next) {
		uint64_t *entry = entry_of(s2, level, table, gpa);

		next = next_of(s2, level, gpa, end);
		if (covers(s2, level, gpa, next))
			continue;
		if (entry_is_leaf(s2, level, *entry))
			split(s2, level, entry, gpa);
		split_edges(s2, level + 1, entries_at(s2, pte_hpa(*entry)), gpa, next);
	}
}

/* The one leaf that says the same as all entries of a table, or 0. */
static uint64_t merged_leaf(const struct stage2 *s2, unsigned level, const uint64_t *table)
{
	unsigned shift = s2->geo->level[level + 1].shift;
	uint64_t hpa = pte_hpa(table[0]), flags = pte_flags(table[0]);

	if (!s2->geo->level[level].leaf || !s2->geo->level[level + 1].leaf ||
	    (hpa & (span_of(s2, level) - 1)) != 0)
		return 0;
	for (unsigned i = 0; i < entry_num(s2, level + 1); i++)
		if (table[i] != pte_leaf(hpa + ((uint64_t)i << shift), shift, flags))
			return 0;
	return pte_leaf(hpa, s2->geo->level[level].shift, flags);
}

static void merge(struct stage2 *s2, unsigned level, uint64_t *entry, uint64_t gpa)
{
	uint64_t old = *entry;
	uint64_t leaf = merged_leaf(s2, level, entries_at(s2, pte_hpa(old)));

	if (!leaf)
		return;
	entry_write(entry, 0);
	flush(s2, gpa & ~(span_of(s2, level) - 1), span_of(s2, level), true);
	entry_write(entry, leaf);
	s2->hal->dealloc_frame(s2->hal, axvm_hpa(pte_hpa(old)));
	__atomic_sub_fetch(&s2->table_num, 1, __ATOMIC_RELAXED);
}

/* ---- Commit: map, unmap, protect ---- */

static uint64_t *table_below(struct stage2 *s2, unsigned level, uint64_t *entry)
{
	if (!entry_is_table(s2, level, *entry)) {
		uint64_t *table = table_take(s2);

		pte_publish();
		entry_write(entry, table_entry(s2, table));
	}
	return entries_at(s2, pte_hpa(*entry));
}

static void map_range(struct stage2 *s2, unsigned level, uint64_t *table, uint64_t gpa,
		      uint64_t hpa, uint64_t end, uint32_t flags)
{
	uint64_t next;

	for (; gpa < end; hpa += next - gpa, gpa = next) {
		uint64_t *entry = entry_of(s2, level, table, gpa);

		next = next_of(s2, level, gpa, end);
		if (leaf_fits(s2, level, gpa, hpa, next)) {
			entry_write(entry, pte_leaf(hpa, s2->geo->level[level].shift, flags));
			continue;
		}
		map_range(s2, level + 1, table_below(s2, level, entry), gpa, hpa, next, flags);
		merge(s2, level, entry, gpa);
	}
}

void stage2_map(struct stage2 *s2, uint64_t gpa, axvm_hpa_t hpa, uint64_t size, uint32_t flags)
{
	map_range(s2, 0, root_of(s2), gpa, hpa.v, gpa + size, flags);
	pte_publish();
}

static bool table_empty(const struct stage2 *s2, unsigned level, const uint64_t *table)
{
	for (unsigned i = 0; i < entry_num(s2, level); i++)
		if (table[i])
			return false;
	return true;
}

/* Clears leaves; tables that become empty go to `dead`, to be freed after the flush. */
static void unmap_range(struct stage2 *s2, unsigned level, uint64_t *table, uint64_t gpa,
			uint64_t end, struct stage2_spare **dead)
{
	uint64_t next;

	for (; gpa < end; gpa = next) {
		uint64_t *entry = entry_of(s2, level, table, gpa), *below;

		next = next_of(s2, level, gpa, end);
		if (entry_is_table(s2, level, *entry)) {
			below = entries_at(s2, pte_hpa(*entry));
			unmap_range(s2, level + 1, below, gpa, next, dead);
			if (!table_empty(s2, level + 1, below))
				continue;
			spare_push(dead, below);
			__atomic_sub_fetch(&s2->table_num, 1, __ATOMIC_RELAXED);
		}
		entry_write(entry, 0);
	}
}

void stage2_unmap(struct stage2 *s2, uint64_t gpa, uint64_t size)
{
	struct stage2_spare *dead = NULL;

	split_edges(s2, 0, root_of(s2), gpa, gpa + size);
	unmap_range(s2, 0, root_of(s2), gpa, gpa + size, &dead);
	flush(s2, gpa, size, dead != NULL);
	spare_free_all(s2, dead);
}

static void break_range(struct stage2 *s2, unsigned level, uint64_t *table, uint64_t gpa,
			uint64_t end)
{
	uint64_t next;

	for (; gpa < end; gpa = next) {
		uint64_t *entry = entry_of(s2, level, table, gpa);

		next = next_of(s2, level, gpa, end);
		if (entry_is_table(s2, level, *entry))
			break_range(s2, level + 1, entries_at(s2, pte_hpa(*entry)), gpa, next);
		else
			entry_write(entry, pte_break(*entry));
	}
}

static void make_range(struct stage2 *s2, unsigned level, uint64_t *table, uint64_t gpa,
		       uint64_t end, uint32_t flags)
{
	unsigned shift = s2->geo->level[level].shift;
	uint64_t next;

	for (; gpa < end; gpa = next) {
		uint64_t *entry = entry_of(s2, level, table, gpa);

		next = next_of(s2, level, gpa, end);
		if (!entry_is_table(s2, level, *entry)) {
			entry_write(entry, pte_leaf(pte_hpa(*entry), shift, flags));
			continue;
		}
		make_range(s2, level + 1, entries_at(s2, pte_hpa(*entry)), gpa, next, flags);
		merge(s2, level, entry, gpa);
	}
}

void stage2_protect(struct stage2 *s2, uint64_t gpa, uint64_t size, uint32_t flags)
{
	split_edges(s2, 0, root_of(s2), gpa, gpa + size);
	break_range(s2, 0, root_of(s2), gpa, gpa + size);
	flush(s2, gpa, size, false);
	make_range(s2, 0, root_of(s2), gpa, gpa + size, flags);
	pte_publish();
}

/* ---- Pages that change while vCPUs run ---- */

/* Not valid, and not empty either: a table with such an entry is not freed. */
static uint64_t shut_entry(void)
{
	return pte_break(pte_leaf(0, AXVM_PAGE_SHIFT, AXVM_MEM_READ | AXVM_MEM_DEVICE));
}

static void open_range(struct stage2 *s2, unsigned level, uint64_t *table, uint64_t gpa,
		       uint64_t end)
{
	uint64_t next;

	for (; gpa < end; gpa = next) {
		uint64_t *entry = entry_of(s2, level, table, gpa);

		next = next_of(s2, level, gpa, end);
		if (last_level(s2, level))
			entry_write(entry, shut_entry());
		else
			open_range(s2, level + 1, table_below(s2, level, entry), gpa, next);
	}
}

void stage2_open(struct stage2 *s2, uint64_t gpa, uint64_t size)
{
	open_range(s2, 0, root_of(s2), gpa, gpa + size);
	pte_publish();
}

/* The entry of a page that has been opened, else NULL. No CPU knows a translation of it. */
static uint64_t *break_open(struct stage2 *s2, uint64_t gpa)
{
	uint64_t *table = root_of(s2), *entry;
	unsigned level = 0;

	while (entry_is_table(s2, level, *entry_of(s2, level, table, gpa)))
		table = entries_at(s2, pte_hpa(*entry_of(s2, level++, table, gpa)));
	entry = entry_of(s2, level, table, gpa);
	if (!last_level(s2, level) || !*entry)
		return NULL;
	if (pte_valid(*entry)) {
		entry_write(entry, pte_break(*entry));
		flush(s2, gpa, AXVM_PAGE_SIZE, false);
	}
	return entry;
}

void stage2_point(struct stage2 *s2, uint64_t gpa, axvm_hpa_t hpa, uint32_t flags)
{
	uint64_t *entry = break_open(s2, gpa);

	if (!entry)
		return;
	entry_write(entry, pte_leaf(hpa.v, AXVM_PAGE_SHIFT, flags));
	pte_publish();
}

void stage2_shut(struct stage2 *s2, uint64_t gpa)
{
	break_open(s2, gpa);
}

/* ---- Looking ---- */

bool stage2_find(const struct stage2 *s2, uint64_t gpa, struct stage2_leaf *out)
{
	uint64_t *table = root_of(s2), offset;
	unsigned level = 0;

	if (gpa >> s2->geo->gpa_bits)
		return false;
	while (entry_is_table(s2, level, *entry_of(s2, level, table, gpa)))
		table = entries_at(s2, pte_hpa(*entry_of(s2, level++, table, gpa)));
	if (!pte_valid(*entry_of(s2, level, table, gpa)))
		return false;
	offset = gpa & (span_of(s2, level) - 1);
	out->hpa = axvm_hpa(pte_hpa(*entry_of(s2, level, table, gpa)) + offset);
	out->left = span_of(s2, level) - offset;
	out->flags = pte_flags(*entry_of(s2, level, table, gpa));
	return true;
}

bool stage2_all_mapped(const struct stage2 *s2, uint64_t gpa, uint64_t size)
{
	struct stage2_leaf leaf;

	while (stage2_find(s2, gpa, &leaf)) {
		if (leaf.left >= size)
			return true;
		gpa += leaf.left;
		size -= leaf.left;
	}
	return false;
}

static bool any_mapped(const struct stage2 *s2, unsigned level, uint64_t *table, uint64_t gpa,
		       uint64_t end)
{
	for (; gpa < end; gpa = next_of(s2, level, gpa, end)) {
		uint64_t entry = *entry_of(s2, level, table, gpa);
		uint64_t next = next_of(s2, level, gpa, end);

		if (entry_is_leaf(s2, level, entry))
			return true;
		if (pte_valid(entry) &&
		    any_mapped(s2, level + 1, entries_at(s2, pte_hpa(entry)), gpa, next))
			return true;
	}
	return false;
}

bool stage2_any_mapped(const struct stage2 *s2, uint64_t gpa, uint64_t size)
{
	return any_mapped(s2, 0, root_of(s2), gpa, gpa + size);
}

static bool leaf_meets(const struct stage2 *s2, unsigned level, uint64_t entry, uint64_t hpa,
		       uint64_t size)
{
	uint64_t at = pte_hpa(entry);

	return at <= hpa ? hpa - at < span_of(s2, level) : at - hpa < size;
}

static bool any_host(const struct stage2 *s2, unsigned level, const uint64_t *table, uint64_t hpa,
		     uint64_t size, uint32_t except)
{
	for (unsigned i = 0; i < entry_num(s2, level); i++) {
		uint64_t entry = table[i];

		if (entry_is_table(s2, level, entry) &&
		    any_host(s2, level + 1, entries_at(s2, pte_hpa(entry)), hpa, size, except))
			return true;
		if (entry_is_leaf(s2, level, entry) && !(pte_flags(entry) & except) &&
		    leaf_meets(s2, level, entry, hpa, size))
			return true;
	}
	return false;
}

bool stage2_any_host(const struct stage2 *s2, axvm_hpa_t hpa, uint64_t size, uint32_t except)
{
	return any_host(s2, 0, root_of(s2), hpa.v, size, except);
}
