/* SPDX-License-Identifier: Apache-2.0 */
/* The redistributors: two frames of 64 KiB per vCPU, in the order of vCPUs (IHI 0069, 12.10). */
#include "vgic_state.h"

#define FRAME_SIZE UINT64_C(0x10000) /* RD_base, then SGI_base */

#define GICR_IIDR  0x0004u
#define GICR_TYPER 0x0008u
#define GICR_WAKER 0x0014u
#define GICR_PIDR4 0xffd0u

#define TYPER_LAST	      (1u << 4)
#define TYPER_PROCESSOR	      8
#define TYPER_AFFINITY	      32
#define WAKER_PROCESSOR_SLEEP (1u << 1)
#define WAKER_CHILDREN_ASLEEP (1u << 2)
#define WAKER_ASLEEP	      (WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP)
#define IMPLEMENTER	      0x43bu

static uint64_t read_typer(const struct vgic_vm *g, unsigned cpu)
{
	return (uint64_t)g->affinity[cpu] << TYPER_AFFINITY | (uint64_t)cpu << TYPER_PROCESSOR |
	       (cpu + 1 == g->cpu_num ? TYPER_LAST : 0);
}

static uint64_t read_control(struct axvm *vm, unsigned cpu, uint64_t offset, unsigned width)
{
	if (offset == GICR_TYPER && width == 8)
		return read_typer(vgic_of(vm), cpu);
	if (width != 4)
		return 0;
	switch (offset) {
	case GICR_IIDR:
		return IMPLEMENTER;
	case GICR_TYPER:
		return (uint32_t)read_typer(vgic_of(vm), cpu);
	case GICR_TYPER + 4:
		return read_typer(vgic_of(vm), cpu) >> 32;
	case GICR_WAKER:
		return vgic_cpu(vm, cpu)->asleep ? WAKER_ASLEEP : 0;
	default:
		return offset >= GICR_PIDR4 ? vgic_id(offset, 0x93) : 0;
	}
}

/* The range on the bus has one pair of frames per vCPU, no more. */
uint64_t vgic_redist_read(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu)
{
	struct axvm *vm = opaque;
	unsigned cpu = offset / (2 * FRAME_SIZE);
	uint64_t reg = offset % FRAME_SIZE;

	if (!(offset & FRAME_SIZE))
		return read_control(vm, cpu, reg, width);
	if (vgic_bank_of(reg) == 0)
		return vgic_bank_read(vcpu, &vgic_cpu(vm, cpu)->bank, reg, width);
	return 0;
}

static void write_control(struct axvm_vcpu *self, unsigned cpu, uint64_t offset, unsigned width,
			  uint64_t value)
{
	if (offset != GICR_WAKER || width != 4)
		return;
	vgic_lock(self->vm);
	vgic_set_asleep(self->vm, cpu, value & WAKER_PROCESSOR_SLEEP);
	vgic_unlock(self->vm, self);
}

void vgic_redist_write(void *opaque, uint64_t offset, unsigned width, uint64_t value,
		       struct axvm_vcpu *vcpu)
{
	struct axvm *vm = opaque;
	unsigned cpu = offset / (2 * FRAME_SIZE);
	uint64_t reg = offset % FRAME_SIZE;

	if (!(offset & FRAME_SIZE))
		write_control(vcpu, cpu, reg, width, value);
	else if (vgic_bank_of(reg) == 0)
		vgic_bank_write(vcpu, &vgic_cpu(vm, cpu)->bank, reg, width, value);
}
