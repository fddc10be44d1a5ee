/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PLIC's registers, and how it delivers. RISC-V PLIC Specification 1.0.0. The RTC's interrupt
 * is a level that the guest can raise and lower; so is the UART's, while nothing is printed.
 */
#include "plic.h"
#include "boot.h"
#include "irq.h"
#include "machine.h"
#include "test.h"
#include "timer.h"
#include "uart.h"

#define TIMEOUT_US 2000000
#define ALL_ONES   0xffffffffu

static unsigned own;

static void uart_line(bool high)
{
	write8(UART_BASE + UART_IER, high ? UART_IER_THRE : 0);
}

/* The alarm of the RTC: a time that is over raises the line, clearing lowers it. */
static void rtc_line(bool high)
{
	write32(RTC_BASE + 0x10, high);
	if (high) {
		write32(RTC_BASE + 0x0c, 0);
		write32(RTC_BASE + 0x08, 0);
		return;
	}
	write32(RTC_BASE + 0x14, 1);
	write32(RTC_BASE + 0x1c, 1);
}

static bool pending(unsigned line)
{
	return read32(plic_pending(line)) >> line % 32 & 1;
}

static unsigned claim(unsigned context)
{
	return read32(plic_claim(context));
}

static void complete(unsigned context, unsigned line)
{
	write32(plic_claim(context), line);
}

static bool external(void)
{
	return csr_read(sip) & SI_EXTERNAL;
}

static void priorities(void)
{
	unsigned bad = 0;

	for (unsigned line = 1; line < 96; line++) {
		for (unsigned value = 0; value < 8; value++) {
			write32(plic_priority(line), value);
			bad += read32(plic_priority(line)) != value;
		}
		write32(plic_priority(line), ALL_ONES);
		bad += read32(plic_priority(line)) > 7;
		write32(plic_priority(line), 0);
	}
	CHECK_EQ(bad, 0, "a priority of each line: 0 to 7");
	write32(plic_priority(0), 7);
	CHECK_EQ(read32(plic_priority(0)), 0, "line 0 has none");
}

static void pending_bits(void)
{
	unsigned bad = 0;

	for (unsigned word = 0; word < 32; word++) {
		write32(PLIC_BASE + PLIC_PENDING + word * 4, ALL_ONES);
		bad += read32(PLIC_BASE + PLIC_PENDING + word * 4) != 0;
	}
	CHECK_EQ(bad, 0, "pending bits: none, and read-only");
}

static void enables(void)
{
	/* QEMU's own board keeps line 0's */
	uint32_t first = boot_reference() ? ALL_ONES : ALL_ONES & ~1u;
	unsigned bad = 0;

	for (unsigned word = 0; word < 3; word++) {
		write32(plic_enable(own, word * 32), ALL_ONES);
		bad += read32(plic_enable(own, word * 32)) != (word ? ALL_ONES : first);
		write32(plic_enable(own, word * 32), 0xa5a5a5a4);
		bad += read32(plic_enable(own, word * 32)) != 0xa5a5a5a4;
		write32(plic_enable(own, word * 32), 0);
		bad += read32(plic_enable(own, word * 32)) != 0;
	}
	CHECK_EQ(bad, 0, "enable bits: all but line 0's");
	if (cpu_count() < 2)
		return;
	write32(plic_enable(own, 0), 0xff00);
	write32(plic_enable(plic_context(1), 0), 0x00fe);
	CHECK_EQ(read32(plic_enable(own, 0)), 0xff00, "each context has its own");
	CHECK_EQ(read32(plic_enable(plic_context(1), 0)), 0x00fe, "the other's");
	write32(plic_enable(own, 0), 0);
	write32(plic_enable(plic_context(1), 0), 0);
}

static void thresholds(void)
{
	unsigned bad = 0;

	for (unsigned value = 0; value < 8; value++) {
		write32(plic_threshold(own), value);
		bad += read32(plic_threshold(own)) != value;
	}
	write32(plic_threshold(own), ALL_ONES);
	bad += read32(plic_threshold(own)) > 7;
	write32(plic_threshold(own), 0);
	CHECK_EQ(bad, 0, "threshold: 0 to 7");
}

/* Contexts and lines that do not exist: no effect on what does, no harm. */
static void nobody(void)
{
	if (boot_reference()) /* answers with access faults */
		return;
	write32(plic_enable(10000, 0), ALL_ONES);
	write32(plic_threshold(900), 7);
	write32(plic_claim(900), 5);
	CHECK_EQ(read32(plic_enable(10000, 0)), 0, "enable bits of a context that is not there");
	CHECK_EQ(read32(plic_threshold(900)), 0, "threshold of a context that is not there");
	CHECK_EQ(claim(900), 0, "claim of a context that is not there");
	CHECK_EQ(claim(own - 1), 0, "claim of M-mode");
	CHECK_EQ(read32(PLIC_BASE + 0x1080), 0, "behind the pending bits");
}

static void prepare(unsigned line, unsigned priority)
{
	write32(plic_priority(line), priority);
	plic_set_enabled(own, line, true);
	write32(plic_priority(line), priority);
}

