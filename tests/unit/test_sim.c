/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated CPU, one vCPU at a time on the test's own thread: every operation, every fault. */
#include "arch.h"
#include "device_build.h"
#include "sim_host.h"
#include <axvm/hypercall.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB    UINT64_C(0x100000)
#define PAGE   UINT64_C(0x1000)
#define RAM    UINT64_C(0x40000000)
#define HIGH   UINT64_C(0x80000000) /* nothing is there unless a test puts it there */
#define RTC    UINT64_C(0x09010000)
#define RTC_LR (RTC + 8) /* a register of 32 bits that keeps what is written */
#define GICD   UINT64_C(0x08000000)
#define DEVICE UINT64_C(0x0b000000)
#define SECOND UINT64_C(1000000000)
#define RW     (AXVM_MEM_READ | AXVM_MEM_WRITE)

struct fixture {
	struct sim_host sim;
	struct axvm_config config;
	struct sim_vm *vm;
	struct axvm_vcpu *vcpu[3];
	const struct axvm_sim_cpu *cpu; /* of vCPU 0 */
	struct axvm_exit exit;
};

static void build(struct fixture *f)
{
	assert_int_equal(sim_vm_new(&f->sim, &f->config, &f->vm, NULL), AXVM_OK);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(axvm_vcpu(f->vm->vm, i, &f->vcpu[i]), AXVM_OK);
	f->cpu = axvm_sim_cpu_get(f->vcpu[0]);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sim_host_init(&f->sim);
	sim_config(&f->config, 1, 3);
	build(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sim_vm_free(f->vm);
	sim_host_fini(&f->sim);
	free(f);
	return 0;
}

/* One run, of a vCPU that may. */
static enum axvm_exit_reason run(struct fixture *f, uint32_t id)
{
	memset(&f->exit, 0xa5, sizeof(f->exit));
	assert_int_equal(sim_run(f->vm, id, &f->exit), AXVM_OK);
	return f->exit.reason;
}

/* Boots the VM with steps for vCPU 0, and runs it once. */
#define START(f, ...)                                                                              \
	({                                                                                         \
		static const struct axvm_sim_step steps_[] = { __VA_ARGS__ };                      \
		start(f, steps_, sizeof(steps_) / sizeof(steps_[0]));                              \
	})

static enum axvm_exit_reason start(struct fixture *f, const struct axvm_sim_step *steps, size_t num)
{
	assert_int_equal(axvm_sim_set_steps(f->vcpu[0], steps, num), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
	return run(f, 0);
}

static uint64_t exits(struct fixture *f, enum axvm_exit_reason reason)
{
	return axvm_vcpu_get_stats(f->vcpu[0])->exits[reason];
}

/* clang-format off */
#define LOAD(r, w, a)	  { .op = AXVM_SIM_LOAD, .reg = (r), .width = (w), .addr = (a) }
#define LOAD_AS(r, w, a, rw, s) \
	{ .op = AXVM_SIM_LOAD, .reg = (r), .width = (w), .addr = (a), .reg_width = (rw), \
	  .signed_ext = (s) }
#define STORE(w, a, v)	  { .op = AXVM_SIM_STORE, .width = (w), .addr = (a), .value = (v) }
#define FETCH(a)	  { .op = AXVM_SIM_FETCH, .addr = (a) }
#define SET(r, v)	  { .op = AXVM_SIM_SET, .reg = (r), .value = (v) }
#define CALL(nr, ...)	  { .op = AXVM_SIM_HYPERCALL, .value = (nr), .args = { __VA_ARGS__ } }
#define SYSREG_READ(r, a) { .op = AXVM_SIM_SYSREG_READ, .reg = (r), .addr = (a) }
#define SYSREG_WRITE(a, v) { .op = AXVM_SIM_SYSREG_WRITE, .addr = (a), .value = (v) }
#define IN(r, w, a)	  { .op = AXVM_SIM_IO_READ, .reg = (r), .width = (w), .addr = (a) }
#define OUT(w, a, v)	  { .op = AXVM_SIM_IO_WRITE, .width = (w), .addr = (a), .value = (v) }
#define CLAIM(r)	  { .op = AXVM_SIM_CLAIM, .reg = (r) }
#define IPI(mask, irq)	  { .op = AXVM_SIM_IPI, .addr = (mask), .value = (irq) }
#define TIME(r)		  { .op = AXVM_SIM_TIME, .reg = (r) }
#define TIMER(v)	  { .op = AXVM_SIM_TIMER, .value = (v) }
#define CPU_ON(id, step, arg) \
	{ .op = AXVM_SIM_CPU_ON, .addr = (id), .value = (step), .args = { (arg) } }
#define OP(name, v)	  { .op = AXVM_SIM_##name, .value = (v) }
/* clang-format on */

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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

	return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
