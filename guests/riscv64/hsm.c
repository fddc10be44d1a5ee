/* SPDX-License-Identifier: Apache-2.0 */
/* SBI HSM: harts come and go. Needs two. */
#include "boot.h"
#include "firmware.h"
#include "irq.h"
#include "sbi.h"
#include "test.h"
#include "timer.h"
#include "trap.h"

#define NO_HART	   0xfeul
#define NO_MEMORY  0x0b000000ul
#define TIMEOUT_US 2000000

static struct sbi_ret hsm(unsigned function, uint64_t a, uint64_t b, uint64_t c)
{
	return sbi_call(SBI_HSM, function, a, b, c, 0, 0);
}

static int64_t start(uint64_t hart, uint64_t entry)
{
	return hsm(SBI_HSM_START, hart, entry, 1).error;
}

static int64_t status(uint64_t hart)
{
	struct sbi_ret ret = hsm(SBI_HSM_STATUS, hart, 0, 0);

	return ret.error ? ret.error : ret.value;
}

static void bad_arguments(void)
{
	uint64_t entry = (uint64_t)secondary;

	CHECK_EQ(start(NO_HART, entry), SBI_ERR_INVALID_PARAM, "start a hart that is not there");
	CHECK_EQ(start(~0ul, entry), SBI_ERR_INVALID_PARAM, "start the last hart");
	CHECK(start(1ul << 32, entry) == SBI_ERR_INVALID_PARAM || boot_reference(),
	      "start hart 2^32");
	CHECK_EQ(start(cpu_hwid(0), entry), SBI_ERR_ALREADY_AVAILABLE, "start the caller");
	CHECK_EQ(status(NO_HART), SBI_ERR_INVALID_PARAM, "status of a hart that is not there");
	CHECK_EQ(status(~0ul), SBI_ERR_INVALID_PARAM, "status of the last hart");
	CHECK_EQ(status(cpu_hwid(0)), SBI_HSM_STARTED, "status of the caller");
	CHECK_EQ(status(cpu_hwid(1)), SBI_HSM_STOPPED, "status of the other");
	if (boot_reference()) /* it looks at its own memory protection only */
		return;
	CHECK_EQ(start(cpu_hwid(1), NO_MEMORY), SBI_ERR_INVALID_ADDRESS,
		 "start where no memory is");
	CHECK_EQ(start(cpu_hwid(1), boot_ram_base() + boot_ram_size()), SBI_ERR_INVALID_ADDRESS,
		 "start behind RAM");
	CHECK_EQ(status(cpu_hwid(1)), SBI_HSM_STOPPED, "the other is still off");
}

static volatile unsigned rounds;
static volatile bool stay;
static volatile uint64_t seen_sstatus, seen_sie;

static void other(void)
{
	seen_sstatus = csr_read(sstatus);
	rounds++;
	while (stay)
		cpu_relax();
}

static void on_and_off(void)
{
	stay = true;
	CHECK(cpu_start(1, other), "start");
	CHECK_EQ(status(cpu_hwid(1)), SBI_HSM_STARTED, "it is on");
	CHECK(!(seen_sstatus & SSTATUS_SIE), "its interrupts are off");
	CHECK_EQ(start(cpu_hwid(1), (uint64_t)secondary), SBI_ERR_ALREADY_AVAILABLE,
		 "start it again");
	stay = false;
	CHECK(cpu_wait_off(1), "stop");
	CHECK_EQ(status(cpu_hwid(1)), SBI_HSM_STOPPED, "it is off");
}

/* As fast as it goes. */
static void hot_plug(void)
{
	unsigned before = rounds, lost = 0;

	for (unsigned i = 0; i < 100 && !lost; i++)
		lost += !cpu_start(1, other) || !cpu_wait_off(1);
	CHECK_EQ(lost, 0, "on and off a hundred times");
	CHECK_EQ(rounds, before + 100, "it ran each time");
}

/* State of the life before is gone: its timer, its interrupts. */
static void dirty(void)
{
	csr_set(sie, SI_TIMER | SI_SOFT);
	timer_set(timer_now() + timer_ticks(20000));
	ipi_send(1);
}

