/* SPDX-License-Identifier: Apache-2.0 */
/* Channels between VMs, and the hypercalls that guests use them by. */
#include "guest_calls.h"
#include "vm.h"
#include <axvm/hypercall.h>
#include <stdlib.h>
#include <string.h>

#define MIB	UINT64_C(0x100000)
#define PAGE	UINT64_C(0x1000)
#define WINDOW	UINT64_C(0x0c000000)
#define KEY	UINT64_C(7)
#define MOST	(4 * PAGE)
#define BELL(n) (32 + 40 + (n)) /* interrupt of the VM with that index */

enum { PUB, SUB, READER, STRANGER, VMS };

struct fixture {
	struct sim_host host;
	struct guest guests[VMS];
};

static void add_window(struct axvm_config *c, uint64_t length)
{
	c->emu_devices[c->emu_device_num++] = (struct axvm_emu_device){
		.name = "ivc",
		.base_gpa = WINDOW,
		.length = length,
		.emu_type = AXVM_EMU_IVC_CHANNEL,
	};
}

static void configure(struct axvm_config *c, uint32_t i)
{
	static const char *const names[] = { "pub", "sub", "reader", "stranger" };
	struct axvm_ivc_channel *channel = &c->ivc_channels[0];

	sim_config(c, i + 1, 1);
	strcpy(c->name, names[i]);
	add_window(c, 16 * PAGE);
	c->ivc_channel_num = 1;
	channel->key = KEY;
	channel->irq_id = 40 + i;
	if (i != PUB) {
		strcpy(channel->publisher, "pub");
		return;
	}
	channel->size = MOST;
	channel->subscriber_num = 2;
	strcpy(channel->subscribers[0].name, "sub");
	channel->subscribers[0].rights = AXVM_ACCESS_READ | AXVM_ACCESS_WRITE;
	strcpy(channel->subscribers[1].name, "reader");
	channel->subscribers[1].rights = AXVM_ACCESS_READ;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct axvm_config *config = malloc(sizeof(*config));

	sim_host_init(&f->host);
	for (uint32_t i = 0; i < VMS; i++) {
		configure(config, i);
		guest_boot(&f->guests[i], &f->host, config);
	}
	free(config);
	*state = f;
	return 0;
}

static void end_vm(struct guest *g)
{
	if (g->vm)
		sim_vm_free(g->vm);
	g->vm = NULL;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < VMS; i++)
		end_vm(&f->guests[i]);
	sim_host_fini(&f->host);
	free(f);
	return 0;
}

static int64_t publish(struct guest *g, uint64_t size)
{
	return guest_call(g, AXVM_HYPERCALL_IVC_PUBLISH, KEY, size);
}

static int64_t subscribe(struct guest *g)
{
	return guest_call(g, AXVM_HYPERCALL_IVC_SUBSCRIBE, KEY, 0);
}

static int64_t channel_size(struct guest *g)
{
	return guest_call(g, AXVM_HYPERCALL_IVC_SIZE, KEY, 0);
}

static int64_t notify(struct guest *g)
{
	return guest_call(g, AXVM_HYPERCALL_IVC_NOTIFY, KEY, 0);
}

static int64_t release(struct guest *g)
{
	return guest_call(g, AXVM_HYPERCALL_IVC_RELEASE, KEY, 0);
}

/* ---- Hypercalls ---- */

static void version_and_features(void **state)
{
	struct fixture *f = *state;
	struct axvm_config *config = calloc(1, sizeof(*config));
	struct guest plain = { 0 };

	sim_config(config, 9, 1);
	guest_boot(&plain, &f->host, config);
	free(config);
	assert_int_equal(guest_call(&f->guests[PUB], AXVM_HYPERCALL_VERSION, 0, 0), 0x10000);
	assert_int_equal(guest_call(&f->guests[PUB], AXVM_HYPERCALL_FEATURES, 0, 0),
			 AXVM_FEATURE_IVC);
	assert_int_equal(guest_call(&plain, AXVM_HYPERCALL_FEATURES, 0, 0), 0);
	end_vm(&plain);
}

