/* SPDX-License-Identifier: Apache-2.0 */
#include "sysreg_code.h"
#include "cpu.h"

#define SYSTEM_WRITE_X0 0xd5000000u
#define SYSTEM_READ_X0	0xd5200000u
#define RET		0xd65f03c0u

/* A page of its own: an emulator is slow where code and data that changes share one. */
static struct {
	uint32_t words[1024];
} code __attribute__((aligned(4096)));

static uint64_t run(uint32_t instruction, uint64_t x0)
{
	code.words[0] = instruction;
	code.words[1] = RET;
	asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(code.words)
		     : "memory");
	return ((uint64_t (*)(uint64_t))(uint64_t)code.words)(x0);
}

uint64_t sysreg_read(uint32_t encoding)
{
	return run(SYSTEM_READ_X0 | (encoding & SYSREG_MASK), 0);
}

void sysreg_write(uint32_t encoding, uint64_t value)
{
	run(SYSTEM_WRITE_X0 | (encoding & SYSREG_MASK), value);
}
