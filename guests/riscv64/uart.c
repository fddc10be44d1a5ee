/* SPDX-License-Identifier: Apache-2.0 */
/* The 16550. National Semiconductor PC16550D, 8. */
#include "uart.h"
#include "boot.h"
#include "irq.h"
#include "test.h"
#include "timer.h"

#define TIMEOUT_US 2000000
#define DEPTH	   16u

static uint8_t rd(unsigned offset)
{
	return read8(UART_BASE + offset);
}

static void wr(unsigned offset, uint8_t value)
{
	write8(UART_BASE + offset, value);
}

static void registers(void)
{
	wr(UART_SCR, 0x5a);
	CHECK_EQ(rd(UART_SCR), 0x5a, "SCR");
	wr(UART_SCR, 0xa5);
	CHECK_EQ(rd(UART_SCR), 0xa5, "SCR, other bits");
	wr(UART_LCR, UART_LCR_8BIT | UART_LCR_DLAB);
	uint8_t lcr = rd(UART_LCR);
	wr(UART_DLL, 0x34);
	wr(UART_DLM, 0x12);
	uint8_t dll = rd(UART_DLL), dlm = rd(UART_DLM);
	wr(UART_DLL, 1);
	wr(UART_DLM, 0);
	wr(UART_LCR, UART_LCR_8BIT);
	CHECK_EQ(lcr, UART_LCR_8BIT | UART_LCR_DLAB, "LCR");
	CHECK_EQ(dll, 0x34, "DLL behind DLAB");
	CHECK_EQ(dlm, 0x12, "DLM behind DLAB");
	wr(UART_IER, 0xff);
	uint8_t ier = rd(UART_IER);
	wr(UART_IER, 0);
	CHECK_EQ(ier & 0xf0, 0, "IER: the upper four bits are zero");
	CHECK_EQ(rd(UART_IER), 0, "IER");
	CHECK_EQ(rd(UART_IIR) & UART_IIR_FIFO, UART_IIR_FIFO, "IIR: FIFOs are on");
	CHECK_EQ(rd(UART_IIR) & 0xf, UART_IIR_NONE, "IIR: nothing pending");
	CHECK_EQ(rd(UART_LSR) & (UART_LSR_THRE | UART_LSR_TEMT), UART_LSR_THRE | UART_LSR_TEMT,
		 "LSR: nothing to send");
	CHECK_EQ(rd(UART_LSR) & UART_LSR_DR, 0, "LSR: nothing to read");
}

static void loopback(bool on)
{
	wr(UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2 | (on ? UART_MCR_LOOP : 0));
}

static void clear(void)
{
	wr(UART_FCR, UART_FCR_FIFO | UART_FCR_CLEAR);
	rd(UART_LSR);
}

struct seen {
	uint8_t lsr, iir;
	unsigned num; /* of bytes that come back in the right order */
};

/* Nothing can be printed while loopback is on. */
static struct seen looped(unsigned num, uint8_t trigger, uint8_t ier)
{
	struct seen seen = { 0 };

	loopback(true);
	clear();
	wr(UART_FCR, UART_FCR_FIFO | trigger);
	wr(UART_IER, ier);
	for (unsigned i = 0; i < num; i++)
		wr(UART_THR, (uint8_t)('A' + i));
	delay_us(5000);
	seen.iir = rd(UART_IIR) & 0xf;
	seen.lsr = rd(UART_LSR);
	while (seen.num < num && uart_read() == (int)('A' + seen.num))
		seen.num++;
	uart_init();
	return seen;
}

/* The time-out, of the same priority, may stand in its place. */
static bool is_received(uint8_t iir)
{
	return iir == UART_IIR_RX || iir == UART_IIR_TIMEUP;
}

static void fifo(void)
{
	struct seen seen = looped(1, 0, UART_IER_RX);

	CHECK_EQ(seen.num, 1, "loopback: one byte comes back");
	CHECK(seen.lsr & UART_LSR_DR, "LSR: something to read");
	CHECK(is_received(seen.iir), "IIR: received");
	seen = looped(DEPTH, 0, UART_IER_RX);
	CHECK_EQ(seen.num, DEPTH, "loopback: %u bytes come back", DEPTH);
	CHECK(!(seen.lsr & UART_LSR_OE), "LSR: no overrun");
	seen = looped(DEPTH + 1, 0, UART_IER_RX | UART_IER_LINE);
	CHECK(seen.lsr & UART_LSR_OE, "LSR: overrun");
	CHECK_EQ(seen.iir, UART_IIR_LINE, "IIR: the line's status comes first");
	CHECK_EQ(seen.num, DEPTH, "a full FIFO keeps what it has");
}

