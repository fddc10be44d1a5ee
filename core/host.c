/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"
#include "diag.h"
#include <string.h>

static struct lock *build_of(struct axvm *vm)
{
	return (struct lock *)&vm->hal->host->build;
}

static struct lock *list_of(struct axvm *vm)
{
	return (struct lock *)&vm->hal->host->lock;
}

void host_build_lock(struct axvm *vm)
{
	lock_take(build_of(vm));
}

void host_build_unlock(struct axvm *vm)
{
	lock_drop(build_of(vm));
}

void host_list_lock(struct axvm *vm)
{
	lock_take(list_of(vm));
}

void host_list_unlock(struct axvm *vm)
{
	lock_drop(list_of(vm));
}

/* ---- The list ---- */

static enum axvm_error refuse_twin(const struct axvm *twin, const char *field, const char *what,
				   struct axvm_diag *diag)
{
	diag_set(diag, AXVM_ERR_ALREADY_EXISTS, what);
	diag_where(diag, field);
	diag_other(diag, twin->config.name);
	return AXVM_ERR_ALREADY_EXISTS;
}

static enum axvm_error check_twins(struct axvm *vm, struct axvm_diag *diag)
{
	for (const struct axvm *other = vm->hal->host->vms; other; other = other->next) {
		if (other->config.id == vm->config.id)
			return refuse_twin(other, "base.id", "another VM has this id", diag);
		if (strcmp(other->config.name, vm->config.name) == 0)
			return refuse_twin(other, "base.name", "another VM has this name", diag);
	}
	return AXVM_OK;
}

enum axvm_error host_join(struct axvm *vm, struct axvm_diag *diag)
{
	enum axvm_error err;

	host_build_lock(vm);
	host_list_lock(vm);
	err = check_twins(vm, diag);
	if (err == AXVM_OK) {
		vm->next = vm->hal->host->vms;
		vm->hal->host->vms = vm;
	}
	host_list_unlock(vm);
	host_build_unlock(vm);
	return err;
}

static void unlink_vm(struct axvm *vm)
{
	struct axvm **at = &vm->hal->host->vms;

	while (*at && *at != vm)
		at = &(*at)->next;
	if (*at)
		*at = vm->next;
}

struct axvm *host_find(struct axvm *vm, const char *name)
{
	struct axvm *other = vm->hal->host->vms;

	while (other && strcmp(other->config.name, name) != 0)
		other = other->next;
	return other;
}

/* ---- Host pages ---- */

struct axvm *host_owner(struct axvm *vm, const struct host_claim *claim)
{
	struct axvm *other;

	for (other = vm->hal->host->vms; other; other = other->next)
		if (other != vm &&
		    aspace_has_host_pages(&other->aspace, claim->hpa, claim->size, claim->shared))
			return other;
	return NULL;
}

bool host_reserved(struct axvm *vm, const struct host_claim *claim)
{
	struct axvm *other;

	for (other = vm->hal->host->vms; other; other = other->next)
		if (other != vm && claim->shared &&
		    aspace_has_reserved(&other->aspace, claim->hpa, claim->size))
			return true;
	return false;
}

void host_leave(struct axvm *vm)
{
	struct host_claim claim = { .shared = true };

	host_build_lock(vm);
	host_list_lock(vm);
	unlink_vm(vm);
	host_list_unlock(vm);
	for (struct aspace_chunk *c = vm->aspace.chunks; c; c = c->next) {
		claim.hpa = c->hpa;
		claim.size = c->size;
		if (c->kind == CHUNK_HOST_RANGE && (c->flags & AXVM_MEM_SHARED))
			c->lent = host_reserved(vm, &claim);
	}
	aspace_fini(&vm->aspace);
	host_build_unlock(vm);
}
