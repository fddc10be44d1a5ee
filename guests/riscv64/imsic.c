/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts by messages: IMSIC and APLIC. RISC-V Advanced Interrupt Architecture 1.0, 3 and 4. */
#include "aia.h"
#include "boot.h"
#include "irq.h"
#include "machine.h"
#include "test.h"
#include "timer.h"
#include "trap.h"
#include "uart.h"

#define TIMEOUT_US 2000000
#define FIRST	   40u

static bool external(void)
{
	return csr_read(sip) & SI_EXTERNAL;
}

static void send(unsigned cpu, unsigned number)
{
	mb();
	write32(imsic_page(cpu), number);
}

static bool arrives(void)
{
	return wait_for(external(), TIMEOUT_US);
}

static void file_registers(void)
{
	imsic_write(IMSIC_EIDELIVERY, 0);
	CHECK_EQ(imsic_read(IMSIC_EIDELIVERY), 0, "eidelivery 0");
	imsic_write(IMSIC_EIDELIVERY, 1);
	CHECK_EQ(imsic_read(IMSIC_EIDELIVERY), 1, "eidelivery 1");
	imsic_write(IMSIC_EITHRESHOLD, 17);
	CHECK_EQ(imsic_read(IMSIC_EITHRESHOLD), 17, "eithreshold");
	imsic_write(IMSIC_EITHRESHOLD, 0);
	imsic_write(IMSIC_EIE, ~0ul);
	CHECK_EQ(imsic_read(IMSIC_EIE), ~1ul, "eie: all but number 0");
	imsic_write(IMSIC_EIE, 0);
	imsic_write(IMSIC_EIP, 0xf0);
	CHECK_EQ(imsic_read(IMSIC_EIP), 0xf0, "eip");
	imsic_write(IMSIC_EIP, 0);
	CHECK(TRAP(imsic_read(IMSIC_EIE + 1)).count == 1, "odd registers do not exist on RV64");
	CHECK(TRAP(imsic_read(0x71)).count == 1, "nor does 0x71");
	csr_write(0x150, 0);
}

static void delivery(void)
{
	CHECK(!external(), "nothing pending");
	send(0, FIRST);
	CHECK(wait_for(imsic_bit(IMSIC_EIP, FIRST), TIMEOUT_US), "a message is pending");
	CHECK(!external(), "but not enabled");
	imsic_set_bit(IMSIC_EIE, FIRST, true);
	CHECK(arrives(), "enabled: sip.SEIP");
	CHECK_EQ(csr_read(0xdb0) >> 16, 9, "stopi: the external interrupt");
	CHECK_EQ(csr_read(0x15c), FIRST << 16 | FIRST, "stopei: number and priority");
	imsic_write(IMSIC_EIDELIVERY, 0);
	CHECK(!external(), "not while eidelivery is 0");
	imsic_write(IMSIC_EIDELIVERY, 1);
	imsic_write(IMSIC_EITHRESHOLD, FIRST);
	CHECK(!external(), "not at the threshold");
	imsic_write(IMSIC_EITHRESHOLD, FIRST + 1);
	CHECK(external(), "below it");
	imsic_write(IMSIC_EITHRESHOLD, 0);
	CHECK_EQ(aia_claim(), FIRST, "claimed");
	CHECK(!external() && !imsic_bit(IMSIC_EIP, FIRST), "once");
	CHECK_EQ(aia_claim(), 0, "then nothing");
}

static void order(void)
{
	static const unsigned sent[] = { FIRST + 9, FIRST + 3, FIRST + 100, FIRST };
	static const unsigned taken[] = { FIRST, FIRST + 3, FIRST + 9, FIRST + 100 };
	unsigned bad = 0;

	for (unsigned i = 0; i < 4; i++) {
		imsic_set_bit(IMSIC_EIE, sent[i], true);
		send(0, sent[i]);
		bad += !wait_for(imsic_bit(IMSIC_EIP, sent[i]), TIMEOUT_US);
	}
	for (unsigned i = 0; i < 4; i++)
		bad += aia_claim() != taken[i];
	CHECK_EQ(bad, 0, "the lowest number first");
	for (unsigned i = 0; i < 4; i++)
		imsic_set_bit(IMSIC_EIE, sent[i], false);
}

/* Numbers that do not exist, other registers of the page, other widths: nothing comes of it. */
static void strange_messages(void)
{
	uint64_t page = imsic_page(0);

	TRAP(write32(page, 0));
	TRAP(write32(page, 5000));
	TRAP(write32(page, ~0u));
	TRAP(write32(page + 8, FIRST));
	TRAP(write32(page + 0xffc, FIRST));
	TRAP(write64(page + 16, FIRST));
	TRAP(write8(page, FIRST));
	CHECK_EQ(TRAP(read32(page)).count ? 0 : read32(page), 0, "the page reads as zero");
	imsic_set_bit(IMSIC_EIE, FIRST, true);
	delay_us(1000);
	CHECK_EQ(aia_claim(), 0, "no interrupt from any of it");
	imsic_set_bit(IMSIC_EIE, FIRST, false);
}

