/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated CPU: interrupts, time, calls, and what its host gives. */
#include "arch.h"
#include "device_build.h"
#include "sim_fixture.h"
#include <axvm/hypercall.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- Interrupts ---- */

static enum axvm_error inject(struct fixture *f, uint64_t targets, uint32_t irq)
{
	return axvm_inject_interrupt_to_vcpu(f->vm->vm, targets, irq);
}

static void lesson_20_an_interrupt_wakes_a_halted_vcpu(void **state)
{
	struct fixture *f = *state;
	unsigned wakes;

	assert_int_equal(START(f, OP(HALT, 0), CLAIM(1), CLAIM(2)), AXVM_EXIT_HALT);
	assert_int_equal(axvm_vcpu_get_state(f->vcpu[0]), AXVM_VCPU_BLOCKED);
	assert_false(axvm_vcpu_runnable(f->vcpu[0]));
	wakes = f->sim.wakes;
	assert_int_equal(inject(f, 1, 5), AXVM_OK);
	assert_int_equal(f->sim.wakes, wakes + 1);
	assert_true(axvm_vcpu_runnable(f->vcpu[0]));
	assert_int_equal(run(f, 0), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->cpu->gpr[1], 5);
	assert_int_equal(f->cpu->gpr[2], AXVM_SIM_NO_IRQ);
	assert_int_equal(exits(f, AXVM_EXIT_HALT), 1);
}

static void a_vcpu_with_an_interrupt_does_not_halt(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(inject(f, 1, 1023), AXVM_OK);
	assert_int_equal(START(f, OP(HALT, 0), CLAIM(1)), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->cpu->gpr[1], 1023);
}

static void the_lowest_interrupt_comes_first(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(inject(f, 4, 700), AXVM_OK); /* shared: goes to vCPU 0 */
	assert_int_equal(inject(f, 4, 3), AXVM_OK);   /* vCPU 2's own */
	assert_int_equal(inject(f, 1, 64), AXVM_OK);
	assert_int_equal(inject(f, 1, 64), AXVM_OK); /* pending is pending */
	assert_int_equal(inject(f, 1, 0), AXVM_OK);
	START(f, CLAIM(1), CLAIM(2), CLAIM(3), CLAIM(4));
	assert_int_equal(f->cpu->gpr[1], 0);
	assert_int_equal(f->cpu->gpr[2], 64);
	assert_int_equal(f->cpu->gpr[3], 700);
	assert_int_equal(f->cpu->gpr[4], AXVM_SIM_NO_IRQ);
	assert_true(arch_vcpu_irq_pending(f->vcpu[2]));
	assert_false(arch_vcpu_irq_pending(f->vcpu[1]));
}

static bool lowering_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct fixture *f = arg;

	if (cpu->pc == 3)
		axvm_set_irq_line(f->vm->vm, 40, false);
	next->op = AXVM_SIM_CLAIM;
	next->reg = (uint8_t)(cpu->pc + 1);
	return cpu->pc < 5;
}

static void a_line_stays_until_it_is_lowered(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(axvm_set_irq_line(f->vm->vm, 40, true), AXVM_OK);
	assert_int_equal(inject(f, 1, 40), AXVM_OK); /* the same number, injected once as well */
	assert_int_equal(inject(f, 1, 41), AXVM_OK);
	assert_int_equal(axvm_sim_set_program(f->vcpu[0], lowering_program, f), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
	run(f, 0);
	assert_int_equal(f->cpu->gpr[1], 40);
	assert_int_equal(f->cpu->gpr[2], 40);
	assert_int_equal(f->cpu->gpr[3], 40);
	assert_int_equal(f->cpu->gpr[4], 41);
	assert_int_equal(f->cpu->gpr[5], AXVM_SIM_NO_IRQ);
	assert_false(arch_vcpu_irq_pending(f->vcpu[0]));
}

static void lesson_35_an_ipi_reaches_those_that_exist(void **state)
{
	struct fixture *f = *state;

	START(f, IPI(0x8000000000000006, 2), IPI(0, 3), IPI(0x2, 500));
	assert_int_equal(f->cpu->fault_num, 0);
	assert_true(irqset_test(&f->vcpu[1]->arch.pending, 2));
	assert_true(irqset_test(&f->vcpu[2]->arch.pending, 2));
	assert_false(irqset_test(&f->vcpu[0]->arch.pending, 2));
	assert_true(irqset_test(&f->vcpu[0]->arch.pending, 500));
	assert_int_equal(exits(f, AXVM_EXIT_SEND_IPI), 3);
}

static void numbers_that_do_not_exist_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(inject(f, 1, AXVM_SIM_IRQS), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_set_irq_line(f->vm->vm, UINT32_MAX, true), AXVM_ERR_INVALID_INPUT);
	assert_false(arch_irq_valid(f->vm->vm, arch_device_irq(AXVM_SIM_IRQS - 32)));
	assert_false(arch_irq_valid(f->vm->vm, arch_device_irq(UINT32_MAX)));
	assert_int_equal(arch_device_irq(AXVM_SIM_IRQS - 33), AXVM_SIM_IRQS - 1);
}

