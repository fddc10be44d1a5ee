/* SPDX-License-Identifier: Apache-2.0 */
/* The host's memory: one sparse mapping, of which frames are handed out. */
#include "sim_host_impl.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MAP_SIZE     (SIM_RAM_BASE + SIM_RAM_SIZE)
#define POISON_LIMIT 4096u /* frames */

static bool may_allocate(struct sim_host *h)
{
	if (h->fail_after == SIZE_MAX)
		return true;
	return h->fail_after > 0 && h->fail_after-- > 0;
}

static bool range_free(const struct sim_host *h, size_t first, size_t num)
{
	if (first > SIM_FRAMES || num > SIM_FRAMES - first)
		return false;
	return memchr(h->used + first, 1, num) == NULL;
}

static void poison(struct sim_host *h, size_t first, size_t num)
{
	if (num <= POISON_LIMIT)
		memset(h->map + SIM_RAM_BASE + first * AXVM_PAGE_SIZE, SIM_POISON,
		       num * AXVM_PAGE_SIZE);
}

static void take(struct sim_host *h, size_t first, size_t num)
{
	memset(h->used + first, 1, num);
	h->frames_used += num;
	poison(h, first, num);
}

static void give(struct sim_host *h, uint64_t hpa, size_t num)
{
	size_t first = (hpa - SIM_RAM_BASE) / AXVM_PAGE_SIZE;

	SIM_CHECK(hpa >= SIM_RAM_BASE && hpa % AXVM_PAGE_SIZE == 0);
	SIM_CHECK(num <= SIM_FRAMES && first <= SIM_FRAMES - num);
	pthread_mutex_lock(&h->memory_lock);
	SIM_CHECK(memchr(h->used + first, 0, num) == NULL);
	poison(h, first, num);
	memset(h->used + first, 0, num);
	h->frames_used -= num;
	pthread_mutex_unlock(&h->memory_lock);
}

static enum axvm_error find(struct sim_host *h, size_t frames, uint64_t align, size_t *out)
{
	size_t step = align / AXVM_PAGE_SIZE;

	if (frames > h->largest || align > h->worst_align || !may_allocate(h))
		return AXVM_ERR_NO_MEMORY;
	for (size_t first = 0; first < SIM_FRAMES; first += step) {
		if (h->used[first] || !range_free(h, first, frames))
			continue;
		*out = first;
		return AXVM_OK;
	}
	return AXVM_ERR_NO_MEMORY;
}

static enum axvm_error alloc_contiguous(struct axvm_hal *hal, size_t frames, uint64_t align,
					axvm_hpa_t *out)
{
	struct sim_host *h = sim_of(hal);
	enum axvm_error err;
	size_t first;

	SIM_CHECK(frames > 0 && align >= AXVM_PAGE_SIZE && (align & (align - 1)) == 0);
	pthread_mutex_lock(&h->memory_lock);
	err = find(h, frames, align, &first);
	if (err == AXVM_OK) {
		take(h, first, frames);
		*out = axvm_hpa(SIM_RAM_BASE + first * AXVM_PAGE_SIZE);
	}
	pthread_mutex_unlock(&h->memory_lock);
	return err;
}

static void dealloc_contiguous(struct axvm_hal *hal, axvm_hpa_t first, size_t frames)
{
	give(sim_of(hal), first.v, frames);
}

static enum axvm_error alloc_frame(struct axvm_hal *hal, axvm_hpa_t *out)
{
	return alloc_contiguous(hal, 1, AXVM_PAGE_SIZE, out);
}

static void dealloc_frame(struct axvm_hal *hal, axvm_hpa_t frame)
{
	give(sim_of(hal), frame.v, 1);
}

static enum axvm_error alloc_at(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
	struct sim_host *h = sim_of(hal);
	size_t first = (base.v - SIM_RAM_BASE) / AXVM_PAGE_SIZE, num = size / AXVM_PAGE_SIZE;
	enum axvm_error err = AXVM_ERR_RESOURCE_BUSY;

	if (base.v < SIM_RAM_BASE || first >= SIM_FRAMES || num > SIM_FRAMES - first)
		return AXVM_ERR_NOT_FOUND;
	pthread_mutex_lock(&h->memory_lock);
	if (may_allocate(h) && range_free(h, first, num)) {
		take(h, first, num);
		err = AXVM_OK;
	}
	pthread_mutex_unlock(&h->memory_lock);
	return err;
}

