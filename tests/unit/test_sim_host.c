/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated host against what <axvm/hal.h> asks of every host. */
#include "guest_calls.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE   UINT64_C(4096)
#define MIB    UINT64_C(0x100000)
#define DEVICE UINT64_C(0x0a000000)
#define SECOND UINT64_C(1000000000)

struct fixture {
	struct sim_host host;
	struct axvm_config config;
	struct guest guest;
	struct axvm_hal *hal;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sim_host_init(&f->host);
	f->hal = &f->host.hal;
	sim_config(&f->config, 1, 2);
	guest_boot(&f->guest, &f->host, &f->config);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sim_vm_free(f->guest.vm);
	sim_host_fini(&f->host);
	free(f);
	return 0;
}

/* ---- Memory ---- */

static void frames_in_a_row_are_aligned_and_counted(void **state)
{
	struct fixture *f = *state;
	size_t before = f->host.frames_used;
	axvm_hpa_t small, large;

	assert_int_equal(f->hal->alloc_frame(f->hal, &small), AXVM_OK);
	assert_int_equal(f->hal->alloc_contiguous(f->hal, 3, 2 * MIB, &large), AXVM_OK);
	assert_int_equal(small.v % PAGE, 0);
	assert_int_equal(large.v % (2 * MIB), 0);
	assert_true(small.v < large.v || small.v >= large.v + 3 * PAGE);
	assert_int_equal(f->host.frames_used, before + 4);
	assert_int_equal(*(uint8_t *)f->hal->phys_to_virt(f->hal, large), SIM_POISON);
	f->hal->dealloc_contiguous(f->hal, large, 3);
	f->hal->dealloc_frame(f->hal, small);
	assert_int_equal(f->host.frames_used, before);
}

static void addresses_lead_back(void **state)
{
	struct fixture *f = *state;
	axvm_hpa_t frame;
	uint8_t *p;

	assert_int_equal(f->hal->alloc_contiguous(f->hal, 2, PAGE, &frame), AXVM_OK);
	p = f->hal->phys_to_virt(f->hal, frame);
	assert_int_equal(f->hal->virt_to_phys(f->hal, p + PAGE + 5).v, frame.v + PAGE + 5);
	assert_ptr_equal(f->hal->phys_to_virt(f->hal, axvm_hpa(frame.v + PAGE + 5)), p + PAGE + 5);
	assert_ptr_not_equal(p, (void *)(uintptr_t)frame.v);
	f->hal->dealloc_contiguous(f->hal, frame, 2);
}

static void memory_runs_out(void **state)
{
	struct fixture *f = *state;
	size_t before = f->host.frames_used;
	axvm_hpa_t frame;

	f->host.fail_after = 1;
	assert_int_equal(f->hal->alloc_frame(f->hal, &frame), AXVM_OK);
	assert_int_equal(f->hal->alloc_frame(f->hal, &frame), AXVM_ERR_NO_MEMORY);
	f->host.fail_after = SIZE_MAX;
	f->host.largest = 8;
	assert_int_equal(f->hal->alloc_contiguous(f->hal, 9, PAGE, &frame), AXVM_ERR_NO_MEMORY);
	f->host.largest = SIZE_MAX;
	assert_int_equal(f->hal->alloc_contiguous(f->hal, SIM_FRAMES + 1, PAGE, &frame),
			 AXVM_ERR_NO_MEMORY);
	assert_int_equal(f->host.frames_used, before + 1);
	f->hal->dealloc_frame(f->hal, frame);
}

static void exactly_this_range(void **state)
{
	struct fixture *f = *state;
	const axvm_hpa_t base = axvm_hpa(SIM_RAM_BASE + SIM_RAM_SIZE / 2);
	const axvm_hpa_t last = axvm_hpa(SIM_RAM_BASE + SIM_RAM_SIZE - PAGE);

	assert_int_equal(f->hal->alloc_memory_region_at(f->hal, base, 2 * PAGE), AXVM_OK);
	assert_int_equal(f->hal->alloc_memory_region_at(f->hal, axvm_hpa(base.v + PAGE), 2 * PAGE),
			 AXVM_ERR_RESOURCE_BUSY);
	f->hal->dealloc_memory_region_at(f->hal, base, 2 * PAGE);
	assert_int_equal(f->hal->alloc_memory_region_at(f->hal, base, PAGE), AXVM_OK);
	f->hal->dealloc_memory_region_at(f->hal, base, PAGE);
	assert_int_equal(f->hal->alloc_memory_region_at(f->hal, axvm_hpa(DEVICE), PAGE),
			 AXVM_ERR_NOT_FOUND);
	assert_int_equal(f->hal->alloc_memory_region_at(f->hal, last, 2 * PAGE),
			 AXVM_ERR_NOT_FOUND);
}

