/* SPDX-License-Identifier: Apache-2.0 */
/* What an exception at EL2 says about itself (Arm ARM D17.2.37, ESR_ELx). */
#include "fault.h"

#include "arch.h"

#define ESR_EC(esr) ((unsigned)((esr) >> 26) & 0x3f)

static const char *const class_names[64] = {
	[0x00] = "unknown or undefined instruction",
	[0x0e] = "illegal execution state",
	[0x15] = "SVC",
	[0x16] = "HVC",
	[0x17] = "SMC",
	[0x18] = "trapped system register",
	[0x07] = "trapped floating point or SIMD",
	[0x20] = "instruction abort from a guest",
	[0x21] = "instruction abort",
	[0x22] = "misaligned program counter",
	[0x24] = "data abort from a guest",
	[0x25] = "data abort",
	[0x26] = "misaligned stack pointer",
	[0x2f] = "SError",
	[0x3c] = "BRK instruction",
};

/* By bits [5:2] of the fault status code. */
static const char *const status_names[16] = {
	[0x0] = "address size fault", [0x1] = "translation fault", [0x2] = "access flag fault",
	[0x3] = "permission fault",   [0x4] = "external abort",	   [0x6] = "parity error",
	[0x8] = "alignment fault",
};

static void print_cause(const struct cpu *cpu)
{
	const struct fault_frame *f = &cpu->isa.frame;
	unsigned class = ESR_EC(f->esr);
	const char *name = class_names[class], *status = NULL;

	if (class == 0x21 || class == 0x25)
		status = status_names[f->esr >> 2 & 0xf];
	fault_print("%s%s%s%s", name ? name : "exception", status ? ", " : "", status ? status : "",
		    class == 0x25 && f->esr & 0x40 ? ", write" : "");
	if (class == 0x25 && fault_in_guard(cpu, f->far))
		fault_print("the stack has overflowed");
}

void isa_fault_print(const struct cpu *cpu)
{
	const struct fault_frame *f = &cpu->isa.frame;

	print_cause(cpu);
	fault_print("ESR_EL2  %016llx  FAR_EL2  %016llx", (unsigned long long)f->esr,
		    (unsigned long long)f->far);
	fault_print("ELR_EL2  %016llx  SPSR_EL2 %016llx", (unsigned long long)f->elr,
		    (unsigned long long)f->spsr);
	for (unsigned i = 0; i < 30; i += 2)
		fault_print("x%-2u      %016llx  x%-2u      %016llx", i,
			    (unsigned long long)f->x[i], i + 1, (unsigned long long)f->x[i + 1]);
	fault_print("x30      %016llx  sp       %016llx", (unsigned long long)f->x[30],
		    (unsigned long long)f->sp);
}

uint64_t isa_fault_pc(const struct cpu *cpu)
{
	return cpu->isa.frame.elr;
}

uint64_t isa_fault_fp(const struct cpu *cpu)
{
	return cpu->isa.frame.x[29];
}

void *isa_bad_address(void)
{
	return (void *)0x0000700000000000ull;
}