static volatile uint64_t sip_after;

static void clean(void)
{
	delay_us(40000);
	sip_after = csr_read(sip);
	seen_sie = csr_read(sie);
}

static void afresh(void)
{
	CHECK(cpu_start(1, dirty) && cpu_wait_off(1), "a hart that leaves timer and IPI behind");
	CHECK(cpu_start(1, clean) && cpu_wait_off(1), "starts afresh");
	if (!boot_reference())
		CHECK_EQ(sip_after & SI_TIMER, 0, "without its old timer");
	CHECK_EQ(seen_sie & (SI_TIMER | SI_SOFT), 0, "with its interrupts off");
}

static void set_alarm(void)
{
	irq_on(IRQ_TIMER);
	timer_set(timer_now() + timer_ticks(20000));
}

static void retentive(void)
{
	set_alarm();
	CHECK_EQ(hsm(SBI_HSM_SUSPEND, SBI_HSM_RETENTIVE, 0, 0).error, SBI_SUCCESS,
		 "suspend, retentive");
	CHECK(timer_due(), "until the timer");
	CHECK_EQ(hsm(SBI_HSM_SUSPEND, SBI_HSM_RETENTIVE, 0, 0).error, SBI_SUCCESS,
		 "suspend with an interrupt pending");
	timer_stop();
	irq_off(IRQ_TIMER);
}

static void bad_suspend(void)
{
	int64_t error = hsm(SBI_HSM_SUSPEND, 1, 0, 0).error;

	CHECK_EQ(error, SBI_ERR_INVALID_PARAM, "suspend, reserved type");
	error = hsm(SBI_HSM_SUSPEND, 0x10000000, 0, 0).error;
	CHECK(error == SBI_ERR_INVALID_PARAM || error == SBI_ERR_NOT_SUPPORTED,
	      "suspend, a platform's type");
	if (!boot_reference())
		CHECK_EQ(hsm(SBI_HSM_SUSPEND, SBI_HSM_NON_RETENTIVE, NO_MEMORY, 0).error,
			 SBI_ERR_INVALID_ADDRESS, "suspend to where no memory is");
}

static volatile unsigned resumed;
static volatile uint64_t resumed_by_timer;

/* CPU 1 sleeps; it comes back through secondary(), as if it had been started once more. */
static void sleep_deeply(void)
{
	if (resumed++) {
		resumed_by_timer = timer_due();
		timer_stop();
		return;
	}
	set_alarm();
	hsm(SBI_HSM_SUSPEND, SBI_HSM_NON_RETENTIVE, (uint64_t)secondary, cpu_id());
	CHECK(false, "suspend, not retentive, does not return");
}

static void non_retentive(void)
{
	CHECK(cpu_start(1, sleep_deeply), "CPU 1 suspends, not retentive");
	CHECK(wait_for(resumed == 2, TIMEOUT_US), "it comes back at its address");
	CHECK(cpu_wait_off(1), "and goes off");
	CHECK(resumed_by_timer, "the timer woke it");
}

/* Suspended harts say so, and an IPI brings them back. */
static void doze(void)
{
	irq_on(IRQ_IPI);
	hsm(SBI_HSM_SUSPEND, SBI_HSM_RETENTIVE, 0, 0);
	rounds++;
}

static void woken_by_ipi(void)
{
	unsigned before = rounds;

	CHECK(cpu_start(1, doze), "CPU 1 suspends");
	delay_us(10000);
	CHECK(status(cpu_hwid(1)) == SBI_HSM_SUSPENDED || boot_reference(), "its status");
	ipi_send(1);
	CHECK(wait_for(rounds == before + 1, TIMEOUT_US), "an IPI wakes it");
	CHECK(cpu_wait_off(1), "it goes off");
}

void guest_main(void)
{
	if (!CHECK(cpu_count() > 1, "%u harts", cpu_count()))
		return;
	bad_arguments();
	on_and_off();
	hot_plug();
	afresh();
	retentive();
	bad_suspend();
	non_retentive();
	woken_by_ipi();
}
