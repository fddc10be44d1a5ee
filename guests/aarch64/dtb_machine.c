/* SPDX-License-Identifier: Apache-2.0 */
#include "boot.h"
#include "dtb.h"
#include "gic.h"
#include "test.h"
#include "timer.h"
#include "uart.h"
#include <libfdt.h>
#include <string.h>

static void cpus(const void *tree)
{
	int node = fdt_node_offset_by_prop_value(tree, -1, "device_type", "cpu", 4);
	const char *method = node < 0 ? NULL : fdt_getprop(tree, node, "enable-method", NULL);

	CHECK(cpu_count() == 1 || (method && !strcmp(method, "psci")), "CPUs start by PSCI");
}

static void controller(void)
{
	CHECK_EQ(dtb_reg("arm,gic-v3", 0), GICD_BASE, "distributor");
	CHECK_EQ(dtb_reg("arm,gic-v3", 1), GICD_SIZE, "its size");
	CHECK_EQ(dtb_reg("arm,gic-v3", 2), GICR_BASE, "redistributors");
	CHECK(dtb_reg("arm,gic-v3", 3) >= GICR_STRIDE * cpu_count(), "their size");
}

static void devices(void)
{
	CHECK_EQ(dtb_reg("arm,pl011", 0), UART_BASE, "UART");
	CHECK_EQ(dtb_cell("arm,pl011", "interrupts", 0), 0, "UART: a shared interrupt");
	CHECK_EQ(dtb_cell("arm,pl011", "interrupts", 1), 1, "UART: number 1");
	CHECK_EQ(dtb_cell("arm,pl011", "interrupts", 2), 4, "UART: level-sensitive");
	CHECK_EQ(dtb_reg("arm,pl031", 0), 0x09010000, "RTC");
	CHECK_EQ(dtb_cell("arm,pl031", "interrupts", 1), 2, "RTC: number 2");
	CHECK_EQ(dtb_cell("arm,armv8-timer", "interrupts", 4), TIMER_PHYSICAL_INTID - 16,
		 "physical timer");
	CHECK_EQ(dtb_cell("arm,armv8-timer", "interrupts", 7), TIMER_VIRTUAL_INTID - 16,
		 "virtual timer");
}

static void psci_node(const void *tree)
{
	int node = fdt_node_offset_by_compatible(tree, -1, "arm,psci-1.0");
	const char *method = node < 0 ? NULL : fdt_getprop(tree, node, "method", NULL);

	CHECK(node >= 0, "PSCI 1.0 is announced");
	CHECK(method && (!strcmp(method, "hvc") || !strcmp(method, "smc")), "with its conduit");
	CHECK(dtb_has("arm,psci-0.2"), "for older kernels too");
}

void dtb_machine(const void *tree)
{
	cpus(tree);
	controller();
	devices();
	psci_node(tree);
}
