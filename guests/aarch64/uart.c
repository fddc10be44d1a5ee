/* SPDX-License-Identifier: Apache-2.0 */
/* The PL011. Arm DDI 0183, 3. */
#include "uart.h"
#include "boot.h"
#include "gic.h"
#include "test.h"
#include "timer.h"

#define TIMEOUT_US 2000000

/* 2.1: 16 bytes, 32 from revision r1p5 (3 in UARTPeriphID2) on. */
static unsigned depth;

static uint32_t rd(unsigned offset)
{
	return read32(UART_BASE + offset);
}

static void wr(unsigned offset, uint32_t value)
{
	write32(UART_BASE + offset, value);
}

static void identification(void)
{
	static const uint8_t periph[] = { 0x11, 0x10, 0x04, 0x00 };
	static const uint8_t cell[] = { 0x0d, 0xf0, 0x05, 0xb1 };

	for (unsigned i = 0; i < 4; i++) {
		uint32_t id = rd(UART_PERIPHID0 + 4 * i);

		if (i == 2) { /* the upper half is the revision */
			depth = id >> 4 >= 3 ? 32 : 16;
			id &= 0xf;
		}
		CHECK_EQ(id, periph[i], "UARTPeriphID%u", i);
		CHECK_EQ(rd(UART_PCELLID0 + 4 * i), cell[i], "UARTPCellID%u", i);
	}
	wr(UART_PERIPHID0, 0);
	CHECK_EQ(rd(UART_PERIPHID0), 0x11, "identification is read-only");
}

static void registers(void)
{
	wr(UART_IBRD, 0x1234);
	wr(UART_FBRD, 0x2a);
	CHECK_EQ(rd(UART_IBRD), 0x1234, "UARTIBRD");
	CHECK_EQ(rd(UART_FBRD), 0x2a, "UARTFBRD");
	wr(UART_IFLS, 0x1b);
	CHECK_EQ(rd(UART_IFLS), 0x1b, "UARTIFLS");
	wr(UART_IFLS, 0x12);
	wr(UART_IMSC, 0x7ff);
	CHECK_EQ(rd(UART_IMSC), 0x7ff, "UARTIMSC");
	CHECK_EQ(rd(UART_MIS), rd(UART_RIS) & 0x7ff, "UARTMIS is UARTRIS where unmasked");
	wr(UART_IMSC, 0);
	CHECK_EQ(rd(UART_MIS), 0, "UARTMIS is zero where masked");
	CHECK_EQ(rd(UART_LCRH), UART_LCRH_FEN | UART_LCRH_8BIT, "UARTLCR_H");
	wr(UART_FR, ~0u);
	CHECK(rd(UART_FR) & UART_FR_TXFE, "UARTFR: nothing to send");
	CHECK(!(rd(UART_FR) & UART_FR_TXFF), "UARTFR: room to send");
}

static void loopback(bool on)
{
	wr(UART_CR, UART_CR_EN | UART_CR_TXE | UART_CR_RXE | (on ? UART_CR_LOOPBACK : 0));
}

static void drain(void)
{
	while (uart_read() >= 0)
		cpu_relax();
	wr(UART_ICR, 0x7ff);
}

static void put(unsigned num)
{
	for (unsigned i = 0; i < num; i++)
		wr(UART_DR, 'A' + i);
}

/* What comes back, as a count of bytes in the right order. */
static unsigned get(unsigned most)
{
	unsigned num = 0;

	while (num < most && uart_read() == (int)('A' + num))
		num++;
	return num;
}

struct seen {
	uint32_t fr, ris;
	unsigned num;
};

/* Nothing can be printed while loopback is on. */
static struct seen looped(unsigned num)
{
	struct seen seen;

	drain();
	loopback(true);
	put(num);
	delay_us(5000);
	seen.fr = rd(UART_FR);
	seen.ris = rd(UART_RIS);
	seen.num = get(num);
	drain();
	loopback(false);
	return seen;
}

static void fifo(void)
{
	struct seen seen = looped(1);

	CHECK_EQ(seen.num, 1, "loopback: one byte comes back");
	CHECK(!(seen.fr & UART_FR_RXFE), "UARTFR: something to read");
	CHECK(seen.ris & (UART_INT_RX | UART_INT_RT), "one byte raises the time-out interrupt");
	seen = looped(depth - 1);
	CHECK_EQ(seen.num, depth - 1, "loopback: %u bytes come back", depth - 1);
	CHECK(!(seen.fr & UART_FR_RXFF), "UARTFR: not full");
	seen = looped(depth);
	CHECK_EQ(seen.num, depth, "loopback: %u bytes come back", depth);
	CHECK(seen.fr & UART_FR_RXFF, "UARTFR: full");
	CHECK(seen.ris & UART_INT_RX, "a full FIFO raises the receive interrupt");
}

/* 3.3.4: the receive interrupt at 1/8, 1/4, 1/2, 3/4 or 7/8 of the FIFO. */
static void levels(void)
{
	static const unsigned eighths[] = { 1, 2, 4, 6, 7 };

	for (unsigned i = 0; i < 5; i++) {
		unsigned level = depth / 8 * eighths[i];

		wr(UART_IFLS, i << 3 | 2);
		struct seen below = looped(level - 1), at = looped(level);

		CHECK(!(below.ris & UART_INT_RX), "no receive interrupt with %u bytes at level %u",
		      level - 1, i);
		CHECK(at.ris & UART_INT_RX, "receive interrupt with %u bytes at level %u", level,
		      i);
	}
	wr(UART_IFLS, 0x12);
}

static void overrun(void)
{
	struct seen seen = looped(depth + 4);

	CHECK_EQ(seen.num, depth, "a full FIFO keeps what it has");
	CHECK(seen.ris & UART_INT_OE, "and raises the overrun interrupt");
}

static void interrupt(void)
{
	unsigned got = GIC_SPURIOUS;

	gic_enable(UART_INTID);
	drain();
	loopback(true);
	wr(UART_IMSC, UART_INT_RX | UART_INT_RT);
	put(1);
	wait_for((got = gic_ack()) != GIC_SPURIOUS, TIMEOUT_US);
	unsigned num = get(1);
	uint32_t mis = rd(UART_MIS);
	wr(UART_IMSC, 0);
	loopback(false);
	if (got != GIC_SPURIOUS)
		gic_eoi(got);
	CHECK_EQ(got, UART_INTID, "a received byte interrupts");
	CHECK_EQ(num, 1, "it can be read");
	CHECK_EQ(mis, 0, "reading it lowers the interrupt");
	gic_disable(UART_INTID);
}

/* UARTICR clears the transmit interrupt until the FIFO runs empty again. */
static void transmit_interrupt(void)
{
	print("\n");
	CHECK(wait_for(rd(UART_RIS) & UART_INT_TX, TIMEOUT_US), "sending raises the interrupt");
	wr(UART_ICR, UART_INT_TX);
	uint32_t ris = rd(UART_RIS);
	CHECK(!(ris & UART_INT_TX), "UARTICR clears it");
	CHECK(wait_for(rd(UART_RIS) & UART_INT_TX, TIMEOUT_US), "sending raises it again");
}

void guest_main(void)
{
	uart_init();
	identification();
	registers();
	fifo();
	if (!boot_reference()) { /* QEMU's model has neither */
		levels();
		overrun();
	}
	interrupt();
	transmit_interrupt();
}
