/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "fake_hal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define GIB (UINT64_C(1) << 30)

static struct fake_hal *fake_of(struct axvm_hal *hal)
{
	return (struct fake_hal *)hal;
}

static bool may_allocate(struct fake_hal *f)
{
	if (f->fail_after == SIZE_MAX)
		return true;
	return f->fail_after > 0 && f->fail_after-- > 0;
}

static bool range_free(const struct fake_hal *f, size_t first, size_t num)
{
	if (first > FAKE_FRAMES || num > FAKE_FRAMES - first)
		return false;
	return memchr(f->used + first, 1, num) == NULL;
}

static void take(struct fake_hal *f, size_t first, size_t num)
{
	memset(f->used + first, 1, num);
	f->frames_used += num;
	if (num <= 4096)
		memset(f->ram + first * AXVM_PAGE_SIZE, FAKE_POISON, num * AXVM_PAGE_SIZE);
}

static void give(struct fake_hal *f, uint64_t hpa, size_t num)
{
	size_t first = (hpa - FAKE_RAM_BASE) / AXVM_PAGE_SIZE;

	assert_true(hpa >= FAKE_RAM_BASE && hpa % AXVM_PAGE_SIZE == 0);
	assert_true(num <= FAKE_FRAMES && first <= FAKE_FRAMES - num);
	for (size_t i = 0; i < num; i++)
		assert_int_equal(f->used[first + i], 1);
	memset(f->used + first, 0, num);
	if (num <= 4096)
		memset(f->ram + first * AXVM_PAGE_SIZE, FAKE_POISON, num * AXVM_PAGE_SIZE);
	f->frames_used -= num;
}

static enum axvm_error alloc_contiguous(struct axvm_hal *hal, size_t frames, uint64_t align,
					axvm_hpa_t *out)
{
	struct fake_hal *f = fake_of(hal);
	size_t step = align / AXVM_PAGE_SIZE;

	assert_true(frames > 0 && align >= AXVM_PAGE_SIZE && (align & (align - 1)) == 0);
	if (frames > f->largest || align > f->worst_align || !may_allocate(f))
		return AXVM_ERR_NO_MEMORY;
	for (size_t first = 0; first < FAKE_FRAMES; first += step) {
		if (f->used[first] || !range_free(f, first, frames))
			continue;
		take(f, first, frames);
		*out = axvm_hpa(FAKE_RAM_BASE + first * AXVM_PAGE_SIZE);
		return AXVM_OK;
	}
	return AXVM_ERR_NO_MEMORY;
}

static void dealloc_contiguous(struct axvm_hal *hal, axvm_hpa_t first, size_t frames)
{
	give(fake_of(hal), first.v, frames);
}

static enum axvm_error alloc_frame(struct axvm_hal *hal, axvm_hpa_t *out)
{
	return alloc_contiguous(hal, 1, AXVM_PAGE_SIZE, out);
}

static void dealloc_frame(struct axvm_hal *hal, axvm_hpa_t frame)
{
	give(fake_of(hal), frame.v, 1);
}

static enum axvm_error alloc_at(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
	struct fake_hal *f = fake_of(hal);
	size_t first = (base.v - FAKE_RAM_BASE) / AXVM_PAGE_SIZE;

	if (base.v < FAKE_RAM_BASE || first >= FAKE_FRAMES ||
	    size / AXVM_PAGE_SIZE > FAKE_FRAMES - first)
		return AXVM_ERR_NOT_FOUND;
	if (!may_allocate(f) || !range_free(f, first, size / AXVM_PAGE_SIZE))
		return AXVM_ERR_RESOURCE_BUSY;
	take(f, first, size / AXVM_PAGE_SIZE);
	return AXVM_OK;
}

static void dealloc_at(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
	give(fake_of(hal), base.v, size / AXVM_PAGE_SIZE);
}

static void *phys_to_virt(struct axvm_hal *hal, axvm_hpa_t hpa)
{
	struct fake_hal *f = fake_of(hal);

	assert_in_range(hpa.v, FAKE_RAM_BASE, FAKE_RAM_BASE + 4 * GIB - 1);
	assert_int_equal(f->used[(hpa.v - FAKE_RAM_BASE) / AXVM_PAGE_SIZE], 1);
	return f->ram + (hpa.v - FAKE_RAM_BASE);
}

