/* SPDX-License-Identifier: Apache-2.0 */
#include <axvm/hal_defaults.h>

/* ---- Memory ---- */

static enum axvm_error alloc_frame(struct axvm_hal *hal, axvm_hpa_t *out)
{
	return hal->alloc_contiguous(hal, 1, AXVM_PAGE_SIZE, out);
}

static void dealloc_frame(struct axvm_hal *hal, axvm_hpa_t frame)
{
	hal->dealloc_contiguous(hal, frame, 1);
}

static enum axvm_error no_region(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
	return AXVM_ERR_NOT_FOUND;
}

static void forget_region(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
}

static enum axvm_error no_device(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
	return AXVM_ERR_PERMISSION_DENIED;
}

static void *phys_to_virt(struct axvm_hal *hal, axvm_hpa_t hpa)
{
	return (void *)(uintptr_t)hpa.v;
}

static axvm_hpa_t virt_to_phys(struct axvm_hal *hal, const void *p)
{
	return axvm_hpa((uintptr_t)p);
}

/* ---- Time ---- */

static uint64_t no_clock(struct axvm_hal *hal)
{
	return 0;
}

static bool no_random(struct axvm_hal *hal, void *buf, size_t len)
{
	return false;
}

static void no_timer(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id, uint64_t deadline)
{
}

/* ---- vCPUs ---- */

static enum axvm_error resides_nowhere(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id,
				       uint32_t *pcpu_id)
{
	return AXVM_ERR_NOT_FOUND;
}

static enum axvm_error no_vm(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id, uint32_t irq)
{
	return AXVM_ERR_NOT_FOUND;
}

static void no_kick(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id, uint32_t pcpu_id)
{
}

static void no_wake(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id)
{
}

/* ---- Text ---- */

static void no_log(struct axvm_hal *hal, enum axvm_log_level level, uint32_t vm_id, const char *fmt,
		   va_list args)
{
}

static void no_console(struct axvm_hal *hal, uint32_t vm_id, const uint8_t *bytes, size_t len)
{
}

void axvm_hal_set_defaults(struct axvm_hal *hal)
{
	if (!hal)
		return;
#define DEFAULT(operation, own) (hal->operation = hal->operation ? hal->operation : (own))
	DEFAULT(alloc_frame, alloc_frame);
	DEFAULT(dealloc_frame, dealloc_frame);
	DEFAULT(alloc_memory_region_at, no_region);
	DEFAULT(dealloc_memory_region_at, forget_region);
	DEFAULT(check_device, no_device);
	DEFAULT(phys_to_virt, phys_to_virt);
	DEFAULT(virt_to_phys, virt_to_phys);
	DEFAULT(wall_clock_seconds, no_clock);
	DEFAULT(random, no_random);
	DEFAULT(set_timer, no_timer);
	DEFAULT(vcpu_resides_on, resides_nowhere);
	DEFAULT(inject_irq_to_vcpu, no_vm);
	DEFAULT(kick_vcpu, no_kick);
	DEFAULT(wake_vcpu, no_wake);
	DEFAULT(log, no_log);
	DEFAULT(console_write, no_console);
#undef DEFAULT
}