static void lesson_25_a_failed_hypercall_says_why(void **state)
{
	struct fixture *f = *state;
	const uint64_t unknown[] = { 7, 8, 0x7fff, 0x10000, UINT64_MAX, UINT64_C(1) << 63 };

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(guest_call(&f->guests[PUB], unknown[i], 1, 2),
				 AXVM_ERR_UNSUPPORTED);
	assert_int_equal(notify(&f->guests[PUB]), AXVM_ERR_NOT_FOUND);
}

static void a_number_of_the_hosts_reaches_it(void **state)
{
	struct fixture *f = *state;
	struct guest *g = &f->guests[PUB];
	struct axvm_sim_step step = { .op = AXVM_SIM_HYPERCALL, .value = 0x8001, .args = { 5, 6 } };
	struct axvm_vcpu *vcpu;
	struct axvm_exit exit;

	g->step = step;
	g->wanted = true;
	assert_int_equal(sim_run(g->vm, 0, &exit), AXVM_OK);
	assert_int_equal(exit.reason, AXVM_EXIT_HYPERCALL);
	assert_int_equal(exit.hypercall.nr, 0x8001);
	assert_int_equal(exit.hypercall.args[1], 6);
	assert_int_equal((int64_t)guest_cpu(g)->gpr[0], AXVM_ERR_UNSUPPORTED);
	assert_int_equal(axvm_vcpu(g->vm->vm, 0, &vcpu), AXVM_OK);
	assert_int_equal(axvm_vcpu_set_return_value(vcpu, 77), AXVM_OK);
	assert_int_equal(guest_cpu(g)->gpr[0], 77);
}

/* ---- Publishing and subscribing ---- */

static void both_ends_see_the_same_memory(void **state)
{
	struct fixture *f = *state;
	int64_t from = publish(&f->guests[PUB], MOST - 5), to = subscribe(&f->guests[SUB]);
	uint64_t value;

	assert_int_equal(from, WINDOW);
	assert_int_equal(to, WINDOW);
	assert_int_equal(channel_size(&f->guests[PUB]), MOST);
	assert_int_equal(channel_size(&f->guests[SUB]), MOST);
	assert_true(guest_load(&f->guests[SUB], WINDOW + MOST - 8, &value));
	assert_int_equal(value, 0); /* although fresh frames are not */
	assert_true(guest_store(&f->guests[PUB], WINDOW + MOST - 8, 0x1234));
	assert_true(guest_load(&f->guests[SUB], WINDOW + MOST - 8, &value));
	assert_int_equal(value, 0x1234);
	assert_true(guest_store(&f->guests[SUB], WINDOW, 0x77));
	assert_true(guest_load(&f->guests[PUB], WINDOW, &value));
	assert_int_equal(value, 0x77);
	assert_false(guest_load(&f->guests[PUB], WINDOW + MOST, &value)); /* no byte more */
}

static void rights_are_what_the_publisher_gives(void **state)
{
	struct fixture *f = *state;
	uint64_t value;

	publish(&f->guests[PUB], MOST);
	assert_int_equal(subscribe(&f->guests[READER]), WINDOW);
	assert_true(guest_load(&f->guests[READER], WINDOW, &value));
	assert_false(guest_store(&f->guests[READER], WINDOW, 1));
	assert_true(guest_load(&f->guests[PUB], WINDOW, &value));
	assert_int_equal(value, 0);
	assert_int_equal(subscribe(&f->guests[SUB]), WINDOW);
	guest_step(&f->guests[SUB], (struct axvm_sim_step){ .op = AXVM_SIM_FETCH, .addr = WINDOW });
	assert_int_equal(guest_cpu(&f->guests[SUB])->fault,
			 AXVM_SIM_FAULT_ABORT); /* nobody may execute there */
}

