/* SPDX-License-Identifier: Apache-2.0 */
/* The PL011 against its manual (DDI 0183G, chapter 3). */
#include "fake_device.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	DR = 0x00,
	RSR = 0x04,
	FR = 0x18,
	ILPR = 0x20,
	IBRD = 0x24,
	FBRD = 0x28,
	LCR_H = 0x2c,
	CR = 0x30,
	IFLS = 0x34,
	IMSC = 0x38,
	RIS = 0x3c,
	MIS = 0x40,
	ICR = 0x44,
	DMACR = 0x48,
};

#define FR_RXFE 0x10u
#define FR_RXFF 0x40u
#define FR_TXFE 0x80u
#define RX	0x10u
#define TX	0x20u
#define RT	0x40u
#define BE	0x200u
#define OE	0x400u
#define FEN	0x10u
#define LOOP	0x381u /* UARTEN, LBE, TXE, RXE */

static void reset_values(void **state)
{
	struct fake_device *f = *state;

	assert_int_equal(fake_read(f, FR), FR_TXFE | FR_RXFE);
	assert_int_equal(fake_read(f, CR), 0x300);
	assert_int_equal(fake_read(f, IFLS), 0x12);
	for (uint64_t reg = RSR; reg <= DMACR; reg += 4)
		if (reg != FR && reg != CR && reg != IFLS)
			assert_int_equal(fake_read(f, reg), 0);
	assert_false(f->irq);
}

static void identification(void **state)
{
	static const uint8_t want[8] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
	struct fake_device *f = *state;

	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(fake_read(f, 0xfe0 + 4 * i), want[i]);
}

static void register_widths(void **state)
{
	static const struct {
		uint64_t reg;
		uint32_t mask;
	} regs[] = { { ILPR, 0xff }, { IBRD, 0xffff }, { FBRD, 0x3f },	{ LCR_H, 0xff },
		     { CR, 0xff87 }, { IFLS, 0x3f },   { IMSC, 0x7ff }, { DMACR, 7 } };
	struct fake_device *f = *state;

	for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		fake_write(f, regs[i].reg, UINT32_MAX);
		assert_int_equal(fake_read(f, regs[i].reg), regs[i].mask);
		fake_write(f, regs[i].reg, 0);
		assert_int_equal(fake_read(f, regs[i].reg), 0);
	}
}

static void lesson_42_read_only_registers_keep_their_values(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, FR, 0);
	fake_write(f, RIS, UINT32_MAX);
	fake_write(f, MIS, UINT32_MAX);
	fake_write(f, 0xfe0, UINT32_MAX);
	assert_int_equal(fake_read(f, FR), FR_TXFE | FR_RXFE);
	assert_int_equal(fake_read(f, RIS), 0);
	assert_int_equal(fake_read(f, 0xfe0), 0x11);
	assert_int_equal(fake_read(f, 0x800), 0);
	assert_int_equal(fake_read(f, 0x1000000), 0);
	assert_int_equal(fake_read(f, UINT64_MAX - 3), 0);
	assert_int_equal(f->dev.model->read(&f->dev, FR + 1, 1), 0);
	f->dev.model->write(&f->dev, DR + 1, 1, 'x');
	assert_int_equal(f->out_len, 0);
}

static void sends_at_once(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, IMSC, TX);
	assert_false(f->irq); /* no level has been crossed yet */
	for (const char *s = "hello"; *s; s++)
		fake_write(f, DR, 0xffffff00u | (uint8_t)*s);
	assert_int_equal(f->out_len, 5);
	assert_memory_equal(f->out, "hello", 5);
	assert_int_equal(fake_read(f, FR) & FR_TXFE, FR_TXFE);
	assert_int_equal(fake_read(f, MIS), TX);
	assert_true(f->irq);
	fake_write(f, ICR, TX);
	assert_false(f->irq);
	f->dev.model->write(&f->dev, DR, 1, '!');
	assert_int_equal(f->out[5], '!');
	assert_true(f->irq);
	fake_write(f, IMSC, 0);
	assert_false(f->irq);
	assert_int_equal(fake_read(f, RIS), TX);
}

static void one_byte_mode(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, IMSC, RX);
	assert_int_equal(fake_type(f, 3), 1);
	assert_int_equal(fake_type(f, 1), 0);
	assert_int_equal(fake_read(f, FR), FR_TXFE | FR_RXFF);
	assert_int_equal(fake_read(f, RIS), RX | RT);
	assert_true(f->irq);
	assert_int_equal(fake_read(f, DR), 'A');
	assert_false(f->irq);
	assert_int_equal(fake_read(f, RIS), 0);
	assert_int_equal(fake_read(f, FR), FR_TXFE | FR_RXFE);
}

static void fifo_order_and_room(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, LCR_H, FEN);
	for (unsigned round = 0; round < 5; round++) {
		assert_int_equal(fake_type(f, 20), 20);
		assert_int_equal(fake_type(f, 20), 12);
		assert_int_equal(fake_read(f, FR) & (FR_RXFF | FR_RXFE), FR_RXFF);
		assert_int_equal(fake_type(f, 1), 0);
		for (unsigned i = 0; i < 20; i++)
			assert_int_equal(fake_read(f, DR), 'A' + i);
		assert_int_equal(fake_read(f, FR) & (FR_RXFF | FR_RXFE), 0);
		for (unsigned i = 0; i < 12; i++)
			assert_int_equal(fake_read(f, DR), 'A' + i);
		assert_int_equal(fake_read(f, FR) & FR_RXFE, FR_RXFE);
		assert_int_equal(fake_read(f, DR), 'A' + 11);
	}
}

