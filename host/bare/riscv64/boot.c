/* SPDX-License-Identifier: Apache-2.0 */
/* What boot.c asks of this instruction set. */
#include "boot.h"

#include "arch.h"
#include "csr.h"
#include "firmware.h"
#include "irq.h"
#include "power.h"
#include "rtc.h"
#include "timer.h"
#include "uart.h"

void isa_boot_console(const void *fdt)
{
	power_probe(fdt);
	uart_probe(fdt);
}

const char *isa_boot_probe(const void *fdt, uint64_t arg)
{
	const char *problem;

	if (!csr_has_hgatp())
		return "this CPU cannot virtualize: it has no H extension (QEMU: -cpu rv64,h=true)";
	rtc_probe(fdt);
	problem = irq_probe(fdt);
	return problem ? problem : timer_probe(fdt);
}

/* arg: the hart's id. */
uint64_t isa_boot_hw_id(uint64_t arg)
{
	return arg;
}

void isa_map_devices(void)
{
	irq_map();
	power_map();
	rtc_map();
	uart_map();
}

void isa_init(void)
{
	irq_init();
}

const char *isa_init_cpu(void)
{
	irq_init_cpu();
	isa_alarm_off();
	return NULL;
}

int64_t isa_cpu_on(struct cpu *cpu)
{
	return firmware_hart_start(cpu->hw_id, (uintptr_t)secondary_start, (uintptr_t)cpu);
}
