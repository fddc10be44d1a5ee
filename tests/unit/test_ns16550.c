/* SPDX-License-Identifier: Apache-2.0 */
/* The 16550 against its data sheet (PC16550D, SNLS378C, section 8). */
#include "fake_device.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	RBR = 0,
	THR = 0,
	DLL = 0,
	IER = 1,
	DLM = 1,
	IIR = 2,
	FCR = 2,
	LCR = 3,
	MCR = 4,
	LSR = 5,
	MSR = 6,
	SCR = 7,
};

#define RDI  0x01u /* IER */
#define THRI 0x02u
#define RLSI 0x04u
#define MSI  0x08u

#define NONE	0x01u /* IIR */
#define LINE	0x06u
#define DATA	0x04u
#define TIMEOUT 0x0cu
#define THRE	0x02u
#define MODEM	0x00u
#define FIFOS	0xc0u

#define DLAB 0x80u
#define LOOP 0x10u

#define LSR_DR	  0x01u
#define LSR_OE	  0x02u
#define LSR_EMPTY 0x60u

static void reset_values(void **state)
{
	static const uint8_t want[8] = { 0, 0, NONE, 0, 0, LSR_EMPTY, 0xb0, 0 };
	struct fake_device *f = *state;

	for (unsigned reg = 0; reg < 8; reg++)
		assert_int_equal(fake_read(f, reg), want[reg]);
	assert_false(f->irq);
}

static void register_widths(void **state)
{
	static const struct {
		uint64_t reg;
		uint32_t mask;
	} regs[] = { { IER, 0x0f }, { LCR, 0xff }, { MCR, 0x1f }, { SCR, 0xff } };
	struct fake_device *f = *state;

	for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		fake_write(f, regs[i].reg, UINT32_MAX);
		assert_int_equal(fake_read(f, regs[i].reg), regs[i].mask);
		fake_write(f, regs[i].reg, 0);
		assert_int_equal(fake_read(f, regs[i].reg), 0);
	}
}

static void the_divisor_is_behind_dlab(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, LCR, DLAB | 3);
	assert_int_not_equal(fake_read(f, DLL) | fake_read(f, DLM), 0);
	fake_write(f, DLL, 0x34);
	fake_write(f, DLM, 0x12);
	assert_int_equal(fake_read(f, DLL), 0x34);
	assert_int_equal(fake_read(f, DLM), 0x12);
	assert_int_equal(f->out_len, 0);
	fake_write(f, SCR, 0x5a); /* the others are where they were */
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY);
	fake_write(f, LCR, 3);
	assert_int_equal(fake_read(f, IER), 0);
	fake_write(f, THR, 'x');
	assert_int_equal(f->out_len, 1);
	assert_int_equal(fake_read(f, SCR), 0x5a);
	fake_write(f, LCR, DLAB);
	assert_int_equal(fake_read(f, DLL), 0x34);
}

static void lesson_42_read_only_registers_keep_their_values(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, LSR, 0xff);
	fake_write(f, MSR, 0xff);
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY);
	assert_int_equal(fake_read(f, MSR), 0xb0);
	for (uint64_t offset = 8; offset < 0x100; offset++) {
		fake_write(f, offset, 0xff);
		assert_int_equal(fake_read(f, offset), 0);
	}
	assert_int_equal(fake_read(f, UINT64_MAX), 0);
	assert_int_equal(f->out_len, 0);
	assert_false(f->irq);
}

static void sends_at_once(void **state)
{
	struct fake_device *f = *state;

	for (const char *s = "hello"; *s; s++)
		fake_write(f, THR, 0xffffff00u | (uint8_t)*s);
	assert_int_equal(f->out_len, 5);
	assert_memory_equal(f->out, "hello", 5);
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY);
	assert_false(f->irq);
}

/* 8.6.5: reading IIR takes it back when it was the one reported, and so does writing THR. */
static void the_transmitters_interrupt(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, IER, THRI); /* enabled while empty: at once */
	assert_true(f->irq);
	assert_int_equal(fake_read(f, IIR), THRE);
	assert_false(f->irq);
	assert_int_equal(fake_read(f, IIR), NONE);
	fake_write(f, IER, THRI); /* it was enabled already */
	assert_false(f->irq);
	fake_write(f, THR, 'x');
	assert_true(f->irq);
	fake_write(f, IER, 0);
	assert_false(f->irq);
	assert_int_equal(fake_read(f, IIR), NONE);
	fake_write(f, IER, THRI);
	assert_true(f->irq);
	fake_type(f, 1);
	fake_write(f, IER, THRI | RDI);
	assert_int_equal(fake_read(f, IIR), DATA); /* not the one reported: */
	fake_read(f, RBR);
	assert_int_equal(fake_read(f, IIR), THRE); /* it is still there */
	assert_false(f->irq);
}

