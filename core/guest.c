/* SPDX-License-Identifier: Apache-2.0 */
/* What a host does to a guest: its memory and its interrupts. */
#include "arch.h"
#include "host.h"

/* ---- Memory ---- */

static enum axvm_error map_claimed(struct axvm *vm, axvm_gpa_t gpa, axvm_hpa_t hpa, uint64_t size,
				   uint32_t flags)
{
	const struct host_claim wanted = { hpa, size, flags & AXVM_MEM_SHARED };
	enum axvm_error err;

	host_build_lock(vm);
	err = host_owner(vm, &wanted) ? AXVM_ERR_PERMISSION_DENIED :
					aspace_map(&vm->aspace, gpa, hpa, size, flags);
	host_build_unlock(vm);
	return err;
}

enum axvm_error axvm_map_region(struct axvm *vm, axvm_gpa_t gpa, axvm_hpa_t hpa, uint64_t size,
				uint32_t flags)
{
	if (!vm || !aspace_may_map(&vm->aspace, gpa, hpa, size, flags))
		return AXVM_ERR_INVALID_INPUT;
	if (vm_gone(vm))
		return AXVM_ERR_BAD_STATE;
	if (bus_overlaps(&vm->bus, gpa.v, size) || !ivc_may_map(vm, gpa.v, size))
		return AXVM_ERR_ALREADY_EXISTS;
	return map_claimed(vm, gpa, hpa, size, flags);
}

enum axvm_error axvm_unmap_region(struct axvm *vm, axvm_gpa_t gpa, uint64_t size)
{
	if (!vm)
		return AXVM_ERR_INVALID_INPUT;
	if (!vm_gone(vm) && size && !ivc_may_map(vm, gpa.v, size))
		return AXVM_ERR_PERMISSION_DENIED;
	return aspace_unmap(&vm->aspace, gpa, size);
}

enum axvm_error axvm_get_image_load_region(struct axvm *vm, axvm_gpa_t gpa, uint64_t size,
					   struct axvm_host_piece *pieces, size_t *num)
{
	if (!vm || !pieces || !num)
		return AXVM_ERR_INVALID_INPUT;
	return vm_gone(vm) ? AXVM_ERR_BAD_STATE :
			     aspace_pieces(&vm->aspace, gpa, size, pieces, num);
}

enum axvm_error axvm_read_from_guest(struct axvm *vm, axvm_gpa_t gpa, void *buf, size_t len)
{
	if (!vm || (!buf && len))
		return AXVM_ERR_INVALID_INPUT;
	return vm_gone(vm) ? AXVM_ERR_BAD_STATE : aspace_read(&vm->aspace, gpa, buf, len);
}

enum axvm_error axvm_write_to_guest(struct axvm *vm, axvm_gpa_t gpa, const void *buf, size_t len)
{
	if (!vm || (!buf && len))
		return AXVM_ERR_INVALID_INPUT;
	return vm_gone(vm) ? AXVM_ERR_BAD_STATE : aspace_write(&vm->aspace, gpa, buf, len);
}

/* ---- Interrupts ---- */

enum axvm_error axvm_inject_interrupt_to_vcpu(struct axvm *vm, axvm_cpu_mask_t targets,
					      uint32_t irq)
{
	if (!vm || targets == 0 || !arch_irq_valid(vm, irq) ||
	    (targets & ~(UINT64_MAX >> (64 - vm->vcpu_num))))
		return AXVM_ERR_INVALID_INPUT;
	if (vm_gone(vm))
		return AXVM_ERR_BAD_STATE;
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		if (targets >> i & 1)
			arch_irq_inject(&vm->vcpus[i], irq);
	return AXVM_OK;
}

enum axvm_error axvm_set_irq_line(struct axvm *vm, uint32_t irq, bool level)
{
	if (!vm || !arch_irq_valid(vm, irq))
		return AXVM_ERR_INVALID_INPUT;
	if (vm_gone(vm))
		return AXVM_ERR_BAD_STATE;
	arch_irq_set_line(vm, irq, level);
	return AXVM_OK;
}
