/* SPDX-License-Identifier: Apache-2.0 */
/* All harts send each other IPIs and fences as fast as they can, for `ms` milliseconds. */
#include "boot.h"
#include "irq.h"
#include "sbi.h"
#include "storm.h"
#include "test.h"

static void prepare(void)
{
	irq_on(IRQ_IPI);
}

static void send(struct random *random)
{
	uint64_t value = random_next(random);

	switch (value & 7) {
	case 0:
		sbi_call(SBI_IPI, SBI_IPI_SEND, 0, ~0ul, 0, 0, 0);
		break;
	case 1:
		sbi_call(SBI_IPI, SBI_IPI_SEND, value >> 8, value >> 3 & 7, 0, 0, 0);
		break;
	case 2:
		sbi_call(SBI_RFENCE, value >> 8 & 3, 0, ~0ul, value >> 10, value >> 50, 0);
		break;
	default:
		ipi_send((unsigned)(value >> 8 & 0xff) % cpu_count());
	}
}

void guest_main(void)
{
	storm(prepare, send);
	CHECK(irq_count[0][IRQ_IPI] > 0, "CPU 0 took %u", irq_count[0][IRQ_IPI]);
}
