/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UART: the 16550A (National Semiconductor PC16550D, SNLS378C). What the guest sends leaves at
 * once, so that its transmitter is always empty. The line of its modem is up, as of a cable between
 * two computers.
 */
#include "rx_fifo.h"
#include <axvm/device.h>
#include <libfdt.h>

#define FIFO_DEPTH 16u
#define CLOCK_HZ   3686400u
#define RESET_DLL  2u /* of CLOCK_HZ: 115,200 baud */

/* Register offsets; the stride is one byte. */
enum {
	REG_RBR = 0, /* RBR, THR; DLL */
	REG_IER = 1, /* IER; DLM */
	REG_IIR = 2, /* IIR, FCR */
	REG_LCR = 3,
	REG_MCR = 4,
	REG_LSR = 5,
	REG_MSR = 6,
	REG_SCR = 7,
};

#define IER_ERBFI 0x01u
#define IER_ETBEI 0x02u
#define IER_ELSI  0x04u
#define IER_EDSSI 0x08u
#define IER_MASK  0x0fu

/* Interrupts by priority, highest first (table IV of the data sheet). */
#define IIR_LINE    0x06u
#define IIR_DATA    0x04u
#define IIR_TIMEOUT 0x0cu
#define IIR_THRE    0x02u
#define IIR_MODEM   0x00u
#define IIR_NONE    0x01u
#define IIR_FIFOS   0xc0u

#define FCR_ENABLE   0x01u
#define FCR_RX_RESET 0x02u

#define LCR_DLAB 0x80u

#define MCR_DTR	 0x01u
#define MCR_RTS	 0x02u
#define MCR_OUT1 0x04u
#define MCR_OUT2 0x08u
#define MCR_LOOP 0x10u
#define MCR_MASK 0x1fu

#define LSR_DR	 0x01u
#define LSR_OE	 0x02u
#define LSR_THRE 0x20u
#define LSR_TEMT 0x40u

/* The upper half of MSR are the inputs, the lower half their changes. */
#define MSR_CTS	  0x10u
#define MSR_DSR	  0x20u
#define MSR_RI	  0x40u
#define MSR_DCD	  0x80u
#define MSR_DELTA 0x0fu
#define MSR_TERI  0x04u

struct ns16550 {
	uint8_t ier, fcr, lcr, mcr, lsr, msr, scr, dll, dlm;
	bool thre; /* the transmitter has become empty, and the guest has not been told */
	struct rx_fifo rx;
};

/* ---- Interrupts ---- */

static uint32_t rx_depth(const struct ns16550 *u)
{
	return u->fcr & FCR_ENABLE ? FIFO_DEPTH : 1;
}

/* The fill level that raises the interrupt for received data: FCR bits 7:6. */
static uint32_t rx_trigger(const struct ns16550 *u)
{
	static const uint8_t levels[4] = { 1, 4, 8, 14 };

	return u->fcr & FCR_ENABLE ? levels[u->fcr >> 6] : 1;
}

/*
 * Nothing is on its way on this line, so that whatever is left below the trigger level has waited
 * for the timeout's four character times.
 */
static uint32_t pending(const struct ns16550 *u)
{
	if (u->ier & IER_ELSI && u->lsr & LSR_OE)
		return IIR_LINE;
	if (u->ier & IER_ERBFI && u->rx.num != 0)
		return u->rx.num >= rx_trigger(u) ? IIR_DATA : IIR_TIMEOUT;
	if (u->ier & IER_ETBEI && u->thre)
		return IIR_THRE;
	if (u->ier & IER_EDSSI && u->msr & MSR_DELTA)
		return IIR_MODEM;
	return IIR_NONE;
}

static void irq_update(struct axvm_device *dev)
{
	axvm_device_set_irq(dev, pending(dev->state) != IIR_NONE);
}

/* Identifying the transmitter's interrupt takes it back. */
static uint32_t iir_read(struct axvm_device *dev)
{
	struct ns16550 *u = dev->state;
	uint32_t iir = pending(u);

	if (iir == IIR_THRE) {
		u->thre = false;
		irq_update(dev);
	}
	return iir | (u->fcr & FCR_ENABLE ? IIR_FIFOS : 0);
}

/* ---- Receiving ---- */

static void rx_changed(struct axvm_device *dev)
{
	struct ns16550 *u = dev->state;

	u->lsr &= (uint8_t)~LSR_DR;
	u->lsr |= u->rx.num != 0 ? LSR_DR : 0;
	irq_update(dev);
}

static uint32_t rx_get(struct axvm_device *dev)
{
	struct ns16550 *u = dev->state;
	uint32_t byte = rx_fifo_get(&u->rx);

	rx_changed(dev);
	return byte;
}

/* A byte too many is lost with FIFOs; without, it replaces the one before. */
static void rx_loop(struct ns16550 *u, uint8_t byte)
{
	if (rx_fifo_put(&u->rx, rx_depth(u), byte))
		return;
	u->lsr |= LSR_OE;
	if (!(u->fcr & FCR_ENABLE)) {
		rx_fifo_flush(&u->rx);
		rx_fifo_put(&u->rx, 1, byte);
	}
}

static size_t ns16550_console_input(struct axvm_device *dev, const uint8_t *bytes, size_t len)
{
	struct ns16550 *u = dev->state;
	size_t num;

	if (u->mcr & MCR_LOOP)
		return 0;
	num = rx_fifo_fill(&u->rx, rx_depth(u), bytes, len);
	rx_changed(dev);
	return num;
}

/* ---- Sending ---- */

static void tx_put(struct axvm_device *dev, uint8_t byte)
{
	struct ns16550 *u = dev->state;

	if (u->mcr & MCR_LOOP)
		rx_loop(u, byte);
	else
		axvm_device_console_write(dev, &byte, 1);
	u->thre = true; /* it was filled and has emptied */
	rx_changed(dev);
}

