/* SPDX-License-Identifier: Apache-2.0 */
#include "arch.h"
#include "host.h"
#include <string.h>

#define RIGHTS_READ  AXVM_MEM_READ
#define RIGHTS_WRITE (AXVM_MEM_READ | AXVM_MEM_WRITE)

/* ---- The window of guest addresses ---- */

void ivc_init(struct axvm *vm)
{
	for (uint32_t i = 0; i < vm->config.emu_device_num; i++) {
		const struct axvm_emu_device *d = &vm->config.emu_devices[i];

		if (d->emu_type != AXVM_EMU_IVC_CHANNEL)
			continue;
		vm->ivc.base = d->base_gpa;
		vm->ivc.size = d->length & ~(uint64_t)(AXVM_PAGE_SIZE - 1);
	}
}

static struct ivc_range *range_new(struct axvm *vm)
{
	struct ivc_range *range = vm->ivc.spare;

	if (!range)
		return arena_alloc(&vm->arena, sizeof(*range), _Alignof(struct ivc_range));
	vm->ivc.spare = range->next;
	return range;
}

/*
 * The first gap that is large enough. A page between two ranges stays free: whoever runs over the
 * end of one faults, and no leaf of the tables ever covers parts of both.
 */
static enum axvm_error window_take(struct axvm *vm, uint64_t size, bool host, uint64_t *gpa)
{
	struct ivc_range **at = &vm->ivc.used, *range;
	uint64_t start = vm->ivc.base, end = vm->ivc.base + vm->ivc.size;

	for (; *at && (*at)->gpa - start <= size; at = &(*at)->next)
		start = (*at)->gpa + (*at)->size + AXVM_PAGE_SIZE;
	if (!*at && (start > end || end - start < size))
		return AXVM_ERR_NO_MEMORY;
	range = range_new(vm);
	if (!range)
		return AXVM_ERR_NO_MEMORY;
	*range = (struct ivc_range){ *at, start, size, host };
	*at = range;
	*gpa = start;
	return AXVM_OK;
}

static struct ivc_range **window_find(struct axvm *vm, uint64_t gpa)
{
	struct ivc_range **at = &vm->ivc.used;

	while (*at && (*at)->gpa != gpa)
		at = &(*at)->next;
	return at;
}

static void window_give(struct axvm *vm, struct ivc_range **at)
{
	struct ivc_range *range = *at;

	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what window_take() gave is there */
	*at = range->next;
	range->next = vm->ivc.spare;
	vm->ivc.spare = range;
}

/* Whole pages; 0 where that does not fit 64 bits. */
static uint64_t whole_pages(uint64_t size)
{
	return (size + AXVM_PAGE_SIZE - 1) & ~(uint64_t)(AXVM_PAGE_SIZE - 1);
}

static enum axvm_error alloc_locked(struct axvm *vm, uint64_t size, axvm_gpa_t *gpa)
{
	if (vm_gone(vm))
		return AXVM_ERR_BAD_STATE;
	return window_take(vm, size, true, &gpa->v);
}

enum axvm_error axvm_alloc_ivc_channel(struct axvm *vm, uint64_t size, axvm_gpa_t *gpa,
				       uint64_t *actual)
{
	uint64_t rounded = whole_pages(size);
	enum axvm_error err;

	if (!vm || !gpa || !actual || size == 0 || vm->ivc.size == 0)
		return AXVM_ERR_INVALID_INPUT;
	if (rounded == 0)
		return AXVM_ERR_NO_MEMORY;
	host_list_lock(vm);
	err = alloc_locked(vm, rounded, gpa);
	host_list_unlock(vm);
	if (err == AXVM_OK)
		*actual = rounded;
	return err;
}

static enum axvm_error release_locked(struct axvm *vm, uint64_t gpa, uint64_t size)
{
	struct ivc_range **at = window_find(vm, gpa);