static void rtc_line(bool high)
{
	write32(RTC_BASE + 0x10, high);
	write32(RTC_BASE + 0x14, 1);
	write32(RTC_BASE + 0x1c, 1);
	if (!high)
		return;
	write32(RTC_BASE + 0x0c, 0);
	write32(RTC_BASE + 0x08, 0);
}

static void aplic_registers(void)
{
	uint32_t config = read32(APLIC_BASE + APLIC_DOMAINCFG);

	CHECK_EQ(config & 0xff000105, 0x80000104, "domaincfg: on, by messages");
	write32(APLIC_BASE + APLIC_SOURCECFG + 19 * 4, APLIC_SM_EDGE1);
	CHECK_EQ(read32(APLIC_BASE + APLIC_SOURCECFG + 19 * 4), APLIC_SM_EDGE1, "sourcecfg");
	write32(APLIC_BASE + APLIC_TARGET + 19 * 4, 55);
	CHECK_EQ(read32(APLIC_BASE + APLIC_TARGET + 19 * 4), 55, "target");
	write32(APLIC_BASE + APLIC_SETIENUM, 20);
	CHECK_EQ(read32(APLIC_BASE + APLIC_SETIE), 1u << 20, "setienum");
	write32(APLIC_BASE + APLIC_CLRIENUM, 20);
	CHECK_EQ(read32(APLIC_BASE + APLIC_SETIE), 0, "clrienum");
	write32(APLIC_BASE + APLIC_SETIPNUM, 20);
	CHECK_EQ(read32(APLIC_BASE + APLIC_SETIP), 1u << 20, "setipnum");
	write32(APLIC_BASE + APLIC_CLRIPNUM, 20);
	CHECK_EQ(read32(APLIC_BASE + APLIC_SETIP), 0, "clripnum");
	write32(APLIC_BASE + APLIC_SOURCECFG + 19 * 4, APLIC_SM_INACTIVE);
	if (!boot_reference()) /* QEMU's own board keeps it, against AIA 4.5.16 */
		CHECK_EQ(read32(APLIC_BASE + APLIC_TARGET + 19 * 4), 0,
			 "no target of an inactive source");
	write32(APLIC_BASE + APLIC_SETIENUM, 20);
	CHECK_EQ(read32(APLIC_BASE + APLIC_SETIE), 0, "nor can it be enabled");
}

/* A line that stays high sends one message; the next when software asks to look again. */
static void level(void)
{
	aia_set_enabled(RTC_LINE, true);
	rtc_line(true);
	CHECK(arrives(), "a high line sends a message");
	CHECK_EQ(aia_claim(), RTC_LINE, "with its number");
	delay_us(1000);
	CHECK(!external(), "once");
	aia_eoi(RTC_LINE);
	CHECK(arrives(), "again when asked to look, while it is high");
	CHECK_EQ(aia_claim(), RTC_LINE, "with its number");
	rtc_line(false);
	aia_eoi(RTC_LINE);
	delay_us(1000);
	CHECK(!external(), "not when it is low");
	aia_set_enabled(RTC_LINE, false);
}

static volatile unsigned got[2];

static void handle(unsigned irq)
{
	got[cpu_id()] += irq == irq_line(FIRST);
}

static void listener(void)
{
	imsic_set_bit(IMSIC_EIE, FIRST, true);
	irq_enable();
	while (got[1] < 200)
		wfi();
	irq_disable();
}

/* Both ways, asleep in between. */
static void between(void)
{
	unsigned lost = 0;

	irq_handler = handle;
	if (!CHECK(cpu_start(1, listener), "CPU 1 listens"))
		return;
	delay_us(10000);
	for (unsigned i = 1; i <= 200 && !lost; i++) {
		send(1, FIRST);
		lost += !wait_for(got[1] == i, TIMEOUT_US);
	}
	CHECK_EQ(lost, 0, "a message wakes CPU 1, two hundred times");
	CHECK(cpu_wait_off(1), "CPU 1 off");
	irq_handler = NULL;
}

void guest_main(void)
{
	if (!CHECK(aia_present(), "there is an IMSIC"))
		return;
	file_registers();
	delivery();
	order();
	strange_messages();
	aplic_registers();
	level();
	if (cpu_count() > 1)
		between();
}