static void receive_levels(void **state)
{
	static const uint32_t levels[5] = { 4, 8, 16, 24, 28 };
	struct fake_device *f = *state;

	fake_write(f, LCR_H, FEN);
	for (uint32_t i = 0; i < 5; i++) {
		fake_write(f, IFLS, i << 3);
		fake_type(f, levels[i] - 1);
		assert_int_equal(fake_read(f, RIS), RT);
		fake_type(f, 1);
		assert_int_equal(fake_read(f, RIS), RX | RT);
		fake_read(f, DR);
		assert_int_equal(fake_read(f, RIS), RT); /* fell below the level */
		fake_write(f, ICR, RT);
		assert_int_equal(fake_read(f, RIS), 0);
		while (!(fake_read(f, FR) & FR_RXFE))
			fake_read(f, DR);
		assert_int_equal(fake_read(f, RIS), 0);
	}
}

static void fifo_switch_flushes(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, LCR_H, FEN);
	fake_type(f, 10);
	fake_write(f, LCR_H, 0x60 | FEN); /* 8 bits: the FIFO stays */
	assert_int_equal(fake_read(f, FR) & FR_RXFE, 0);
	fake_write(f, LCR_H, 0x60);
	assert_int_equal(fake_read(f, FR) & FR_RXFE, FR_RXFE);
	assert_int_equal(fake_read(f, RIS), 0);
	assert_int_equal(fake_type(f, 2), 1);
}

static void loopback(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, LCR_H, FEN);
	fake_write(f, CR, LOOP);
	fake_write(f, DR, 'L');
	assert_int_equal(f->out_len, 0);
	assert_int_equal(fake_type(f, 1), 0);
	assert_int_equal(fake_read(f, DR), 'L');
	fake_write(f, CR, LOOP | 0x3c00); /* DTR, RTS, Out1, Out2 */
	assert_int_equal(fake_read(f, FR) & 0x107, 0x107);
	assert_int_equal(fake_read(f, RIS) & 0xf, 0xf);
	fake_write(f, CR, 0x300);
	assert_int_equal(fake_read(f, FR) & 0x107, 0);
}

static void overrun(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, LCR_H, FEN);
	fake_write(f, CR, LOOP);
	for (unsigned i = 0; i < 33; i++)
		fake_write(f, DR, i);
	assert_int_equal(fake_read(f, RSR), 8);
	assert_int_equal(fake_read(f, RIS) & OE, OE);
	assert_int_equal(fake_read(f, DR), 0x800); /* first byte, with OE */
	assert_int_equal(fake_read(f, DR), 1);
	assert_int_equal(fake_read(f, RSR), 0);
	fake_write(f, ICR, OE);
	assert_int_equal(fake_read(f, RIS) & OE, 0);
}

static void break_error(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, LCR_H, FEN);
	fake_write(f, CR, LOOP);
	fake_write(f, IMSC, BE);
	fake_write(f, LCR_H, FEN | 1);
	assert_true(f->irq);
	assert_int_equal(fake_read(f, MIS), BE);
	assert_int_equal(fake_read(f, DR), 0x400);
	assert_int_equal(fake_read(f, RSR), 4);
	fake_write(f, RSR, 0);
	assert_int_equal(fake_read(f, RSR), 0);
	fake_write(f, ICR, BE);
	assert_false(f->irq);
}

/* Whatever a guest writes, and whatever arrives. */
static void lesson_39_no_access_reaches_past_the_registers(void **state)
{
	struct fake_device *f = *state;
	uint32_t x = 1;

	for (unsigned i = 0; i < 200000; i++) {
		x = x * 1664525u + 1013904223u;
		f->out_len = 0;
		if (x >> 30 == 0)
			fake_read(f, x >> 8 & 0xfff);
		else if (x >> 30 == 1)
			fake_type(f, x >> 8 & 63);
		else
			fake_write(f, x >> 8 & 0x4f, x * 2654435761u);
		assert_int_equal(f->irq, fake_read(f, MIS) != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_DEVICE_TEST(reset_values),
		FAKE_DEVICE_TEST(identification),
		FAKE_DEVICE_TEST(register_widths),
		FAKE_DEVICE_TEST(lesson_42_read_only_registers_keep_their_values),
		FAKE_DEVICE_TEST(sends_at_once),
		FAKE_DEVICE_TEST(one_byte_mode),
		FAKE_DEVICE_TEST(fifo_order_and_room),
		FAKE_DEVICE_TEST(receive_levels),
		FAKE_DEVICE_TEST(fifo_switch_flushes),
		FAKE_DEVICE_TEST(loopback),
		FAKE_DEVICE_TEST(overrun),
		FAKE_DEVICE_TEST(break_error),
		FAKE_DEVICE_TEST(lesson_39_no_access_reaches_past_the_registers),
	};

	return cmocka_run_group_tests_name("pl011", tests, NULL, NULL);
}
