/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and writes random registers of every device with random widths and values (`seed`,
 * `count`), from all CPUs at once, with interrupts on.
 */
#include "boot.h"
#include "irq.h"
#include "machine.h"
#include "random.h"
#include "test.h"
#include "timer.h"
#include "trap.h"
#include "uart.h"

static volatile unsigned accesses[MAX_CPUS], faults[MAX_CPUS];

/* To the register that is meant, also where the aligned address is that of the one before. */
static void access(uint64_t addr, unsigned kind, uint64_t value)
{
	uint64_t size = 1ull << kind % 4, at = addr & ~(size - 1);

	if (at < machine_console.base && addr >= machine_console.base)
		at = addr;
	switch (kind) {
	case 0:
		write8(at, (uint8_t)value);
		break;
	case 1:
		write16(at, (uint16_t)value);
		break;
	case 2:
		write32(at, (uint32_t)value);
		break;
	case 3:
		write64(at, value);
		break;
	case 4:
		read8(at);
		break;
	case 5:
		read16(at);
		break;
	case 6:
		read32(at);
		break;
	default:
		read64(at);
	}
}

/* A register of one of the devices, the console among them. */
static uint64_t random_register(struct random *random)
{
	unsigned n = (unsigned)random_below(random, machine_area_num + 1);
	const struct machine_area *area = n < machine_area_num ? &machine_areas[n] :
								 &machine_console;

	return area->base + random_below(random, area->size);
}

static void fuzz(void)
{
	struct random random = { boot_arg("seed", 1) * 64 + cpu_id() + 1 };
	uint64_t count = boot_arg("count", 30000);

	irq_enable();
	for (uint64_t i = 0; i < count; i++) {
		uint64_t addr = random_register(&random);
		uint64_t value = random_next(&random);

		faults[cpu_id()] += TRAP(access(addr, value >> 60 & 7, value)).count;
		accesses[cpu_id()]++;
	}
	irq_disable();
}

/* An interrupt that nobody lowers would be taken for ever. */
static void silence(unsigned irq)
{
	irq_off(irq);
}

void guest_main(void)
{
	irq_handler = silence;
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_start(cpu, fuzz), "CPU %u started", cpu);
	fuzz();
	bool all = true;
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		all &= cpu_wait_off(cpu);
	uart_init();
	CHECK(all, "all CPUs came to their end");
	CHECK(accesses[0] > faults[0], "CPU 0: %u accesses, %u faults", accesses[0], faults[0]);
	machine_check_irq();
}
