/* SPDX-License-Identifier: Apache-2.0 */
#include "aia.h"
#include "bench.h"
#include "boot.h"
#include "isa.h"
#include "plic.h"
#include "uart.h"

static uint64_t first, ratio;

/* The least difference is that of a look right after the counter's step. */
void bench_calibrate(void)
{
	ratio = 1000000000 / timer_hz();
	first = ~0ull;
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t ticks = timer_now(), now = bench_now() - ticks * ratio;

		first = now < first ? now : first;
	}
}

uint64_t bench_at(uint64_t ticks)
{
	return first + ticks * ratio;
}

static void arm_by_sbi(uint64_t ticks)
{
	sbi_call(SBI_TIME, SBI_TIME_SET_TIMER, ticks, 0, 0, 0, 0);
	csr_set(sie, SI_TIMER);
}

void bench_traps(void)
{
	BENCH_MEASURE("sbi_base", , sbi_call(SBI_BASE, SBI_BASE_SPEC_VERSION, 0, 0, 0, 0, 0));
	if (aia_present())
		BENCH_MEASURE("aplic_sourcecfg", , read32(APLIC_BASE + APLIC_SOURCECFG));
	else
		BENCH_MEASURE("plic_priority", , read32(plic_priority(UART_LINE)));
	BENCH_MEASURE("uart_lsr", , read8(UART_BASE + UART_LSR));
	BENCH_MEASURE("fence_self", ,
		      sbi_call(SBI_RFENCE, SBI_RFENCE_VMA, 1, cpu_hwid(0), 0, ~0ul, 0));
	bench_lateness("timer_sbi", arm_by_sbi);
}

/*
 * The hypervisor waits for the other CPU with PAUSE, which under -icount does not give that its
 * turn: a timer does, that goes off when the request is certain to have been sent.
 */
#define TURN_TICKS 100

static void prepare_turn(void)
{
	delay_us(5);
	csr_write(0x14d, timer_now() + TURN_TICKS);
}

static void fence_between(const char *name, uint64_t mask, uint64_t base, uint64_t size)
{
	BENCH_MEASURE(name, prepare_turn(),
		      sbi_call(SBI_RFENCE, SBI_RFENCE_VMA, mask, base, 0x1000, size, 0));
}

void bench_pair(void)
{
	fence_between("fence_one", 1, cpu_hwid(1), ~0ul);
	fence_between("fence_page", 1, cpu_hwid(1), 0x1000);
	fence_between("fence_all", 0, ~0ul, ~0ul);
}
