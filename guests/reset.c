/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks for a reset, while another CPU (if there is one) is busy; before that, looks whether it
 * finds the machine as after power-on, and makes a mess of it.
 */
#include "boot.h"
#include "cpu.h"
#include "gic.h"
#include "psci.h"
#include "test.h"
#include "timer.h"
#include "uart.h"

/* Far behind the guest's own image. */
#define SCRATCH ((volatile uint64_t *)0x42000000)
#define WORDS	512

/* GICD registers of INTIDs 32 and up */
#define ISENABLER1 0x104
#define ICFGR2	   0xc08

static volatile unsigned starts = 41; /* in the image: loading it again brings the 41 back */

static void busy(void)
{
	for (;;)
		cpu_relax();
}

static bool memory_is_clear(void)
{
	for (unsigned i = 0; i < WORDS; i++)
		if (SCRATCH[i])
			return false;
	return true;
}

static void look(void)
{
	CHECK(memory_is_clear(), "memory is clear");
	CHECK(starts++ == 41, "the image is fresh");
	CHECK(gicd_read(ISENABLER1) == 0, "no SPI is enabled");
	CHECK(gicd_read(ICFGR2) == 0, "SPIs are level-sensitive");
	CHECK(read32(UART_BASE + UART_IMSC) == 0, "the UART's interrupts are masked");
	CHECK(timer_now() < timer_ticks(1000000), "time starts anew");
}

static void make_a_mess(void)
{
	for (unsigned i = 0; i < WORDS; i++)
		SCRATCH[i] = i + 1;
	gicd_write(ICFGR2, 0xaaaaaaaa);
	gicd_write(ISENABLER1, 0xffffffff);
	write32(UART_BASE + UART_IMSC, 0x7ff);
}

void guest_main(void)
{
	look();
	make_a_mess();
	if (cpu_count() > 1)
		CHECK(cpu_start(1, busy), "CPU 1 started");
	print("guest: calls SYSTEM_RESET\n");
	psci(PSCI_SYSTEM_RESET, 0, 0, 0);
	CHECK(false, "SYSTEM_RESET does not return");
}
