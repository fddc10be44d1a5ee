/* SPDX-License-Identifier: Apache-2.0 */
/* From start.S to host_main(): the board is read, mapped and made ready. */
#include "boot.h"

#include "arch.h"
#include "clock.h"
#include "host.h"
#include "log.h"
#include "mem.h"
#include "mmu.h"

#define CPU_START_NANOS 1000000000u

static uint64_t address(const void *p)
{
	return (uintptr_t)p;
}

/* Gives a CPU its place for stacks. */
static void cpu_use_slot(struct cpu *cpu, unsigned slot)
{
	uint64_t base = address(cpu_slots) + slot * (uint64_t)CPU_SLOT_SIZE;

	cpu->stack_top = base + CPU_SLOT_SIZE;
	cpu->emergency_top = base + CPU_EMERGENCY_END;
}

/* The CPU that runs this has slot 0 already, the others get the next ones. */
static const char *cpus_assign(uint64_t self)
{
	unsigned slot = 1;
	bool found = false;

	for (uint32_t i = 0; i < cpu_num; i++) {
		if (cpus[i].hw_id != self || found) {
			if (slot < CPU_SLOTS)
				cpu_use_slot(&cpus[i], slot++);
			continue;
		}
		cpu_use_slot(&cpus[i], 0);
		isa_set_this_cpu(&cpus[i]);
		found = true;
	}
	return found ? NULL : "the CPU that runs this is not in the device tree";
}

static uint64_t slots_end(void)
{
	return address(cpu_slots) + cpu_num * (uint64_t)CPU_SLOT_SIZE;
}

static void map_image(void)
{
	mmu_map(address(image_start), (uint64_t)(text_end - image_start), MMU_CODE);
	mmu_map(address(text_end), (uint64_t)(rodata_end - text_end), MMU_RODATA);
	for (uint64_t slot = address(cpu_slots); slot < slots_end(); slot += CPU_SLOT_SIZE) {
		mmu_map(slot, CPU_EMERGENCY_BASE, MMU_NONE);
		mmu_map(slot + CPU_EMERGENCY_END, CPU_STACK_BASE - CPU_EMERGENCY_END, MMU_NONE);
	}
}

static bool map_all(void)
{
	for (size_t i = 0; i < board.memory_num; i++)
		mmu_map(board.memory[i].base, board.memory[i].size, MMU_DATA);
	for (size_t i = 0; i < board.reserved_num; i++)
		if (board.reserved[i].no_map)
			mmu_map(board.reserved[i].base, board.reserved[i].size, MMU_NONE);
	isa_map_devices();
	map_image();
	return mmu_enable();
}

/* Places for stacks and page tables that nobody needs stay ordinary memory. */
static bool reserve_image(void)
{
	uint64_t unused, size;

	mmu_unused(&unused, &size);
	return board_reserve(address(image_start), slots_end() - address(image_start), false) &&
	       board_reserve(address(mmu_pool), unused - address(mmu_pool), false);
}

static void check(const char *problem)
{
	if (problem)
		host_fail("%s", problem);
}

_Noreturn void boot_main(const void *fdt, uint64_t arg)
{
	const char *problem = board_read(fdt);

	if (board.fdt)
		isa_boot_console(fdt);
	check(problem);
	check(isa_boot_probe(fdt, arg));
	check(cpus_assign(isa_boot_hw_id(arg)));
	clock_init(isa_ticks_per_second());
	if (!board_is_ram(address(image_start), (uint64_t)(image_end - image_start)))
		host_fail("too little memory: the hypervisor itself does not fit");
	if (!map_all() || !reserve_image())
		host_fail("the device tree describes too many memory ranges");
	mem_init();
	isa_init();
	check(isa_init_cpu());
	host_main();
}

_Noreturn void boot_secondary(struct cpu *cpu)
{
	const char *problem = isa_init_cpu();

	if (problem) {
		log_line(AXVM_LOG_ERROR, "CPU %u: %s", cpu->id, problem);
		for (;;)
			isa_idle();
	}
	host_cpu_main();
}

static void cpu_start(struct cpu *cpu)
{
	uint64_t deadline = clock_now() + CPU_START_NANOS;
	int64_t result = cpu->stack_top ? isa_cpu_on(cpu) : -1;

	if (result) {
		log_line(AXVM_LOG_WARN, "CPU %u: the firmware does not start it (%lld)", cpu->id,
			 (long long)result);
		return;
	}
	while (!__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE)) {
		if (clock_now() > deadline) {
			log_line(AXVM_LOG_WARN, "CPU %u does not come up", cpu->id);
			return;
		}
		isa_relax();
	}
}

void boot_cpus_start(void)
{
	for (uint32_t i = 0; i < cpu_num; i++)
		if (&cpus[i] != this_cpu())
			cpu_start(&cpus[i]);
}
