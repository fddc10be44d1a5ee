/* SPDX-License-Identifier: Apache-2.0 */
#include "boot.h"
#include "cpu.h"
#include "firmware.h"
#include "irq.h"
#include "test.h"
#include "timer.h"
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

static const void *dtb;
static unsigned cpus;
static uint64_t hwids[MAX_CPUS];
static void (*volatile entry[MAX_CPUS])(void);
static volatile bool started[MAX_CPUS];

/* Long enough for a CPU that shares its host's with many others: only what fails waits so long. */
#define PATIENCE_US 20000000

void guest_start(const void *tree);
void guest_start_secondary(uint64_t cpu);

const void *boot_dtb(void)
{
	return dtb;
}

static const char *command_line(void)
{
	int node = dtb ? fdt_path_offset(dtb, "/chosen") : -1;
	const char *text = node < 0 ? NULL : fdt_getprop(dtb, node, "bootargs", NULL);

	return text ? text : "";
}

/* What follows NAME on the command line, a word of its own; NULL: it is not there. */
static const char *find_arg(const char *name)
{
	size_t len = strlen(name);
	const char *at = command_line();

	while (*at) {
		if (!strncmp(at, name, len) && strchr(" =", at[len]))
			return at + len;
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	return NULL;
}

uint64_t boot_arg(const char *name, uint64_t otherwise)
{
	const char *at = find_arg(name);

	return at && *at == '=' ? strtoull(at + 1, NULL, 0) : otherwise;
}

const char *boot_name(void)
{
	static char name[32];
	const char *at = find_arg("vm");
	size_t len;

	if (!at || *at != '=')
		return "guest";
	len = strcspn(at + 1, " ");
	len = len < sizeof(name) ? len : sizeof(name) - 1;
	memcpy(name, at + 1, len);
	name[len] = '\0';
	return name;
}

bool boot_reference(void)
{
	return find_arg("reference") != NULL;
}

/* The n-th 64-bit value of the memory node's reg: base, size. */
static uint64_t memory_reg(int n)
{
	int node = dtb ? fdt_node_offset_by_prop_value(dtb, -1, "device_type", "memory", 7) : -1;
	int len = 0;
	const fdt64_t *reg = node < 0 ? NULL : fdt_getprop(dtb, node, "reg", &len);

	return reg && len >= 16 ? fdt64_ld(reg + n) : 0;
}

uint64_t boot_ram_base(void)
{
	return memory_reg(0);
}

uint64_t boot_ram_size(void)
{
	return memory_reg(1);
}

static void add_cpu(int node)
{
	const char *type = fdt_getprop(dtb, node, "device_type", NULL);
	int len = 0;
	const fdt32_t *reg = fdt_getprop(dtb, node, "reg", &len);

	if (!type || strcmp(type, "cpu") || !reg || cpus == MAX_CPUS)
		return;
	if (len == 8)
		hwids[cpus++] = fdt64_ld((const fdt64_t *)(const void *)reg);
	else if (len == 4)
		hwids[cpus++] = fdt32_ld(reg);
}

static void find_cpus(void)
{
	int node, parent = dtb ? fdt_path_offset(dtb, "/cpus") : -1;

	if (parent >= 0)
		fdt_for_each_subnode(node, dtb, parent)
			add_cpu(node);
	if (!cpus)
		hwids[cpus++] = cpu_boot_hwid();
	for (unsigned cpu = 1; cpu < cpus; cpu++)
		if (hwids[cpu] == cpu_boot_hwid()) { /* it is CPU 0 */
			hwids[cpu] = hwids[0];
			hwids[0] = cpu_boot_hwid();
		}
}

unsigned cpu_count(void)
{
	return cpus;
}

uint64_t cpu_hwid(unsigned cpu)
{
	return hwids[cpu];
}

void guest_start(const void *tree)
{
	dtb = tree && !fdt_check_header(tree) ? tree : NULL;
	find_cpus();
	irq_init();
	guest_main();
	test_end();
}

bool cpu_start(unsigned cpu, void (*fn)(void))
{
	entry[cpu] = fn;
	started[cpu] = false;
	mb();
	if (!firmware_cpu_on(cpu_hwid(cpu), secondary, cpu))
		return false;
	return wait_for(started[cpu], PATIENCE_US);
}

bool cpu_wait_off(unsigned cpu)
{
	return wait_for(firmware_cpu_is_off(cpu_hwid(cpu)), PATIENCE_US);
}

void guest_start_secondary(uint64_t cpu)
{
	irq_init_cpu();
	started[cpu] = true;
	mb();
	entry[cpu]();
	firmware_cpu_off();
	CHECK(false, "switching off CPU %u returns", (unsigned)cpu);
	test_end();
}
