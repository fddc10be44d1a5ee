/* SPDX-License-Identifier: Apache-2.0 */
/* What boot.c asks of this instruction set. */
#include "boot.h"

#include "arch.h"
#include "gic.h"
#include "mmu.h"
#include "psci.h"
#include "rtc.h"
#include "timer.h"
#include "uart.h"

void isa_boot_console(const void *fdt)
{
	psci_probe(fdt);
	uart_probe(fdt);
}

/* arg: the exception level that it was started at. */
const char *isa_boot_probe(const void *fdt, uint64_t arg)
{
	const char *problem;

	if (arg != 2)
		return "started at EL1, but virtualization needs EL2 (QEMU: -M "
		       "virt,virtualization=on)";
	rtc_probe(fdt);
	problem = gic_probe(fdt);
	return problem ? problem : timer_probe(fdt);
}

uint64_t isa_boot_hw_id(uint64_t arg)
{
	return gic_this_affinity();
}

void isa_map_devices(void)
{
	gic_map();
	if (uart_base())
		mmu_map_device(uart_base(), 0x1000);
	if (rtc_base())
		mmu_map_device(rtc_base(), 0x1000);
}

void isa_init(void)
{
	gic_init();
	gic_tell_backend();
	gic_enable_spi(uart_intid());
}

const char *isa_init_cpu(void)
{
	const char *problem = gic_init_cpu();

	timer_init_cpu();
	return problem;
}

int64_t isa_cpu_on(struct cpu *cpu)
{
	return psci_cpu_on(cpu->hw_id, (uintptr_t)secondary_start, (uintptr_t)cpu);
}
