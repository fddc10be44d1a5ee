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

/* Host memory that the VM owns and gives back when it ends. */
struct aspace_chunk {
	struct aspace_chunk *next;
	uint64_t gpa; /* where it was mapped first */
	axvm_hpa_t hpa;
	uint64_t size;
	bool reserved; /* by alloc_memory_region_at, else by alloc_contiguous */
	bool keep;     /* what it holds is the platform's: never cleared */
};

struct aspace {
	struct axvm_hal *hal;
	struct arena *arena; /* of the VM, for chunk records */
	struct lock lock;    /* leaf: nothing else is taken under it */
	struct stage2 s2;
	struct aspace_chunk *chunks;
	uint64_t ram_bytes;
};

enum axvm_error aspace_init(struct aspace *as, struct axvm_hal *hal, struct arena *arena,
			    const struct stage2_geometry *geo, struct stage2_tlb tlb);
/* Unmaps nothing by itself: the tables go, then the memory. No vCPU may run. */
void aspace_fini(struct aspace *as);

/* RAM by map_type: ALLOC takes zeroed memory in the largest pieces the host has (1 GiB, 2 MiB,
 * 4 KiB aligned so that large leaves fit), IDENTICAL and RESERVED take the host range at gpa. A
 * failure leaves nothing behind. */
enum axvm_error aspace_add_region(struct aspace *as, const struct axvm_memory_region *region);

/*
 * Clears the VM's own memory, piece by piece: at most `most` bytes from *done on, which it moves.
 * Result: all has been cleared. No vCPU may run.
 */
bool aspace_clear(struct aspace *as, uint64_t *done, uint64_t most);

/* As axvm_map_region and axvm_unmap_region; the caller has checked for devices. */
enum axvm_error aspace_map(struct aspace *as, axvm_gpa_t gpa, axvm_hpa_t hpa, uint64_t size,
			   uint32_t flags);
enum axvm_error aspace_unmap(struct aspace *as, axvm_gpa_t gpa, uint64_t size);

bool aspace_find(struct aspace *as, axvm_gpa_t gpa, struct stage2_leaf *out);
enum axvm_error aspace_read(struct aspace *as, axvm_gpa_t gpa, void *buf, size_t len);
enum axvm_error aspace_write(struct aspace *as, axvm_gpa_t gpa, const void *buf, size_t len);
enum axvm_error aspace_pieces(struct aspace *as, axvm_gpa_t gpa, uint64_t size,
			      struct axvm_host_piece *pieces, size_t *num);

#endif
