/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include "arch.h"
#include "console.h"
#include "host.h"
#include "log.h"
#include "symbols.h"

#include <stdio.h>
#include <string.h>

#define MAX_FRAMES 24

/* What a function keeps of its caller on the stack. */
struct frame_record {
	uint64_t caller; /* its frame pointer */
	uint64_t return_address;
};

static uint32_t faulting;

void fault_print(const char *fmt, ...)
{
	char line[160] = "axvm:   ";
	size_t len = strlen(line);
	va_list args;

	va_start(args, fmt);
	vsnprintf(line + len, sizeof(line) - len, fmt, args);
	va_end(args);
	console_line_now(line);
}

static void print_place(unsigned depth, uint64_t pc)
{
	uint64_t offset = 0;
	const char *name = sym_lookup(pc, &offset);

	fault_print("#%u %016llx %s+0x%llx", depth, (unsigned long long)pc, name ? name : "?",
		    (unsigned long long)offset);
}

static uint64_t stack_bottom(const struct cpu *cpu)
{
	return cpu->stack_top - (CPU_SLOT_SIZE - CPU_STACK_BASE);
}

/* Callers are above `lo`, since the stack grows down. */
static void print_backtrace(const struct cpu *cpu)
{
	uint64_t lo = stack_bottom(cpu), hi = cpu->stack_top, fp = isa_fault_fp(cpu);
	uint64_t pc = isa_fault_pc(cpu);

	print_place(0, pc);
	for (unsigned depth = 1; depth < MAX_FRAMES; depth++) {
		const struct frame_record *record =
			(const struct frame_record *)(uintptr_t)(fp + FRAME_RECORD);

		if (fp % 8 || fp + FRAME_RECORD < lo || fp + FRAME_RECORD > hi - sizeof(*record) ||
		    !record->return_address)
			return;
		print_place(depth, record->return_address - CALL_SIZE);
		lo = (uintptr_t)(record + 1);
		fp = record->caller;
	}
}

/* Such an address is in the guard below the stack. */
bool fault_in_guard(const struct cpu *cpu, uint64_t address)
{
	uint64_t lo = stack_bottom(cpu);

	return address < lo && lo - address <= CPU_STACK_BASE - CPU_EMERGENCY_END;
}

/* Two CPUs may fault at once; the first one reports. */
_Noreturn void fault_report(struct cpu *cpu)
{
	if (__atomic_exchange_n(&faulting, 1, __ATOMIC_ACQ_REL))
		for (;;)
			isa_idle();
	console_seize();
	log_line(AXVM_LOG_ERROR, "fault in the hypervisor on CPU %u:", cpu->id);
	isa_fault_print(cpu);
	print_backtrace(cpu);
	host_end(STATUS_FAULT);
}

/* The report itself has faulted. */
_Noreturn void fault_nested(struct cpu *cpu)
{
	console_seize();
	console_line_now("axvm: ERROR: fault in the report of a fault");
	host_end(STATUS_FAULT);
}

__attribute__((noinline)) static unsigned overflow(unsigned depth)
{
	volatile char space[256];

	space[depth % sizeof(space)] = 1;
	return depth == UINT32_MAX ? 0 :
				     overflow(depth + 1) + (unsigned)space[depth % sizeof(space)];
}

void fault_selftest(void)
{
	char what[16];

	if (!board_bootarg("axvm.selftest", what, sizeof(what)))
		return;
	if (strcmp(what, "fault") == 0)
		*(volatile uint32_t *)isa_bad_address() = 0;
	if (strcmp(what, "overflow") == 0)
		log_line(AXVM_LOG_ERROR, "%u", overflow(0));
	if (strcmp(what, "wx") == 0)
		*(volatile uint32_t *)(uintptr_t)host_main = 0;
}
