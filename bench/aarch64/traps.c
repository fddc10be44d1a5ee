/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "psci.h"
#include "uart.h"

static void hvc_version(void)
{
	register uint64_t x0 asm("x0") = PSCI_VERSION;

	asm volatile("hvc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
}

void bench_traps(void)
{
	BENCH_MEASURE("hvc", , hvc_version());
	BENCH_MEASURE("gicd_typer", , read32(GICD_BASE + GICD_TYPER));
	BENCH_MEASURE("gicd_isenabler", gicd_write(GIC_ICENABLER + 4, ~0u),
		      write32(GICD_BASE + GIC_ISENABLER + 4, ~0u));
	gicd_write(GIC_ICENABLER + 4, ~0u);
	BENCH_MEASURE("pl011_fr", , read32(UART_BASE + UART_FR));
}

void bench_pair(void)
{
}
