/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UART: Arm PrimeCell PL011 r1p5 (DDI 0183G). What the guest sends leaves at once, so that the
 * transmit FIFO is always empty. Like the UART of boards whose firmware has run, it sends and
 * receives also before UARTEN is set.
 */
#include "rx_fifo.h"
#include <axvm/device.h>
#include <libfdt.h>

#define FIFO_DEPTH 32u

/* Register offsets in words. */
enum {
	REG_DR = 0x00 / 4,
	REG_RSR = 0x04 / 4,
	REG_FR = 0x18 / 4,
	REG_ILPR = 0x20 / 4,
	REG_IBRD = 0x24 / 4,
	REG_FBRD = 0x28 / 4,
	REG_LCR_H = 0x2c / 4,
	REG_CR = 0x30 / 4,
	REG_IFLS = 0x34 / 4,
	REG_IMSC = 0x38 / 4,
	REG_RIS = 0x3c / 4,
	REG_MIS = 0x40 / 4,
	REG_ICR = 0x44 / 4,
	REG_DMACR = 0x48 / 4,
	REG_ID = 0xfe0 / 4,
};

#define DR_BE 0x400u
#define DR_OE 0x800u

#define RSR_OE 0x8u

#define FR_CTS	0x001u
#define FR_DSR	0x002u
#define FR_DCD	0x004u
#define FR_RXFE 0x010u
#define FR_RXFF 0x040u
#define FR_TXFE 0x080u
#define FR_RI	0x100u

#define LCR_H_BRK 0x01u
#define LCR_H_FEN 0x10u

#define CR_LBE	0x0080u
#define CR_TXE	0x0100u
#define CR_RXE	0x0200u
#define CR_DTR	0x0400u
#define CR_RTS	0x0800u
#define CR_OUT1 0x1000u
#define CR_OUT2 0x2000u
#define CR_MASK 0xff87u

#define INT_RI	 0x001u
#define INT_CTS	 0x002u
#define INT_DCD	 0x004u
#define INT_DSR	 0x008u
#define INT_RX	 0x010u
#define INT_TX	 0x020u
#define INT_RT	 0x040u
#define INT_BE	 0x200u
#define INT_OE	 0x400u
#define INT_MASK 0x7ffu

struct pl011 {
	uint32_t fr;
	uint32_t rsr;
	uint32_t ilpr, ibrd, fbrd, lcr_h, cr, ifls, dmacr;
	uint32_t imsc;
	uint32_t ris;
	bool overrun;	   /* since the last read of DR */
	struct rx_fifo rx; /* entries as DR reads */
};

static void irq_update(struct axvm_device *dev)
{
	const struct pl011 *u = dev->state;

	axvm_device_set_irq(dev, u->ris & u->imsc);
}

/* ---- Receiving ---- */

static uint32_t rx_depth(const struct pl011 *u)
{
	return u->lcr_h & LCR_H_FEN ? FIFO_DEPTH : 1;
}

/* The fill level that raises RXINTR: IFLS bits 5:3, in eighths 1, 2, 4, 6, 7. */
static uint32_t rx_trigger(const struct pl011 *u)
{
	static const uint8_t eighths[8] = { 1, 2, 4, 6, 7, 7, 7, 7 };

	return u->lcr_h & LCR_H_FEN ? FIFO_DEPTH / 8 * eighths[u->ifls >> 3 & 7] : 1;
}

/*
 * After the FIFO has changed. Nothing is on its way on this line, so that whatever is left below
 * the trigger level has waited for the timeout's 32 bit periods.
 */
static void rx_changed(struct pl011 *u)
{
	u->fr &= ~(FR_RXFE | FR_RXFF);
	u->fr |= u->rx.num == 0 ? FR_RXFE : 0;
	u->fr |= u->rx.num >= rx_depth(u) ? FR_RXFF : 0;
	u->ris &= ~(INT_RX | INT_RT);
	u->ris |= u->rx.num >= rx_trigger(u) ? INT_RX : 0;
	u->ris |= u->rx.num != 0 ? INT_RT : 0;
}

static void rx_put(struct pl011 *u, uint16_t entry)
{
	if (!rx_fifo_put(&u->rx, rx_depth(u), entry)) {
		u->overrun = true;
		u->rsr |= RSR_OE;
		u->ris |= INT_OE;
		return;
	}
	u->ris |= entry & DR_BE ? INT_BE : 0;
	rx_changed(u);
}

static uint32_t rx_get(struct axvm_device *dev)
{
	struct pl011 *u = dev->state;
	bool empty = u->rx.num == 0;
	uint32_t entry = rx_fifo_get(&u->rx);

	if (empty)
		return entry;
	entry |= u->overrun ? DR_OE : 0;
	u->overrun = false;
	u->rsr = entry >> 8;
	rx_changed(u);
	irq_update(dev);
	return entry;
}

static size_t pl011_console_input(struct axvm_device *dev, const uint8_t *bytes, size_t len)
{
	struct pl011 *u = dev->state;
	size_t num;

	if (u->cr & CR_LBE)
		return 0;
	num = rx_fifo_fill(&u->rx, rx_depth(u), bytes, len);
	rx_changed(u);
	irq_update(dev);
	return num;
}

/* ---- Sending ---- */

static void tx_put(struct axvm_device *dev, uint8_t byte)
{
	struct pl011 *u = dev->state;

	if (u->cr & CR_LBE)
		rx_put(u, byte);
	else
		axvm_device_console_write(dev, &byte, 1);
	u->ris |= INT_TX; /* the FIFO was filled and has emptied through its level */
	irq_update(dev);
}

/* ---- Control ---- */