static void lesson_24_only_the_named_may_subscribe(void **state)
{
	struct fixture *f = *state;

	publish(&f->guests[PUB], MOST);
	assert_int_equal(subscribe(&f->guests[STRANGER]), AXVM_ERR_PERMISSION_DENIED);
	assert_int_equal(channel_size(&f->guests[STRANGER]), AXVM_ERR_NOT_FOUND);
}

/* Of any size, as often as one likes: no guest address and no frame stays behind. */
static void lesson_24_nothing_leaks(void **state)
{
	struct fixture *f = *state;
	size_t frames = f->host.frames_used;

	for (unsigned i = 0; i < 500; i++) {
		assert_int_equal(publish(&f->guests[PUB], 1 + i % MOST), WINDOW);
		assert_int_equal(subscribe(&f->guests[SUB]), WINDOW);
		assert_int_equal(release(&f->guests[PUB]), 0);
		assert_int_equal(release(&f->guests[SUB]), 0);
		if (i == 0)
			frames = f->host.frames_used; /* tables of the window may stay */
		assert_int_equal(f->host.frames_used, frames);
	}
}

static void lesson_09_releasing_twice_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(release(&f->guests[PUB]), AXVM_ERR_NOT_FOUND);
	publish(&f->guests[PUB], MOST);
	assert_int_equal(release(&f->guests[PUB]), 0);
	assert_int_equal(release(&f->guests[PUB]), AXVM_ERR_NOT_FOUND);
	assert_int_equal(guest_call(&f->guests[PUB], AXVM_HYPERCALL_IVC_RELEASE, 99, 0),
			 AXVM_ERR_NOT_FOUND);
}

