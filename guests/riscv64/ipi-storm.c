/* SPDX-License-Identifier: Apache-2.0 */
/* All harts send each other IPIs and fences as fast as they can, for `ms` milliseconds. */
#include "boot.h"
#include "irq.h"
#include "random.h"
#include "sbi.h"
#include "test.h"
#include "timer.h"

static volatile uint64_t end; /* 0 until all CPUs run */
static volatile unsigned sent[MAX_CPUS];

static void storm(void)
{
	struct random random = { cpu_id() + 1 };

	irq_on(IRQ_IPI);
	irq_enable();
	while (!end)
		cpu_relax();
	while (timer_now() < end) {
		uint64_t value = random_next(&random);

		switch (value & 7) {
		case 0:
			sbi_call(SBI_IPI, SBI_IPI_SEND, 0, ~0ul, 0, 0, 0);
			break;
		case 1:
			sbi_call(SBI_IPI, SBI_IPI_SEND, value >> 8, value >> 3 & 7, 0, 0, 0);
			break;
		case 2:
			sbi_call(SBI_RFENCE, value >> 8 & 3, 0, ~0ul, value >> 10, value >> 50, 0);
			break;
		default:
			ipi_send((unsigned)(value >> 8 & 0xff) % cpu_count());
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
		CHECK(cpu_wait_off(cpu), "CPU %u off after %u", cpu, sent[cpu]);
	CHECK(sent[0] > 0 && irq_count[0][IRQ_IPI] > 0, "CPU 0 sent %u, took %u", sent[0],
	      irq_count[0][IRQ_IPI]);
}