static void one_byte_mode(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, IER, RDI);
	assert_int_equal(fake_type(f, 3), 1);
	assert_int_equal(fake_type(f, 1), 0);
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY | LSR_DR);
	assert_int_equal(fake_read(f, IIR), DATA);
	assert_true(f->irq);
	assert_int_equal(fake_read(f, RBR), 'A');
	assert_false(f->irq);
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY);
	assert_int_equal(fake_read(f, IIR), NONE);
}

static void fifo_order_and_room(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, FCR, 0x01);
	for (unsigned round = 0; round < 5; round++) {
		assert_int_equal(fake_type(f, 10), 10);
		assert_int_equal(fake_type(f, 20), 6);
		assert_int_equal(fake_type(f, 1), 0);
		for (unsigned i = 0; i < 10; i++)
			assert_int_equal(fake_read(f, RBR), 'A' + i);
		assert_int_equal(fake_read(f, LSR), LSR_EMPTY | LSR_DR);
		for (unsigned i = 0; i < 6; i++)
			assert_int_equal(fake_read(f, RBR), 'A' + i);
		assert_int_equal(fake_read(f, LSR), LSR_EMPTY);
		assert_int_equal(fake_read(f, RBR), 'A' + 5);
	}
}

static void receive_levels(void **state)
{
	static const uint32_t levels[4] = { 1, 4, 8, 14 };
	struct fake_device *f = *state;

	fake_write(f, IER, RDI);
	for (uint32_t i = 0; i < 4; i++) {
		fake_write(f, FCR, i << 6 | 0x01);
		assert_int_equal(fake_read(f, IIR), FIFOS | NONE);
		fake_type(f, levels[i] - 1);
		assert_int_equal(fake_read(f, IIR), FIFOS | (levels[i] > 1 ? TIMEOUT : NONE));
		assert_int_equal(f->irq, levels[i] > 1);
		fake_type(f, 1);
		assert_int_equal(fake_read(f, IIR), FIFOS | DATA);
		assert_true(f->irq);
		fake_read(f, RBR); /* falls below the level */
		assert_int_equal(fake_read(f, IIR), FIFOS | (levels[i] > 1 ? TIMEOUT : NONE));
		while (fake_read(f, LSR) & LSR_DR)
			fake_read(f, RBR);
		assert_false(f->irq);
	}
}

static void fifo_control(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, FCR, 0x81);
	fake_type(f, 10);
	fake_write(f, FCR, 0xc1); /* another level: the FIFO stays */
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY | LSR_DR);
	fake_write(f, FCR, 0x05); /* the transmitter's only */
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY | LSR_DR);
	fake_write(f, FCR, 0x03);
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY);
	assert_int_equal(fake_read(f, IIR), FIFOS | NONE);
	fake_type(f, 10);
	fake_write(f, FCR, 0xc0); /* off: empties it, and the other bits do not count */
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY);
	assert_int_equal(fake_read(f, IIR), NONE);
	assert_int_equal(fake_type(f, 2), 1);
	fake_write(f, FCR, 0x01);
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY);
}

static void loopback(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, FCR, 0x01);
	fake_write(f, MCR, LOOP);
	fake_write(f, THR, 'L');
	assert_int_equal(f->out_len, 0);
	assert_int_equal(fake_type(f, 1), 0);
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY | LSR_DR);
	assert_int_equal(fake_read(f, RBR), 'L');
	fake_write(f, MCR, 0);
	assert_int_equal(fake_type(f, 1), 1);
}

static void modem_inputs_in_loopback(void **state)
{
	static const struct {
		uint32_t mcr;
		uint32_t msr;
	} steps[] = {
		{ LOOP, 0x0b },	       /* CTS, DSR and DCD have gone */
		{ LOOP, 0x00 },	       /* reading forgot it */
		{ LOOP | 0x01, 0x22 }, /* DTR: DSR */
		{ LOOP | 0x02, 0x13 }, /* RTS: CTS; DSR has gone */
		{ LOOP | 0x04, 0x41 }, /* OUT1: RI, of which only the end counts */
		{ LOOP | 0x08, 0x8c }, /* OUT2: DCD; the ring has ended */
		{ LOOP | 0x0a, 0x91 }, /* Linux looks for a 16550 like this */
		{ 0, 0xb2 },	       { 0, 0xb0 },
	};
	struct fake_device *f = *state;

	fake_write(f, IER, MSI);
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		fake_write(f, MCR, steps[i].mcr);
		assert_int_equal(f->irq, (steps[i].msr & 0xf) != 0);
		assert_int_equal(fake_read(f, IIR), f->irq ? MODEM : NONE);
		assert_int_equal(fake_read(f, MSR), steps[i].msr);
		assert_false(f->irq);
	}
}

