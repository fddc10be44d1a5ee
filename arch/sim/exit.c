/* SPDX-License-Identifier: Apache-2.0 */
/* What each step does: by the simulated CPU itself, or on the way of an exit through the core. */
#include "extend.h"
#include "host.h"
#include <string.h>

static enum run_verdict undefined(struct axvm_vcpu *vcpu)
{
	return sim_fault(vcpu, AXVM_SIM_FAULT_UNDEFINED, vcpu->arch.step.addr);
}

static enum run_verdict leave(struct axvm_vcpu *vcpu, enum axvm_exit_reason reason)
{
	vcpu_count(vcpu, reason);
	vcpu->exit.reason = reason;
	return RUN_LEAVE;
}

static uint64_t *gpr(struct axvm_vcpu *vcpu)
{
	return &vcpu->arch.cpu.gpr[vcpu->arch.step.reg];
}

/* ---- Memory and devices ---- */

static bool width_valid(unsigned width)
{
	return width == 1 || width == 2 || width == 4 || width == 8;
}

/* Nothing there, or not so: the mapping may have come meanwhile. Else it is the guest's fault. */
static enum run_verdict refused(struct axvm_vcpu *vcpu, enum sim_access_result result,
				const struct sim_access *access)
{
	if (result != SIM_ACCESS_NOTHING &&
	    run_memory_fault(vcpu, axvm_gpa(access->gpa), access->kind)) {
		vcpu->arch.again = true;
		return RUN_RESUME;
	}
	return sim_fault(vcpu, AXVM_SIM_FAULT_ABORT, access->gpa);
}

static unsigned reg_width_of(const struct axvm_sim_step *step)
{
	return step->reg_width ? step->reg_width : 8;
}

static bool load_device(struct axvm_vcpu *vcpu)
{
	const struct axvm_sim_step *step = &vcpu->arch.step;
	const struct axvm_exit exit = {
		.reason = AXVM_EXIT_MMIO_READ,
		.mmio_read = {
			.addr = axvm_gpa(step->addr),
			.width = step->width,
			.reg = step->reg,
			.reg_width = (uint8_t)reg_width_of(step),
			.signed_ext = step->signed_ext,
		},
	};

	return run_mmio_read(vcpu, &exit);
}

static enum run_verdict load(struct axvm_vcpu *vcpu)
{
	const struct axvm_sim_step *step = &vcpu->arch.step;
	struct sim_access access = { step->addr, step->width, AXVM_ACCESS_READ, 0 };
	enum sim_access_result result;
	unsigned reg_width = reg_width_of(step);

	if (!width_valid(step->width) || (reg_width != 4 && reg_width != 8))
		return undefined(vcpu);
	result = sim_access(vcpu, &access);
	if (result == SIM_ACCESS_UNMAPPED && load_device(vcpu))
		return RUN_RESUME;
	if (result != SIM_ACCESS_DONE)
		return refused(vcpu, result, &access);
	*gpr(vcpu) = extend(access.value, step->width, reg_width, step->signed_ext);
	return RUN_RESUME;
}

static bool store_device(struct axvm_vcpu *vcpu)
{
	const struct axvm_sim_step *step = &vcpu->arch.step;
	const struct axvm_exit exit = {
		.reason = AXVM_EXIT_MMIO_WRITE,
		.mmio_write = {
			.addr = axvm_gpa(step->addr),
			.width = step->width,
			.data = step->value,
		},
	};

	return run_mmio_write(vcpu, &exit);
}

static enum run_verdict store(struct axvm_vcpu *vcpu)
{
	const struct axvm_sim_step *step = &vcpu->arch.step;
	struct sim_access access = { step->addr, step->width, AXVM_ACCESS_WRITE, step->value };
	enum sim_access_result result;

	if (!width_valid(step->width))
		return undefined(vcpu);
	result = sim_access(vcpu, &access);
	if (result == SIM_ACCESS_DONE || (result == SIM_ACCESS_UNMAPPED && store_device(vcpu)))
		return RUN_RESUME;
	return refused(vcpu, result, &access);
}