static void level(void)
{
	prepare(RTC_LINE, 1);
	CHECK_EQ(claim(own), 0, "nothing to claim");
	rtc_line(true);
	CHECK(pending(RTC_LINE), "a high line is pending");
	CHECK(external(), "sip.SEIP");
	CHECK_EQ(claim(own), RTC_LINE, "it is claimed");
	CHECK(!pending(RTC_LINE), "then it is not pending");
	CHECK(!external(), "and sip.SEIP is clear");
	CHECK_EQ(claim(own), 0, "it is claimed once");
	complete(own, RTC_LINE);
	CHECK(pending(RTC_LINE), "after completion, still high: pending again");
	CHECK_EQ(claim(own), RTC_LINE, "claimed again");
	rtc_line(false);
	complete(own, RTC_LINE);
	CHECK(!pending(RTC_LINE) && !external(), "after completion, low: nothing");
	complete(own, RTC_LINE);
	complete(own, 0);
	complete(own, 1023);
	complete(own, ALL_ONES);
	CHECK_EQ(claim(own), 0, "completing what is not claimed does nothing");
}

/* Priority against threshold, and 0 that never interrupts. */
static void masking(void)
{
	prepare(RTC_LINE, 3);
	rtc_line(true);
	write32(plic_threshold(own), 3);
	CHECK(!external(), "priority 3 does not pass threshold 3");
	CHECK(pending(RTC_LINE), "but it is pending");
	write32(plic_threshold(own), 2);
	CHECK(external(), "it passes threshold 2");
	write32(plic_priority(RTC_LINE), 0);
	CHECK(!external(), "priority 0 never interrupts");
	CHECK_EQ(claim(own), 0, "and is never claimed");
	write32(plic_priority(RTC_LINE), 7);
	CHECK(external(), "priority 7 does");
	plic_set_enabled(own, RTC_LINE, false);
	CHECK(!external(), "not where it is disabled");
	CHECK_EQ(claim(own), 0, "nor can it be claimed");
	prepare(RTC_LINE, 7);
	CHECK(external(), "again where it is enabled");
	write32(plic_threshold(own), 7);
	CHECK(!external(), "threshold 7 lets nothing pass");
	write32(plic_threshold(own), 0);
	CHECK_EQ(claim(own), RTC_LINE, "claimed");
	rtc_line(false);
	complete(own, RTC_LINE);
}

/* Two lines: the higher priority first, of equal ones the lower number. */
static void order(void)
{
	static const struct {
		unsigned uart, rtc, first;
	} rules[] = { { 2, 5, RTC_LINE }, { 5, 2, UART_LINE }, { 4, 4, UART_LINE } };

	for (unsigned i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		unsigned got[3];

		prepare(UART_LINE, rules[i].uart);
		prepare(RTC_LINE, rules[i].rtc);
		uart_line(true);
		rtc_line(true);
		for (unsigned k = 0; k < 3; k++)
			got[k] = claim(own);
		uart_line(false);
		rtc_line(false);
		complete(own, UART_LINE);
		complete(own, RTC_LINE);
		CHECK_EQ(got[0], rules[i].first, "priorities %u and %u: first", rules[i].uart,
			 rules[i].rtc);
		CHECK_EQ(got[1], UART_LINE + RTC_LINE - rules[i].first, "then the other");
		CHECK_EQ(got[2], 0, "then nothing");
	}
	plic_set_enabled(own, UART_LINE, false);
	plic_set_enabled(own, RTC_LINE, false);
}

static volatile unsigned taken, again;

static void handle(unsigned irq)
{
	if (irq != irq_line(RTC_LINE))
		return;
	if (++taken < 3)
		return; /* the line stays high: it comes again */
	rtc_line(false);
}

static void by_exception(void)
{
	taken = 0;
	irq_handler = handle;
	irq_on(irq_line(RTC_LINE));
	irq_enable();
	rtc_line(true);
	CHECK(wait_for(taken == 3, TIMEOUT_US),
	      "an exception for each completion while it is high");
	delay_us(5000);
	irq_disable();
	irq_handler = NULL;
	CHECK_EQ(taken, 3, "and no more");
	irq_off(irq_line(RTC_LINE));
}

static volatile unsigned claims[2];

static void claimer(void)
{
	unsigned context = plic_context(1), line;

	write32(plic_threshold(context), 0);
	while (!again) {
		line = claim(context);
		if (!line)
			continue;
		claims[1]++;
		rtc_line(false);
		complete(context, line);
	}
}

/* To both harts; exactly one gets it. */
static void one_of_two(void)
{
	unsigned lost = 0;

	plic_set_enabled(own, RTC_LINE, true);
	plic_set_enabled(plic_context(1), RTC_LINE, true);
	write32(plic_priority(RTC_LINE), 1);
	if (!CHECK(cpu_start(1, claimer), "CPU 1 claims too"))
		return;
	for (unsigned i = 1; i <= 200 && !lost; i++) {
		rtc_line(true);
		unsigned line = claim(own);
		if (line) {
			claims[0]++;
			rtc_line(false);
			complete(own, line);
		}
		lost += !wait_for(claims[0] + claims[1] == i, TIMEOUT_US);
	}
	CHECK_EQ(lost, 0, "each is claimed once: here %u, there %u", claims[0], claims[1]);
	again = 1;
	CHECK(cpu_wait_off(1), "CPU 1 off");
	rtc_line(false);
}

void guest_main(void)
{
	own = plic_context(0);
	priorities();
	pending_bits();
	enables();
	thresholds();
	nobody();
	irq_init();
	order();
	if (!boot_reference()) { /* it looks at a line when it changes, not at completion */
		level();
		masking();
		by_exception();
	}
	if (cpu_count() > 1)
		one_of_two();
	uart_init();
}
