/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/sysinfo.h>

#define MIB (UINT64_C(1) << 20)

/* The board's memory besides the VMs' RAM and the bundle, and the step of its size. */
#define EXTRA (256 * MIB)
#define STEP  (256 * MIB)

/* As many CPUs as the largest VM has vCPUs, but not more than these. */
#define CPUS_MOST 4

/* RAM that must be at its place reaches this far from the board's RAM base. */
static uint64_t fixed_end(const struct axvm_config *config, uint64_t ram_base)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < config->memory_region_num; i++) {
		const struct axvm_memory_region *region = &config->memory_regions[i];

		if (region->map_type != AXVM_MAP_ALLOC && region->gpa >= ram_base &&
		    region->gpa + region->size - ram_base > end)
			end = region->gpa + region->size - ram_base;
	}
	return end;
}

static uint64_t vm_memory(const struct axvm_config *config)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < config->memory_region_num; i++)
		total += config->memory_regions[i].size;
	return total;
}

static uint64_t vms_memory(const struct vm_files *set)
{
	uint64_t total = 0;

	for (size_t i = 0; i < set->num; i++)
		total += vm_memory(&set->vms[i].config);
	return total;
}

uint64_t board_memory(const struct vm_files *set, size_t bundle_size)
{
	uint64_t total = vms_memory(set) + 2 * (uint64_t)bundle_size + EXTRA;
	uint64_t ram_base = axvm_machine_get(set->arch)->ram_base;

	for (size_t i = 0; i < set->num; i++) {
		uint64_t end = fixed_end(&set->vms[i].config, ram_base);

		total = end > total ? end : total;
	}
	return (total + STEP - 1) / STEP * STEP;
}

/* RAM and swap space of this computer in bytes, or UINT64_MAX. */
static uint64_t own_memory(void)
{
	struct sysinfo info;

	if (sysinfo(&info) != 0)
		return UINT64_MAX;
	return ((uint64_t)info.totalram + info.totalswap) * info.mem_unit;
}

enum cli_status board_check_memory(const struct vm_files *set, uint64_t given)
{
	uint64_t room = given ? given : own_memory(), total = vms_memory(set);
	size_t largest = 0;
	char text[160];

	if (total <= room)
		return CLI_OK;
	for (size_t i = 1; i < set->num; i++) {
		if (vm_memory(&set->vms[i].config) > vm_memory(&set->vms[largest].config))
			largest = i;
	}
	snprintf(text, sizeof(text),
		 "%" PRIu64 " MiB of RAM in all do not fit %s %" PRIu64 " MiB: give less%s",
		 total / MIB, given ? "the board's" : "this computer's", room / MIB,
		 given ? ", or a larger --qemu-memory" : "");
	vm_file_error(&set->files[largest], "kernel.memory_regions", text);
	return CLI_CONFIG;
}

bool board_aia(const struct vm_files *set)
{
	for (size_t i = 0; i < set->num; i++) {
		const struct axvm_config *config = &set->vms[i].config;

		for (uint32_t k = 0; k < config->emu_device_num; k++) {
			if (config->emu_devices[k].emu_type == AXVM_EMU_IMSIC)
				return true;
		}
	}
	return false;
}

/* The lowest CPU of an affinity mask must be there. */
static unsigned lowest_cpus(const struct axvm_config *config)
{
	unsigned most = 1;

	for (uint32_t i = 0; i < config->phys_cpu_set_num; i++) {
		unsigned needed = (unsigned)__builtin_ctzll(config->phys_cpu_sets[i]) + 1;

		most = needed > most ? needed : most;
	}
	return most;
}

unsigned board_cpus(const struct vm_files *set)
{
	unsigned cpus = 1, needed = 1;

	for (size_t i = 0; i < set->num; i++) {
		unsigned lowest = lowest_cpus(&set->vms[i].config);

		cpus = set->vms[i].config.cpu_num > cpus ? set->vms[i].config.cpu_num : cpus;
		needed = lowest > needed ? lowest : needed;
	}
	cpus = cpus > CPUS_MOST ? CPUS_MOST : cpus;
	return cpus > needed ? cpus : needed;
}