static axvm_hpa_t virt_to_phys(struct axvm_hal *hal, const void *p)
{
	return axvm_hpa(FAKE_RAM_BASE + (uint64_t)((const uint8_t *)p - fake_of(hal)->ram));
}

static uint64_t current_time(struct axvm_hal *hal)
{
	return fake_of(hal)->now;
}

static enum axvm_error check_device(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
	return base.v + size > fake_of(hal)->kept ? AXVM_OK : AXVM_ERR_PERMISSION_DENIED;
}

static uint64_t wall_clock(struct axvm_hal *hal)
{
	return fake_of(hal)->wall;
}

static void set_timer(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id, uint64_t deadline)
{
	(void)vm_id;
	(void)vcpu_id;
	fake_of(hal)->timer = deadline;
}

static uint32_t nobody(struct axvm_hal *hal)
{
	(void)hal;
	return AXVM_NO_ID;
}

static uint32_t first_cpu(struct axvm_hal *hal)
{
	(void)hal;
	return 0;
}

static enum axvm_error resides_on(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id,
				  uint32_t *pcpu_id)
{
	(void)hal;
	(void)vm_id;
	(void)vcpu_id;
	(void)pcpu_id;
	return AXVM_ERR_NOT_FOUND;
}

static enum axvm_error inject(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id, uint32_t irq)
{
	(void)hal;
	(void)vm_id;
	(void)vcpu_id;
	(void)irq;
	return AXVM_ERR_NOT_FOUND;
}

static void kick(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id, uint32_t pcpu_id)
{
	(void)hal;
	(void)vm_id;
	(void)vcpu_id;
	(void)pcpu_id;
}

static void wake(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id)
{
	(void)hal;
	(void)vm_id;
	(void)vcpu_id;
}

static void log_line(struct axvm_hal *hal, enum axvm_log_level level, uint32_t vm_id,
		     const char *fmt, va_list args)
{
	(void)hal;
	(void)level;
	(void)vm_id;
	(void)fmt;
	(void)args;
}

static void console_write(struct axvm_hal *hal, uint32_t vm_id, const uint8_t *bytes, size_t len)
{
	struct fake_hal *f = fake_of(hal);

	(void)vm_id;
	assert_true(len <= sizeof(f->console) - f->console_len);
	memcpy(f->console + f->console_len, bytes, len);
	f->console_len += len;
}

void fake_hal_init(struct fake_hal *fake)
{
	uint8_t *map = mmap(NULL, 4 * GIB, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(map != MAP_FAILED);
	*fake = (struct fake_hal){
		.hal = {
			.alloc_frame = alloc_frame,
			.dealloc_frame = dealloc_frame,
			.alloc_contiguous = alloc_contiguous,
			.dealloc_contiguous = dealloc_contiguous,
			.alloc_memory_region_at = alloc_at,
			.dealloc_memory_region_at = dealloc_at,
			.phys_to_virt = phys_to_virt,
			.virt_to_phys = virt_to_phys,
			.current_time_nanos = current_time,
			.check_device = check_device,
			.wall_clock_seconds = wall_clock,
			.set_timer = set_timer,
			.current_vm_id = nobody,
			.current_vcpu_id = nobody,
			.current_pcpu_id = first_cpu,
			.vcpu_resides_on = resides_on,
			.inject_irq_to_vcpu = inject,
			.kick_vcpu = kick,
			.wake_vcpu = wake,
			.log = log_line,
			.console_write = console_write,
		},
		.ram = map,
		.used = calloc(FAKE_FRAMES, 1),
		.fail_after = SIZE_MAX,
		.largest = SIZE_MAX,
		.worst_align = UINT64_MAX,
		.timer = UINT64_MAX,
	};
	assert_non_null(fake->used);
	fake->hal.host = &fake->host;
}

void fake_hal_fini(struct fake_hal *fake)
{
	assert_int_equal(fake->frames_used, 0);
	free(fake->used);
	munmap(fake->ram, 4 * GIB);
}
