/* SPDX-License-Identifier: Apache-2.0 */
#include "csr_code.h"
#include "cpu.h"

#define CSRR_A0 0x00002573u /* csrr a0, 0 */
#define CSRW_A0 0x00051073u /* csrw 0, a0 */

/* A page of its own: an emulator is slow where code and data that changes share one. */
static struct {
	uint32_t words[1024];
} code __attribute__((aligned(4096)));

uint64_t csr_run(uint32_t instruction, uint64_t a0)
{
	code.words[0] = instruction;
	code.words[1] = CPU_RET;
	cpu_sync_code(code.words);
	return ((uint64_t (*)(uint64_t))(uint64_t)code.words)(a0);
}

uint64_t csr_read_number(unsigned number)
{
	return csr_run(CSRR_A0 | number << 20, 0);
}

void csr_write_number(unsigned number, uint64_t value)
{
	csr_run(CSRW_A0 | number << 20, value);
}
