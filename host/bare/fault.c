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

_Noreturn void fault_report(struct cpu *cpu);
_Noreturn void fault_nested(struct cpu *cpu);

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

static void print_backtrace(const struct cpu *cpu)
{
	struct fault_walk walk;
	unsigned depth = 0;

	isa_fault_walk(cpu, &walk);
	do {
		print_place(depth++, walk.pc);
	} while (depth < MAX_FRAMES && isa_fault_step(&walk));
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