static void publish_refuses(void **state)
{
	struct fixture *f = *state;
	size_t frames = f->host.frames_used;

	assert_int_equal(publish(&f->guests[PUB], 0), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(publish(&f->guests[PUB], MOST + 1), AXVM_ERR_PERMISSION_DENIED);
	assert_int_equal(publish(&f->guests[PUB], UINT64_MAX), AXVM_ERR_PERMISSION_DENIED);
	assert_int_equal(publish(&f->guests[SUB], MOST), AXVM_ERR_NOT_FOUND);
	assert_int_equal(guest_call(&f->guests[PUB], AXVM_HYPERCALL_IVC_PUBLISH, 8, MOST),
			 AXVM_ERR_NOT_FOUND);
	assert_int_equal(guest_call(&f->guests[PUB], AXVM_HYPERCALL_IVC_PUBLISH,
				    KEY | UINT64_C(1) << 32, MOST),
			 AXVM_ERR_NOT_FOUND);
	assert_int_equal(f->host.frames_used, frames);
	publish(&f->guests[PUB], MOST);
	frames = f->host.frames_used;
	assert_int_equal(publish(&f->guests[PUB], MOST), AXVM_ERR_ALREADY_EXISTS);
	assert_int_equal(f->host.frames_used, frames);
}

static void subscribe_refuses(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(subscribe(&f->guests[SUB]), AXVM_ERR_NOT_FOUND); /* not published yet */
	assert_int_equal(subscribe(&f->guests[PUB]), AXVM_ERR_NOT_FOUND); /* its own */
	publish(&f->guests[PUB], MOST);
	assert_int_equal(subscribe(&f->guests[SUB]), WINDOW);
	assert_int_equal(subscribe(&f->guests[SUB]), AXVM_ERR_ALREADY_EXISTS);
	end_vm(&f->guests[PUB]);
	assert_int_equal(subscribe(&f->guests[READER]), AXVM_ERR_NOT_FOUND); /* gone */
}

static void publish_without_memory(void **state)
{
	struct fixture *f = *state;
	size_t frames = f->host.frames_used;
	int64_t result = AXVM_ERR_NO_MEMORY;

	for (size_t num = 0; result < 0; num++) {
		f->host.fail_after = num;
		result = publish(&f->guests[PUB], MOST);
		f->host.fail_after = SIZE_MAX;
		if (result >= 0)
			break;
		assert_int_equal(result, AXVM_ERR_NO_MEMORY);
		assert_int_equal(f->host.frames_used, frames);
	}
	f->host.fail_after = 0;
	assert_int_equal(subscribe(&f->guests[SUB]), AXVM_ERR_NO_MEMORY);
	f->host.fail_after = SIZE_MAX;
	assert_int_equal(channel_size(&f->guests[SUB]), AXVM_ERR_NOT_FOUND);
	assert_int_equal(subscribe(&f->guests[SUB]), WINDOW);
}

/* A VM that publishes channels of these sizes in a window of this length. */
static void boot_publisher(struct fixture *f, struct guest *g, uint64_t length,
			   const uint64_t sizes[2])
{
	struct axvm_config *config = calloc(1, sizeof(*config));

	sim_config(config, 9, 1);
	add_window(config, length);
	for (uint32_t i = 0; i < 2; i++) {
		config->ivc_channels[i] = (struct axvm_ivc_channel){
			.key = i,
			.irq_id = 50 + i,
			.size = sizes[i],
			.subscriber_num = 1,
			.subscribers = { { "sub", AXVM_ACCESS_READ } },
		};
	}
	config->ivc_channel_num = 2;
	guest_boot(g, &f->host, config);
	free(config);
}

/* No call holds its CPU for long: it clears a part, and says so. */
static void a_large_channel_is_cleared_in_steps(void **state)
{
	static const uint64_t sizes[] = { 20 * MIB, PAGE };
	struct fixture *f = *state;
	struct guest g = { 0 };
	size_t frames;
	uint64_t value;

	boot_publisher(f, &g, 32 * MIB, sizes);
	frames = f->host.frames_used;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(guest_call(&g, AXVM_HYPERCALL_IVC_PUBLISH, 0, 20 * MIB),
				 AXVM_ERR_WOULD_BLOCK);
	assert_int_equal(guest_call(&g, AXVM_HYPERCALL_IVC_SIZE, 0, 0), AXVM_ERR_NOT_FOUND);
	assert_int_equal(guest_call(&g, AXVM_HYPERCALL_IVC_PUBLISH, 0, 20 * MIB), WINDOW);
	assert_true(guest_load(&g, WINDOW + 20 * MIB - 8, &value));
	assert_int_equal(value, 0);
	assert_int_equal(guest_call(&g, AXVM_HYPERCALL_IVC_RELEASE, 0, 0), 0);
	assert_int_equal(f->host.frames_used, frames);
	/* One that changes its mind, or stops in the middle, keeps nothing. */
	guest_call(&g, AXVM_HYPERCALL_IVC_PUBLISH, 0, 20 * MIB);
	assert_int_equal(guest_call(&g, AXVM_HYPERCALL_IVC_PUBLISH, 0, PAGE), WINDOW);
	assert_int_equal(guest_call(&g, AXVM_HYPERCALL_IVC_RELEASE, 0, 0), 0);
	assert_int_equal(f->host.frames_used, frames);
	guest_call(&g, AXVM_HYPERCALL_IVC_PUBLISH, 0, 20 * MIB);
	assert_true(f->host.frames_used >= frames + 20 * MIB / PAGE);
	assert_int_equal(axvm_shutdown(g.vm->vm), AXVM_OK);
	assert_int_equal(f->host.frames_used, frames);
	end_vm(&g);
}

/* Nothing is taken from the host for a call that cannot succeed. */
static void one_vcpu_publishes_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct ivc_end *end = &f->guests[PUB].vm->vm->ivc.ends[0];
	size_t frames = f->host.frames_used;

	end->making.busy = true;
	assert_int_equal(publish(&f->guests[PUB], MOST), AXVM_ERR_WOULD_BLOCK);
	assert_int_equal(f->host.frames_used, frames);
	end->making.busy = false;
	assert_int_equal(publish(&f->guests[PUB], MOST), WINDOW);
	f->host.fail_after = 0;
	assert_int_equal(publish(&f->guests[PUB], MOST), AXVM_ERR_ALREADY_EXISTS);
	f->host.fail_after = SIZE_MAX;
}