static void devices_are_what_is_neither_ram_nor_kept(void **state)
{
	struct fixture *f = *state;

	sim_keep(&f->host, DEVICE, PAGE);
	assert_int_equal(f->hal->check_device(f->hal, axvm_hpa(DEVICE - PAGE), PAGE), AXVM_OK);
	assert_int_equal(f->hal->check_device(f->hal, axvm_hpa(DEVICE - 1), 2),
			 AXVM_ERR_PERMISSION_DENIED);
	assert_int_equal(f->hal->check_device(f->hal, axvm_hpa(DEVICE + PAGE - 1), 1),
			 AXVM_ERR_PERMISSION_DENIED);
	assert_int_equal(f->hal->check_device(f->hal, axvm_hpa(DEVICE + PAGE), PAGE), AXVM_OK);
	assert_int_equal(f->hal->check_device(f->hal, axvm_hpa(SIM_RAM_BASE), PAGE),
			 AXVM_ERR_PERMISSION_DENIED);
	assert_int_equal(f->hal->check_device(f->hal, axvm_hpa(SIM_RAM_BASE - 1), 2),
			 AXVM_ERR_PERMISSION_DENIED);
}

/* ---- Time ---- */

static void time_stands_moves_and_runs(void **state)
{
	struct fixture *f = *state;
	uint64_t start = f->hal->current_time_nanos(f->hal), now;

	usleep(1000);
	assert_int_equal(f->hal->current_time_nanos(f->hal), start);
	sim_clock_advance(&f->host, 5);
	assert_int_equal(f->hal->current_time_nanos(f->hal), start + 5);
	sim_clock_run(&f->host);
	do
		now = f->hal->current_time_nanos(f->hal);
	while (now == start + 5);
	assert_true(now > start + 5);
	sim_clock_stop(&f->host);
	now = f->hal->current_time_nanos(f->hal);
	usleep(1000);
	assert_int_equal(f->hal->current_time_nanos(f->hal), now);
	f->host.wall = 1234;
	assert_int_equal(f->hal->wall_clock_seconds(f->hal), 1234);
}

/* An alarm wakes its vCPU once, at its time; one that is taken back does not. */
static void alarms(void **state)
{
	struct fixture *f = *state;
	struct sim_vcpu *vcpu = &f->guest.vm->vcpus[1];

	vcpu->woken = false;
	f->hal->set_timer(f->hal, 1, 1, SECOND);
	sim_clock_advance(&f->host, SECOND - 1);
	assert_false(vcpu->woken);
	sim_clock_advance(&f->host, 1);
	assert_true(vcpu->woken);
	vcpu->woken = false;
	sim_clock_advance(&f->host, SECOND);
	assert_false(vcpu->woken);
	f->hal->set_timer(f->hal, 1, 1, 3 * SECOND);
	f->hal->set_timer(f->hal, 1, 1, SIM_NEVER);
	sim_clock_advance(&f->host, 10 * SECOND);
	assert_false(vcpu->woken);
	f->hal->set_timer(f->hal, 9, 9, 0); /* nobody's */
}

/* ---- Who and where ---- */

struct view {
	uint32_t vm, vcpu, pcpu, at;
	enum axvm_error found;
};

static struct view look(struct fixture *f)
{
	struct view v = {
		.vm = f->hal->current_vm_id(f->hal),
		.vcpu = f->hal->current_vcpu_id(f->hal),
		.pcpu = f->hal->current_pcpu_id(f->hal),
	};

	v.found = f->hal->vcpu_resides_on(f->hal, 1, 0, &v.at);
	return v;
}

struct looker {
	struct fixture *f;
	struct view view;
	bool seen;
};

static bool looking_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct looker *l = arg;

	if (cpu->pc == 0) {
		l->view = look(l->f);
		__atomic_store_n(&l->seen, true, __ATOMIC_RELEASE);
	}
	next->op = AXVM_SIM_NOP;
	return true;
}

