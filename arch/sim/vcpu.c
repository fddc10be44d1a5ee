/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated vCPU: its state, its program, and running it step by step. */
#include "host.h"

#define NEVER UINT64_MAX

const unsigned arch_gpr_num = AXVM_SIM_GPRS;

/* ---- The program ---- */

static enum axvm_error set_program(struct axvm_vcpu *vcpu, const struct sim_program *program)
{
	uint64_t slice;

	if (!vcpu)
		return AXVM_ERR_INVALID_INPUT;
	if (axvm_vcpu_get_state(vcpu) == AXVM_VCPU_RUNNING)
		return AXVM_ERR_BAD_STATE;
	slice = vcpu->arch.program.slice;
	vcpu->arch.program = *program;
	vcpu->arch.program.slice = slice;
	return AXVM_OK;
}

enum axvm_error axvm_sim_set_steps(struct axvm_vcpu *vcpu, const struct axvm_sim_step *steps,
				   size_t num)
{
	const struct sim_program program = { .steps = steps, .step_num = num };

	return steps ? set_program(vcpu, &program) : AXVM_ERR_INVALID_INPUT;
}

enum axvm_error axvm_sim_set_program(struct axvm_vcpu *vcpu, axvm_sim_program *next, void *arg)
{
	const struct sim_program program = { .next = next, .arg = arg };

	return next ? set_program(vcpu, &program) : AXVM_ERR_INVALID_INPUT;
}

void axvm_sim_set_slice(struct axvm_vcpu *vcpu, uint64_t steps)
{
	vcpu->arch.program.slice = steps;
}

const struct axvm_sim_cpu *axvm_sim_cpu_get(const struct axvm_vcpu *vcpu)
{
	return vcpu ? &vcpu->arch.cpu : NULL;
}

/* The next step; false: the program has ended. */
static bool program_next(struct arch_vcpu *a)
{
	const struct sim_program *program = &a->program;
	bool more = a->cpu.pc < program->step_num;

	a->step = (struct axvm_sim_step){ 0 };
	if (program->next)
		more = program->next(&a->cpu, &a->step, program->arg);
	else if (more)
		a->step = program->steps[a->cpu.pc];
	a->cpu.pc += more;
	return more;
}

/* ---- State ---- */

void arch_vcpu_reset(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;

	a->cpu = (struct axvm_sim_cpu){ 0 };
	a->again = false;
	a->timer = NEVER;
	a->host_deadline = NEVER;
}

/* A kernel's address is no step of a list: that begins with its first. */
void arch_vcpu_set_entry(struct axvm_vcpu *vcpu, uint64_t entry, uint64_t arg)
{
	struct arch_vcpu *a = &vcpu->arch;

	a->cpu.entry = entry;
	a->cpu.pc = entry < a->program.step_num ? entry : 0;
	a->cpu.gpr[0] = arg;
}

void arch_vcpu_set_gpr(struct axvm_vcpu *vcpu, unsigned reg, uint64_t value)
{
	if (reg < AXVM_SIM_GPRS)
		vcpu->arch.cpu.gpr[reg] = value;
}

void arch_vcpu_set_return_value(struct axvm_vcpu *vcpu, uint64_t value)
{
	arch_vcpu_set_gpr(vcpu, 0, value);
}

void arch_vcpu_report(struct axvm_vcpu *vcpu)
{
	const struct axvm_sim_cpu *cpu = &vcpu->arch.cpu;
	const uint64_t *r = cpu->gpr;

#define LOG(...) vm_log(vcpu->vm, AXVM_LOG_WARN, __VA_ARGS__)
#define U(value) ((unsigned long long)(value))
	LOG("  pc %llu steps %llu operation %u at 0x%llx", U(cpu->pc), U(cpu->steps),
	    (unsigned)vcpu->arch.step.op, U(vcpu->arch.step.addr));
	for (unsigned i = 0; i < AXVM_SIM_GPRS; i += 4)
		LOG("  r%-2u %016llx %016llx %016llx %016llx", i, U(r[i]), U(r[i + 1]), U(r[i + 2]),
		    U(r[i + 3]));
#undef U
#undef LOG
}

/* ---- Running ---- */

void arch_vcpu_bind(struct axvm_vcpu *vcpu)
{
	sim_timers_bind(vcpu);
}

void arch_vcpu_unbind(struct axvm_vcpu *vcpu)
{
	(void)vcpu;
}

enum run_verdict sim_fault(struct axvm_vcpu *vcpu, enum axvm_sim_fault fault, uint64_t addr)
{
	struct axvm_sim_cpu *cpu = &vcpu->arch.cpu;

	cpu->fault_num++;
	cpu->fault = fault;
	cpu->fault_addr = addr;
	return RUN_RESUME;
}

static enum run_verdict preempted(struct axvm_vcpu *vcpu)
{
	vcpu_count(vcpu, AXVM_EXIT_PREEMPTED);
	vcpu->exit.reason = AXVM_EXIT_PREEMPTED;
	return RUN_LEAVE;
}

static enum run_verdict handle_requests(struct axvm_vcpu *vcpu)
{
	uint32_t request = __atomic_exchange_n(&vcpu->request, 0, __ATOMIC_SEQ_CST);

	return request & VCPU_REQ_LEAVE ? preempted(vcpu) : RUN_RESUME;
}

static enum run_verdict next_step(struct axvm_vcpu *vcpu)
{
	struct arch_vcpu *a = &vcpu->arch;

	if (!a->again) {
		if (!program_next(a))
			return run_cpu_down(vcpu, 0);
		a->cpu.steps++;
	}
	a->again = false;
	return sim_execute(vcpu);
}

void arch_vcpu_run(struct axvm_vcpu *vcpu)
{
	enum run_verdict verdict = RUN_RESUME;
	uint64_t slice = vcpu->arch.program.slice;

	for (uint64_t done = 0; verdict == RUN_RESUME; done++) {
		if (slice && done == slice)
			verdict = preempted(vcpu);
		else if (__atomic_load_n(&vcpu->request, __ATOMIC_SEQ_CST))
			verdict = handle_requests(vcpu);
		if (verdict == RUN_LEAVE)
			break;
		sim_timers_expire(vcpu);
		verdict = next_step(vcpu);
	}
}
