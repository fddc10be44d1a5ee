/* SPDX-License-Identifier: Apache-2.0 */
/* The calls on a VM: what each refuses, and that a refusal changes nothing. */
#include "arch.h"
#include "sim_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB   (UINT64_C(1) << 20)
#define RAM   UINT64_C(0x40000000)
#define SIZE  (32 * MIB)
#define END   (RAM + SIZE)
#define UART  UINT64_C(0x09000000)
#define LIMIT (UINT64_C(1) << 40)
#define PAGE  UINT64_C(4096)
#define RW    (AXVM_MEM_READ | AXVM_MEM_WRITE)
#define RWX   (RW | AXVM_MEM_EXECUTE)
#define ENTRY (RAM + 0x1000)

struct fixture {
	struct sim_host sim;
	struct axvm *vm;
};

/* Each run ends at once. */
static const struct axvm_sim_step spin[] = { { .op = AXVM_SIM_YIELD }, { .op = AXVM_SIM_JUMP } };

static int setup(void **state)
{
	const struct axvm_machine *machine = axvm_machine_get(AXVM_ARCH_AARCH64);
	struct fixture *f = calloc(1, sizeof(*f));
	struct axvm_config config = {
		.arch = AXVM_ARCH_AARCH64,
		.id = 1,
		.name = "calls",
		.cpu_num = 3,
		.cpu_config.bsp_entry = axvm_some(ENTRY),
		.interrupt_mode = AXVM_INTERRUPT_EMULATED,
		.memory_region_num = 1,
		.memory_regions = { { RAM, SIZE, RWX, AXVM_MAP_ALLOC } },
		.emu_device_num = (uint32_t)machine->device_num,
	};

	memcpy(config.emu_devices, machine->devices,
	       machine->device_num * sizeof(config.emu_devices[0]));
	sim_host_init(&f->sim);
	assert_int_equal(axvm_new(&f->sim.hal, &config, &f->vm, NULL), AXVM_OK);
	for (uint32_t i = 0; i < config.cpu_num; i++)
		assert_int_equal(axvm_sim_set_steps(&f->vm->vcpus[i], spin, 2), AXVM_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	axvm_put(f->vm);
	sim_host_fini(&f->sim);
	free(f);
	return 0;
}

static enum axvm_error map(struct fixture *f, uint64_t gpa, uint64_t hpa, uint64_t size,
			   uint32_t flags)
{
	return axvm_map_region(f->vm, axvm_gpa(gpa), axvm_hpa(hpa), size, flags);
}

static void map_refuses(void **state)
{
	static const struct {
		uint64_t gpa, hpa, size;
		uint32_t flags;
		enum axvm_error error;
	} cases[] = {
		{ END + 1, SIM_RAM_BASE, PAGE, RW, AXVM_ERR_INVALID_INPUT },
		{ END, SIM_RAM_BASE + 8, PAGE, RW, AXVM_ERR_INVALID_INPUT },
		{ END, SIM_RAM_BASE, PAGE - 1, RW, AXVM_ERR_INVALID_INPUT },
		{ END, SIM_RAM_BASE, 0, RW, AXVM_ERR_INVALID_INPUT },
		{ LIMIT, SIM_RAM_BASE, PAGE, RW, AXVM_ERR_INVALID_INPUT },
		{ LIMIT - PAGE, SIM_RAM_BASE, 2 * PAGE, RW, AXVM_ERR_INVALID_INPUT },
		{ UINT64_MAX - PAGE + 1, SIM_RAM_BASE, PAGE, RW, AXVM_ERR_INVALID_INPUT },
		{ END, SIM_RAM_BASE, UINT64_MAX - PAGE + 1, RW, AXVM_ERR_INVALID_INPUT },
		{ END, UINT64_MAX - PAGE + 1, PAGE, RW, AXVM_ERR_INVALID_INPUT },
		{ END, SIM_RAM_BASE, PAGE, 0, AXVM_ERR_INVALID_INPUT },
		{ END, SIM_RAM_BASE, PAGE, RW | 0x80, AXVM_ERR_INVALID_INPUT },
		{ END, SIM_RAM_BASE, PAGE, AXVM_MEM_USER, AXVM_ERR_INVALID_INPUT },
		{ END - PAGE, SIM_RAM_BASE, 2 * PAGE, RW, AXVM_ERR_ALREADY_EXISTS },
		{ UART, SIM_RAM_BASE, PAGE, RW, AXVM_ERR_ALREADY_EXISTS },
		{ UART - 2 * PAGE, SIM_RAM_BASE, 3 * PAGE, RW, AXVM_ERR_ALREADY_EXISTS },
	};
	struct fixture *f = *state;
	size_t frames = f->sim.frames_used;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(map(f, cases[i].gpa, cases[i].hpa, cases[i].size, cases[i].flags),
				 cases[i].error);
	f->sim.fail_after = 0;
	assert_int_equal(map(f, 8 * END, SIM_RAM_BASE, PAGE, RW), AXVM_ERR_NO_MEMORY);
	f->sim.fail_after = SIZE_MAX;
	assert_int_equal(f->sim.frames_used, frames);
	assert_int_equal(map(f, END, SIM_RAM_BASE, PAGE, RW), AXVM_OK);
}

static void unmap_refuses(void **state)
{
	struct fixture *f = *state;
	struct axvm *vm = f->vm;
	uint64_t word = 7;

	assert_int_equal(axvm_unmap_region(vm, axvm_gpa(RAM + 1), PAGE), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_unmap_region(vm, axvm_gpa(RAM), 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_unmap_region(vm, axvm_gpa(LIMIT), PAGE), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_unmap_region(vm, axvm_gpa(END), PAGE), AXVM_ERR_NOT_FOUND);
	assert_int_equal(axvm_unmap_region(vm, axvm_gpa(END - PAGE), 2 * PAGE), AXVM_ERR_NOT_FOUND);
	assert_int_equal(axvm_unmap_region(vm, axvm_gpa(UART), PAGE), AXVM_ERR_NOT_FOUND);
	f->sim.fail_after = 0;
	assert_int_equal(axvm_unmap_region(vm, axvm_gpa(RAM + PAGE), PAGE), AXVM_ERR_NO_MEMORY);
	f->sim.fail_after = SIZE_MAX;
	assert_int_equal(axvm_write_to_guest(vm, axvm_gpa(END - 8), &word, 8), AXVM_OK);
	assert_int_equal(axvm_unmap_region(vm, axvm_gpa(RAM + PAGE), PAGE), AXVM_OK);
	assert_int_equal(axvm_unmap_region(vm, axvm_gpa(RAM + PAGE), PAGE), AXVM_ERR_NOT_FOUND);
	assert_int_equal(axvm_write_to_guest(vm, axvm_gpa(RAM + PAGE - 4), &word, 8),
			 AXVM_ERR_INVALID_INPUT);
}

static void copies_are_whole_or_none(void **state)
{
	struct fixture *f = *state;
	uint8_t buf[64], before[64];

	memset(before, 0x11, sizeof(before));
	memcpy(buf, before, sizeof(buf));
	assert_int_equal(axvm_read_from_guest(f->vm, axvm_gpa(END - 32), buf, 64),
			 AXVM_ERR_INVALID_INPUT);
	assert_memory_equal(buf, before, sizeof(buf));
	assert_int_equal(axvm_write_to_guest(f->vm, axvm_gpa(END - 32), buf, 64),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_read_from_guest(f->vm, axvm_gpa(END - 32), buf, 32), AXVM_OK);
	assert_int_equal(buf[0], 0);
	assert_int_equal(axvm_read_from_guest(f->vm, axvm_gpa(UINT64_MAX - 8), buf, 64),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_read_from_guest(f->vm, axvm_gpa(RAM), buf, SIZE_MAX),
			 AXVM_ERR_INVALID_INPUT);
}

static void interrupts_refuse(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(axvm_inject_interrupt_to_vcpu(f->vm, 0, 40), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_inject_interrupt_to_vcpu(f->vm, 0x9, 40), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_inject_interrupt_to_vcpu(f->vm, 1, AXVM_SIM_IRQS),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_inject_interrupt_to_vcpu(f->vm, 0x7, 40), AXVM_OK);
	assert_int_equal(axvm_set_irq_line(f->vm, AXVM_SIM_IRQS, true), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_set_irq_line(f->vm, 40, true), AXVM_OK);
	assert_true(irqset_test(&f->vm->vcpus[0].arch.lines, 40));
}

static void run_refuses(void **state)
{
	struct fixture *f = *state;
	struct axvm_exit exit;
	struct axvm_vcpu *vcpu;

	assert_int_equal(axvm_vcpu(f->vm, 3, &vcpu), AXVM_ERR_NOT_FOUND);
	assert_int_equal(axvm_run_vcpu(f->vm, 3, &exit), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_run_vcpu(f->vm, 0, &exit), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_boot(f->vm), AXVM_OK);
	assert_int_equal(axvm_run_vcpu(f->vm, 1, &exit), AXVM_ERR_BAD_STATE); /* not started */
	f->vm->vcpus[0].state = AXVM_VCPU_READY;
	assert_int_equal(axvm_run_vcpu(f->vm, 0, &exit), AXVM_ERR_BAD_STATE); /* elsewhere */
	f->vm->vcpus[0].state = AXVM_VCPU_FREE;
	assert_int_equal(axvm_run_vcpu(f->vm, 0, &exit), AXVM_OK);
	assert_int_equal(exit.reason, AXVM_EXIT_PREEMPTED);
	assert_int_equal(f->vm->active, 0);
	assert_int_equal(axvm_shutdown(f->vm), AXVM_OK);
	assert_int_equal(axvm_run_vcpu(f->vm, 0, &exit), AXVM_ERR_BAD_STATE);
	assert_int_equal(axvm_status(f->vm), AXVM_VM_STOPPED);
}

/* A host that puts the kernel there by itself has said where it begins. */
static void begins_at_the_configured_entry(void **state)
{
	struct fixture *f = *state;
	struct axvm_exit exit;

	assert_int_equal(axvm_boot(f->vm), AXVM_OK);
	assert_int_equal(axvm_run_vcpu(f->vm, 0, &exit), AXVM_OK);
	assert_int_equal(f->vm->vcpus[0].arch.cpu.entry, ENTRY);
}

static void a_vcpu_is_started_once(void **state)
{
	struct fixture *f = *state;
	struct axvm_vcpu *vcpu = &f->vm->vcpus[2];
	struct axvm_exit exit;

	assert_int_equal(axvm_boot(f->vm), AXVM_OK);
	assert_int_equal(vcpu_power_on(vcpu, ENTRY + 4, 5), AXVM_OK);
	assert_int_equal(vcpu_power_on(vcpu, ENTRY + 8, 6), AXVM_ERR_ALREADY_EXISTS);
	assert_int_equal(axvm_run_vcpu(f->vm, 2, &exit), AXVM_OK);
	assert_int_equal(vcpu->arch.cpu.entry, ENTRY + 4);
	assert_int_equal(vcpu->arch.cpu.gpr[0], 5);
	vcpu->arch.cpu.gpr[0] = 99;
	assert_int_equal(run_cpu_down(vcpu, 0), RUN_LEAVE);
	assert_false(axvm_vcpu_runnable(vcpu));
	assert_int_equal(axvm_run_vcpu(f->vm, 2, &exit), AXVM_ERR_BAD_STATE);
	assert_int_equal(vcpu_power_on(vcpu, ENTRY, 7), AXVM_OK);
	assert_int_equal(axvm_run_vcpu(f->vm, 2, &exit), AXVM_OK);
	assert_int_equal(vcpu->arch.cpu.entry, ENTRY);
	assert_int_equal(vcpu->arch.cpu.gpr[0], 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(map_refuses),
		TEST(unmap_refuses),
		TEST(copies_are_whole_or_none),
		TEST(interrupts_refuse),
		TEST(run_refuses),
		TEST(begins_at_the_configured_entry),
		TEST(a_vcpu_is_started_once),
	};

	return cmocka_run_group_tests_name("vm", tests, NULL, NULL);
}