/* ---- Time ---- */

static void guest_time_begins_at_boot_and_stands_while_paused(void **state)
{
	struct fixture *f = *state;

	sim_clock_advance(&f->sim, 5 * SECOND);
	assert_int_equal(START(f, TIME(1), OP(YIELD, 0), TIME(2), OP(YIELD, 0), TIME(3)),
			 AXVM_EXIT_PREEMPTED);
	sim_clock_advance(&f->sim, 7);
	assert_int_equal(run(f, 0), AXVM_EXIT_PREEMPTED);
	assert_int_equal(axvm_pause(f->vm->vm), AXVM_OK);
	sim_clock_advance(&f->sim, 100 * SECOND);
	assert_int_equal(axvm_resume(f->vm->vm), AXVM_OK);
	sim_clock_advance(&f->sim, 1);
	assert_int_equal(run(f, 0), AXVM_EXIT_PREEMPTED); /* it was asked to leave for the pause */
	assert_int_equal(run(f, 0), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->cpu->gpr[1], 0);
	assert_int_equal(f->cpu->gpr[2], 7);
	assert_int_equal(f->cpu->gpr[3], 8);
}

static void a_timer_wakes_a_halted_vcpu(void **state)
{
	struct fixture *f = *state;

	sim_clock_advance(&f->sim, 1000);
	assert_int_equal(START(f, TIMER(50), OP(HALT, 0), CLAIM(1), CLAIM(2)), AXVM_EXIT_HALT);
	assert_int_equal(f->vm->vcpus[0].deadline, 1050);
	sim_clock_advance(&f->sim, 49);
	assert_false(f->vm->vcpus[0].woken);
	sim_clock_advance(&f->sim, 1);
	assert_true(f->vm->vcpus[0].woken);
	assert_int_equal(run(f, 0), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->cpu->gpr[1], AXVM_SIM_TIMER_IRQ);
	assert_int_equal(f->cpu->gpr[2], AXVM_SIM_NO_IRQ);
	assert_int_equal(f->sim.timer, SIM_NEVER); /* nobody is woken for nothing */
}

static void a_timer_comes_to_a_vcpu_that_runs(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(START(f, TIMER(50), CLAIM(1), OP(YIELD, 0), CLAIM(2), TIMER(10),
			       OP(HALT, 0), CLAIM(3), TIMER(1000), TIMER(UINT64_MAX), OP(YIELD, 0),
			       CLAIM(4), OP(HALT, 0)),
			 AXVM_EXIT_PREEMPTED);
	sim_clock_advance(&f->sim, 50);
	assert_int_equal(run(f, 0), AXVM_EXIT_PREEMPTED);
	sim_clock_advance(&f->sim, 5000);
	assert_int_equal(run(f, 0), AXVM_EXIT_HALT);
	assert_int_equal(f->cpu->gpr[1], AXVM_SIM_NO_IRQ);
	assert_int_equal(f->cpu->gpr[2], AXVM_SIM_TIMER_IRQ);
	assert_int_equal(f->cpu->gpr[3], AXVM_SIM_TIMER_IRQ); /* long past: no halt */
	assert_int_equal(f->cpu->gpr[4], AXVM_SIM_NO_IRQ);    /* switched off in time */
	assert_int_equal(f->vm->vcpus[0].deadline, SIM_NEVER);
}

