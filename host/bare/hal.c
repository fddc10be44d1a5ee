/* SPDX-License-Identifier: Apache-2.0 */
/* struct axvm_hal for bare metal. Each VM has its own, so that vm_id is the VM's own id here. */
#include "arch.h"
#include "board.h"
#include "clock.h"
#include "console.h"
#include "log.h"
#include "mem.h"
#include "random.h"
#include "vms.h"

static struct host_vm *vm_of(struct axvm_hal *hal)
{
	return list_entry(hal, struct host_vm, hal);
}

static enum axvm_error alloc_frame(struct axvm_hal *hal, axvm_hpa_t *out)
{
	return mem_alloc(1, AXVM_PAGE_SIZE, out);
}

static void dealloc_frame(struct axvm_hal *hal, axvm_hpa_t frame)
{
	mem_dealloc(frame, 1);
}

static enum axvm_error alloc_contiguous(struct axvm_hal *hal, size_t frames, uint64_t align,
					axvm_hpa_t *out)
{
	return mem_alloc(frames, align, out);
}

static void dealloc_contiguous(struct axvm_hal *hal, axvm_hpa_t first, size_t frames)
{
	mem_dealloc(first, frames);
}

static enum axvm_error alloc_memory_region_at(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
	return mem_take(base, size);
}

static void dealloc_memory_region_at(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
	mem_dealloc(base, (size_t)(size / AXVM_PAGE_SIZE));
}

static void *phys_to_virt(struct axvm_hal *hal, axvm_hpa_t hpa)
{
	return (void *)(uintptr_t)hpa.v;
}

static axvm_hpa_t virt_to_phys(struct axvm_hal *hal, const void *p)
{
	return axvm_hpa((uintptr_t)p);
}

static uint64_t current_time_nanos(struct axvm_hal *hal)
{
	return clock_now();
}

static enum axvm_error check_device(struct axvm_hal *hal, axvm_hpa_t base, uint64_t size)
{
	return board_may_give(base.v, size) ? AXVM_OK : AXVM_ERR_PERMISSION_DENIED;
}

static bool random(struct axvm_hal *hal, void *buf, size_t len)
{
	return random_get(buf, len);
}

static uint64_t wall_clock_seconds(struct axvm_hal *hal)
{
	return isa_wall_clock();
}

static struct sched_vcpu *vcpu_of(struct axvm_hal *hal, uint32_t vcpu_id)
{
	struct host_vm *vm = vm_of(hal);

	return vcpu_id < vm->vcpu_num ? &vm->vcpus[vcpu_id] : NULL;
}

static void set_timer(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id, uint64_t deadline)
{
	struct sched_vcpu *v = vcpu_of(hal, vcpu_id);

	if (v && v->cpu)
		sched_set_timer(v, deadline);
}

static uint32_t current_vm_id(struct axvm_hal *hal)
{
	const struct sched_vcpu *v = this_cpu()->current;

	return v ? v->vm->id : AXVM_NO_ID;
}

static uint32_t current_vcpu_id(struct axvm_hal *hal)
{
	const struct sched_vcpu *v = this_cpu()->current;

	return v ? v->id : AXVM_NO_ID;
}

static uint32_t current_pcpu_id(struct axvm_hal *hal)
{
	return this_cpu()->id;
}

static enum axvm_error resides_on(const struct host_vm *vm, uint32_t vcpu_id, uint32_t *pcpu_id)
{
	if (vcpu_id >= vm->vcpu_num || vm->vcpus[vcpu_id].state != SCHED_RUNNING)
		return AXVM_ERR_NOT_FOUND;
	*pcpu_id = vm->vcpus[vcpu_id].cpu->id;
	return AXVM_OK;
}

static enum axvm_error vcpu_resides_on(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id,
				       uint32_t *pcpu_id)
{
	enum axvm_error error;
	struct host_vm *vm;

	if (vm_id == vm_of(hal)->id)
		return resides_on(vm_of(hal), vcpu_id, pcpu_id);
	vm = vms_get(vm_id);
	if (!vm)
		return AXVM_ERR_NOT_FOUND;
	error = resides_on(vm, vcpu_id, pcpu_id);
	vms_put(vm);
	return error;
}

static enum axvm_error inject_irq_to_vcpu(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id,
					  uint32_t irq)
{
	struct host_vm *vm = vms_get(vm_id);
	enum axvm_error error = AXVM_ERR_NOT_FOUND;

	if (!vm)
		return error;
	if (vcpu_id < vm->vcpu_num)
		error = axvm_inject_interrupt_to_vcpu(vm->core, 1ull << vcpu_id, irq);
	vms_put(vm);
	return error;
}

static void kick_vcpu(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id, uint32_t pcpu_id)
{
	if (pcpu_id < cpu_num)
		isa_ipi_send(&cpus[pcpu_id], IPI_KICK);
}

static void wake_vcpu(struct axvm_hal *hal, uint32_t vm_id, uint32_t vcpu_id)
{
	struct sched_vcpu *v = vcpu_of(hal, vcpu_id);

	if (v && v->cpu)
		sched_wake(v);
}

__attribute__((format(printf, 4, 0))) static void log_op(struct axvm_hal *hal,
							 enum axvm_log_level level, uint32_t vm_id,
							 const char *fmt, va_list args)
{
	log_vm(vm_of(hal), level, fmt, args);
}

static void console_write_op(struct axvm_hal *hal, uint32_t vm_id, const uint8_t *bytes, size_t len)
{
	console_write(&vm_of(hal)->port, bytes, len);
}

void hal_init(struct axvm_hal *hal)
{
	static struct axvm_host host;

	*hal = (struct axvm_hal){
		.host = &host,
		.alloc_frame = alloc_frame,
		.dealloc_frame = dealloc_frame,
		.alloc_contiguous = alloc_contiguous,
		.dealloc_contiguous = dealloc_contiguous,
		.alloc_memory_region_at = alloc_memory_region_at,
		.dealloc_memory_region_at = dealloc_memory_region_at,
		.phys_to_virt = phys_to_virt,
		.virt_to_phys = virt_to_phys,
		.current_time_nanos = current_time_nanos,
		.check_device = check_device,
		.wall_clock_seconds = wall_clock_seconds,
		.random = random,
		.set_timer = set_timer,
		.current_vm_id = current_vm_id,
		.current_vcpu_id = current_vcpu_id,
		.current_pcpu_id = current_pcpu_id,
		.vcpu_resides_on = vcpu_resides_on,
		.inject_irq_to_vcpu = inject_irq_to_vcpu,
		.kick_vcpu = kick_vcpu,
		.wake_vcpu = wake_vcpu,
		.log = log_op,
		.console_write = console_write_op,
	};
}
