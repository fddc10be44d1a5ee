/* SPDX-License-Identifier: Apache-2.0 */
/* All CPUs send each other SGIs as fast as they can, for `ms` milliseconds. */
#include "boot.h"
#include "gic.h"
#include "random.h"
#include "test.h"
#include "timer.h"

static volatile uint64_t end; /* 0 until all CPUs run */
static volatile unsigned sent[MAX_CPUS];

static void storm(void)
{
	struct random random = { cpu_id() + 1 };

	for (unsigned i = 0; i < 16; i++)
		gic_enable(i);
	irq_enable();
	while (!end)
		cpu_relax();
	while (timer_now() < end) {
		uint64_t value = random_next(&random);

		switch (value & 3) {
		case 0:
			gic_sgi_others(value >> 4 & 0xf);
			break;
		case 1:
			gic_sgi_raw(value); /* whatever it means */
			break;
		default:
			gic_sgi(cpu_hwid((unsigned)(value >> 8 & 0xff) % cpu_count()),
				value >> 4 & 0xf);
		}
		sent[cpu_id()]++;
	}
	irq_disable();
}

void guest_main(void)
{
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_start(cpu, storm), "CPU %u started", cpu);
	end = timer_now() + timer_ticks(boot_arg("ms", 1500) * 1000);
	storm();
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_wait_off(cpu), "CPU %u off after %u SGIs", cpu, sent[cpu]);
	CHECK(sent[0] > 0, "CPU 0 sent %u SGIs", sent[0]);
}