/* In loopback the modem outputs come back as inputs (3.3.4 of the manual). */
static uint32_t modem_inputs(const struct pl011 *u)
{
	uint32_t fr = 0;

	if (!(u->cr & CR_LBE))
		return 0;
	fr |= u->cr & CR_RTS ? FR_CTS : 0;
	fr |= u->cr & CR_DTR ? FR_DSR : 0;
	fr |= u->cr & CR_OUT1 ? FR_DCD : 0;
	fr |= u->cr & CR_OUT2 ? FR_RI : 0;
	return fr;
}

static void cr_write(struct pl011 *u, uint32_t value)
{
	uint32_t before = u->fr, changed;

	u->cr = value & CR_MASK;
	u->fr &= ~(FR_CTS | FR_DSR | FR_DCD | FR_RI);
	u->fr |= modem_inputs(u);
	changed = before ^ u->fr;
	u->ris |= changed & FR_CTS ? INT_CTS : 0;
	u->ris |= changed & FR_DSR ? INT_DSR : 0;
	u->ris |= changed & FR_DCD ? INT_DCD : 0;
	u->ris |= changed & FR_RI ? INT_RI : 0;
}

static void lcr_h_write(struct pl011 *u, uint32_t value)
{
	uint32_t changed = u->lcr_h ^ value;

	u->lcr_h = value & 0xff;
	if (changed & LCR_H_FEN) {
		rx_fifo_flush(&u->rx);
		rx_changed(u);
	}
	if (changed & value & LCR_H_BRK && u->cr & CR_LBE)
		rx_put(u, DR_BE);
}

/* ---- Registers ---- */

static uint32_t id_read(uint64_t word)
{
	/* PeriphID 0 to 3 (r1p5: revision 3), PCellID 0 to 3 */
	static const uint8_t ids[8] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	return word - REG_ID < sizeof(ids) ? ids[word - REG_ID] : 0;
}

static uint32_t reg_read(struct axvm_device *dev, uint64_t word)
{
	struct pl011 *u = dev->state;

	switch (word) {
	case REG_FR:
		return u->fr;
	case REG_DR:
		return rx_get(dev);
	case REG_RSR:
		return u->rsr;
	case REG_ILPR:
		return u->ilpr;
	case REG_IBRD:
		return u->ibrd;
	case REG_FBRD:
		return u->fbrd;
	case REG_LCR_H:
		return u->lcr_h;
	case REG_CR:
		return u->cr;
	case REG_IFLS:
		return u->ifls;
	case REG_IMSC:
		return u->imsc;
	case REG_RIS:
		return u->ris;
	case REG_MIS:
		return u->ris & u->imsc;
	case REG_DMACR:
		return u->dmacr;
	default:
		return id_read(word);
	}
}

static void reg_write(struct axvm_device *dev, uint64_t word, uint32_t value)
{
	struct pl011 *u = dev->state;

	switch (word) {
	case REG_DR:
		tx_put(dev, (uint8_t)value);
		return;
	case REG_RSR: /* ECR: any value clears */
		u->rsr = 0;
		return;
	case REG_ILPR:
		u->ilpr = value & 0xff;
		return;
	case REG_IBRD:
		u->ibrd = value & 0xffff;
		return;
	case REG_FBRD:
		u->fbrd = value & 0x3f;
		return;
	case REG_DMACR:
		u->dmacr = value & 0x7;
		return;
	case REG_LCR_H:
		lcr_h_write(u, value);
		break;
	case REG_CR:
		cr_write(u, value);
		break;
	case REG_IFLS:
		u->ifls = value & 0x3f;
		rx_changed(u);
		break;
	case REG_IMSC:
		u->imsc = value & INT_MASK;
		break;
	case REG_ICR:
		u->ris &= ~value;
		break;
	default:
		return;
	}
	irq_update(dev);
}

/* Registers are words; narrower and wider accesses at their address reach them too. */
static uint64_t pl011_read(struct axvm_device *dev, uint64_t offset, unsigned width)
{
	(void)width;
	return offset % 4 == 0 ? reg_read(dev, offset / 4) : 0;
}

static void pl011_write(struct axvm_device *dev, uint64_t offset, unsigned width, uint64_t value)
{
	(void)width;
	if (offset % 4 == 0)
		reg_write(dev, offset / 4, (uint32_t)value);
}

static void pl011_reset(struct axvm_device *dev)
{
	*(struct pl011 *)dev->state = (struct pl011){
		.fr = FR_TXFE | FR_RXFE,
		.cr = CR_TXE | CR_RXE,
		.ifls = 0x12,
	};
	irq_update(dev);
}

static int pl011_describe(struct axvm_device *dev, void *fdt)
{
	static const char names[] = "uartclk\0apb_pclk";
	const fdt32_t clocks[2] = { cpu_to_fdt32(AXVM_FDT_CLOCK_PHANDLE),
				    cpu_to_fdt32(AXVM_FDT_CLOCK_PHANDLE) };
	int err = fdt_property(fdt, "clocks", clocks, sizeof(clocks));

	(void)dev;
	return err ? err : fdt_property(fdt, "clock-names", names, sizeof(names));
}

static const struct axvm_device_model pl011_model = {
	.name = "pl011",
	.compatible = "arm,pl011 arm,primecell",
	.arch = AXVM_ARCH_AARCH64,
	.emu_type = AXVM_EMU_CONSOLE,
	.min_length = 0x1000,
	.state_size = sizeof(struct pl011),
	.state_version = 2,
	.reset = pl011_reset,
	.read = pl011_read,
	.write = pl011_write,
	.console_input = pl011_console_input,
	.describe = pl011_describe,
};
AXVM_DEVICE_MODEL(pl011_model);
