/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage-2 translation tables, described by data: the geometry says how many levels there are, how
 * many bits each resolves and where a leaf may stand; <arch/stage2.h> says what an entry looks
 * like. One walker serves every architecture.
 *
 * A change has two steps: prepare() allocates every table that the change can need and may fail;
 * the commit cannot fail. The owner's lock (struct aspace) is held around both.
 */
#ifndef CORE_STAGE2_H
#define CORE_STAGE2_H

#include <axvm/hal.h>

#define STAGE2_MAX_LEVELS 5

struct stage2_geometry {
	uint8_t levels; /* level 0 is the root */
	struct {
		uint8_t shift; /* of the address bits that index this level */
		uint8_t bits;
		bool leaf; /* a leaf may stand here */
	} level[STAGE2_MAX_LEVELS];
	uint8_t gpa_bits;
	uint8_t root_frames; /* concatenated root tables */
};

/*
 * Makes every CPU forget translations of [gpa, gpa + size). With `tables` also cached pointers to
 * tables. Must complete before it returns. Called with entries already invalid in memory.
 */
struct stage2_tlb {
	void (*flush)(void *ctx, uint64_t gpa, uint64_t size, bool tables);
	void *ctx;
};

struct stage2 {
	struct axvm_hal *hal;
	const struct stage2_geometry *geo;
	struct stage2_tlb tlb;
	axvm_hpa_t root;
	struct stage2_spare *spare; /* frames that prepare has set aside */
	uint32_t spare_num;
	uint32_t table_num; /* frames in use, root included */
};

struct stage2_leaf {
	axvm_hpa_t hpa; /* of the address that was asked for */
	uint64_t left;	/* bytes from that address to the end of the leaf */
	uint32_t flags; /* AXVM_MEM_* */
};

enum axvm_error stage2_init(struct stage2 *s2, struct axvm_hal *hal,
			    const struct stage2_geometry *geo, struct stage2_tlb tlb);
/* Frees all tables; leaves' memory belongs to the caller. */
void stage2_fini(struct stage2 *s2);

/* Sets aside exactly the tables that this stage2_map(), or this stage2_unmap() or stage2_protect(),
 * will take. NO_MEMORY: nothing is set aside. */
enum axvm_error stage2_prepare_map(struct stage2 *s2, uint64_t gpa, axvm_hpa_t hpa, uint64_t size);
enum axvm_error stage2_prepare_change(struct stage2 *s2, uint64_t gpa, uint64_t size);
/* For a map into tables that have been emptied meanwhile: enough, perhaps more. */
enum axvm_error stage2_prepare_anew(struct stage2 *s2, uint64_t gpa, axvm_hpa_t hpa, uint64_t size);
/* Gives back what was set aside and not used. */
void stage2_unprepare(struct stage2 *s2);

/* Commits. The range is page aligned, inside gpa_bits, prepared; for map: wholly unmapped; for
 * unmap and protect: wholly mapped. Map uses the largest leaves that alignment allows, and
 * merges. */
void stage2_map(struct stage2 *s2, uint64_t gpa, axvm_hpa_t hpa, uint64_t size, uint32_t flags);
void stage2_unmap(struct stage2 *s2, uint64_t gpa, uint64_t size);
void stage2_protect(struct stage2 *s2, uint64_t gpa, uint64_t size, uint32_t flags);

/*
 * Pages whose entries change while vCPUs run, without an allocation: their tables stay, whatever
 * the entries say, until all of the address space is unmapped. open() is a commit too, prepared as
 * a map of anything to gpa + AXVM_PAGE_SIZE, which is out of step with larger leaves; nothing is
 * mapped there afterwards. point() lets such a page lead to a host page, shut() nowhere: every CPU
 * has forgotten where it led before, when they return. Where there is no such page they do nothing.
 */
void stage2_open(struct stage2 *s2, uint64_t gpa, uint64_t size);
void stage2_point(struct stage2 *s2, uint64_t gpa, axvm_hpa_t hpa, uint32_t flags);
void stage2_shut(struct stage2 *s2, uint64_t gpa);

/* false: nothing is mapped at gpa. */
bool stage2_find(const struct stage2 *s2, uint64_t gpa, struct stage2_leaf *out);
/* Whether all, or any, of a range is mapped. */
bool stage2_all_mapped(const struct stage2 *s2, uint64_t gpa, uint64_t size);
bool stage2_any_mapped(const struct stage2 *s2, uint64_t gpa, uint64_t size);
/* Whether any leaf leads to the host range; leaves with a flag of `except` do not count. */
bool stage2_any_host(const struct stage2 *s2, axvm_hpa_t hpa, uint64_t size, uint32_t except);

#endif
