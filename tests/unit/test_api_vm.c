/* SPDX-License-Identifier: Apache-2.0 */
/* The calls on a VM's memory, interrupts and images: what each does and what it refuses. */
#include "arch.h"
#include "guest_calls.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB   (UINT64_C(1) << 20)
#define RAM   UINT64_C(0x40000000)
#define SIZE  (32 * MIB)
#define END   (RAM + SIZE)
#define HIGH  UINT64_C(0x80000000)
#define UART  UINT64_C(0x09000000)
#define LIMIT (UINT64_C(1) << 40)
#define PAGE  UINT64_C(4096)
#define RW    (AXVM_MEM_READ | AXVM_MEM_WRITE)
#define RWX   (RW | AXVM_MEM_EXECUTE)
#define ENTRY (RAM + 0x1000)
#define CPUS  3u

/* Where the guest has a device, and where the host has it. */
#define DEVICE_GPA UINT64_C(0x0b000000)
#define DEVICE_HPA UINT64_C(0x0a000000)

struct fixture {
	struct sim_host sim;
	struct axvm_config config;
	struct guest guest;
	struct axvm *vm;
	struct axvm_vcpu *vcpu[CPUS];
	axvm_hpa_t frame; /* of the host, for any use */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sim_host_init(&f->sim);
	sim_config(&f->config, 1, CPUS);
	f->config.cpu_config.bsp_entry = axvm_some(ENTRY);
	assert_int_equal(f->sim.hal.alloc_contiguous(&f->sim.hal, 2, PAGE, &f->frame), AXVM_OK);
	*state = f;
	return 0;
}

/* A VM that is told what to do step by step. */
static int setup_guest(void **state)
{
	struct fixture *f;

	setup(state);
	f = *state;
	guest_boot(&f->guest, &f->sim, &f->config);
	f->vm = f->guest.vm->vm;
	for (uint32_t i = 0; i < CPUS; i++)
		assert_int_equal(axvm_vcpu(f->vm, i, &f->vcpu[i]), AXVM_OK);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->guest.vm)
		sim_vm_free(f->guest.vm);
	f->sim.hal.dealloc_contiguous(&f->sim.hal, f->frame, 2);
	sim_host_fini(&f->sim);
	free(f);
	return 0;
}

/* ---- Mapping ---- */

static enum axvm_error map(struct fixture *f, uint64_t gpa, uint64_t hpa, uint64_t size,
			   uint32_t flags)
{
	return axvm_map_region(f->vm, axvm_gpa(gpa), axvm_hpa(hpa), size, flags);
}

static enum axvm_error unmap(struct fixture *f, uint64_t gpa, uint64_t size)
{
	return axvm_unmap_region(f->vm, axvm_gpa(gpa), size);
}

