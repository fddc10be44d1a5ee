/* SPDX-License-Identifier: Apache-2.0 */
#include "sim_host_impl.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAM_SIZE (UINT64_C(32) << 20)

void sim_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

static void relax(void)
{
	sched_yield();
}

void sim_host_init(struct sim_host *h)
{
	memset(h, 0, sizeof(*h));
	h->hal.host = &h->host;
	sim_memory_init(h);
	sim_clock_init(h);
	sim_text_init(h);
	sim_vms_init(h);
	if (!axvm_sim_relax)
		axvm_sim_relax = relax;
	axvm_sim_set_hardware(true);
}

void sim_host_fini(struct sim_host *h)
{
	sim_vms_fini(h);
	sim_memory_fini(h);
}

void sim_config(struct axvm_config *config, uint32_t id, uint32_t cpu_num)
{
	sim_config_of(config, AXVM_ARCH_AARCH64, id, cpu_num);
}

void sim_config_of(struct axvm_config *config, enum axvm_arch arch, uint32_t id, uint32_t cpu_num)
{
	const struct axvm_machine *machine = axvm_machine_get(arch);

	*config = (struct axvm_config){
		.arch = machine->arch,
		.id = id,
		.vm_type = AXVM_VM_TYPE_LINUX,
		.cpu_num = cpu_num,
		.interrupt_mode = AXVM_INTERRUPT_EMULATED,
		.memory_region_num = 1,
		.memory_regions = { {
			.gpa = machine->ram_base,
			.size = RAM_SIZE,
			.flags = AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE,
			.map_type = AXVM_MAP_ALLOC,
		} },
		.emu_device_num = (uint32_t)machine->device_num,
	};
	snprintf(config->name, sizeof(config->name), "vm%u", id);
	memcpy(config->emu_devices, machine->devices,
	       machine->device_num * sizeof(config->emu_devices[0]));
}
