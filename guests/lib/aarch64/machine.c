/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"
#include "irq.h"
#include "test.h"
#include "uart.h"

/* GICD registers of INTIDs 32 and up */
#define ISENABLER1 0x104
#define ICFGR2	   0xc08

const struct machine_area machine_areas[] = {
	{ GICD_BASE, GICD_SIZE },
	{ GICD_BASE, 0x1000 },
	{ GICD_BASE + GICD_IROUTER, 0x800 },
	{ GICR_BASE, GICR_STRIDE * 2 },
	{ GICR_BASE + GICR_SGI, 0x1000 },
	{ 0x09010000, 0x1000 }, /* RTC */
	{ 0x0a000000, 0x4000 }, /* virtio */
};
const unsigned machine_area_num = sizeof(machine_areas) / sizeof(*machine_areas);
const struct machine_area machine_console = { UART_BASE + 8, 0xff8 };

void machine_check_irq(void)
{
	irq_handler = NULL;
	gic_init();
	gic_enable(2);
	gic_sgi(cpu_hwid(0), 2);
	CHECK_EQ(gic_ack(), 2, "an interrupt after it");
}

void machine_check_fresh(void)
{
	CHECK(gicd_read(ISENABLER1) == 0, "no SPI is enabled");
	CHECK(gicd_read(ICFGR2) == 0, "SPIs are level-sensitive");
	CHECK(read32(UART_BASE + UART_IMSC) == 0, "the UART's interrupts are masked");
}

void machine_make_a_mess(void)
{
	gicd_write(ICFGR2, 0xaaaaaaaa);
	gicd_write(ISENABLER1, 0xffffffff);
	write32(UART_BASE + UART_IMSC, 0x7ff);
}
