/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks for a reset, while another CPU (if there is one) is busy; before that, looks whether it
 * finds the machine as after power-on, and makes a mess of it.
 */
#include "boot.h"
#include "cpu.h"
#include "firmware.h"
#include "machine.h"
#include "test.h"
#include "timer.h"

/* Far behind the guest's own image. */
#define SCRATCH ((volatile uint64_t *)(RAM_BASE + 0x2000000))
#define WORDS	512

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
	machine_check_fresh();
	CHECK(timer_now() < timer_ticks(1000000), "time starts anew");
}

static void make_a_mess(void)
{
	for (unsigned i = 0; i < WORDS; i++)
		SCRATCH[i] = i + 1;
	machine_make_a_mess();
}

void guest_main(void)
{
	look();
	make_a_mess();
	if (cpu_count() > 1)
		CHECK(cpu_start(1, busy), "CPU 1 started");
	print("guest: asks for a reset\n");
	power_reset();
	CHECK(false, "it does not return");
}
