/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core costs on the simulated CPU: how a handled exit grows with the number of devices and
 * of memory regions, injection from many threads at once, and building and ending VMs. Times are
 * the least of several rounds, so that they compare within one run; bench/run prints ratios.
 */
#include "sim_host.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE	 UINT64_C(0x1000)
#define DEVICES	 UINT64_C(0x10000000) /* each on its page, one page between */
#define REGIONS	 UINT64_C(0x2000000000)
#define ROUNDS	 15
#define STEPS	 20000u
#define THREADS	 8u
#define INJECTED 200000u
#define BUILDS	 10000u

static struct sim_host host;

static void fail(const char *what)
{
	fprintf(stderr, "bench_sim: %s\n", what);
	exit(1);
}

static void must(enum axvm_error err, const char *what)
{
	if (err == AXVM_OK)
		return;
	fprintf(stderr, "bench_sim: %s: %s\n", what, axvm_strerror(err));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- Exits ---- */

/* A guest that does one kind of step at addresses in no order that a cache could know. */
struct load {
	enum axvm_sim_op op;
	uint64_t base;
	uint64_t stride;
	uint64_t num;
	uint64_t left;
	uint64_t seed;
};

static bool next_step(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	struct load *l = arg;

	(void)cpu;
	if (l->left == 0)
		return false;
	l->left--;
	l->seed = l->seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	*next = (struct axvm_sim_step){
		.op = l->op,
		.addr = l->base + (l->seed >> 33) % l->num * l->stride,
		.width = 4,
		.reg = 1,
	};
	return true;
}

/* Boots, does all steps, and resets: nanoseconds of one step. */
static double time_round(struct sim_vm *vm, struct load load)
{
	struct axvm_vcpu *vcpu;
	struct axvm_exit exit;
	uint64_t start;

	load.left = STEPS;
	must(axvm_vcpu(vm->vm, 0, &vcpu), "axvm_vcpu");
	must(axvm_sim_set_program(vcpu, next_step, &load), "axvm_sim_set_program");
	must(axvm_boot(vm->vm), "axvm_boot");
	start = now();
	must(sim_run(vm, 0, &exit), "sim_run");
	start = now() - start;
	must(axvm_shutdown(vm->vm), "axvm_shutdown");
	while (axvm_reset(vm->vm) == AXVM_ERR_WOULD_BLOCK)
		;
	return (double)start / STEPS;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

static double time_steps(struct sim_vm *vm, struct load load)
{
	double best = 1e9;

	for (unsigned i = 0; i < ROUNDS; i++)
		best = least(best, time_round(vm, load));
	return best;
}

/* Of one exit, without the step itself. */
static double time_exit(struct sim_vm *vm, struct load load)
{
	struct load idle = load;

	idle.op = AXVM_SIM_NOP;
	return time_steps(vm, load) - time_steps(vm, idle);
}

static struct axvm_config *small_config(uint32_t id)
{
	struct axvm_config *config = malloc(sizeof(*config));

	if (!config)
		fail("no memory");
	sim_config(config, id, 1);
	config->memory_regions[0].size = 16 * PAGE;
	return config;
}

static struct sim_vm *vm_with_devices(uint32_t num)
{
	struct axvm_config *config = small_config(1);
	struct sim_vm *vm;

	for (uint32_t i = 0; i < num; i++) {
		struct axvm_emu_device *d = &config->emu_devices[config->emu_device_num++];

		*d = (struct axvm_emu_device){
			.base_gpa = DEVICES + i * 2 * PAGE,
			.length = PAGE,
			.irq_id = 3 + i,
			.emu_type = AXVM_EMU_RTC,
		};
		snprintf(d->name, sizeof(d->name), "rtc%u", i);
	}
	must(sim_vm_new(&host, config, &vm, NULL), "a VM with many devices");
	free(config);
	return vm;
}

static void exits_by_devices(void)
{
	static const uint32_t nums[] = { 2, 20, 200 };

	for (size_t i = 0; i < sizeof(nums) / sizeof(nums[0]); i++) {
		struct sim_vm *vm = vm_with_devices(nums[i]);
		const struct load load = { AXVM_SIM_LOAD, DEVICES, 2 * PAGE, nums[i], 0, 1 };

		printf("devices %u %.1f\n", nums[i], time_exit(vm, load));
		sim_vm_free(vm);
	}
}

/* Every other page is mapped, so that none of them become one. Reading is allowed, writing exits.
 */
static void map_regions(struct sim_vm *vm, uint32_t num, axvm_hpa_t frame)
{
	for (uint32_t i = 0; i < num; i++)
		must(axvm_map_region(vm->vm, axvm_gpa(REGIONS + i * 2 * PAGE), frame, PAGE,
				     AXVM_MEM_READ),
		     "axvm_map_region");
}

static void exits_by_regions(void)
{
	static const uint32_t nums[] = { 1, 100, 10000 };
	struct axvm_hal *hal = &host.hal;
	axvm_hpa_t frame;

	must(hal->alloc_frame(hal, &frame), "alloc_frame");
	for (size_t i = 0; i < sizeof(nums) / sizeof(nums[0]); i++) {
		struct load load = { AXVM_SIM_STORE, REGIONS, 2 * PAGE, nums[i], 0, 1 };
		struct sim_vm *vm = vm_with_devices(2);
		double best = 1e9;

		for (unsigned k = 0; k < ROUNDS; k++) { /* a reset takes them away */
			map_regions(vm, nums[i], frame);
			best = least(best, time_round(vm, load));
		}
		printf("regions %u %.1f\n", nums[i], best);
		sim_vm_free(vm);
	}
	hal->dealloc_frame(hal, frame);
}

/* ---- Injection ---- */

static struct sim_vm *target;

static void *inject(void *arg)
{
	uint32_t irq = 40 + *(const uint32_t *)arg;

	for (uint32_t i = 0; i < INJECTED; i++)
		if (axvm_inject_interrupt_to_vcpu(target->vm, 1, irq) != AXVM_OK)
			fail("an injection failed");
	return NULL;
}

/* Nanoseconds of one injection, by so many threads at once into one vCPU. */
static double time_injection(unsigned threads)
{
	pthread_t ids[THREADS];
	uint32_t numbers[THREADS];
	uint64_t start = now();

	for (uint32_t i = 0; i < threads; i++) {
		numbers[i] = i;
		if (pthread_create(&ids[i], NULL, inject, &numbers[i]))
			fail("no thread");
	}
	for (uint32_t i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return (double)(now() - start) / ((double)INJECTED * threads);
}

static void injections(void)
{
	target = vm_with_devices(2);
	must(axvm_boot(target->vm), "axvm_boot");
	printf("inject 1 %.1f\n", time_injection(1));
	printf("inject %u %.1f\n", THREADS, time_injection(THREADS));
	sim_vm_free(target);
}

/* ---- Building and ending ---- */

static long resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = -1;

	if (!file || fscanf(file, "%*s %ld", &pages) != 1)
		fail("/proc/self/statm");
	fclose(file);
	return pages * 4;
}

static void builds(void)
{
	struct axvm_config *config = small_config(1);
	size_t frames = host.frames_used;
	uint64_t start = now();
	long before = 0;

	for (unsigned i = 0; i < BUILDS; i++) {
		struct axvm *vm;

		must(axvm_new(&host.hal, config, &vm, NULL), "axvm_new");
		must(axvm_boot(vm), "axvm_boot");
		axvm_put(vm);
		if (i == BUILDS / 10) /* what the C library keeps has settled */
			before = resident_kib();
	}
	printf("builds %u %.1f\n", BUILDS, (double)(now() - start) / BUILDS);
	printf("growth frames %zu\n", host.frames_used - frames);
	printf("growth resident %ld\n", resident_kib() - before);
	free(config);
}

int main(void)
{
	sim_host_init(&host);
	exits_by_devices();
	exits_by_regions();
	injections();
	builds();
	sim_host_fini(&host);
	return 0;
}
