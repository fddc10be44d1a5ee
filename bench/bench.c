/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What single operations cost: "bench NAME AVERAGE MAXIMUM" in instructions, as QEMU's -icount
 * counts them, net of reading the counter.
 */
#include "bench.h"
#include "boot.h"
#include "irq.h"
#include "test.h"
#include "timer.h"

#define PAGES 256
#define PAGE  4096

static struct bench_sample samples[MAX_CPUS];
static uint64_t baseline;

void bench_add(struct bench_result *result, uint64_t ticks)
{
	uint64_t net = ticks > baseline ? ticks - baseline : 0;

	result->sum += net;
	result->max = net > result->max ? net : result->max;
	result->num++;
}

void bench_report(const char *name, const struct bench_result *result)
{
	print("bench %s %lu %lu\n", name, (result->sum + result->num / 2) / result->num,
	      result->max);
}

static void measure_baseline(void)
{
	uint64_t least = ~0ull;

	for (unsigned i = 0; i < 20; i++) {
		uint64_t ticks = BENCH_TIMED();

		least = ticks < least ? ticks : least;
	}
	baseline = least;
}

static void listen(void)
{
	samples[cpu_id()].time = 0;
	bench_listen(&samples[cpu_id()]);
}

/* From sending to the handler's first instruction. */
static void ipi_to(const char *name, unsigned cpu)
{
	volatile struct bench_sample *sample = &samples[cpu];
	uint64_t target = bench_target(cpu);
	struct bench_result result = { 0 };

	for (unsigned i = 0; i < BENCH_ROUNDS + BENCH_WARM; i++) {
		uint32_t before = sample->count;
		uint64_t start;

		delay_us(20); /* the other CPU has time to fall asleep */
		mb();
		start = bench_now();
		bench_ipi(target);
		while (sample->count == before)
			bench_turn();
		if (i >= BENCH_WARM)
			bench_add(&result, sample->time - start);
	}
	bench_report(name, &result);
}

void bench_lateness(const char *name, void (*arm)(uint64_t ticks))
{
	volatile struct bench_sample *sample = &samples[0];
	uint64_t saved = baseline;
	struct bench_result result = { 0 };

	baseline = 0;
	listen();
	for (unsigned i = 0; i < BENCH_ROUNDS; i++) {
		uint32_t before = sample->count;
		uint64_t due = bench_edge(timer_ticks(20) + i * 7);

		arm(due);
		while (sample->count == before)
			cpu_relax();
		bench_add(&result, sample->time - bench_at(due));
	}
	irq_disable();
	baseline = saved;
	bench_report(name, &result);
}

static void first_touch(void)
{
	uint64_t page = boot_ram_base() + boot_ram_size() / 2 + 0x123000;
	struct bench_result result = { 0 };

	for (unsigned i = 0; i < PAGES; i++, page += PAGE)
		bench_add(&result, BENCH_TIMED(write64(page, i)));
	bench_report("first_touch", &result);
}

static volatile bool done;

static void sleeper(void)
{
	listen();
	while (!done)
		wfi();
	irq_disable();
}

static void spinner(void)
{
	listen();
	while (!done)
		bench_turn();
	irq_disable();
}

static void between(const char *name, void (*other)(void), void (*more)(void))
{
	done = false;
	if (!CHECK(cpu_start(1, other), "CPU 1 started"))
		return;
	delay_us(100);
	ipi_to(name, 1);
	if (more)
		more();
	done = true;
	mb();
	ipi_send(1);
	CHECK(cpu_wait_off(1), "CPU 1 off");
}

void guest_main(void)
{
	bench_calibrate();
	measure_baseline();
	if (cpu_count() > 1) {
		between("ipi_awake", spinner, bench_pair);
		between("ipi_asleep", sleeper, NULL);
		return;
	}
	bench_traps();
	listen();
	ipi_to("ipi_self", 0);
	irq_disable();
	bench_lateness("timer_lateness", bench_arm);
	first_touch();
	CHECK(true, "finished");
}