	if (vm_gone(vm))
		return AXVM_ERR_BAD_STATE;
	if (!*at || !(*at)->host || (*at)->size != whole_pages(size))
		return AXVM_ERR_NOT_FOUND;
	if (aspace_any_mapped(&vm->aspace, axvm_gpa(gpa), (*at)->size))
		return AXVM_ERR_RESOURCE_BUSY;
	window_give(vm, at);
	return AXVM_OK;
}

enum axvm_error axvm_release_ivc_channel(struct axvm *vm, axvm_gpa_t gpa, uint64_t size)
{
	enum axvm_error err;

	if (!vm)
		return AXVM_ERR_INVALID_INPUT;
	host_list_lock(vm);
	err = release_locked(vm, gpa.v, size);
	host_list_unlock(vm);
	return err;
}

static bool taken_by_host(const struct axvm *vm, uint64_t gpa, uint64_t size)
{
	const struct ivc_range *r;

	for (r = vm->ivc.used; r; r = r->next)
		if (r->host && gpa >= r->gpa && gpa - r->gpa < r->size &&
		    size <= r->size - (gpa - r->gpa))
			return true;
	return false;
}

bool ivc_may_map(struct axvm *vm, uint64_t gpa, uint64_t size)
{
	bool outside = gpa < vm->ivc.base ? size <= vm->ivc.base - gpa :
					    gpa - vm->ivc.base >= vm->ivc.size;
	bool taken;

	if (outside || vm->ivc.size == 0)
		return true;
	host_list_lock(vm);
	taken = taken_by_host(vm, gpa, size);
	host_list_unlock(vm);
	return taken;
}

/* ---- Ends ---- */

static bool publishes(const struct axvm_ivc_channel *c)
{
	return c->publisher[0] == '\0';
}

/* The index of this VM's channel with that key, or -1. */
static int end_find(const struct axvm *vm, uint64_t key)
{
	for (uint32_t i = 0; i < vm->config.ivc_channel_num; i++)
		if (vm->config.ivc_channels[i].key == key)
			return (int)i;
	return -1;
}

/* The memory is still mapped at some end of some VM. */
static bool memory_in_use(struct axvm *vm, axvm_hpa_t hpa)
{
	for (struct axvm *other = vm->hal->host->vms; other; other = other->next)
		for (uint32_t i = 0; i < other->config.ivc_channel_num; i++)
			if (other->ivc.ends[i].size && other->ivc.ends[i].hpa.v == hpa.v)
				return true;
	return false;
}

static int64_t end_map(struct axvm *vm, struct ivc_end *end, const struct ivc_end *memory,
		       uint32_t rights)
{
	enum axvm_error err = window_take(vm, memory->size, false, &end->gpa);

	if (err != AXVM_OK)
		return err;
	err = aspace_map(&vm->aspace, axvm_gpa(end->gpa), memory->hpa, memory->size, rights);
	if (err != AXVM_OK) {
		window_give(vm, window_find(vm, end->gpa));
		return err;
	}
	end->hpa = memory->hpa;
	end->size = memory->size;
	return (int64_t)end->gpa;
}

/* Nothing is mapped here any more. */
static void end_drop(struct axvm *vm, struct ivc_end *end)
{
	struct axvm_hal *hal = vm->hal;
	uint64_t size = end->size;

	window_give(vm, window_find(vm, end->gpa));
	end->size = 0;
	if (!memory_in_use(vm, end->hpa))
		hal->dealloc_contiguous(hal, end->hpa, size / AXVM_PAGE_SIZE);
}

static void ring(struct axvm *vm, uint32_t i)
{
	arch_irq_inject(&vm->vcpus[0], arch_device_irq(vm->config.ivc_channels[i].irq_id));
}

/* Rings the doorbells at the other ends of the same memory. Result: how many. */
static int64_t ring_others(struct axvm *vm, uint32_t i)
{
	bool to_publisher = !publishes(&vm->config.ivc_channels[i]);
	int64_t num = 0;

	for (struct axvm *other = vm->hal->host->vms; other; other = other->next) {
		for (uint32_t k = 0; k < other->config.ivc_channel_num; k++) {
			const struct ivc_end *end = &other->ivc.ends[k];

			if (!end->size || end->hpa.v != vm->ivc.ends[i].hpa.v || other == vm)
				continue;
			if (publishes(&other->config.ivc_channels[k]) != to_publisher)
				continue;
			if (to_publisher && !end->open)
				continue;
			ring(other, k);
			num++;
		}
	}
	return num;
}