/* The clock's alarm: match register, interrupt mask; its interrupt is 32 + 2. */
static void a_devices_timer_wakes_a_halted_vcpu(void **state)
{
	struct fixture *f = *state;

	f->sim.wall = 1000;
	assert_int_equal(START(f, STORE(4, RTC + 0x10, 1), STORE(4, RTC + 4, 1003), OP(YIELD, 0),
			       OP(HALT, 0), CLAIM(1)),
			 AXVM_EXIT_PREEMPTED);
	assert_int_equal(run(f, 0), AXVM_EXIT_PREEMPTED);
	assert_int_equal(run(f, 0), AXVM_EXIT_HALT);
	assert_int_equal(f->vm->vcpus[0].deadline, 3 * SECOND);
	sim_clock_advance(&f->sim, 3 * SECOND);
	assert_true(f->vm->vcpus[0].woken);
	assert_int_equal(run(f, 0), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->cpu->gpr[1], 34);
	assert_int_equal(devices_deadline(f->vm->vm), UINT64_MAX);
}

/* ---- Calls ---- */

static void hypercalls(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(START(f, CALL(AXVM_HYPERCALL_VERSION, 0), OP(YIELD, 0), CALL(99, 0),
			       OP(YIELD, 0), CALL(AXVM_HYPERCALL_HOST, 1, 2, 3, 4, 5, 6),
			       OP(NOP, 0)),
			 AXVM_EXIT_PREEMPTED);
	assert_int_equal(f->cpu->gpr[0], AXVM_HYPERCALL_VERSION_1);
	assert_int_equal(run(f, 0), AXVM_EXIT_PREEMPTED);
	assert_int_equal((int64_t)f->cpu->gpr[0], AXVM_ERR_UNSUPPORTED);
	assert_int_equal(run(f, 0), AXVM_EXIT_HYPERCALL);
	assert_int_equal(f->exit.hypercall.nr, AXVM_HYPERCALL_HOST);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(f->exit.hypercall.args[i], i + 1);
	assert_int_equal(axvm_vcpu_set_return_value(f->vcpu[0], 77), AXVM_OK);
	assert_int_equal(axvm_vcpu_set_gpr(f->vcpu[0], 15, 78), AXVM_OK);
	assert_int_equal(axvm_vcpu_set_gpr(f->vcpu[0], 16, 79), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(run(f, 0), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->cpu->gpr[0], 77);
	assert_int_equal(f->cpu->gpr[15], 78);
	assert_int_equal(exits(f, AXVM_EXIT_HYPERCALL), 3);
}

static void a_vcpu_starts_another(void **state)
{
	static const struct axvm_sim_step other[] = { SET(1, 1), SET(2, 2), OP(CPU_OFF, 55) };
	const struct axvm_sim_cpu *cpu;
	struct fixture *f = *state;

	cpu = axvm_sim_cpu_get(f->vcpu[1]);
	assert_int_equal(axvm_sim_set_steps(f->vcpu[1], other, 3), AXVM_OK);
	assert_int_equal(START(f, CPU_ON(1, 1, 9), OP(YIELD, 0), CPU_ON(1, 1, 9), OP(YIELD, 0),
			       CPU_ON(3, 0, 0)),
			 AXVM_EXIT_PREEMPTED);
	assert_int_equal(f->cpu->gpr[0], 0);
	assert_int_equal(run(f, 0), AXVM_EXIT_PREEMPTED);
	assert_int_equal((int64_t)f->cpu->gpr[0], AXVM_ERR_ALREADY_EXISTS);
	assert_int_equal(run(f, 0), AXVM_EXIT_CPU_DOWN);
	assert_int_equal((int64_t)f->cpu->gpr[0], AXVM_ERR_INVALID_INPUT);
	assert_int_equal(run(f, 1), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->exit.cpu_down.state, 55);
	assert_int_equal(cpu->entry, 1);
	assert_int_equal(cpu->gpr[0], 9);
	assert_int_equal(cpu->gpr[1], 0); /* it began at its second step */
	assert_int_equal(cpu->gpr[2], 2);
	assert_int_equal(exits(f, AXVM_EXIT_CPU_UP), 3);
}

static void the_guest_powers_off(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(START(f, OP(SYSTEM_OFF, 0)), AXVM_EXIT_SYSTEM_DOWN);
	assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_STOPPED);
	assert_int_equal(axvm_stop_reason(f->vm->vm), AXVM_STOP_GUEST_OFF);
}

#define TEST_DEVICE UINT64_C(0x100000) /* of RISC-V's machine */

