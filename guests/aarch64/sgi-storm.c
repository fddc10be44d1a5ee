/* SPDX-License-Identifier: Apache-2.0 */
/* All CPUs send each other SGIs as fast as they can, for `ms` milliseconds. */
#include "boot.h"
#include "gic.h"
#include "storm.h"

static void prepare(void)
{
	for (unsigned i = 0; i < 16; i++)
		gic_enable(i);
}

static void send(struct random *random)
{
	uint64_t value = random_next(random);

	switch (value & 3) {
	case 0:
		gic_sgi_others(value >> 4 & 0xf);
		break;
	case 1:
		gic_sgi_raw(value); /* whatever it means */
		break;
	default:
		gic_sgi(cpu_hwid((unsigned)(value >> 8 & 0xff) % cpu_count()), value >> 4 & 0xf);
	}
}

void guest_main(void)
{
	storm(prepare, send);
}