/* ---- Control ---- */

/* In loopback the modem outputs come back as inputs (8.6.4 of the data sheet). */
static uint32_t modem_inputs(const struct ns16550 *u)
{
	uint32_t in = 0;

	if (!(u->mcr & MCR_LOOP))
		return MSR_CTS | MSR_DSR | MSR_DCD;
	in |= u->mcr & MCR_RTS ? MSR_CTS : 0;
	in |= u->mcr & MCR_DTR ? MSR_DSR : 0;
	in |= u->mcr & MCR_OUT1 ? MSR_RI : 0;
	in |= u->mcr & MCR_OUT2 ? MSR_DCD : 0;
	return in;
}

/* Each input's change stays until MSR is read; of the ring only its end counts. */
static void mcr_write(struct ns16550 *u, uint32_t value)
{
	uint32_t before = u->msr & ~MSR_DELTA, now, changed;

	u->mcr = value & MCR_MASK;
	now = modem_inputs(u);
	changed = (before ^ now) >> 4;
	if (now & MSR_RI)
		changed &= ~MSR_TERI;
	u->msr = (uint8_t)(now | (u->msr & MSR_DELTA) | changed);
}

static uint32_t msr_read(struct axvm_device *dev)
{
	struct ns16550 *u = dev->state;
	uint32_t msr = u->msr;

	if (msr & MSR_DELTA) {
		u->msr &= (uint8_t)~MSR_DELTA;
		irq_update(dev);
	}
	return msr;
}

static uint32_t lsr_read(struct axvm_device *dev)
{
	struct ns16550 *u = dev->state;
	uint32_t lsr = u->lsr;

	if (lsr & LSR_OE) {
		u->lsr &= (uint8_t)~LSR_OE;
		irq_update(dev);
	}
	return lsr;
}

/* Enabling the transmitter's interrupt while it is empty raises it. */
static void ier_write(struct axvm_device *dev, uint32_t value)
{
	struct ns16550 *u = dev->state;

	if (value & ~u->ier & IER_ETBEI)
		u->thre = true;
	u->ier = value & IER_MASK;
	irq_update(dev);
}

/* The other bits count only together with the first; changing that one empties the FIFOs. */
static void fcr_write(struct axvm_device *dev, uint32_t value)
{
	struct ns16550 *u = dev->state;

	if ((value ^ u->fcr) & FCR_ENABLE || value & FCR_RX_RESET)
		rx_fifo_flush(&u->rx);
	u->fcr = value & FCR_ENABLE ? (uint8_t)value : 0;
	rx_changed(dev);
}

/* ---- Registers ---- */

static uint64_t ns16550_read(struct axvm_device *dev, uint64_t offset, unsigned width)
{
	const struct ns16550 *u = dev->state;

	(void)width;
	switch (offset) {
	case REG_RBR:
		return u->lcr & LCR_DLAB ? u->dll : rx_get(dev);
	case REG_IER:
		return u->lcr & LCR_DLAB ? u->dlm : u->ier;
	case REG_IIR:
		return iir_read(dev);
	case REG_LCR:
		return u->lcr;
	case REG_MCR:
		return u->mcr;
	case REG_LSR:
		return lsr_read(dev);
	case REG_MSR:
		return msr_read(dev);
	case REG_SCR:
		return u->scr;
	default:
		return 0;
	}
}

/* The registers behind DLAB. */
static bool divisor_write(struct ns16550 *u, uint64_t offset, uint8_t value)
{
	if (!(u->lcr & LCR_DLAB) || offset > REG_IER)
		return false;
	*(offset == REG_RBR ? &u->dll : &u->dlm) = value;
	return true;
}

/* Registers are bytes; wider accesses at their address reach the one that is there. */
static void ns16550_write(struct axvm_device *dev, uint64_t offset, unsigned width, uint64_t value)
{
	struct ns16550 *u = dev->state;

	(void)width;
	if (divisor_write(u, offset, (uint8_t)value))
		return;
	switch (offset) {
	case REG_RBR:
		tx_put(dev, (uint8_t)value);
		break;
	case REG_IER:
		ier_write(dev, (uint32_t)value);
		break;
	case REG_IIR:
		fcr_write(dev, (uint8_t)value);
		break;
	case REG_LCR:
		u->lcr = (uint8_t)value;
		break;
	case REG_MCR:
		mcr_write(u, (uint32_t)value);
		irq_update(dev);
		break;
	case REG_SCR:
		u->scr = (uint8_t)value;
		break;
	default:
		break;
	}
}

static void ns16550_reset(struct axvm_device *dev)
{
	*(struct ns16550 *)dev->state = (struct ns16550){
		.lsr = LSR_THRE | LSR_TEMT,
		.msr = MSR_CTS | MSR_DSR | MSR_DCD,
		.dll = RESET_DLL,
	};
	irq_update(dev);
}

static int ns16550_describe(struct axvm_device *dev, void *fdt)
{
	(void)dev;
	return fdt_property_u32(fdt, "clock-frequency", CLOCK_HZ);
}

static const struct axvm_device_model ns16550_model = {
	.name = "ns16550",
	.compatible = "ns16550a",
	.arch = AXVM_ARCH_RISCV64,
	.emu_type = AXVM_EMU_CONSOLE,
	.min_length = 8,
	.state_size = sizeof(struct ns16550),
	.state_version = 1,
	.reset = ns16550_reset,
	.read = ns16550_read,
	.write = ns16550_write,
	.console_input = ns16550_console_input,
	.describe = ns16550_describe,
};
AXVM_DEVICE_MODEL(ns16550_model);