/* The receive interrupt at 1, 4, 8 or 14 bytes; below, the time-out. */
static void levels(void)
{
	static const uint8_t levels[] = { 1, 4, 8, 14 };

	for (unsigned i = 0; i < 4; i++) {
		unsigned level = levels[i];
		struct seen at = looped(level, (uint8_t)(i << 6), UART_IER_RX);

		CHECK(is_received(at.iir), "IIR: received with %u bytes at trigger %u", level, i);
		if (level == 1)
			continue;
		struct seen below = looped(level - 1, (uint8_t)(i << 6), UART_IER_RX);
		CHECK(below.iir == UART_IIR_TIMEUP || below.iir == UART_IIR_NONE,
		      "IIR: at most the time-out with %u bytes at trigger %u", level - 1, i);
	}
}

/* In loopback the outputs of MCR are the inputs of MSR. */
static void modem(void)
{
	uint8_t msr[3];

	wr(UART_MCR, UART_MCR_LOOP);
	rd(UART_MSR);
	msr[0] = rd(UART_MSR);
	wr(UART_MCR, UART_MCR_LOOP | UART_MCR_DTR | UART_MCR_OUT2);
	msr[1] = rd(UART_MSR);
	msr[2] = rd(UART_MSR);
	uart_init();
	CHECK_EQ(msr[0] & 0xf0, 0, "MSR: inputs are low");
	CHECK_EQ(msr[1] & 0xf0, 0xa0, "MSR: DTR is DSR, OUT2 is DCD");
	if (!boot_reference()) /* QEMU's model does not notice */
		CHECK_EQ(msr[1] & 0x0a, 0x0a, "MSR: both have changed");
	CHECK_EQ(msr[2] & 0x0f, 0, "MSR: reading clears the changes");
}

/* Without FIFOs, because their time-out may interrupt once more where the machine is slow. */
static void receive_interrupt(void)
{
	unsigned got = IRQ_NONE, then;

	irq_on(irq_line(UART_LINE));
	loopback(true);
	clear();
	wr(UART_FCR, 0);
	wr(UART_IER, UART_IER_RX);
	wr(UART_THR, 'A');
	wait_for((got = irq_ack()) != IRQ_NONE, TIMEOUT_US);
	int byte = uart_read();
	uint8_t iir = rd(UART_IIR) & 0xf;
	if (got != IRQ_NONE)
		irq_eoi(got);
	then = irq_ack();
	if (then != IRQ_NONE)
		irq_eoi(then);
	uart_init();
	CHECK_EQ(got, irq_line(UART_LINE), "a received byte interrupts");
	CHECK_EQ(byte, 'A', "it can be read");
	CHECK_EQ(iir, UART_IIR_NONE, "reading it lowers the interrupt");
	CHECK_EQ(then, IRQ_NONE, "and it does not come again");
	irq_off(irq_line(UART_LINE));
}

/* Reading IIR, or another byte, lowers the transmit interrupt until the FIFO is empty again. */
static void transmit_interrupt(void)
{
	print("\n");
	CHECK(wait_for(rd(UART_LSR) & UART_LSR_TEMT, TIMEOUT_US), "all is sent");
	wr(UART_IER, UART_IER_THRE);
	uint8_t first = rd(UART_IIR) & 0xf, second = rd(UART_IIR) & 0xf;
	wr(UART_IER, 0);
	CHECK_EQ(first, UART_IIR_THRE, "enabling it while empty raises the transmit interrupt");
	CHECK_EQ(second, UART_IIR_NONE, "reading IIR clears it");
	irq_on(irq_line(UART_LINE));
	wr(UART_IER, UART_IER_THRE);
	unsigned got = irq_ack();
	wr(UART_IER, 0);
	if (got != IRQ_NONE)
		irq_eoi(got);
	CHECK_EQ(got, irq_line(UART_LINE), "it interrupts");
	CHECK_EQ(irq_ack(), IRQ_NONE, "not when it is off");
	irq_off(irq_line(UART_LINE));
}

static void reset_fifo(void)
{
	loopback(true);
	clear();
	wr(UART_THR, 'A');
	delay_us(1000);
	wr(UART_FCR, UART_FCR_FIFO | UART_FCR_CLEAR);
	uint8_t lsr = rd(UART_LSR);
	uart_init();
	CHECK_EQ(lsr & UART_LSR_DR, 0, "FCR clears the receive FIFO");
}

void guest_main(void)
{
	uart_init();
	registers();
	fifo();
	levels();
	modem();
	receive_interrupt();
	transmit_interrupt();
	reset_fifo();
}
