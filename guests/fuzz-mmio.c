/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and writes random registers of every device with random widths and values (`seed`,
 * `count`), from all CPUs at once, with interrupts on.
 */
#include "boot.h"
#include "gic.h"
#include "random.h"
#include "test.h"
#include "timer.h"
#include "trap.h"
#include "uart.h"

static const struct {
	uint64_t base, size;
} areas[] = {
	{ GICD_BASE, GICD_SIZE },
	{ GICD_BASE, 0x1000 },
	{ GICD_BASE + GICD_IROUTER, 0x800 },
	{ GICR_BASE, GICR_STRIDE * 2 },
	{ GICR_BASE + GICR_SGI, 0x1000 },
	{ UART_BASE + 8, 0xf8 }, /* its data register would garble the output */
	{ UART_BASE + 8, 0xff8 },
	{ 0x09010000, 0x1000 },
	{ 0x0a000000, 0x1000 },
};

static volatile unsigned accesses[MAX_CPUS], faults[MAX_CPUS];

static void access(uint64_t addr, unsigned kind, uint64_t value)
{
	switch (kind) {
	case 0:
		write8(addr, (uint8_t)value);
		break;
	case 1:
		write16(addr & ~1ull, (uint16_t)value);
		break;
	case 2:
		write32(addr & ~3ull, (uint32_t)value);
		break;
	case 3:
		write64(addr & ~7ull, value);
		break;
	case 4:
		read8(addr);
		break;
	case 5:
		read16(addr & ~1ull);
		break;
	case 6:
		read32(addr & ~3ull);
		break;
	default:
		read64(addr & ~7ull);
	}
}

static void fuzz(void)
{
	struct random random = { boot_arg("seed", 1) * 64 + cpu_id() + 1 };
	uint64_t count = boot_arg("count", 30000);

	irq_enable();
	for (uint64_t i = 0; i < count; i++) {
		unsigned area = (unsigned)random_below(&random, sizeof(areas) / sizeof(*areas));
		uint64_t addr = areas[area].base + random_below(&random, areas[area].size);
		uint64_t value = random_next(&random);

		faults[cpu_id()] += TRAP(access(addr, value >> 60 & 7, value)).count;
		accesses[cpu_id()]++;
	}
	irq_disable();
}

/* An interrupt that nobody lowers would be taken for ever. */
static void silence(unsigned intid)
{
	gic_set_bit(GIC_ICENABLER, intid);
}

void guest_main(void)
{
	gic_handler = silence;
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(cpu_start(cpu, fuzz), "CPU %u started", cpu);
	fuzz();
	bool all = true;
	for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
		all &= cpu_wait_off(cpu);
	uart_init();
	CHECK(all, "all CPUs came to their end");
	CHECK(accesses[0] > faults[0], "CPU 0: %u accesses, %u faults", accesses[0], faults[0]);
	gic_handler = NULL;
	gic_init();
	gic_enable(2);
	gic_sgi(cpu_mpidr(0), 2);
	CHECK_EQ(gic_ack(), 2, "an interrupt after it");
}