/* The test device of another VM gets the word. */
static void end_by_device(struct fixture *f, uint32_t word)
{
	struct axvm_sim_step steps[] = { STORE(4, TEST_DEVICE, word), OP(JUMP, 0) };

	sim_vm_free(f->vm);
	sim_config_of(&f->config, AXVM_ARCH_RISCV64, 1, 3);
	build(f);
	f->sim.log_len = 0;
	assert_int_equal(start(f, steps, 2), AXVM_EXIT_PREEMPTED);
	assert_int_equal(exits(f, AXVM_EXIT_MMIO_WRITE), 1); /* it ran no further */
	assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_STOPPED);
	assert_int_equal(sim_run(f->vm, 0, &f->exit), AXVM_ERR_BAD_STATE);
}

static void the_guest_ends_its_machine_through_a_device(void **state)
{
	struct fixture *f = *state;

	end_by_device(f, 0x5555);
	assert_int_equal(axvm_stop_reason(f->vm->vm), AXVM_STOP_GUEST_OFF);
	end_by_device(f, 0x7777);
	assert_int_equal(axvm_stop_reason(f->vm->vm), AXVM_STOP_GUEST_RESET);
	while (axvm_reset(f->vm->vm) == AXVM_ERR_WOULD_BLOCK)
		;
	assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_CREATED);
	end_by_device(f, 0x2a3333);
	assert_int_equal(axvm_stop_reason(f->vm->vm), AXVM_STOP_FAULT);
	assert_true(sim_logged(&f->sim, "the guest reports a failure, code 42"));
}

static void a_reset_forgets_everything(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(axvm_set_irq_line(f->vm->vm, 40, true), AXVM_OK);
	assert_int_equal(inject(f, 7, 3), AXVM_OK);
	sim_clock_advance(&f->sim, SECOND);
	assert_int_equal(START(f, TIME(1), IN(2, 4, AXVM_SIM_PORT), SYSREG_READ(3, 1), CLAIM(4),
			       OUT(4, AXVM_SIM_PORT, 5), SYSREG_WRITE(1, 5), STORE(4, RAM, 5),
			       TIMER(0), OP(SYSTEM_RESET, 0)),
			 AXVM_EXIT_SYSTEM_RESET);
	assert_int_equal(axvm_stop_reason(f->vm->vm), AXVM_STOP_GUEST_RESET);
	while (axvm_reset(f->vm->vm) == AXVM_ERR_WOULD_BLOCK)
		;
	sim_clock_advance(&f->sim, SECOND);
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
	assert_int_equal(run(f, 0), AXVM_EXIT_SYSTEM_RESET); /* the same program once more */
	assert_int_equal(f->cpu->gpr[1], 0);
	assert_int_equal(f->cpu->gpr[2], 0);
	assert_int_equal(f->cpu->gpr[3], 0);
	assert_int_equal(f->cpu->gpr[4], AXVM_SIM_NO_IRQ);
	assert_false(arch_vcpu_irq_pending(f->vcpu[2]));
}

static void lesson_21_a_failed_entry_stops_the_vm(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(START(f, SET(3, 0xabc), OP(FAIL, 0x1234), OP(NOP, 0)),
			 AXVM_EXIT_FAIL_ENTRY);
	assert_int_equal(f->exit.fail_entry.hardware_reason, 0x1234);
	assert_int_equal(axvm_status(f->vm->vm), AXVM_VM_STOPPED);
	assert_int_equal(axvm_stop_reason(f->vm->vm), AXVM_STOP_FAULT);
	assert_true(sim_logged(&f->sim, "0x1234"));
	assert_true(sim_logged(&f->sim, "0000000000000abc")); /* the registers */
	assert_int_equal(sim_run(f->vm, 0, &f->exit), AXVM_ERR_BAD_STATE);
}

static void the_host_gets_its_interrupts(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(START(f, OP(HOST_IRQ, 77), OP(YIELD, 0)), AXVM_EXIT_EXTERNAL_INTERRUPT);
	assert_int_equal(f->exit.external_interrupt.vector, 77);
	assert_int_equal(run(f, 0), AXVM_EXIT_PREEMPTED);
	assert_int_equal(run(f, 0), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(exits(f, AXVM_EXIT_EXTERNAL_INTERRUPT), 1);
	assert_int_equal(exits(f, AXVM_EXIT_PREEMPTED), 1);
}

/* ---- The host ---- */

static bool residing_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct fixture *f = arg;
	struct axvm_hal *hal = &f->sim.hal;
	uint32_t pcpu = 99;

	next->op = AXVM_SIM_SET;
	next->reg = 1;
	if (hal->vcpu_resides_on(hal, 1, 0, &pcpu) == AXVM_OK)
		next->value = hal->current_vm_id(hal) * 100 + hal->current_vcpu_id(hal) * 10 + pcpu;
	return cpu->pc == 0;
}

