/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floating-point and vector registers of each CPU keep what was put there, over preemption by other
 * CPUs and VMs that do the same with other values (`seed`), over calls, waits and device accesses.
 */
#include "boot.h"
#include "gic.h"
#include "psci.h"
#include "random.h"
#include "test.h"
#include "timer.h"
#include "uart.h"

struct fp_state {
	uint64_t q[64];
	uint64_t fpcr, fpsr;
};

void fp_load(const struct fp_state *state);
void fp_store(struct fp_state *state);

#define FPCR_FZ_RMODE (0xfu << 22) /* DN left as it is; FZ, RMode: always implemented */
#define FPSR_FLAGS    0x0800009fu  /* QC, IDC, IXC, UFC, OFC, DZC, IOC */

static volatile unsigned bad[MAX_CPUS], rounds[MAX_CPUS];
static volatile bool done[MAX_CPUS];
static volatile uint64_t end; /* 0 until all CPUs run */

static void fill(struct fp_state *state, struct random *random)
{
	for (unsigned i = 0; i < 64; i++)
		state->q[i] = random_next(random);
	state->fpcr = random_next(random) & FPCR_FZ_RMODE;
	state->fpsr = random_next(random) & FPSR_FLAGS;
}

/* Long enough to be preempted now and then; different exits in between. */
static void pass_time(struct random *random)
{
	switch (random_below(random, 8)) {
	case 0:
		delay_us(3000);
		break;
	case 1:
		psci(PSCI_VERSION, 0, 0, 0);
		break;
	case 2:
		read32(UART_BASE + UART_FR);
		break;
	case 3:
		msr(cntv_cval_el0, timer_now() + timer_ticks(500));
		msr(cntv_ctl_el0, TIMER_ENABLE);
		wfi();
		msr(cntv_ctl_el0, 0);
		break;
	default:
		delay_us(random_below(random, 300));
	}
}

static unsigned differences(const struct fp_state *a, const struct fp_state *b)
{
	unsigned n = (a->fpcr != b->fpcr) + (a->fpsr != b->fpsr);

	for (unsigned i = 0; i < 64; i++)
		n += a->q[i] != b->q[i];
	return n;
}

static void hold(void)
{
	unsigned cpu = cpu_id();
	struct random random = { boot_arg("seed", 1) * 64 + cpu + 1 };
	struct fp_state want, got;

	gic_enable(TIMER_VIRTUAL_INTID);
	while (!end)
		cpu_relax();
	while (timer_now() < end) {
		fill(&want, &random);
		fp_load(&want);
		pass_time(&random);
		fp_store(&got);
		bad[cpu] += differences(&want, &got);
		rounds[cpu]++;
	}
	done[cpu] = true;
}

void guest_main(void)
{
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_start(cpu, hold), "CPU %u started", cpu);
	end = timer_now() + timer_ticks(boot_arg("ms", 1500) * 1000);
	hold();
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
		CHECK(wait_for(done[cpu], 5000000), "CPU %u came to its end", cpu);
		CHECK(rounds[cpu] > 0, "CPU %u: %u rounds", cpu, rounds[cpu]);
		CHECK_EQ(bad[cpu], 0, "CPU %u: registers that changed", cpu);
	}
}