/* NO_MEMORY: the mapping is part of a leaf that cannot be split now; it stays. */
static int64_t end_release(struct axvm *vm, uint32_t i)
{
	struct ivc_end *end = &vm->ivc.ends[i];
	enum axvm_error err = aspace_unmap(&vm->aspace, axvm_gpa(end->gpa), end->size);

	if (publishes(&vm->config.ivc_channels[i]) && end->open)
		ring_others(vm, i);
	end->open = false;
	if (err == AXVM_OK)
		end_drop(vm, end);
	return err;
}

static void making_drop(struct axvm *vm, struct ivc_making *making)
{
	if (making->size)
		vm->hal->dealloc_contiguous(vm->hal, making->hpa, making->size / AXVM_PAGE_SIZE);
	*making = (struct ivc_making){ 0 };
}

static void for_each_end(struct axvm *vm, void (*call)(struct axvm *, uint32_t))
{
	if (vm->ivc.size == 0)
		return;
	host_list_lock(vm);
	for (uint32_t i = 0; i < vm->config.ivc_channel_num; i++) {
		making_drop(vm, &vm->ivc.ends[i].making);
		if (vm->ivc.ends[i].size)
			call(vm, i);
	}
	host_list_unlock(vm);
}

static void close_end(struct axvm *vm, uint32_t i)
{
	end_release(vm, i);
}

void ivc_close(struct axvm *vm)
{
	for_each_end(vm, close_end);
}

static void drop_end(struct axvm *vm, uint32_t i)
{
	vm->ivc.ends[i].open = false;
	end_drop(vm, &vm->ivc.ends[i]);
}

void ivc_fini(struct axvm *vm)
{
	for_each_end(vm, drop_end);
	while (vm->ivc.used)
		window_give(vm, &vm->ivc.used);
}

/* ---- The guest's calls ---- */

/* This vCPU is the one that clears: memory of a call before, if it has the size, else new. */
static int64_t making_begin(struct axvm *vm, struct ivc_end *end, uint64_t size)
{
	struct axvm_hal *hal = vm->hal;
	struct ivc_making *making = &end->making;

	if (end->size)
		return AXVM_ERR_ALREADY_EXISTS;
	if (making->busy)
		return AXVM_ERR_WOULD_BLOCK;
	if (making->size != size) {
		making_drop(vm, making);
		if (hal->alloc_contiguous(hal, size / AXVM_PAGE_SIZE, AXVM_PAGE_SIZE,
					  &making->hpa) != AXVM_OK)
			return AXVM_ERR_NO_MEMORY;
		making->size = size;
	}
	making->busy = true;
	return 0;
}

/* Without a lock: nobody else touches what is busy. */
static void making_clear(struct axvm *vm, struct ivc_making *making)
{
	axvm_hpa_t hpa = axvm_hpa(making->hpa.v + making->cleared);
	uint64_t left = making->size - making->cleared;
	uint64_t step = left < VM_CLEAR_STEP ? left : VM_CLEAR_STEP;

	arch_clear_guest_memory(vm->hal->phys_to_virt(vm->hal, hpa), step);
	making->cleared += step;
}

static int64_t making_end(struct axvm *vm, struct ivc_end *end)
{
	const struct ivc_end memory = { .hpa = end->making.hpa, .size = end->making.size };
	int64_t result;

	end->making.busy = false;
	if (end->making.cleared < memory.size)
		return AXVM_ERR_WOULD_BLOCK;
	result = end_map(vm, end, &memory, RIGHTS_WRITE);
	end->open = result >= 0;
	if (result < 0)
		making_drop(vm, &end->making);
	else
		end->making = (struct ivc_making){ 0 }; /* what is mapped is the end's */
	return result;
}

