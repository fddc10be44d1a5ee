/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated CPU, one vCPU at a time on the test's own thread: programs, memory, faults. */
#include "arch.h"
#include "device_build.h"
#include "sim_fixture.h"
#include <axvm/hypercall.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- Programs ---- */

static void a_list_ends_by_switching_the_vcpu_off(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(START(f, SET(1, 5), OP(NOP, 0), SET(2, 6)), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->cpu->gpr[1], 5);
	assert_int_equal(f->cpu->gpr[2], 6);
	assert_int_equal(f->cpu->steps, 3);
	assert_int_equal(f->cpu->pc, 3);
	assert_int_equal(axvm_vcpu_get_state(f->vcpu[0]), AXVM_VCPU_BLOCKED);
	assert_int_equal(sim_run(f->vm, 0, &f->exit), AXVM_ERR_BAD_STATE);
}

static void a_vcpu_without_a_program_switches_itself_off(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
	assert_int_equal(run(f, 0), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->cpu->steps, 0);
}

static void a_jump_past_the_end_ends(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(START(f, OP(JUMP, UINT64_MAX), SET(1, 1)), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->cpu->gpr[1], 0);
}

struct counting {
	struct axvm_vcpu *vcpu;
	uint64_t seen[4];
	enum axvm_error set_while_running;
};

static bool counting_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct counting *c = arg;

	c->set_while_running = axvm_sim_set_program(c->vcpu, counting_program, c);
	if (cpu->pc == 3)
		return false;
	c->seen[cpu->pc] = cpu->gpr[1];
	next->op = AXVM_SIM_SET;
	next->reg = 1;
	next->value = 100 + cpu->pc;
	return true;
}