/* What axvm_config_check() lets pass finds its place, the free page between included. */
static void channels_that_fill_the_window(void **state)
{
	static const uint64_t sizes[] = { 3 * PAGE, 4 * PAGE };
	struct fixture *f = *state;
	struct guest g = { 0 };

	boot_publisher(f, &g, 8 * PAGE, sizes);
	assert_int_equal(guest_call(&g, AXVM_HYPERCALL_IVC_PUBLISH, 0, 3 * PAGE), WINDOW);
	assert_int_equal(guest_call(&g, AXVM_HYPERCALL_IVC_PUBLISH, 1, 4 * PAGE),
			 WINDOW + 4 * PAGE);
	end_vm(&g);
}

/* ---- Doorbells ---- */

static void doorbells_ring_each_way(void **state)
{
	struct fixture *f = *state;

	publish(&f->guests[PUB], MOST);
	assert_int_equal(notify(&f->guests[PUB]), 0); /* nobody there */
	subscribe(&f->guests[SUB]);
	subscribe(&f->guests[READER]);
	assert_int_equal(notify(&f->guests[PUB]), 2);
	assert_int_equal(guest_claim(&f->guests[SUB]), BELL(SUB));
	assert_int_equal(guest_claim(&f->guests[READER]), BELL(READER));
	assert_int_equal(guest_claim(&f->guests[PUB]), AXVM_SIM_NO_IRQ);
	assert_int_equal(notify(&f->guests[READER]), 1);
	assert_int_equal(guest_claim(&f->guests[PUB]), BELL(PUB));
	assert_int_equal(guest_claim(&f->guests[SUB]), AXVM_SIM_NO_IRQ);
	assert_int_equal(guest_claim(&f->guests[STRANGER]), AXVM_SIM_NO_IRQ);
}

static void a_release_rings_and_leaves_the_memory(void **state)
{
	struct fixture *f = *state;
	uint64_t value;

	publish(&f->guests[PUB], MOST);
	subscribe(&f->guests[SUB]);
	guest_store(&f->guests[PUB], WINDOW, 0xabcd);
	assert_int_equal(release(&f->guests[PUB]), 0);
	assert_false(guest_load(&f->guests[PUB], WINDOW, &value));
	assert_int_equal(guest_claim(&f->guests[SUB]), BELL(SUB));
	assert_true(guest_load(&f->guests[SUB], WINDOW, &value));
	assert_int_equal(value, 0xabcd);
	assert_int_equal(notify(&f->guests[SUB]), AXVM_ERR_NOT_FOUND);
	assert_int_equal(subscribe(&f->guests[READER]), AXVM_ERR_NOT_FOUND);
	/* What is published anew is new memory. */
	assert_int_equal(publish(&f->guests[PUB], PAGE), WINDOW);
	assert_true(guest_load(&f->guests[PUB], WINDOW, &value));
	assert_int_equal(value, 0);
	assert_int_equal(notify(&f->guests[PUB]), 0);
	assert_int_equal(release(&f->guests[SUB]), 0);
	assert_false(guest_load(&f->guests[SUB], WINDOW, &value));
}

/* ---- The end of a VM ---- */

static void reset_vm(struct guest *g)
{
	enum axvm_error err;

	do {
		err = axvm_reset(g->vm->vm);
	} while (err == AXVM_ERR_WOULD_BLOCK);
	assert_int_equal(err, AXVM_OK);
	assert_int_equal(axvm_boot(g->vm->vm), AXVM_OK);
}