static void map_refuses(void **state)
{
	struct fixture *f = *state;
	const uint64_t hpa = f->frame.v, last = UINT64_MAX - PAGE + 1;
	const struct {
		uint64_t gpa, hpa, size;
		uint32_t flags;
		enum axvm_error error;
	} cases[] = {
		{ END + 1, hpa, PAGE, RW, AXVM_ERR_INVALID_INPUT },
		{ END, hpa + 8, PAGE, RW, AXVM_ERR_INVALID_INPUT },
		{ END, hpa, PAGE - 1, RW, AXVM_ERR_INVALID_INPUT },
		{ END, hpa, 0, RW, AXVM_ERR_INVALID_INPUT },
		{ LIMIT, hpa, PAGE, RW, AXVM_ERR_INVALID_INPUT },
		{ LIMIT - PAGE, hpa, 2 * PAGE, RW, AXVM_ERR_INVALID_INPUT },
		{ last, hpa, PAGE, RW, AXVM_ERR_INVALID_INPUT },
		{ END, hpa, last, RW, AXVM_ERR_INVALID_INPUT },
		{ END, last, PAGE, RW, AXVM_ERR_INVALID_INPUT },
		{ END, hpa, PAGE, 0, AXVM_ERR_INVALID_INPUT },
		{ END, hpa, PAGE, RW | 0x80, AXVM_ERR_INVALID_INPUT },
		{ END, hpa, PAGE, AXVM_MEM_USER, AXVM_ERR_INVALID_INPUT },
		{ END - PAGE, hpa, 2 * PAGE, RW, AXVM_ERR_ALREADY_EXISTS },
		{ UART, hpa, PAGE, RW, AXVM_ERR_ALREADY_EXISTS },
		{ UART - 2 * PAGE, hpa, 3 * PAGE, RW, AXVM_ERR_ALREADY_EXISTS },
	};
	size_t frames = f->sim.frames_used;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(map(f, cases[i].gpa, cases[i].hpa, cases[i].size, cases[i].flags),
				 cases[i].error);
	assert_int_equal(axvm_map_region(NULL, axvm_gpa(END), f->frame, PAGE, RW),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(f->sim.frames_used, frames);
	assert_int_equal(map(f, END, hpa, PAGE, RW), AXVM_OK);
}

static enum axvm_error map_far_away(void *arg)
{
	struct fixture *f = arg;

	return map(f, LIMIT - 2 * PAGE, f->frame.v, 2 * PAGE, RW);
}

static void map_without_memory(void **state)
{
	struct fixture *f = *state;
	uint64_t word;

	assert_int_equal(sim_fail_each_allocation(&f->sim, map_far_away, f), 3); /* of its levels */
	assert_true(guest_load(&f->guest, LIMIT - 8, &word));
}

static void unmap_refuses(void **state)
{
	struct fixture *f = *state;
	uint64_t word = 7;

	assert_int_equal(unmap(f, RAM + 1, PAGE), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(unmap(f, RAM, PAGE + 1), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(unmap(f, RAM, 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(unmap(f, LIMIT, PAGE), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(unmap(f, RAM, UINT64_MAX - PAGE + 1), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(unmap(f, UINT64_MAX - PAGE + 1, PAGE), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_unmap_region(NULL, axvm_gpa(RAM), PAGE), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(unmap(f, END, PAGE), AXVM_ERR_NOT_FOUND);
	assert_int_equal(unmap(f, END - PAGE, 2 * PAGE), AXVM_ERR_NOT_FOUND);
	assert_int_equal(unmap(f, UART, PAGE), AXVM_ERR_NOT_FOUND);
	assert_int_equal(axvm_write_to_guest(f->vm, axvm_gpa(END - 8), &word, 8), AXVM_OK);
	assert_int_equal(unmap(f, RAM + PAGE, PAGE), AXVM_OK);
	assert_int_equal(unmap(f, RAM + PAGE, PAGE), AXVM_ERR_NOT_FOUND);
	assert_int_equal(axvm_write_to_guest(f->vm, axvm_gpa(RAM + PAGE - 4), &word, 8),
			 AXVM_ERR_INVALID_INPUT);
}

static enum axvm_error unmap_a_page(void *arg)
{
	return unmap(arg, RAM + PAGE, PAGE);
}

/* A larger leaf has to be split. */
static void unmap_without_memory(void **state)
{
	struct fixture *f = *state;
	uint64_t word;

	f->sim.fail_after = 0;
	assert_int_equal(unmap_a_page(f), AXVM_ERR_NO_MEMORY);
	f->sim.fail_after = SIZE_MAX;
	assert_true(guest_load(&f->guest, RAM + PAGE, &word));
	assert_int_equal(sim_fail_each_allocation(&f->sim, unmap_a_page, f), 1);
	assert_false(guest_load(&f->guest, RAM + PAGE, &word));
	assert_true(guest_load(&f->guest, RAM, &word));
	assert_true(guest_load(&f->guest, RAM + 2 * PAGE, &word));
}

static bool guest_fetch(struct guest *g, uint64_t addr)
{
	uint64_t faults = guest_cpu(g)->fault_num;

	guest_step(g, (struct axvm_sim_step){ .op = AXVM_SIM_FETCH, .addr = addr });
	return guest_cpu(g)->fault_num == faults;
}

/* Each set of rights, as the guest sees it. */
static void lesson_16_flags_of_a_mapping_are_honoured(void **state)
{
	struct fixture *f = *state;
	uint64_t word;

	for (uint32_t flags = 1; flags <= RWX; flags++) {
		assert_int_equal(map(f, HIGH, f->frame.v, PAGE, flags | AXVM_MEM_UNCACHED),
				 AXVM_OK);
		assert_int_equal(guest_load(&f->guest, HIGH, &word), !!(flags & AXVM_MEM_READ));
		assert_int_equal(guest_store(&f->guest, HIGH, 1), !!(flags & AXVM_MEM_WRITE));
		assert_int_equal(guest_fetch(&f->guest, HIGH), !!(flags & AXVM_MEM_EXECUTE));
		assert_int_equal(unmap(f, HIGH, PAGE), AXVM_OK);
		assert_false(guest_load(&f->guest, HIGH, &word));
	}
}

/* ---- Passthrough ---- */

static void pass_through(struct fixture *f, uint64_t gpa, uint64_t hpa, uint64_t length)
{
	sim_add_device(&f->sim, DEVICE_HPA, 4 * PAGE);
	f->config.pass_through_device_num = 1;
	f->config.pass_through_devices[0] = (struct axvm_pass_through_device){
		.name = "gpio", .base_gpa = gpa, .base_hpa = hpa, .length = length
	};
	guest_boot(&f->guest, &f->sim, &f->config);
}

static void lesson_02_the_guest_reaches_base_hpa(void **state)
{
	struct fixture *f = *state;
	uint64_t word;

	pass_through(f, DEVICE_GPA, DEVICE_HPA + PAGE, PAGE);
	*(uint64_t *)sim_memory(&f->sim, DEVICE_HPA + PAGE + 8) = 0x1234;
	assert_true(guest_load(&f->guest, DEVICE_GPA + 8, &word));
	assert_int_equal(word, 0x1234);
	assert_true(guest_store(&f->guest, DEVICE_GPA + 16, 0x5678));
	assert_int_equal(*(uint64_t *)sim_memory(&f->sim, DEVICE_HPA + PAGE + 16), 0x5678);
	assert_false(guest_fetch(&f->guest, DEVICE_GPA));
	assert_false(guest_load(&f->guest, DEVICE_HPA + PAGE, &word));
	assert_false(guest_load(&f->guest, DEVICE_GPA + PAGE, &word));
}

static void lesson_03_the_guest_reaches_all_pages_of_an_unaligned_device(void **state)
{
	struct fixture *f = *state;
	uint64_t word;

	pass_through(f, DEVICE_GPA + 0xf00, DEVICE_HPA + 0xf00, PAGE + 0x200); /* three pages */
	*(uint64_t *)sim_memory(&f->sim, DEVICE_HPA + 2 * PAGE + 0xf8) = 0x77;
	assert_true(guest_load(&f->guest, DEVICE_GPA + 2 * PAGE + 0xf8, &word));
	assert_int_equal(word, 0x77);
	assert_true(guest_load(&f->guest, DEVICE_GPA + 0xf00, &word));
	assert_false(guest_load(&f->guest, DEVICE_GPA + 3 * PAGE, &word));
}

/* ---- Copying ---- */

static enum axvm_error rd(struct fixture *f, uint64_t gpa, void *buf, size_t len)
{
	return axvm_read_from_guest(f->vm, axvm_gpa(gpa), buf, len);
}

static enum axvm_error wr(struct fixture *f, uint64_t gpa, const void *buf, size_t len)
{
	return axvm_write_to_guest(f->vm, axvm_gpa(gpa), buf, len);
}

static void copies_are_whole_or_none(void **state)
{
	struct fixture *f = *state;
	uint8_t buf[64], before[64];

	memset(before, 0x11, sizeof(before));
	memcpy(buf, before, sizeof(buf));
	assert_int_equal(rd(f, END - 32, buf, 64), AXVM_ERR_INVALID_INPUT);
	assert_memory_equal(buf, before, sizeof(buf));
	assert_int_equal(wr(f, END - 32, buf, 64), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(rd(f, END - 32, buf, 32), AXVM_OK);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(buf[i], 0);
	assert_int_equal(rd(f, UINT64_MAX - 8, buf, 64), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(rd(f, RAM, buf, SIZE_MAX), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(wr(f, UINT64_MAX, buf, 1), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(rd(f, UART, buf, 4), AXVM_ERR_INVALID_INPUT); /* a device is no memory */
}

static void copies_refuse_null(void **state)
{
	struct fixture *f = *state;
	uint8_t byte = 0;

	assert_int_equal(axvm_read_from_guest(NULL, axvm_gpa(RAM), &byte, 1),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_write_to_guest(NULL, axvm_gpa(RAM), &byte, 1),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(rd(f, RAM, NULL, 1), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(wr(f, RAM, NULL, 1), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(rd(f, RAM, NULL, 0), AXVM_OK);
}

/* The second page lies elsewhere on the host, and is mapped beside the RAM's end. */
static void copies_cross_regions(void **state)
{
	struct fixture *f = *state;
	uint8_t out[100], in[100] = { 0 };

	for (unsigned i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i + 1);
	assert_int_equal(map(f, END, f->frame.v, PAGE, RW), AXVM_OK);
	assert_int_equal(wr(f, END - 49, out, sizeof(out)), AXVM_OK);
	assert_memory_equal(sim_memory(&f->sim, f->frame.v), out + 49, 51);
	assert_int_equal(rd(f, END - 49, in, sizeof(in)), AXVM_OK);
	assert_memory_equal(in, out, sizeof(in));
	/* Readable only: not even the part before is written. */
	assert_int_equal(unmap(f, END, PAGE), AXVM_OK);
	assert_int_equal(map(f, END, f->frame.v, PAGE, AXVM_MEM_READ), AXVM_OK);
	memset(out, 0xee, sizeof(out));
	assert_int_equal(wr(f, END - 49, out, sizeof(out)), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(rd(f, END - 49, out, sizeof(out)), AXVM_OK);
	assert_memory_equal(in, out, sizeof(in));
}

/* At any address, both ways. */
static void lesson_11_unaligned_reads_and_writes_are_alike(void **state)
{
	struct fixture *f = *state;

	for (unsigned offset = 0; offset < 16; offset++) {
		for (unsigned len = 1; len <= 16; len++) {
			uint8_t out[16], in[16] = { 0 };

			memset(out, (int)(16 * offset + len), sizeof(out));
			assert_int_equal(wr(f, RAM + PAGE - 8 + offset, out, len), AXVM_OK);
			assert_int_equal(rd(f, RAM + PAGE - 8 + offset, in, len), AXVM_OK);
			assert_memory_equal(in, out, len);
		}
	}
}

static enum axvm_error pieces_of(struct fixture *f, uint64_t gpa, uint64_t size,
				 struct axvm_host_piece *pieces, size_t *num)
{
	return axvm_get_image_load_region(f->vm, axvm_gpa(gpa), size, pieces, num);
}

static void pieces_across_regions(void **state)
{
	struct fixture *f = *state;
	struct axvm_host_piece pieces[3];
	size_t num = 3;

	assert_int_equal(map(f, END, f->frame.v + PAGE, PAGE, RW), AXVM_OK);
	assert_int_equal(map(f, END + PAGE, f->frame.v, PAGE, RW),
			 AXVM_OK); /* the other way round */
	assert_int_equal(pieces_of(f, END - 64, 64 + PAGE + 16, pieces, &num), AXVM_OK);
	assert_int_equal(num, 3);
	assert_int_equal(pieces[0].size, 64);
	assert_ptr_equal(pieces[1].base, sim_memory(&f->sim, f->frame.v + PAGE));
	assert_int_equal(pieces[1].size, PAGE);
	assert_ptr_equal(pieces[2].base, sim_memory(&f->sim, f->frame.v));
	assert_int_equal(pieces[2].size, 16);
	memset(pieces[0].base, 0x5c, 64);
	assert_int_equal(rd(f, END - 1, pieces, 1), AXVM_OK);
	assert_int_equal(*(uint8_t *)pieces, 0x5c);
	num = 2;
	assert_int_equal(pieces_of(f, END - 64, 64 + PAGE + 16, pieces, &num), AXVM_ERR_NO_MEMORY);
}

static void lesson_10_an_image_load_region_that_is_not_there(void **state)
{
	struct fixture *f = *state;
	struct axvm_host_piece piece;
	size_t num = 1;

	assert_int_equal(map(f, HIGH, f->frame.v, PAGE, AXVM_MEM_READ), AXVM_OK);
	assert_int_equal(map(f, HIGH + PAGE, 0, PAGE, RW | AXVM_MEM_DEVICE), AXVM_OK);
	assert_int_equal(pieces_of(f, END, 1, &piece, &num), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(pieces_of(f, UART, 4, &piece, &num), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(pieces_of(f, HIGH, 4, &piece, &num), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(pieces_of(f, HIGH + PAGE, 4, &piece, &num), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(pieces_of(f, LIMIT, 4, &piece, &num), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_get_image_load_region(NULL, axvm_gpa(RAM), 1, &piece, &num),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(pieces_of(f, RAM, 1, NULL, &num), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(pieces_of(f, RAM, 1, &piece, NULL), AXVM_ERR_INVALID_INPUT);
}

static void lesson_29_a_load_region_past_the_end(void **state)
{
	struct fixture *f = *state;
	struct axvm_host_piece piece;
	size_t num = 1;

	assert_int_equal(pieces_of(f, END - 16, 17, &piece, &num), AXVM_ERR_INVALID_INPUT);
	num = 1;
	assert_int_equal(pieces_of(f, RAM, UINT64_MAX, &piece, &num), AXVM_ERR_INVALID_INPUT);
	num = 1;
	assert_int_equal(pieces_of(f, RAM, UINT64_MAX - RAM + 1, &piece, &num),
			 AXVM_ERR_INVALID_INPUT);
	num = 1;
	assert_int_equal(pieces_of(f, END - 16, 16, &piece, &num), AXVM_OK);
	assert_int_equal(piece.size, 16);
}

/* What a device may reach of the guest's memory is what is mapped at that moment. */
static void lesson_44_a_device_keeps_no_memory_after_an_unmap(void **state)
{
	struct fixture *f = *state;
	struct axvm_device *dev;
	uint64_t word = 0x1111;
	size_t num;

	dev = axvm_get_devices(f->vm, &num);
	assert_int_equal(map(f, HIGH, f->frame.v, PAGE, RW), AXVM_OK);
	assert_int_equal(axvm_device_write_guest(dev, axvm_gpa(HIGH), &word, 8), AXVM_OK);
	assert_int_equal(axvm_device_read_guest(dev, axvm_gpa(HIGH), &word, 8), AXVM_OK);
	assert_int_equal(unmap(f, HIGH, PAGE), AXVM_OK);
	assert_int_equal(axvm_device_read_guest(dev, axvm_gpa(HIGH), &word, 8),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_device_write_guest(dev, axvm_gpa(HIGH), &word, 8),
			 AXVM_ERR_INVALID_INPUT);
	memset(sim_memory(&f->sim, f->frame.v + PAGE), 0x22, PAGE);
	assert_int_equal(map(f, HIGH, f->frame.v + PAGE, PAGE, AXVM_MEM_READ), AXVM_OK);
	assert_int_equal(axvm_device_read_guest(dev, axvm_gpa(HIGH), &word, 8), AXVM_OK);
	assert_int_equal(word, 0x2222222222222222);
	assert_int_equal(axvm_device_write_guest(dev, axvm_gpa(HIGH), &word, 8),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(*(uint64_t *)sim_memory(&f->sim, f->frame.v), 0x1111);
}

/* ---- Devices ---- */

/* Every address of a device's edges, and many in between, with each width, read and written. */
struct prober {
	uint64_t addr, end;
	uint32_t random;
	unsigned width;
};

static bool probing_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct prober *p = arg;

	(void)cpu;
	p->random = p->random * 1664525u + 1013904223u;
	*next = (struct axvm_sim_step){
		.op = p->random >> 31 ? AXVM_SIM_LOAD : AXVM_SIM_STORE,
		.addr = p->addr,
		.value = p->random * UINT64_C(0x9e3779b97f4a7c15),
		.width = (uint8_t)p->width,
		.reg = 1,
	};
	if (p->addr == p->end)
		next->op = AXVM_SIM_YIELD;
	p->width = p->width == 8 ? 1 : 2 * p->width;
	p->addr += p->width == 1;
	return true;
}

static void probe(struct fixture *f, struct prober *p, const struct axvm_emu_device *d)
{
	struct axvm_exit exit;

	p->addr = d->base_gpa - 8;
	p->end = d->base_gpa + d->length + 8;
	p->width = 1;
	assert_int_equal(axvm_sim_set_program(f->vcpu[0], probing_program, p), AXVM_OK);
	do
		assert_int_equal(sim_run(f->guest.vm, 0, &exit), AXVM_OK);
	while (p->addr <= p->end);
}

static void lesson_39_no_access_to_a_device_reaches_past_it(void **state)
{
	struct fixture *f = *state;
	struct prober p = { .random = 1 };
	struct axvm_device *devices;
	size_t num;

	devices = axvm_get_devices(f->vm, &num);
	assert_int_equal(num, 2);
	for (unsigned i = 0; i < 8; i++)
		probe(f, &p, devices[i % 2].config);
	/* 8 bytes before and after it, in each width, are nobody's. */
	assert_true(guest_cpu(&f->guest)->fault_num >= 8 * 2 * 8 * 4);
}

/* ---- Interrupts ---- */

static enum axvm_error inject(struct fixture *f, uint64_t targets, uint32_t irq)
{
	return axvm_inject_interrupt_to_vcpu(f->vm, targets, irq);
}

static bool nothing_pending(struct fixture *f)
{
	for (uint32_t i = 0; i < CPUS; i++)
		if (arch_vcpu_irq_pending(f->vcpu[i]))
			return false;
	return true;
}

static void inject_refuses(void **state)
{
	struct fixture *f = *state;
	unsigned wakes = f->sim.wakes;

	assert_int_equal(inject(f, 0, 9), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(inject(f, 0x9, 9), AXVM_ERR_INVALID_INPUT); /* one that exists, one not */
	assert_int_equal(inject(f, UINT64_MAX, 9), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(inject(f, 1, AXVM_SIM_IRQS), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(inject(f, 1, UINT32_MAX), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_inject_interrupt_to_vcpu(NULL, 1, 9), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_set_irq_line(f->vm, AXVM_SIM_IRQS, true), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_set_irq_line(NULL, 40, true), AXVM_ERR_INVALID_INPUT);
	assert_true(nothing_pending(f));
	assert_int_equal(f->sim.wakes, wakes);
}

static void injection_reaches_each_target(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(inject(f, 0x5, 9), AXVM_OK);
	assert_int_equal(guest_claim(&f->guest), 9);
	assert_int_equal(guest_claim(&f->guest), AXVM_SIM_NO_IRQ);
	assert_false(arch_vcpu_irq_pending(f->vcpu[1]));
	assert_true(arch_vcpu_irq_pending(f->vcpu[2]));
	assert_int_equal(axvm_set_irq_line(f->vm, 40, true), AXVM_OK);
	assert_int_equal(guest_claim(&f->guest), 40);
	assert_int_equal(guest_claim(&f->guest), 40);
	assert_int_equal(axvm_set_irq_line(f->vm, 40, false), AXVM_OK);
	assert_int_equal(guest_claim(&f->guest), AXVM_SIM_NO_IRQ);
}

struct crossing {
	struct axvm *target;
	struct axvm_hal *hal;
	uint32_t current; /* VM while the injection was made */
	enum axvm_error result;
};

static bool crossing_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct crossing *c = arg;

	if (cpu->pc == 0) {
		c->current = c->hal->current_vm_id(c->hal);
		c->result = axvm_inject_interrupt_to_vcpu(c->target, 2, 11);
	}
	next->op = AXVM_SIM_YIELD;
	return true;
}

/* By a CPU that is in the middle of running another VM; and by one that runs none. */
static void lesson_08_injection_into_another_vm(void **state)
{
	struct fixture *f = *state;
	struct crossing c = { .hal = &f->sim.hal, .target = f->vm };
	struct axvm_vcpu *vcpu;
	struct axvm_exit exit;
	struct sim_vm *other;

	sim_config(&f->config, 2, 1);
	assert_int_equal(sim_vm_new(&f->sim, &f->config, &other, NULL), AXVM_OK);
	assert_int_equal(axvm_vcpu(other->vm, 0, &vcpu), AXVM_OK);
	assert_int_equal(axvm_sim_set_program(vcpu, crossing_program, &c), AXVM_OK);
	assert_int_equal(axvm_boot(other->vm), AXVM_OK);
	assert_int_equal(sim_run(other, 0, &exit), AXVM_OK);
	assert_int_equal(c.current, 2);
	assert_int_equal(c.result, AXVM_OK);
	assert_true(irqset_test(&f->vcpu[1]->arch.pending, 11));
	assert_false(arch_vcpu_irq_pending(vcpu));
	assert_int_equal(f->sim.hal.current_vm_id(&f->sim.hal), AXVM_NO_ID);
	assert_int_equal(axvm_inject_interrupt_to_vcpu(other->vm, 1, 12), AXVM_OK);
	assert_true(irqset_test(&vcpu->arch.pending, 12));
	sim_vm_free(other);
}

static bool waiting_program(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	(void)cpu;
	(void)arg;
	next->op = AXVM_SIM_NOP;
	return true;
}

/* A running target on another CPU is kicked, a halted one woken; its own CPU needs neither. */
static void a_running_target_is_kicked(void **state)
{
	struct fixture *f = *state;
	unsigned kicks;

	assert_int_equal(axvm_sim_set_program(f->vcpu[0], waiting_program, NULL), AXVM_OK);
	sim_vm_start(f->guest.vm);
	while (!__atomic_load_n(&f->vcpu[0]->in_guest, __ATOMIC_SEQ_CST))
		usleep(100);
	kicks = __atomic_load_n(&f->sim.kicks, __ATOMIC_RELAXED);
	assert_int_equal(inject(f, 1, 9), AXVM_OK);
	assert_int_equal(__atomic_load_n(&f->sim.kicks, __ATOMIC_RELAXED), kicks + 1);
	assert_int_equal(axvm_shutdown(f->vm), AXVM_OK);
	sim_vm_join(f->guest.vm);
}

static void a_halted_target_is_woken(void **state)
{
	struct fixture *f = *state;
	unsigned wakes, kicks = f->sim.kicks;

	assert_int_equal(guest_step(&f->guest, (struct axvm_sim_step){ .op = AXVM_SIM_HALT }),
			 AXVM_EXIT_HALT);
	assert_false(axvm_vcpu_runnable(f->vcpu[0]));
	wakes = f->sim.wakes;
	assert_int_equal(inject(f, 1, 9), AXVM_OK);
	assert_int_equal(f->sim.wakes, wakes + 1);
	assert_int_equal(f->sim.kicks, kicks);
	assert_true(axvm_vcpu_runnable(f->vcpu[0]));
	assert_int_equal(guest_claim(&f->guest), 9);
}

/* ---- Images, console, entry ---- */

static const uint8_t kernel[PAGE] = { 1, 2, 3, 4 };

static void expect_load(struct axvm *vm, const struct axvm_images *images, enum axvm_error error)
{
	struct axvm_diag diag = { 0 };

	assert_int_equal(axvm_load_images(vm, images, &diag), error);
	assert_int_equal(diag.error, error);
	assert_true(error == AXVM_OK || diag.what);
}

static void load_images_refuses(void **state)
{
	struct fixture *f = *state;
	static uint8_t large[SIZE];
	const struct axvm_images good = { .kernel = { kernel, sizeof(kernel) } };
	struct axvm_images images = good;
	struct axvm *vm;

	assert_int_equal(axvm_new(&f->sim.hal, &f->config, &vm, NULL), AXVM_OK);
	expect_load(NULL, &good, AXVM_ERR_INVALID_INPUT);
	expect_load(vm, NULL, AXVM_ERR_INVALID_INPUT);
	expect_load(vm, &(struct axvm_images){ 0 }, AXVM_ERR_NOT_FOUND);
	images.kernel.size = 0;
	expect_load(vm, &images, AXVM_ERR_INVALID_DATA);
	images.kernel = (struct axvm_image){ "\x7f"
					     "ELF",
					     4 };
	expect_load(vm, &images, AXVM_ERR_INVALID_DATA);
	images = good;
	images.ramdisk = (struct axvm_image){ large, sizeof(large) };
	expect_load(vm, &images, AXVM_ERR_INVALID_INPUT);
	images = good;
	images.dtb = (struct axvm_image){ large, PAGE };
	expect_load(vm, &images, AXVM_ERR_INVALID_DATA);
	expect_load(vm, &good, AXVM_OK);
	assert_int_equal(axvm_boot(vm), AXVM_OK);
	expect_load(vm, &good, AXVM_ERR_BAD_STATE);
	axvm_put(vm);
}

static void console_input(void **state)
{
	struct fixture *f = *state;
	uint8_t bytes[100] = { 'a' };
	uint64_t word;

	assert_int_equal(axvm_console_input(f->vm, NULL, 1), 0);
	assert_int_equal(axvm_console_input(f->vm, bytes, 0), 0);
	assert_int_equal(axvm_console_input(f->vm, bytes, 1), 1);
	guest_load(&f->guest, UART, &word);
	assert_int_equal(word & 0xff, 'a');
	assert_in_range(axvm_console_input(f->vm, bytes, sizeof(bytes)), 1, 32); /* its FIFO */
	assert_int_equal(axvm_console_input(f->vm, bytes, sizeof(bytes)), 0);
}

static void no_console(void **state)
{
	struct fixture *f = *state;
	struct axvm *vm;

	f->config.emu_device_num = 2;
	assert_int_equal(axvm_new(&f->sim.hal, &f->config, &vm, NULL), AXVM_OK);
	assert_int_equal(axvm_console_input(vm, (const uint8_t *)"a", 1), 0);
	axvm_put(vm);
}

/* A host that puts the kernel there by itself has said where it begins. */
static void begins_at_the_configured_entry(void **state)
{
	struct fixture *f = *state;

	guest_step(&f->guest, (struct axvm_sim_step){ .op = AXVM_SIM_NOP });
	assert_int_equal(guest_cpu(&f->guest)->entry, ENTRY);
}

/* ---- Reset ---- */

/* What axvm_map_region() and axvm_unmap_region() have changed is undone, which takes memory. */
static void reset_with_each_allocation_failing(void **state)
{
	struct fixture *f = *state;
	enum axvm_error err = AXVM_ERR_NO_MEMORY;
	uint64_t word;
	size_t frames, num;

	assert_int_equal(unmap(f, RAM, SIZE), AXVM_OK);
	assert_int_equal(map(f, HIGH, f->frame.v, PAGE, RW), AXVM_OK);
	assert_int_equal(axvm_shutdown(f->vm), AXVM_OK);
	frames = f->sim.frames_used;
	for (num = 0; err != AXVM_OK; num++) {
		assert_true(num < 100);
		f->sim.fail_after = num;
		while ((err = axvm_reset(f->vm)) == AXVM_ERR_WOULD_BLOCK)
			;
		f->sim.fail_after = SIZE_MAX;
		if (err == AXVM_OK)
			break;
		assert_int_equal(err, AXVM_ERR_NO_MEMORY);
		assert_int_equal(f->sim.frames_used, frames);
		assert_int_equal(axvm_status(f->vm), AXVM_VM_STOPPED);
		assert_int_equal(rd(f, HIGH, &word, 8), AXVM_OK);
		assert_int_equal(rd(f, RAM, &word, 8), AXVM_ERR_INVALID_INPUT);
	}
	assert_true(num > 0);
	assert_int_equal(axvm_status(f->vm), AXVM_VM_CREATED);
	assert_int_equal(rd(f, RAM, &word, 8), AXVM_OK);
	assert_int_equal(rd(f, HIGH, &word, 8), AXVM_ERR_INVALID_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define PLAIN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define GUEST(name) cmocka_unit_test_setup_teardown(name, setup_guest, teardown)
		GUEST(map_refuses),
		GUEST(map_without_memory),
		GUEST(unmap_refuses),
		GUEST(unmap_without_memory),
		GUEST(lesson_16_flags_of_a_mapping_are_honoured),
		PLAIN(lesson_02_the_guest_reaches_base_hpa),
		PLAIN(lesson_03_the_guest_reaches_all_pages_of_an_unaligned_device),
		GUEST(copies_are_whole_or_none),
		GUEST(copies_refuse_null),
		GUEST(copies_cross_regions),
		GUEST(lesson_11_unaligned_reads_and_writes_are_alike),
		GUEST(pieces_across_regions),
		GUEST(lesson_10_an_image_load_region_that_is_not_there),
		GUEST(lesson_29_a_load_region_past_the_end),
		GUEST(lesson_44_a_device_keeps_no_memory_after_an_unmap),
		GUEST(lesson_39_no_access_to_a_device_reaches_past_it),
		GUEST(inject_refuses),
		GUEST(injection_reaches_each_target),
		GUEST(lesson_08_injection_into_another_vm),
		GUEST(a_running_target_is_kicked),
		GUEST(a_halted_target_is_woken),
		PLAIN(load_images_refuses),
		GUEST(console_input),
		PLAIN(no_console),
		GUEST(begins_at_the_configured_entry),
		GUEST(reset_with_each_allocation_failing),
	};

	return cmocka_run_group_tests_name("vm", tests, NULL, NULL);
}
