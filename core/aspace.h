/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest-physical address space of one VM: its stage-2 tables, the memory it owns, and copying
 * to and from it. Every access of AxVM to guest memory goes through this file.
 */
#ifndef CORE_ASPACE_H
#define CORE_ASPACE_H

#include "arena.h"
#include "lock.h"
#include "stage2.h"
#include <axvm/vm.h>

enum aspace_chunk_kind {
	CHUNK_FRAMES,	  /* by alloc_contiguous */
	CHUNK_HOST_RANGE, /* by alloc_memory_region_at */
	CHUNK_DEVICE,	  /* of the host: no memory */
	CHUNK_WINDOW,	  /* no host pages of its own: see aspace_add_window() */
};

/* Host pages that the VM has by its configuration. */
struct aspace_chunk {
	struct aspace_chunk *next;
	uint64_t gpa; /* where it is mapped, unless the host has changed that */
	axvm_hpa_t hpa;
	uint64_t size;
	uint32_t flags; /* AXVM_MEM_* */
	enum aspace_chunk_kind kind;
	bool keep; /* what it holds is not only this VM's: never cleared */
	bool lent; /* another VM has it too, and gives it back */
};

struct aspace {
	struct axvm_hal *hal;
	struct arena *arena; /* of the VM, for chunk records */
	struct lock lock;    /* leaf: nothing else is taken under it */
	struct stage2_geometry geo;
	struct stage2 s2;
	struct aspace_chunk *chunks;
	uint64_t ram_bytes;
	bool live;    /* not ended; by the lock */
	bool changed; /* by axvm_map_region() or axvm_unmap_region(), since it was built */
};

/* as is all zero, and stays where it is. The VM may be in its host's list already: others ask for
 * its pages. *geo is copied. */
enum axvm_error aspace_init(struct aspace *as, struct axvm_hal *hal, struct arena *arena,
			    const struct stage2_geometry *geo, struct stage2_tlb tlb);
/* The tables go, then the memory; from then on nothing is mapped. No vCPU may run. */
void aspace_fini(struct aspace *as);

/* RAM by map_type: ALLOC takes zeroed memory in the largest pieces the host has (1 GiB, 2 MiB,
 * 4 KiB aligned so that large leaves fit), IDENTICAL and RESERVED take the host range at gpa;
 * `lent`: another VM has taken it already. A failure leaves nothing behind. */
enum axvm_error aspace_add_region(struct aspace *as, const struct axvm_memory_region *region,
				  bool lent);
/* A device of the host, by configuration. */
enum axvm_error aspace_add_device(struct aspace *as, axvm_gpa_t gpa, axvm_hpa_t hpa, uint64_t size,
				  uint32_t flags);

/*
 * Pages that lead to a device of the host at times, as the architecture decides while vCPUs run: an
 * interrupt controller's, which hardware answers where it can. At first they lead nowhere, and an
 * access is the bus's. Changing that takes no memory. Whole pages, fewer than a leaf above a page
 * spans. Errors as aspace_map()'s.
 */
enum axvm_error aspace_add_window(struct aspace *as, axvm_gpa_t gpa, uint64_t size);
/* One page of a window, from now on; every CPU has forgotten what it led to before. Any CPU. */
void aspace_window_point(struct aspace *as, axvm_gpa_t gpa, axvm_hpa_t hpa);
void aspace_window_shut(struct aspace *as, axvm_gpa_t gpa);

/*
 * Clears the VM's own memory, piece by piece: at most `most` bytes from *done on, which it moves.
 * Result: all has been cleared. No vCPU may run.
 */
bool aspace_clear(struct aspace *as, uint64_t *done, uint64_t most);

/* Undoes what the host has mapped and unmapped since it was built. No vCPU may run. NO_MEMORY:
 * nothing is undone. */
enum axvm_error aspace_restore(struct aspace *as);

/* Whether the VM has any of these host pages, by configuration or mapped; pages that it shares do
 * not count if `shared`. */
bool aspace_has_host_pages(struct aspace *as, axvm_hpa_t hpa, uint64_t size, bool shared);
/* Whether exactly this host range is a shared region of the VM. */
bool aspace_has_reserved(struct aspace *as, axvm_hpa_t hpa, uint64_t size);

/* Whether the arguments of aspace_map() are such as can be mapped at all. */
bool aspace_may_map(const struct aspace *as, axvm_gpa_t gpa, axvm_hpa_t hpa, uint64_t size,
		    uint32_t flags);
/* As axvm_map_region and axvm_unmap_region; the caller has checked for devices. */
enum axvm_error aspace_map(struct aspace *as, axvm_gpa_t gpa, axvm_hpa_t hpa, uint64_t size,
			   uint32_t flags);
enum axvm_error aspace_unmap(struct aspace *as, axvm_gpa_t gpa, uint64_t size);

bool aspace_any_mapped(struct aspace *as, axvm_gpa_t gpa, uint64_t size);
bool aspace_find(struct aspace *as, axvm_gpa_t gpa, struct stage2_leaf *out);
enum axvm_error aspace_read(struct aspace *as, axvm_gpa_t gpa, void *buf, size_t len);
enum axvm_error aspace_write(struct aspace *as, axvm_gpa_t gpa, const void *buf, size_t len);
enum axvm_error aspace_pieces(struct aspace *as, axvm_gpa_t gpa, uint64_t size,
			      struct axvm_host_piece *pieces, size_t *num);

#endif
