/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What single operations cost: "bench NAME AVERAGE MAXIMUM" in ticks of the counter, net of reading
 * the counter. Under QEMU's -icount shift=0 and a counter of 1 GHz a tick is one instruction.
 */
#include "bench.h"
#include "boot.h"
#include "gic.h"
#include "psci.h"
#include "test.h"
#include "timer.h"
#include "uart.h"

#define ROUNDS 200
#define PAGES  256
#define PAGE   4096

static struct bench_sample samples[MAX_CPUS];
static uint64_t baseline;

struct result {
	uint64_t sum, max, num;
};

static void add(struct result *result, uint64_t ticks)
{
	uint64_t net = ticks > baseline ? ticks - baseline : 0;

	result->sum += net;
	result->max = net > result->max ? net : result->max;
	result->num++;
}

static void report(const char *name, const struct result *result)
{
	print("bench %s %lu %lu\n", name, (result->sum + result->num / 2) / result->num,
	      result->max);
}

/* The ticks around some statements. */
#define TIMED(...)                                                                                 \
	({                                                                                         \
		uint64_t timed_start_ = timer_now();                                               \
		__VA_ARGS__;                                                                       \
		timer_now() - timed_start_;                                                        \
	})

/* The first rounds warm up what is made on first use. */
#define MEASURE(name, setup, ...)                                                                  \
	do {                                                                                       \
		struct result result_ = { 0 };                                                     \
		for (unsigned i = 0; i < ROUNDS + 10; i++) {                                       \
			setup;                                                                     \
			uint64_t ticks_ = TIMED(__VA_ARGS__);                                      \
			if (i >= 10)                                                               \
				add(&result_, ticks_);                                             \
		}                                                                                  \
		report(name, &result_);                                                            \
	} while (0)

static void measure_baseline(void)
{
	uint64_t least = ~0ull;

	for (unsigned i = 0; i < 20; i++) {
		uint64_t ticks = TIMED();

		least = ticks < least ? ticks : least;
	}
	baseline = least;
}

static void hvc_version(void)
{
	register uint64_t x0 asm("x0") = PSCI_VERSION;

	asm volatile("hvc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
}

static void traps(void)
{
	MEASURE("hvc", , hvc_version());
	MEASURE("gicd_typer", , read32(GICD_BASE + GICD_TYPER));
	MEASURE("gicd_isenabler", gicd_write(GIC_ICENABLER + 4, ~0u),
		write32(GICD_BASE + GIC_ISENABLER + 4, ~0u));
	gicd_write(GIC_ICENABLER + 4, ~0u);
	MEASURE("pl011_fr", , read32(UART_BASE + UART_FR));
}

static void listen(void)
{
	samples[cpu_id()].time = 0;
	msr(tpidr_el0, &samples[cpu_id()]);
	msr(vbar_el1, bench_vectors);
	isb();
	gic_enable(1);
	gic_enable(TIMER_VIRTUAL_INTID);
	irq_enable();
}

/* From the write of ICC_SGI1R_EL1 to the handler's first instruction. */
static void sgi_to(const char *name, unsigned cpu)
{
	volatile struct bench_sample *sample = &samples[cpu];
	uint64_t mpidr = cpu_hwid(cpu);
	uint64_t target = (mpidr & 0xff00) << 8 | 1ull << 24 | 1ull << (mpidr & 0xf);
	struct result result = { 0 };

	for (unsigned i = 0; i < ROUNDS + 10; i++) {
		uint32_t before = sample->count;
		uint64_t start;

		delay_us(20); /* the other CPU has time to fall asleep */
		dsb();
		start = timer_now();
		msr(ICC_SGI1R_EL1, target);
		while (sample->count == before)
			cpu_relax();
		if (i >= 10)
			add(&result, sample->time - start);
	}
	report(name, &result);
}

/* From the moment that the comparator names to the handler's first instruction. */
static void timer_lateness(void)
{
	volatile struct bench_sample *sample = &samples[0];
	uint64_t saved = baseline;
	struct result result = { 0 };

	baseline = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t before = sample->count;
		uint64_t due = timer_now() + timer_ticks(20) + i * 7;

		msr(cntv_cval_el0, due);
		msr(cntv_ctl_el0, TIMER_ENABLE);
		while (sample->count == before)
			cpu_relax();
		add(&result, sample->time - due);
	}
	baseline = saved;
	report("timer_lateness", &result);
}

static void first_touch(void)
{
	uint64_t page = boot_ram_base() + boot_ram_size() / 2 + 0x123000;
	struct result result = { 0 };

	for (unsigned i = 0; i < PAGES; i++, page += PAGE)
		add(&result, TIMED(write64(page, i)));
	report("first_touch", &result);
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
		cpu_relax();
	irq_disable();
}

static void between(const char *name, void (*other)(void))
{
	done = false;
	if (!CHECK(cpu_start(1, other), "CPU 1 started"))
		return;
	delay_us(100);
	sgi_to(name, 1);
	done = true;
	dsb();
	gic_sgi(cpu_hwid(1), 1);
	CHECK(cpu_wait_off(1), "CPU 1 off");
}

void guest_main(void)
{
	measure_baseline();
	if (cpu_count() > 1) {
		between("sgi_awake", spinner);
		between("sgi_asleep", sleeper);
		return;
	}
	traps();
	listen();
	sgi_to("sgi_self", 0);
	timer_lateness();
	irq_disable();
	first_touch();
	CHECK(true, "finished");
}