/* Each thread is its own physical CPU; a vCPU is on one only while it runs. */
static void residence(void **state)
{
	struct fixture *f = *state;
	struct looker l = { .f = f };
	struct axvm_vcpu *vcpu;
	struct view here;

	assert_int_equal(axvm_vcpu(f->guest.vm->vm, 0, &vcpu), AXVM_OK);
	assert_int_equal(axvm_sim_set_program(vcpu, looking_program, &l), AXVM_OK);
	sim_vm_start(f->guest.vm);
	while (!__atomic_load_n(&l.seen, __ATOMIC_ACQUIRE))
		usleep(100);
	here = look(f);
	assert_int_equal(here.found, AXVM_OK);
	assert_int_equal(here.at, l.view.pcpu);
	assert_int_equal(here.vm, AXVM_NO_ID);
	assert_int_equal(here.vcpu, AXVM_NO_ID);
	assert_int_not_equal(here.pcpu, l.view.pcpu);
	assert_int_equal(l.view.vm, 1);
	assert_int_equal(l.view.vcpu, 0);
	assert_int_equal(l.view.found, AXVM_OK);
	assert_int_equal(l.view.at, l.view.pcpu);
	assert_int_equal(f->hal->vcpu_resides_on(f->hal, 1, 1, &here.at), AXVM_ERR_NOT_FOUND);
	assert_int_equal(axvm_shutdown(f->guest.vm->vm), AXVM_OK);
	sim_vm_join(f->guest.vm);
	assert_int_equal(look(f).found, AXVM_ERR_NOT_FOUND);
}

static void nobody_resides_nowhere(void **state)
{
	struct fixture *f = *state;
	uint32_t pcpu = 0;

	assert_int_equal(f->hal->vcpu_resides_on(f->hal, 1, 0, &pcpu), AXVM_ERR_NOT_FOUND);
	assert_int_equal(f->hal->vcpu_resides_on(f->hal, 1, 2, &pcpu), AXVM_ERR_NOT_FOUND);
	assert_int_equal(f->hal->vcpu_resides_on(f->hal, 7, 0, &pcpu), AXVM_ERR_NOT_FOUND);
}

static void injection_by_number(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->hal->inject_irq_to_vcpu(f->hal, 1, 0, 9), AXVM_OK);
	assert_int_equal(guest_claim(&f->guest), 9);
	assert_int_equal(f->hal->inject_irq_to_vcpu(f->hal, 1, 2, 9), AXVM_ERR_NOT_FOUND);
	assert_int_equal(f->hal->inject_irq_to_vcpu(f->hal, 1, UINT32_MAX, 9), AXVM_ERR_NOT_FOUND);
	assert_int_equal(f->hal->inject_irq_to_vcpu(f->hal, 2, 0, 9), AXVM_ERR_NOT_FOUND);
	assert_int_equal(f->hal->inject_irq_to_vcpu(f->hal, 1, 0, AXVM_SIM_IRQS),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(guest_claim(&f->guest), AXVM_SIM_NO_IRQ);
	f->hal->wake_vcpu(f->hal, 2, 0); /* nobody; and a kick too many does no harm */
	f->hal->kick_vcpu(f->hal, 1, 0, 0);
	assert_int_equal(guest_claim(&f->guest), AXVM_SIM_NO_IRQ);
}

/* ---- Text ---- */

__attribute__((format(printf, 2, 3))) static void say(struct axvm_hal *hal, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	hal->log(hal, AXVM_LOG_WARN, AXVM_NO_ID, fmt, args);
	va_end(args);
}

static void lines_and_bytes(void **state)
{
	struct fixture *f = *state;
	static const uint8_t bytes[5000] = { 'o', 'k' };

	say(f->hal, "%s %u 0x%llx", "one", 2u, 3ull);
	assert_true(sim_logged(&f->host, "one 2 0x3\n"));
	assert_int_equal(f->host.log_lines[AXVM_LOG_WARN], 1);
	for (unsigned i = 0; i < 2000; i++)
		say(f->hal, "line %u of many that do not all fit", i);
	assert_false(sim_logged(&f->host, "line 1999 "));
	f->hal->console_write(f->hal, 1, bytes, 2);
	f->hal->console_write(f->hal, 1, bytes, sizeof(bytes));
	assert_memory_equal(f->host.console, "okok", 4);
	assert_int_equal(f->host.console_len, sizeof(f->host.console));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(frames_in_a_row_are_aligned_and_counted),
		T(addresses_lead_back),
		T(memory_runs_out),
		T(exactly_this_range),
		T(devices_are_what_is_neither_ram_nor_kept),
		T(time_stands_moves_and_runs),
		T(alarms),
		T(residence),
		T(nobody_resides_nowhere),
		T(injection_by_number),
		T(lines_and_bytes),
	};

	return cmocka_run_group_tests_name("sim_host", tests, NULL, NULL);
}