static void a_stop_takes_channels_down(void **state)
{
	struct fixture *f = *state;
	uint64_t value;

	publish(&f->guests[PUB], MOST);
	subscribe(&f->guests[SUB]);
	subscribe(&f->guests[READER]);
	assert_int_equal(axvm_shutdown(f->guests[SUB].vm->vm), AXVM_OK);
	assert_int_equal(axvm_status(f->guests[SUB].vm->vm), AXVM_VM_STOPPED);
	assert_int_equal(axvm_read_from_guest(f->guests[SUB].vm->vm, axvm_gpa(WINDOW), &value, 8),
			 AXVM_ERR_INVALID_INPUT);
	assert_int_equal(notify(&f->guests[PUB]), 1); /* the reader */
	guest_claim(&f->guests[READER]);
	assert_int_equal(axvm_shutdown(f->guests[PUB].vm->vm), AXVM_OK);
	assert_int_equal(guest_claim(&f->guests[READER]), BELL(READER));
	assert_int_equal(notify(&f->guests[READER]), AXVM_ERR_NOT_FOUND);
	reset_vm(&f->guests[PUB]);
	reset_vm(&f->guests[SUB]);
	assert_int_equal(channel_size(&f->guests[PUB]), AXVM_ERR_NOT_FOUND);
	assert_int_equal(publish(&f->guests[PUB], MOST), WINDOW);
	assert_int_equal(subscribe(&f->guests[SUB]), WINDOW);
}

static void memory_outlives_its_publisher(void **state)
{
	struct fixture *f = *state;
	uint64_t value;

	publish(&f->guests[PUB], MOST);
	subscribe(&f->guests[SUB]);
	guest_store(&f->guests[PUB], WINDOW, 5);
	assert_int_equal(axvm_destroy(f->guests[PUB].vm->vm), AXVM_OK);
	end_vm(&f->guests[PUB]);
	assert_true(guest_load(&f->guests[SUB], WINDOW, &value));
	assert_int_equal(value, 5);
}

/* ---- The host's own use of the window ---- */

static void the_host_takes_and_releases_ranges(void **state)
{
	struct fixture *f = *state;
	struct axvm *vm = f->guests[PUB].vm->vm;
	axvm_gpa_t one, two;
	uint64_t actual;

	assert_int_equal(axvm_alloc_ivc_channel(vm, 1, &one, &actual), AXVM_OK);
	assert_int_equal(one.v, WINDOW);
	assert_int_equal(actual, PAGE);
	assert_int_equal(axvm_alloc_ivc_channel(vm, 2 * PAGE + 1, &two, &actual), AXVM_OK);
	assert_int_equal(actual, 3 * PAGE);
	assert_true(two.v >= WINDOW + PAGE);
	assert_int_equal(axvm_release_ivc_channel(vm, two, PAGE), AXVM_ERR_NOT_FOUND);
	assert_int_equal(axvm_release_ivc_channel(vm, two, 3 * PAGE), AXVM_OK);
	assert_int_equal(axvm_release_ivc_channel(vm, two, 3 * PAGE), AXVM_ERR_NOT_FOUND);
	assert_int_equal(axvm_release_ivc_channel(vm, one, 1), AXVM_OK);
	assert_int_equal(axvm_release_ivc_channel(vm, axvm_gpa(0), PAGE), AXVM_ERR_NOT_FOUND);
	/* All of it again, in one piece. */
	assert_int_equal(axvm_alloc_ivc_channel(vm, 16 * PAGE, &one, &actual), AXVM_OK);
	assert_int_equal(axvm_alloc_ivc_channel(vm, 1, &two, &actual), AXVM_ERR_NO_MEMORY);
}

