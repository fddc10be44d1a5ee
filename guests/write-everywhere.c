/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes hostile values over the whole guest-physical address space, itself excepted, and then over
 * every register of every device. The VM may be broken by it; nothing else may.
 */
#include "boot.h"
#include "gic.h"
#include "random.h"
#include "test.h"
#include "trap.h"
#include "uart.h"

#define ADDRESS_LIMIT 0x7f80000000ull /* up to the aliases */

extern char _start[], _end[];

static const uint64_t values[] = { ~0ull, 0, 0x5555555555555555, 0x8000000080000000 };
static uint64_t writes, aborts;

/* Our own image, and the device tree wherever it is, stay. */
static bool spared(uint64_t addr)
{
	uint64_t tree = (uint64_t)boot_dtb();

	return (addr + 8 > (uint64_t)_start && addr < (uint64_t)_end) ||
	       (addr + 8 > tree && addr < tree + 0x200000) || (addr & ~0xfffull) == UART_BASE;
}

static void hit(uint64_t addr, uint64_t value)
{
	if (spared(addr))
		return;
	trap_expect();
	write64(addr & ~7ull, value);
	write32(addr & ~3ull, (uint32_t)value);
	write8(addr, (uint8_t)value);
	writes += 3;
	aborts += trap_seen().count;
}

static void sweep(uint64_t from, uint64_t to, uint64_t step, uint64_t value)
{
	for (uint64_t addr = from; addr < to; addr += step)
		hit(addr, value);
}

static void whole_space(void)
{
	sweep(0, 0x40000000, 0x10000, ~0ull);
	sweep(boot_ram_base(), boot_ram_base() + boot_ram_size(), 0x11000, ~0ull);
	sweep(boot_ram_base() + boot_ram_size(), ADDRESS_LIMIT, 0x10000000, 0);
	for (unsigned bit = 0; bit < 39; bit++)
		hit(1ull << bit, ~0ull);
	for (unsigned bit = 12; bit < 39; bit++)
		hit((1ull << bit) - 1, 0);
	print("guest: %lu writes, %lu aborts\n", writes, aborts);
}

static void device(uint64_t base, uint64_t size)
{
	for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++)
		sweep(base, base + size, 4, values[i]);
}

static void devices(void)
{
	device(GICD_BASE, GICD_SIZE);
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		device(gicr(cpu), GICR_STRIDE);
	device(0x09010000, 0x1000);
	device(0x0a000000, 0x4000);
	print("guest: %lu writes, %lu aborts\n", writes, aborts);
}

static void console(void)
{
	static const unsigned regs[] = {
		UART_FR,   UART_IBRD, UART_FBRD, UART_LCRH, UART_CR, UART_IFLS,
		UART_IMSC, UART_RIS,  UART_MIS,	 UART_ICR,  0x004,   0x008,
		0x020,	   0x048,     0x080,	 0xfe0,	    0xffc,
	};

	for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++)
		for (unsigned k = 0; k < sizeof(regs) / sizeof(*regs); k++) {
			trap_expect();
			write32(UART_BASE + regs[k], (uint32_t)values[i]);
			trap_seen();
		}
	uart_init();
}

void guest_main(void)
{
	CHECK(true, "before");
	whole_space();
	console();
	devices();
	uart_init();
	CHECK(true, "alive after it");
}
