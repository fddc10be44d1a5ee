/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the VMs of one host have to know of each other: who they are, and who has which host pages.
 *
 * Two locks, in this order: `build` over every change of which VM has which host pages, held long;
 * `list` over the list of VMs and their channels, held briefly, also by guests' calls. The list
 * changes under both. Under `list` come the address spaces' locks.
 */
#ifndef CORE_HOST_H
#define CORE_HOST_H

#include "vm.h"

void host_build_lock(struct axvm *vm);
void host_build_unlock(struct axvm *vm);
void host_list_lock(struct axvm *vm);
void host_list_unlock(struct axvm *vm);

/* The VM becomes one of its host's. ALREADY_EXISTS: another has its id or its name. */
enum axvm_error host_join(struct axvm *vm, struct axvm_diag *diag);
/*
 * The VM is none of its host's any more; what other VMs share with it is theirs to give back. Also
 * for a VM that never joined.
 */
void host_leave(struct axvm *vm);

/* By name; `list` or `build` is held. */
struct axvm *host_find(struct axvm *vm, const char *name);

/* Host pages that a VM is to get; `shared`: the VM says that others may have them too. */
struct host_claim {
	axvm_hpa_t hpa;
	uint64_t size;
	bool shared;
};

/* Another VM that has any of the pages, unless both say shared; NULL: none. `build` is held. */
struct axvm *host_owner(struct axvm *vm, const struct host_claim *claim);

/* Whether a host range that both say is shared is reserved already. `build` is held. */
bool host_reserved(struct axvm *vm, const struct host_claim *claim);

#endif
