/* SPDX-License-Identifier: Apache-2.0 */
/* The device tree that the guest gets: memory, CPUs, interrupts, devices, and that it is true. */
#include "boot.h"
#include "gic.h"
#include "test.h"
#include "timer.h"
#include "trap.h"
#include "uart.h"
#include <libfdt.h>
#include <string.h>

static const void *tree;

static bool has_compatible(const char *name)
{
	return fdt_node_offset_by_compatible(tree, -1, name) >= 0;
}

/* The n-th 64-bit number of a node's reg. */
static uint64_t reg(const char *compatible, int n)
{
	int node = fdt_node_offset_by_compatible(tree, -1, compatible), len = 0;
	const fdt64_t *value = node < 0 ? NULL : fdt_getprop(tree, node, "reg", &len);

	return value && len >= 8 * (n + 1) ? fdt64_ld(value + n) : ~0ull;
}

/* The n-th 32-bit number of a node's interrupts. */
static uint32_t interrupt(const char *compatible, int n)
{
	int node = fdt_node_offset_by_compatible(tree, -1, compatible), len = 0;
	const fdt32_t *value = node < 0 ? NULL : fdt_getprop(tree, node, "interrupts", &len);

	return value && len >= 4 * (n + 1) ? fdt32_ld(value + n) : ~0u;
}

static void root(void)
{
	CHECK_EQ(fdt_check_full(tree, fdt_totalsize(tree)), 0, "the tree is well-formed");
	CHECK_EQ((uint64_t)tree & 7, 0, "it lies at a multiple of 8");
	CHECK_EQ(fdt_address_cells(tree, 0), 2, "#address-cells");
	CHECK_EQ(fdt_size_cells(tree, 0), 2, "#size-cells");
	CHECK(fdt_getprop(tree, 0, "compatible", NULL) != NULL, "the root has a compatible");
}

static void memory(void)
{
	uint64_t base = boot_ram_base(), size = boot_ram_size();

	CHECK_EQ(base, 0x40000000, "memory base");
	CHECK_EQ(size, boot_arg("memory", size), "memory size");
	CHECK((uint64_t)tree >= base && (uint64_t)tree + fdt_totalsize(tree) <= base + size,
	      "the tree lies in it");
	CHECK_EQ(TRAP(write64(base + size - 8, 0x1234)).count, 0, "its last word can be written");
	CHECK_EQ(read64(base + size - 8), 0x1234, "and read");
	CHECK(TRAP(read64(base + size)).count == 1 || boot_reference(),
	      "the word behind it cannot");
}

static void cpus(void)
{
	CHECK_EQ(cpu_count(), boot_arg("cpus", cpu_count()), "number of CPUs");
	CHECK_EQ(cpu_mpidr(0), mrs(mpidr_el1) & MPIDR_AFFINITY, "CPU 0 is this one");
	int node = fdt_node_offset_by_prop_value(tree, -1, "device_type", "cpu", 4);
	const char *method = node < 0 ? NULL : fdt_getprop(tree, node, "enable-method", NULL);
	CHECK(cpu_count() == 1 || (method && !strcmp(method, "psci")), "CPUs start by PSCI");
}

static void controller(void)
{
	CHECK_EQ(reg("arm,gic-v3", 0), GICD_BASE, "distributor");
	CHECK_EQ(reg("arm,gic-v3", 1), GICD_SIZE, "its size");
	CHECK_EQ(reg("arm,gic-v3", 2), GICR_BASE, "redistributors");
	CHECK(reg("arm,gic-v3", 3) >= GICR_STRIDE * cpu_count(), "their size");
}

static void devices(void)
{
	CHECK_EQ(reg("arm,pl011", 0), UART_BASE, "UART");
	CHECK_EQ(interrupt("arm,pl011", 0), 0, "UART: a shared interrupt");
	CHECK_EQ(interrupt("arm,pl011", 1), 1, "UART: number 1");
	CHECK_EQ(interrupt("arm,pl011", 2), 4, "UART: level-sensitive");
	CHECK_EQ(reg("arm,pl031", 0), 0x09010000, "RTC");
	CHECK_EQ(interrupt("arm,pl031", 1), 2, "RTC: number 2");
	CHECK_EQ(interrupt("arm,armv8-timer", 4), TIMER_PHYSICAL_INTID - 16, "physical timer");
	CHECK_EQ(interrupt("arm,armv8-timer", 7), TIMER_VIRTUAL_INTID - 16, "virtual timer");
}

static void psci_node(void)
{
	int node = fdt_node_offset_by_compatible(tree, -1, "arm,psci-1.0");
	const char *method = node < 0 ? NULL : fdt_getprop(tree, node, "method", NULL);

	CHECK(node >= 0, "PSCI 1.0 is announced");
	CHECK(method && (!strcmp(method, "hvc") || !strcmp(method, "smc")), "with its conduit");
	CHECK(has_compatible("arm,psci-0.2"), "for older kernels too");
}

static void chosen(void)
{
	int node = fdt_path_offset(tree, "/chosen");
	const char *out = node < 0 ? NULL : fdt_getprop(tree, node, "stdout-path", NULL);

	CHECK(out != NULL, "a console is chosen");
	CHECK(boot_arg("probe", 0) == 0x7e57 || boot_reference(), "the command line arrives");
}

void guest_main(void)
{
	tree = boot_dtb();
	if (!CHECK(tree != NULL, "there is a device tree"))
		return;
	root();
	memory();
	cpus();
	controller();
	devices();
	psci_node();
	chosen();
}