static void alloc_refuses(void **state)
{
	struct fixture *f = *state;
	struct axvm *vm = f->guests[PUB].vm->vm;
	struct axvm_config *config = calloc(1, sizeof(*config));
	struct guest plain = { 0 };
	axvm_gpa_t gpa;
	uint64_t actual;

	sim_config(config, 9, 1);
	guest_boot(&plain, &f->host, config);
	free(config);
	assert_int_equal(axvm_alloc_ivc_channel(plain.vm->vm, PAGE, &gpa, &actual),
			 AXVM_ERR_INVALID_INPUT); /* no IVC device */
	end_vm(&plain);
	assert_int_equal(axvm_alloc_ivc_channel(vm, 0, &gpa, &actual), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_alloc_ivc_channel(NULL, 1, &gpa, &actual), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_alloc_ivc_channel(vm, 1, NULL, &actual), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_alloc_ivc_channel(vm, 1, &gpa, NULL), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(axvm_alloc_ivc_channel(vm, 17 * PAGE, &gpa, &actual), AXVM_ERR_NO_MEMORY);
	assert_int_equal(axvm_alloc_ivc_channel(vm, UINT64_MAX, &gpa, &actual), AXVM_ERR_NO_MEMORY);
	assert_int_equal(axvm_release_ivc_channel(NULL, gpa, 1), AXVM_ERR_INVALID_INPUT);
}

/* The window is for channels: the host maps there only what it has taken. */
static void mapping_in_the_window(void **state)
{
	struct fixture *f = *state;
	struct axvm *vm = f->guests[PUB].vm->vm;
	axvm_gpa_t gpa, other = axvm_gpa(WINDOW + 8 * PAGE);
	axvm_hpa_t hpa;
	uint64_t actual;
	int64_t channel = publish(&f->guests[PUB], PAGE);

	assert_int_equal(f->host.hal.alloc_frame(&f->host.hal, &hpa), AXVM_OK);
	assert_int_equal(axvm_map_region(vm, other, hpa, PAGE, AXVM_MEM_READ),
			 AXVM_ERR_ALREADY_EXISTS);
	assert_int_equal(axvm_map_region(vm, axvm_gpa(WINDOW - PAGE), hpa, 2 * PAGE, AXVM_MEM_READ),
			 AXVM_ERR_ALREADY_EXISTS);
	assert_int_equal(axvm_unmap_region(vm, axvm_gpa((uint64_t)channel), PAGE),
			 AXVM_ERR_PERMISSION_DENIED);
	assert_int_equal(axvm_alloc_ivc_channel(vm, PAGE, &gpa, &actual), AXVM_OK);
	assert_int_equal(axvm_map_region(vm, gpa, hpa, PAGE, AXVM_MEM_READ), AXVM_OK);
	assert_int_equal(axvm_release_ivc_channel(vm, gpa, PAGE), AXVM_ERR_RESOURCE_BUSY);
	assert_int_equal(axvm_unmap_region(vm, gpa, PAGE), AXVM_OK);
	assert_int_equal(axvm_release_ivc_channel(vm, gpa, PAGE), AXVM_OK);
	f->host.hal.dealloc_frame(&f->host.hal, hpa);
}

/* A guest's release of what it has not got is refused, also what its host took. */
static void the_guest_cannot_release_the_hosts(void **state)
{
	struct fixture *f = *state;
	axvm_gpa_t gpa;
	uint64_t actual;

	assert_int_equal(axvm_alloc_ivc_channel(f->guests[PUB].vm->vm, PAGE, &gpa, &actual),
			 AXVM_OK);
	assert_int_equal(release(&f->guests[PUB]), AXVM_ERR_NOT_FOUND);
	assert_int_equal(publish(&f->guests[PUB], PAGE), (int64_t)(WINDOW + 2 * PAGE));
	assert_int_equal(
		axvm_release_ivc_channel(f->guests[PUB].vm->vm, axvm_gpa(WINDOW + 2 * PAGE), PAGE),
		AXVM_ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(version_and_features),
		T(lesson_25_a_failed_hypercall_says_why),
		T(a_number_of_the_hosts_reaches_it),
		T(both_ends_see_the_same_memory),
		T(rights_are_what_the_publisher_gives),
		T(lesson_24_only_the_named_may_subscribe),
		T(lesson_24_nothing_leaks),
		T(lesson_09_releasing_twice_is_an_error),
		T(publish_refuses),
		T(subscribe_refuses),
		T(publish_without_memory),
		T(a_large_channel_is_cleared_in_steps),
		T(one_vcpu_publishes_at_a_time),
		T(channels_that_fill_the_window),
		T(doorbells_ring_each_way),
		T(a_release_rings_and_leaves_the_memory),
		T(a_stop_takes_channels_down),
		T(memory_outlives_its_publisher),
		T(the_host_takes_and_releases_ranges),
		T(alloc_refuses),
		T(mapping_in_the_window),
		T(the_guest_cannot_release_the_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