static enum run_verdict fetch(struct axvm_vcpu *vcpu)
{
	struct sim_access access = { vcpu->arch.step.addr, 1, AXVM_ACCESS_EXECUTE, 0 };
	enum sim_access_result result = sim_access(vcpu, &access);

	return result == SIM_ACCESS_DONE ? RUN_RESUME : refused(vcpu, result, &access);
}

/* ---- System registers and ports ---- */

static enum run_verdict sysreg_read(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;

	vcpu_count(vcpu, AXVM_EXIT_SYSREG_READ);
	if (a->step.addr >= AXVM_SIM_SYSREGS)
		return undefined(vcpu);
	*gpr(vcpu) = a->cpu.sysreg[a->step.addr];
	return RUN_RESUME;
}

static enum run_verdict sysreg_write(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;

	vcpu_count(vcpu, AXVM_EXIT_SYSREG_WRITE);
	if (a->step.addr >= AXVM_SIM_SYSREGS)
		return undefined(vcpu);
	a->cpu.sysreg[a->step.addr] = a->step.value;
	return RUN_RESUME;
}

static bool port_valid(const struct axvm_sim_step *step)
{
	return step->addr <= UINT16_MAX && width_valid(step->width) && step->width != 8;
}

static enum run_verdict io_read(struct axvm_vcpu *vcpu)
{
	const struct axvm_sim_step *step = &vcpu->arch.step;
	const struct axvm_exit exit = {
		.reason = AXVM_EXIT_IO_READ,
		.io_read = { (uint16_t)step->addr, step->width },
	};

	if (!port_valid(step))
		return undefined(vcpu);
	*gpr(vcpu) = run_io_read(vcpu, &exit);
	return RUN_RESUME;
}

static enum run_verdict io_write(struct axvm_vcpu *vcpu)
{
	const struct axvm_sim_step *step = &vcpu->arch.step;
	const struct axvm_exit exit = {
		.reason = AXVM_EXIT_IO_WRITE,
		.io_write = { (uint16_t)step->addr, step->width, (uint32_t)step->value },
	};

	if (!port_valid(step))
		return undefined(vcpu);
	run_io_write(vcpu, &exit);
	return RUN_RESUME;
}

/* ---- Interrupts and time ---- */

static enum run_verdict claim(struct axvm_vcpu *vcpu)
{
	uint32_t irq = sim_irq_claim(vcpu);

	*gpr(vcpu) = irq == IRQSET_NONE ? AXVM_SIM_NO_IRQ : irq;
	return RUN_RESUME;
}

/* Targets that do not exist get nothing. */
static enum run_verdict ipi(struct axvm_vcpu *vcpu)
{
	const struct axvm_sim_step *step = &vcpu->arch.step;
	struct axvm *vm = vcpu->vm;

	vcpu_count(vcpu, AXVM_EXIT_SEND_IPI);
	if (step->value >= AXVM_SIM_IRQS)
		return undefined(vcpu);
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		if (step->addr >> i & 1)
			arch_irq_inject(&vm->vcpus[i], (uint32_t)step->value);
	return RUN_RESUME;
}

static enum run_verdict time(struct axvm_vcpu *vcpu)
{
	*gpr(vcpu) = vm_time(vcpu->vm);
	return RUN_RESUME;
}

static enum run_verdict timer(struct axvm_vcpu *vcpu)
{
	vcpu->arch.timer = vcpu->arch.step.value;
	return RUN_RESUME;
}

static enum run_verdict halt(struct axvm_vcpu *vcpu)
{
	return run_halt(vcpu);
}

static enum run_verdict host_irq(struct axvm_vcpu *vcpu)
{
	vcpu->exit.external_interrupt.vector = (uint32_t)vcpu->arch.step.value;
	return leave(vcpu, AXVM_EXIT_EXTERNAL_INTERRUPT);
}

static enum run_verdict yield(struct axvm_vcpu *vcpu)
{
	return leave(vcpu, AXVM_EXIT_PREEMPTED);
}

/* ---- Calls ---- */

