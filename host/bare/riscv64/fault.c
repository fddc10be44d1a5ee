/* SPDX-License-Identifier: Apache-2.0 */
/* What a trap from HS-mode says about itself (Privileged Architecture, scause). */
#include "fault.h"

#include "arch.h"

#define CAUSE_LOAD_PAGE_FAULT  13u
#define CAUSE_STORE_PAGE_FAULT 15u

static const char *const cause_names[] = {
	[0] = "misaligned program counter",
	[1] = "instruction access fault",
	[2] = "illegal instruction",
	[3] = "breakpoint",
	[4] = "misaligned load",
	[5] = "load access fault",
	[6] = "misaligned store",
	[7] = "store access fault",
	[8] = "ECALL from user mode",
	[9] = "ECALL",
	[10] = "ECALL from a guest",
	[12] = "instruction page fault",
	[CAUSE_LOAD_PAGE_FAULT] = "load page fault",
	[CAUSE_STORE_PAGE_FAULT] = "store page fault",
	[20] = "instruction fault of a guest",
	[21] = "load fault of a guest",
	[22] = "virtual instruction",
	[23] = "store fault of a guest",
};

#define CAUSES (sizeof(cause_names) / sizeof(cause_names[0]))

static void print_cause(const struct cpu *cpu)
{
	const struct fault_frame *f = &cpu->isa.frame;
	const char *name = f->scause < CAUSES ? cause_names[f->scause] : NULL;

	fault_print("%s", name ? name : "trap");
	if ((f->scause == CAUSE_LOAD_PAGE_FAULT || f->scause == CAUSE_STORE_PAGE_FAULT) &&
	    fault_in_guard(cpu, f->stval))
		fault_print("the stack has overflowed");
}

void isa_fault_print(const struct cpu *cpu)
{
	static const char names[32][4] = {
		"",   "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
		"a1", "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
		"s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
	};
	const struct fault_frame *f = &cpu->isa.frame;

	print_cause(cpu);
	fault_print("scause   %016llx  stval    %016llx", (unsigned long long)f->scause,
		    (unsigned long long)f->stval);
	fault_print("sepc     %016llx  sstatus  %016llx", (unsigned long long)f->sepc,
		    (unsigned long long)f->sstatus);
	for (unsigned i = 1; i < 31; i += 2)
		fault_print("%-8s %016llx  %-8s %016llx", names[i], (unsigned long long)f->x[i],
			    names[i + 1], (unsigned long long)f->x[i + 1]);
	fault_print("%-8s %016llx", names[31], (unsigned long long)f->x[31]);
}

uint64_t isa_fault_pc(const struct cpu *cpu)
{
	return cpu->isa.frame.sepc;
}

uint64_t isa_fault_fp(const struct cpu *cpu)
{
	return cpu->isa.frame.x[8];
}

/* Below the end of what Sv39 translates, and above every board's memory and devices. */
void *isa_bad_address(void)
{
	return (void *)0x3f00000000ull;
}