static void dealloc_at(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
	give(sim_of(hal), base.v, size / AXVM_PAGE_SIZE);
}

/* ---- Addresses ---- */

static bool meets(const struct sim_range *range, uint64_t base, uint64_t size)
{
	return base <= range->base ? range->base - base < size : base - range->base < range->size;
}

static enum axvm_error check_device(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
	const struct sim_host *h = sim_of(hal);
	const struct sim_range ram = { SIM_RAM_BASE, SIM_RAM_SIZE };

	if (meets(&ram, base.v, size))
		return AXVM_ERR_PERMISSION_DENIED;
	for (unsigned i = 0; i < h->kept_num; i++)
		if (meets(&h->kept[i], base.v, size))
			return AXVM_ERR_PERMISSION_DENIED;
	return AXVM_OK;
}

void *sim_memory(struct sim_host *h, uint64_t hpa)
{
	SIM_CHECK(hpa < MAP_SIZE);
	return h->map + hpa;
}

/* RAM must be allocated; outside RAM only the simulated CPU asks, for devices. */
static void *phys_to_virt(struct axvm_hal *hal, axvm_hpa_t hpa)
{
	struct sim_host *h = sim_of(hal);

	if (hpa.v >= SIM_RAM_BASE && hpa.v < MAP_SIZE) {
		SIM_CHECK(h->used[(hpa.v - SIM_RAM_BASE) / AXVM_PAGE_SIZE]);
		return h->map + hpa.v;
	}
	for (unsigned i = 0; i < h->device_num; i++)
		if (meets(&h->devices[i], hpa.v, 1))
			return h->map + hpa.v;
	return NULL;
}

static axvm_hpa_t virt_to_phys(struct axvm_hal *hal, const void *p)
{
	return axvm_hpa((uint64_t)((const uint8_t *)p - sim_of(hal)->map));
}

void sim_keep(struct sim_host *h, uint64_t base, uint64_t size)
{
	SIM_CHECK(h->kept_num < SIM_RANGES);
	h->kept[h->kept_num++] = (struct sim_range){ base, size };
}

void sim_add_device(struct sim_host *h, uint64_t base, uint64_t size)
{
	SIM_CHECK(h->device_num < SIM_RANGES && base < SIM_RAM_BASE && size <= SIM_RAM_BASE - base);
	h->devices[h->device_num++] = (struct sim_range){ base, size };
}

unsigned sim_fail_each_allocation(struct sim_host *h, enum axvm_error (*operation)(void *arg),
				  void *arg)
{
	size_t frames = h->frames_used;
	enum axvm_error err;
	unsigned num = 0;

	for (;; num++) {
		h->fail_after = num;
		err = operation(arg);
		h->fail_after = SIZE_MAX;
		if (err == AXVM_OK)
			return num;
		SIM_CHECK(err == AXVM_ERR_NO_MEMORY);
		SIM_CHECK(h->frames_used == frames);
	}
}

void sim_memory_init(struct sim_host *h)
{
	h->map = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	h->used = calloc(SIM_FRAMES, 1);
	SIM_CHECK(h->map != MAP_FAILED && h->used);
	pthread_mutex_init(&h->memory_lock, NULL);
	h->fail_after = SIZE_MAX;
	h->largest = SIZE_MAX;
	h->worst_align = UINT64_MAX;
	h->hal.alloc_frame = alloc_frame;
	h->hal.dealloc_frame = dealloc_frame;
	h->hal.alloc_contiguous = alloc_contiguous;
	h->hal.dealloc_contiguous = dealloc_contiguous;
	h->hal.alloc_memory_region_at = alloc_at;
	h->hal.dealloc_memory_region_at = dealloc_at;
	h->hal.check_device = check_device;
	h->hal.phys_to_virt = phys_to_virt;
	h->hal.virt_to_phys = virt_to_phys;
}

void sim_memory_fini(struct sim_host *h)
{
	SIM_CHECK(h->frames_used == 0);
	pthread_mutex_destroy(&h->memory_lock);
	free(h->used);
	munmap(h->map, MAP_SIZE);
}