static void overrun(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, FCR, 0x01);
	fake_write(f, MCR, LOOP);
	fake_write(f, IER, RLSI);
	for (unsigned i = 0; i < 16; i++)
		fake_write(f, THR, i);
	assert_false(f->irq);
	fake_write(f, THR, 16); /* lost */
	assert_true(f->irq);
	assert_int_equal(fake_read(f, IIR), FIFOS | LINE);
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY | LSR_OE | LSR_DR);
	assert_false(f->irq); /* reading LSR took it back */
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY | LSR_DR);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(fake_read(f, RBR), i);
	fake_write(f, FCR, 0); /* without FIFOs the new byte replaces the old one */
	fake_write(f, THR, 'a');
	fake_write(f, THR, 'b');
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY | LSR_OE | LSR_DR);
	assert_int_equal(fake_read(f, RBR), 'b');
	assert_int_equal(fake_read(f, LSR), LSR_EMPTY);
}

static void priorities(void **state)
{
	struct fake_device *f = *state;

	fake_write(f, MCR, LOOP);
	fake_write(f, THR, 'a');
	fake_write(f, THR, 'b');
	fake_write(f, IER, 0xf);
	assert_int_equal(fake_read(f, IIR), LINE);
	fake_read(f, LSR);
	assert_int_equal(fake_read(f, IIR), DATA);
	fake_read(f, RBR);
	assert_int_equal(fake_read(f, IIR), THRE);
	assert_int_equal(fake_read(f, IIR), MODEM);
	assert_true(f->irq);
	fake_read(f, MSR);
	assert_int_equal(fake_read(f, IIR), NONE);
	assert_false(f->irq);
}

static void wider_accesses_reach_one_register(void **state)
{
	struct fake_device *f = *state;
	const struct axvm_device_model *model = f->dev.model;

	model->write(&f->dev, SCR, 8, UINT64_C(0xaabbccdd11223344));
	assert_int_equal(model->read(&f->dev, SCR, 1), 0x44);
	assert_int_equal(model->read(&f->dev, LSR, 8), LSR_EMPTY);
}

/* Whatever a guest writes, and whatever arrives. */
static void lesson_39_no_access_reaches_past_the_registers(void **state)
{
	struct fake_device *f = *state;
	uint32_t x = 1;
	bool raised;

	for (unsigned i = 0; i < 200000; i++) {
		x = x * 1664525u + 1013904223u;
		f->out_len = 0;
		if (x >> 30 == 0)
			fake_read(f, x >> 8 & 0xf);
		else if (x >> 30 == 1)
			fake_type(f, x >> 8 & 63);
		else
			fake_write(f, x >> 8 & 0xf, x * 2654435761u >> 24);
		raised = f->irq;
		assert_int_equal(raised, (fake_read(f, IIR) & NONE) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_DEVICE_TEST(reset_values),
		FAKE_DEVICE_TEST(register_widths),
		FAKE_DEVICE_TEST(the_divisor_is_behind_dlab),
		FAKE_DEVICE_TEST(lesson_42_read_only_registers_keep_their_values),
		FAKE_DEVICE_TEST(sends_at_once),
		FAKE_DEVICE_TEST(the_transmitters_interrupt),
		FAKE_DEVICE_TEST(one_byte_mode),
		FAKE_DEVICE_TEST(fifo_order_and_room),
		FAKE_DEVICE_TEST(receive_levels),
		FAKE_DEVICE_TEST(fifo_control),
		FAKE_DEVICE_TEST(loopback),
		FAKE_DEVICE_TEST(modem_inputs_in_loopback),
		FAKE_DEVICE_TEST(overrun),
		FAKE_DEVICE_TEST(priorities),
		FAKE_DEVICE_TEST(wider_accesses_reach_one_register),
		FAKE_DEVICE_TEST(lesson_39_no_access_reaches_past_the_registers),
	};

	return cmocka_run_group_tests_name("ns16550", tests, NULL, NULL);
}
