/* SPDX-License-Identifier: Apache-2.0 */
#include "plic.h"
#include "lock.h"

#define LINES 96u /* that a board has */

static struct lock lock;

bool plic_enabled(unsigned context, unsigned line)
{
	return read32(plic_enable(context, line)) >> line % 32 & 1;
}

void plic_set_enabled(unsigned context, unsigned line, bool on)
{
	uint64_t reg = plic_enable(context, line);
	uint32_t bit = 1u << line % 32;

	if (on)
		write32(plic_priority(line), 1);
	lock_take(&lock);
	write32(reg, on ? read32(reg) | bit : read32(reg) & ~bit);
	lock_drop(&lock);
}

void plic_init_cpu(void)
{
	unsigned context = plic_context(cpu_id());

	for (unsigned line = 0; line < LINES; line += 32)
		write32(plic_enable(context, line), 0);
	write32(plic_threshold(context), 0);
}
