/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes hostile values over the whole guest-physical address space, itself excepted, and then over
 * every register of every device. The VM may be broken by it; nothing else may.
 */
#include "boot.h"
#include "cpu.h"
#include "machine.h"
#include "test.h"
#include "trap.h"
#include "uart.h"

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
	sweep(0, RAM_BASE, RAM_BASE / 0x4000, ~0ull);
	sweep(boot_ram_base(), boot_ram_base() + boot_ram_size(), 0x11000, ~0ull);
	sweep(boot_ram_base() + boot_ram_size(), ADDRESS_LIMIT, 0x10000000, 0);
	for (unsigned bit = 0; 1ull << bit < ADDRESS_LIMIT; bit++)
		hit(1ull << bit, ~0ull);
	for (unsigned bit = 12; 1ull << bit < ADDRESS_LIMIT; bit++)
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
	for (unsigned i = 0; i < machine_area_num; i++)
		device(machine_areas[i].base, machine_areas[i].size);
	print("guest: %lu writes, %lu aborts\n", writes, aborts);
}

/* A byte to each of its registers, and a word to those that have room for one. */
static void console(uint64_t value)
{
	const uint64_t end = machine_console.base + machine_console.size;

	for (uint64_t addr = machine_console.base; addr < end; addr++) {
		trap_expect();
		write8(addr, (uint8_t)value);
		if (!(addr & 3))
			write32(addr, (uint32_t)value);
		trap_seen();
	}
}

void guest_main(void)
{
	CHECK(true, "before");
	whole_space();
	for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++)
		console(values[i]);
	uart_init();
	devices();
	CHECK(true, "alive after it");
}