static int64_t publish(struct axvm *vm, struct ivc_end *end, uint64_t size)
{
	int64_t result;

	host_list_lock(vm);
	result = making_begin(vm, end, size);
	host_list_unlock(vm);
	if (result < 0)
		return result;
	making_clear(vm, &end->making);
	host_list_lock(vm);
	result = making_end(vm, end);
	host_list_unlock(vm);
	return result;
}

int64_t ivc_publish(struct axvm *vm, uint64_t key, uint64_t size)
{
	int i = end_find(vm, key);

	if (i < 0 || !publishes(&vm->config.ivc_channels[i]))
		return AXVM_ERR_NOT_FOUND;
	if (size == 0)
		return AXVM_ERR_INVALID_INPUT;
	if (size > vm->config.ivc_channels[i].size)
		return AXVM_ERR_PERMISSION_DENIED;
	return publish(vm, &vm->ivc.ends[i], whole_pages(size));
}

static int64_t rights_of(const struct axvm_ivc_channel *c, const char *name)
{
	for (uint32_t i = 0; i < c->subscriber_num; i++)
		if (strcmp(c->subscribers[i].name, name) == 0)
			return c->subscribers[i].rights & AXVM_ACCESS_WRITE ? RIGHTS_WRITE :
									      RIGHTS_READ;
	return AXVM_ERR_PERMISSION_DENIED;
}

static int64_t subscribe_locked(struct axvm *vm, const struct axvm_ivc_channel *c,
				struct ivc_end *end)
{
	struct axvm *publisher = host_find(vm, c->publisher);
	int k = publisher ? end_find(publisher, c->key) : -1;
	int64_t rights;

	if (end->size)
		return AXVM_ERR_ALREADY_EXISTS;
	if (k < 0 || !publishes(&publisher->config.ivc_channels[k]))
		return AXVM_ERR_NOT_FOUND;
	rights = rights_of(&publisher->config.ivc_channels[k], vm->config.name);
	if (rights < 0)
		return rights;
	if (!publisher->ivc.ends[k].open)
		return AXVM_ERR_NOT_FOUND;
	return end_map(vm, end, &publisher->ivc.ends[k], (uint32_t)rights);
}

int64_t ivc_subscribe(struct axvm *vm, uint64_t key)
{
	int i = end_find(vm, key);
	int64_t result;

	if (i < 0 || publishes(&vm->config.ivc_channels[i]))
		return AXVM_ERR_NOT_FOUND;
	host_list_lock(vm);
	result = subscribe_locked(vm, &vm->config.ivc_channels[i], &vm->ivc.ends[i]);
	host_list_unlock(vm);
	return result;
}

static int64_t size_locked(struct axvm *vm, uint32_t i)
{
	return (int64_t)vm->ivc.ends[i].size;
}

static int64_t notify_locked(struct axvm *vm, uint32_t i)
{
	int64_t num = ring_others(vm, i);

	if (num == 0 && !publishes(&vm->config.ivc_channels[i]))
		return AXVM_ERR_NOT_FOUND;
	return num;
}

/* A call about a channel that is mapped here. */
static int64_t on_mapped(struct axvm *vm, uint64_t key, int64_t (*call)(struct axvm *, uint32_t))
{
	int i = end_find(vm, key);
	int64_t result = AXVM_ERR_NOT_FOUND;

	if (i < 0)
		return result;
	host_list_lock(vm);
	if (vm->ivc.ends[i].size)
		result = call(vm, (uint32_t)i);
	host_list_unlock(vm);
	return result;
}

int64_t ivc_size(struct axvm *vm, uint64_t key)
{
	return on_mapped(vm, key, size_locked);
}

int64_t ivc_notify(struct axvm *vm, uint64_t key)
{
	return on_mapped(vm, key, notify_locked);
}

int64_t ivc_release(struct axvm *vm, uint64_t key)
{
	return on_mapped(vm, key, end_release);
}