static enum run_verdict hypercall(struct axvm_vcpu *vcpu)
{
	const struct axvm_sim_step *step = &vcpu->arch.step;
	struct axvm_exit exit = { .reason = AXVM_EXIT_HYPERCALL, .hypercall.nr = step->value };

	vcpu_count(vcpu, AXVM_EXIT_HYPERCALL);
	memcpy(exit.hypercall.args, step->args, sizeof(step->args));
	return run_hypercall(vcpu, &exit);
}

static enum run_verdict cpu_on(struct axvm_vcpu *vcpu)
{
	const struct axvm_sim_step *step = &vcpu->arch.step;
	struct axvm *vm = vcpu->vm;
	enum axvm_error err = AXVM_ERR_INVALID_INPUT;

	vcpu_count(vcpu, AXVM_EXIT_CPU_UP);
	if (step->addr < vm->vcpu_num)
		err = vcpu_power_on(&vm->vcpus[step->addr], step->value, step->args[0]);
	arch_vcpu_set_return_value(vcpu, (uint64_t)(int64_t)err);
	return RUN_RESUME;
}

static enum run_verdict cpu_off(struct axvm_vcpu *vcpu)
{
	return run_cpu_down(vcpu, vcpu->arch.step.value);
}

static enum run_verdict system_off(struct axvm_vcpu *vcpu)
{
	return run_system_down(vcpu, false);
}

static enum run_verdict system_reset(struct axvm_vcpu *vcpu)
{
	return run_system_down(vcpu, true);
}

static enum run_verdict fail(struct axvm_vcpu *vcpu)
{
	return run_fault(vcpu, "the entry failed", vcpu->arch.step.value);
}

/* ---- All ---- */

static enum run_verdict nop(struct axvm_vcpu *vcpu)
{
	(void)vcpu;
	return RUN_RESUME;
}

static enum run_verdict set(struct axvm_vcpu *vcpu)
{
	*gpr(vcpu) = vcpu->arch.step.value;
	return RUN_RESUME;
}

static enum run_verdict jump(struct axvm_vcpu *vcpu)
{
	vcpu->arch.cpu.pc = vcpu->arch.step.value;
	return RUN_RESUME;
}

static enum run_verdict (*const operations[AXVM_SIM_OP_NUM])(struct axvm_vcpu *vcpu) = {
	[AXVM_SIM_NOP] = nop,
	[AXVM_SIM_LOAD] = load,
	[AXVM_SIM_STORE] = store,
	[AXVM_SIM_FETCH] = fetch,
	[AXVM_SIM_SET] = set,
	[AXVM_SIM_HYPERCALL] = hypercall,
	[AXVM_SIM_SYSREG_READ] = sysreg_read,
	[AXVM_SIM_SYSREG_WRITE] = sysreg_write,
	[AXVM_SIM_IO_READ] = io_read,
	[AXVM_SIM_IO_WRITE] = io_write,
	[AXVM_SIM_HALT] = halt,
	[AXVM_SIM_CLAIM] = claim,
	[AXVM_SIM_IPI] = ipi,
	[AXVM_SIM_TIME] = time,
	[AXVM_SIM_TIMER] = timer,
	[AXVM_SIM_CPU_ON] = cpu_on,
	[AXVM_SIM_CPU_OFF] = cpu_off,
	[AXVM_SIM_SYSTEM_OFF] = system_off,
	[AXVM_SIM_SYSTEM_RESET] = system_reset,
	[AXVM_SIM_HOST_IRQ] = host_irq,
	[AXVM_SIM_YIELD] = yield,
	[AXVM_SIM_FAIL] = fail,
	[AXVM_SIM_JUMP] = jump,
};

enum run_verdict sim_execute(struct axvm_vcpu *vcpu)
{
	const struct axvm_sim_step *step = &vcpu->arch.step;

	if ((unsigned)step->op >= AXVM_SIM_OP_NUM || step->reg >= AXVM_SIM_GPRS)
		return undefined(vcpu);
	return operations[step->op](vcpu);
}