static void a_function_sees_what_its_steps_did(void **state)
{
	struct fixture *f = *state;
	struct counting c = { .vcpu = f->vcpu[0] };

	assert_int_equal(axvm_sim_set_program(f->vcpu[0], counting_program, &c), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
	assert_int_equal(run(f, 0), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(c.seen[0], 0);
	assert_int_equal(c.seen[1], 100);
	assert_int_equal(c.seen[2], 101);
	assert_int_equal(f->cpu->gpr[1], 102);
	assert_int_equal(c.set_while_running, AXVM_ERR_BAD_STATE);
}

static void programs_refuse_null(void **state)
{
	static const struct axvm_sim_step step = { .op = AXVM_SIM_NOP };
	struct fixture *f = *state;

	assert_int_equal(axvm_sim_set_steps(NULL, &step, 1), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_sim_set_steps(f->vcpu[0], NULL, 1), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_sim_set_program(NULL, counting_program, NULL),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_sim_set_program(f->vcpu[0], NULL, NULL), AXVM_ERR_INVALID_INPUT);
	assert_null(axvm_sim_cpu_get(NULL));
}

static void a_slice_ends_a_run(void **state)
{
	struct fixture *f = *state;

	axvm_sim_set_slice(f->vcpu[0], 2);
	assert_int_equal(START(f, SET(1, 1), SET(1, 2), SET(1, 3)), AXVM_EXIT_PREEMPTED);
	assert_int_equal(f->cpu->gpr[1], 2);
	assert_int_equal(run(f, 0), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->cpu->gpr[1], 3);
}

static bool leaving_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct fixture *f = arg;

	if (cpu->pc == 1)
		vcpu_notify(f->vcpu[0], VCPU_REQ_LEAVE);
	next->op = cpu->pc < 3 ? AXVM_SIM_NOP : AXVM_SIM_CPU_OFF;
	return true;
}

static void a_request_is_seen_before_the_next_step(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(axvm_sim_set_program(f->vcpu[0], leaving_program, f), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
	assert_int_equal(run(f, 0), AXVM_EXIT_PREEMPTED);
	assert_int_equal(f->cpu->steps, 2);
	assert_int_equal(f->sim.kicks, 0); /* on its own CPU there is nobody to kick */
	assert_int_equal(run(f, 0), AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->cpu->steps, 4);
}

/* ---- Memory ---- */

static void memory_of_every_width(void **state)
{
	struct fixture *f = *state;
	uint8_t bytes[16];

	START(f, STORE(8, RAM, 0x1122334455667788), STORE(4, RAM + 8, 0x12345678a1a2a3a4),
	      STORE(2, RAM + 12, 0xb1b2), STORE(1, RAM + 14, 0xc1), LOAD(1, 8, RAM),
	      LOAD(2, 4, RAM + 8), LOAD(3, 2, RAM + 12), LOAD(4, 1, RAM + 14));
	assert_int_equal(f->cpu->gpr[1], 0x1122334455667788);
	assert_int_equal(f->cpu->gpr[2], 0xa1a2a3a4);
	assert_int_equal(f->cpu->gpr[3], 0xb1b2);
	assert_int_equal(f->cpu->gpr[4], 0xc1);
	assert_int_equal(axvm_read_from_guest(f->vm->vm, axvm_gpa(RAM), bytes, 16), AXVM_OK);
	assert_memory_equal(bytes, "\x88\x77\x66\x55\x44\x33\x22\x11\xa4\xa3\xa2\xa1\xb2\xb1\xc1\0",
			    16);
	assert_int_equal(f->cpu->fault_num, 0);
	assert_int_equal(exits(f, AXVM_EXIT_NESTED_PAGE_FAULT), 0);
}

/* The same from memory and from a device. */
static void lesson_06_sign_extension_and_register_width(void **state)
{
	struct fixture *f = *state;

	START(f, STORE(4, RAM, 0x80009680), STORE(4, RTC_LR, 0x80009680),
	      LOAD_AS(1, 1, RAM, 8, true), LOAD_AS(2, 1, RTC_LR, 8, true),
	      LOAD_AS(3, 2, RAM, 4, true), LOAD_AS(4, 2, RTC_LR, 4, true),
	      LOAD_AS(5, 4, RAM, 8, true), LOAD_AS(6, 4, RTC_LR, 8, true),
	      LOAD_AS(7, 4, RAM, 4, true), LOAD_AS(8, 4, RTC_LR, 4, true),
	      LOAD_AS(9, 4, RAM, 0, false), LOAD_AS(10, 4, RTC_LR, 0, false),
	      LOAD_AS(11, 1, RAM, 4, false), LOAD_AS(12, 1, RTC_LR, 4, false));
	for (unsigned i = 1; i <= 2; i++) {
		assert_int_equal(f->cpu->gpr[i], (uint64_t)-0x80);
		assert_int_equal(f->cpu->gpr[2 + i], 0xffff9680);
		assert_int_equal(f->cpu->gpr[4 + i], 0xffffffff80009680);
		assert_int_equal(f->cpu->gpr[6 + i], 0x80009680);
		assert_int_equal(f->cpu->gpr[8 + i], 0x80009680);
		assert_int_equal(f->cpu->gpr[10 + i], 0x80);
	}
	assert_int_equal(exits(f, AXVM_EXIT_MMIO_READ), 6);
	assert_int_equal(exits(f, AXVM_EXIT_MMIO_WRITE), 1);
}

/* Two pages that are not neighbours in the host. */
static void an_unaligned_access_reaches_over_two_pages(void **state)
{
	struct fixture *f = *state;
	uint64_t first, second;
	axvm_hpa_t frames[3];

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(f->sim.hal.alloc_frame(&f->sim.hal, &frames[i]), AXVM_OK);
	assert_int_equal(axvm_map_region(f->vm->vm, axvm_gpa(HIGH), frames[0], PAGE, RW), AXVM_OK);
	assert_int_equal(axvm_map_region(f->vm->vm, axvm_gpa(HIGH + PAGE), frames[2], PAGE, RW),
			 AXVM_OK);
	START(f, STORE(8, HIGH + PAGE - 3, 0x1122334455667788), LOAD(1, 8, HIGH + PAGE - 3),
	      LOAD(2, 4, HIGH + 1), STORE(8, HIGH + 2 * PAGE - 4, 0x99),
	      LOAD(3, 1, HIGH + 2 * PAGE));
	assert_int_equal(f->cpu->gpr[1], 0x1122334455667788);
	assert_int_equal(f->cpu->gpr[2], 0xa5a5a5a5);
	memcpy(&first, sim_memory(&f->sim, frames[0].v + PAGE - 8), 8);
	memcpy(&second, sim_memory(&f->sim, frames[2].v), 8);
	assert_int_equal(first, 0x667788a5a5a5a5a5);
	assert_int_equal(second, 0xa5a5a51122334455);
	memcpy(&second, sim_memory(&f->sim, frames[2].v + PAGE - 8), 8);
	assert_int_equal(second, 0xa5a5a5a5a5a5a5a5); /* nothing of what lies half outside */
	assert_int_equal(f->cpu->fault_num, 2);
	assert_int_equal(axvm_unmap_region(f->vm->vm, axvm_gpa(HIGH), 2 * PAGE), AXVM_OK);
	for (unsigned i = 0; i < 3; i++)
		f->sim.hal.dealloc_frame(&f->sim.hal, frames[i]);
}

static void lesson_16_rights_are_honoured(void **state)
{
	static const uint32_t rights[] = { AXVM_MEM_READ, AXVM_MEM_WRITE, AXVM_MEM_EXECUTE };
	struct fixture *f = *state;
	axvm_hpa_t frame;

	assert_int_equal(f->sim.hal.alloc_frame(&f->sim.hal, &frame), AXVM_OK);
	memset(sim_memory(&f->sim, frame.v), 0x11, PAGE);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(axvm_map_region(f->vm->vm, axvm_gpa(HIGH + i * PAGE), frame, PAGE,
						 rights[i]),
				 AXVM_OK);
	START(f, LOAD(1, 1, HIGH), LOAD(2, 1, HIGH + PAGE), LOAD(3, 1, HIGH + 2 * PAGE),
	      STORE(1, HIGH, 0x22), STORE(1, HIGH + 2 * PAGE, 0x22), LOAD(4, 1, HIGH),
	      STORE(1, HIGH + PAGE, 0x33), LOAD(5, 1, HIGH), FETCH(HIGH), FETCH(HIGH + PAGE),
	      FETCH(HIGH + 2 * PAGE));
	assert_int_equal(f->cpu->gpr[1], 0x11);
	assert_int_equal(f->cpu->gpr[2], 0);
	assert_int_equal(f->cpu->gpr[3], 0);
	assert_int_equal(f->cpu->gpr[4], 0x11);
	assert_int_equal(f->cpu->gpr[5], 0x33);
	assert_int_equal(f->cpu->fault_num, 6);
	assert_int_equal(f->cpu->fault, AXVM_SIM_FAULT_ABORT);
	assert_int_equal(f->cpu->fault_addr, HIGH + PAGE);
	assert_int_equal(exits(f, AXVM_EXIT_NESTED_PAGE_FAULT), 6);
	assert_int_equal(exits(f, AXVM_EXIT_MMIO_READ), 0); /* it is memory, though forbidden */
	f->sim.hal.dealloc_frame(&f->sim.hal, frame);
}

/* All leaf sizes, and every flag comes back from an entry. */
static void the_shape_of_the_tables(void **state)
{
	struct fixture *f = *state;
	const struct stage2_geometry *geo = &f->vm->vm->aspace.geo;
	uint64_t gib = UINT64_C(1) << 30, top = UINT64_C(1) << geo->gpa_bits;
	struct stage2_leaf leaf;

	assert_int_equal(axvm_map_region(f->vm->vm, axvm_gpa(top - gib - 2 * MIB - PAGE),
					 axvm_hpa(gib - 2 * MIB - PAGE), gib + 2 * MIB + PAGE,
					 AXVM_MEM_ALL & ~AXVM_MEM_EXECUTE),
			 AXVM_OK);
	assert_true(aspace_find(&f->vm->vm->aspace, axvm_gpa(top - gib), &leaf));
	assert_int_equal(leaf.left, gib);
	assert_int_equal(leaf.hpa.v, gib);
	assert_int_equal(leaf.flags, AXVM_MEM_ALL & ~AXVM_MEM_EXECUTE);
	assert_true(aspace_find(&f->vm->vm->aspace, axvm_gpa(top - gib - 2 * MIB), &leaf));
	assert_int_equal(leaf.left, 2 * MIB);
	assert_true(aspace_find(&f->vm->vm->aspace, axvm_gpa(top - gib - 2 * MIB - 1), &leaf));
	assert_int_equal(leaf.left, 1);
	assert_int_equal(leaf.hpa.v, gib - 2 * MIB - 1);
	START(f, LOAD(1, 8, UINT64_C(1) << 40), LOAD(1, 8, UINT64_MAX - 7));
	assert_int_equal(f->cpu->fault_num, 2); /* beyond the width: not another address's memory */
}

static void a_passthrough_device_is_the_hosts_memory(void **state)
{
	struct fixture *f = *state;
	uint32_t *regs = sim_memory(&f->sim, 0x0c000000);

	sim_vm_free(f->vm);
	f->config.pass_through_device_num = 2;
	f->config.pass_through_devices[0] = (struct axvm_pass_through_device){ "there",	   DEVICE,
									       0x0c000000, PAGE,
									       40,	   0 };
	f->config.pass_through_devices[1] = (struct axvm_pass_through_device){
		"broken", DEVICE + PAGE, 0x0c001000, PAGE, 41, 0
	};
	build(f);
	sim_add_device(&f->sim, 0x0c000000, PAGE);
	regs[1] = 0x5150;
	START(f, LOAD(1, 4, DEVICE + 4), STORE(4, DEVICE + 8, 0x77), LOAD(2, 4, DEVICE + PAGE));
	assert_int_equal(f->cpu->gpr[1], 0x5150);
	assert_int_equal(regs[2], 0x77);
	assert_int_equal(f->cpu->fault_num, 1);
	assert_int_equal(f->cpu->fault_addr, DEVICE + PAGE);
}

/* ---- Nothing there ---- */

static void lesson_07_what_does_not_exist_is_the_guests_fault(void **state)
{
	struct fixture *f = *state;

	START(f, SET(1, 7), LOAD(1, 4, HIGH), STORE(8, HIGH, 1), SYSREG_READ(1, 8),
	      SYSREG_WRITE(UINT64_MAX, 1), LOAD(1, 3, RAM), STORE(0, RAM, 1),
	      LOAD_AS(1, 4, RAM, 2, false), SET(AXVM_SIM_GPRS, 1), OP(OP_NUM, 0), IN(1, 8, 0x80),
	      IN(1, 1, 0x10000), OUT(3, 0x80, 1), IPI(1, AXVM_SIM_IRQS), LOAD(1, 8, RTC + 0xffc),
	      SET(2, 9));
	assert_int_equal(f->cpu->fault_num, 14);
	assert_int_equal(f->cpu->fault, AXVM_SIM_FAULT_ABORT); /* half inside the last device */
	assert_int_equal(f->cpu->gpr[1], 7);
	assert_int_equal(f->cpu->gpr[2], 9); /* it goes on */
	assert_int_equal(f->exit.reason, AXVM_EXIT_CPU_DOWN);
	assert_int_equal(f->sim.log_lines[AXVM_LOG_ERROR], 0);
}

static void a_port_without_a_device_reads_as_ones(void **state)
{
	struct fixture *f = *state;

	START(f, IN(1, 1, 0x10), IN(2, 2, 0x10), IN(3, 4, 0xfffc), OUT(4, 0x10, 5),
	      IN(4, 4, AXVM_SIM_PORT + 6), IN(5, 4, 0xffff));
	assert_int_equal(f->cpu->gpr[1], 0xff);
	assert_int_equal(f->cpu->gpr[2], 0xffff);
	assert_int_equal(f->cpu->gpr[3], 0xffffffff);
	assert_int_equal(f->cpu->gpr[4], 0xffffffff); /* half outside */
	assert_int_equal(f->cpu->gpr[5], 0xffffffff);
	assert_int_equal(f->cpu->fault_num, 0);
	assert_int_equal(exits(f, AXVM_EXIT_IO_READ), 5);
	assert_int_equal(exits(f, AXVM_EXIT_IO_WRITE), 1);
}

static void the_port_keeps_what_is_written(void **state)
{
	struct fixture *f = *state;

	START(f, OUT(4, AXVM_SIM_PORT, 0x11223344), OUT(2, AXVM_SIM_PORT + 6, 0xaabb),
	      OUT(1, AXVM_SIM_PORT + 4, 0x155), IN(1, 4, AXVM_SIM_PORT),
	      IN(2, 4, AXVM_SIM_PORT + 4), IN(3, 1, AXVM_SIM_PORT + 1),
	      IN(4, 2, AXVM_SIM_PORT + 2));
	assert_int_equal(f->cpu->gpr[1], 0x11223344);
	assert_int_equal(f->cpu->gpr[2], 0xaabb0055);
	assert_int_equal(f->cpu->gpr[3], 0x33);
	assert_int_equal(f->cpu->gpr[4], 0x1122);
}

static void system_registers_are_the_vcpus_own(void **state)
{
	struct fixture *f = *state;

	START(f, SYSREG_WRITE(0, 1), SYSREG_WRITE(7, 0x1234567890), SYSREG_READ(1, 7),
	      SYSREG_READ(2, 0));
	assert_int_equal(f->cpu->gpr[1], 0x1234567890);
	assert_int_equal(f->cpu->gpr[2], 1);
	assert_int_equal(f->cpu->sysreg[7], 0x1234567890);
	assert_int_equal(axvm_sim_cpu_get(f->vcpu[1])->sysreg[7], 0);
	assert_int_equal(exits(f, AXVM_EXIT_SYSREG_READ), 2);
	assert_int_equal(exits(f, AXVM_EXIT_SYSREG_WRITE), 2);
}

static void the_interrupt_controllers_place_reads_as_zero(void **state)
{
	struct fixture *f = *state;
	enum axvm_error err = axvm_map_region(f->vm->vm, axvm_gpa(GICD), axvm_hpa(SIM_RAM_BASE),
					      PAGE, RW);

	assert_int_equal(err, AXVM_ERR_ALREADY_EXISTS);
	START(f, STORE(4, GICD, UINT32_MAX), SET(1, 1), LOAD(1, 4, GICD));
	assert_int_equal(f->cpu->gpr[1], 0);
	assert_int_equal(f->cpu->fault_num, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_list_ends_by_switching_the_vcpu_off),
		TEST(a_vcpu_without_a_program_switches_itself_off),
		TEST(a_jump_past_the_end_ends),
		TEST(a_function_sees_what_its_steps_did),
		TEST(programs_refuse_null),
		TEST(a_slice_ends_a_run),
		TEST(a_request_is_seen_before_the_next_step),
		TEST(memory_of_every_width),
		TEST(lesson_06_sign_extension_and_register_width),
		TEST(an_unaligned_access_reaches_over_two_pages),
		TEST(lesson_16_rights_are_honoured),
		TEST(the_shape_of_the_tables),
		TEST(a_passthrough_device_is_the_hosts_memory),
		TEST(lesson_07_what_does_not_exist_is_the_guests_fault),
		TEST(a_port_without_a_device_reads_as_ones),
		TEST(the_port_keeps_what_is_written),
		TEST(system_registers_are_the_vcpus_own),
		TEST(the_interrupt_controllers_place_reads_as_zero),
	};

	return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