static void the_host_knows_who_runs_where(void **state)
{
	struct fixture *f = *state;
	struct axvm_hal *hal = &f->sim.hal;
	uint32_t pcpu;

	assert_int_equal(axvm_sim_set_program(f->vcpu[0], residing_program, f), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
	run(f, 0);
	assert_int_equal(f->cpu->gpr[1], 100);
	assert_int_equal(hal->vcpu_resides_on(hal, 1, 0, &pcpu), AXVM_ERR_NOT_FOUND);
	assert_int_equal(hal->vcpu_resides_on(hal, 2, 0, &pcpu), AXVM_ERR_NOT_FOUND);
	assert_int_equal(hal->current_vm_id(hal), AXVM_NO_ID);
	assert_int_equal(hal->inject_irq_to_vcpu(hal, 1, 1, 9), AXVM_OK);
	assert_true(arch_vcpu_irq_pending(f->vcpu[1]));
	assert_int_equal(hal->inject_irq_to_vcpu(hal, 1, 3, 9), AXVM_ERR_NOT_FOUND);
	assert_int_equal(hal->inject_irq_to_vcpu(hal, 2, 0, 9), AXVM_ERR_NOT_FOUND);
	assert_int_equal(hal->inject_irq_to_vcpu(hal, 1, 0, 5000), AXVM_ERR_INVALID_INPUT);
}

static void without_hardware_nothing_starts(void **state)
{
	struct fixture *f = *state;
	struct axvm *vm;

	axvm_sim_set_hardware(false);
	assert_false(axvm_has_hardware_support());
	assert_int_equal(axvm_hardware_enable(), AXVM_ERR_UNSUPPORTED);
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_ERR_UNSUPPORTED);
	f->config.id = 2;
	assert_int_equal(axvm_new(&f->sim.hal, &f->config, &vm, NULL), AXVM_ERR_UNSUPPORTED);
	axvm_sim_set_hardware(true);
	assert_false(axvm_hardware_enabled());
	assert_int_equal(axvm_hardware_enable(), AXVM_OK);
	assert_true(axvm_hardware_enabled());
	axvm_hardware_disable();
	assert_false(axvm_hardware_enabled());
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
}

struct another {
	struct fixture *f;
	struct sim_vm *vm;
};

static enum axvm_error build_another(void *arg)
{
	struct another *a = arg;

	return sim_vm_new(&a->f->sim, &a->f->config, &a->vm, NULL);
}

static void each_allocation_of_a_vm_can_fail(void **state)
{
	struct fixture *f = *state;
	struct another a = { .f = f };

	f->config.id = 2;
	f->config.name[2] = '2';
	assert_true(sim_fail_each_allocation(&f->sim, build_another, &a) > 3);
	sim_vm_free(a.vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lesson_20_an_interrupt_wakes_a_halted_vcpu),
		TEST(a_vcpu_with_an_interrupt_does_not_halt),
		TEST(the_lowest_interrupt_comes_first),
		TEST(a_line_stays_until_it_is_lowered),
		TEST(lesson_35_an_ipi_reaches_those_that_exist),
		TEST(numbers_that_do_not_exist_are_refused),
		TEST(guest_time_begins_at_boot_and_stands_while_paused),
		TEST(a_timer_wakes_a_halted_vcpu),
		TEST(a_timer_comes_to_a_vcpu_that_runs),
		TEST(a_devices_timer_wakes_a_halted_vcpu),
		TEST(hypercalls),
		TEST(a_vcpu_starts_another),
		TEST(the_guest_powers_off),
		TEST(the_guest_ends_its_machine_through_a_device),
		TEST(a_reset_forgets_everything),
		TEST(lesson_21_a_failed_entry_stops_the_vm),
		TEST(the_host_gets_its_interrupts),
		TEST(the_host_knows_who_runs_where),
		TEST(without_hardware_nothing_starts),
		TEST(each_allocation_of_a_vm_can_fail),
	};

	return cmocka_run_group_tests_name("sim_events", tests, NULL, NULL);
}
