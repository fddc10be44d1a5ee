/* SPDX-License-Identifier: Apache-2.0 */
#include "console.h"

#include "arch.h"
#include "clock.h"
#include "lock.h"
#include "sched.h"
#include "vms.h"

#include <stdio.h>
#include <string.h>

#define RETRY_NANOS 2000000u

static struct spinlock lock; /* a leaf: nothing is called under it */
static struct lines lines;
static struct lines_port own; /* the hypervisor's */
static bool seized;

static struct keys keys; /* the boot CPU's alone */

static void take(void)
{
	if (!seized)
		spin_lock(&lock);
}

static void drop(void)
{
	if (!seized)
		spin_unlock(&lock);
}

static void add_own(void)
{
	if (lines.ports[0])
		return;
	lines.put = isa_uart_put;
	lines_add(&lines, &own);
}

void console_line(const char *text)
{
	take();
	add_own();
	lines_write(&lines, &own, (const uint8_t *)text, strlen(text));
	lines_write(&lines, &own, (const uint8_t *)"\n", 1);
	drop();
}

void console_line_now(const char *text)
{
	console_line(text);
	take();
	lines_flush(&lines);
	drop();
}

void console_seize(void)
{
	seized = true;
}

bool console_add(struct lines_port *port)
{
	bool ok;

	take();
	add_own();
	ok = lines_add(&lines, port);
	if (ok && !lines.front)
		lines_set_front(&lines, port);
	drop();
	return ok;
}

void console_remove(struct lines_port *port)
{
	take();
	lines_remove(&lines, port);
	drop();
}

void console_write(struct lines_port *port, const uint8_t *bytes, size_t len)
{
	take();
	lines_write(&lines, port, bytes, len);
	drop();
}

/* The speaker after the one in front, of those that are VMs; NULL: there is none. */
static struct lines_port *port_after(const struct lines_port *port)
{
	size_t at = 0;

	for (size_t i = 0; i < LINES_MAX_PORTS; i++)
		if (port && lines.ports[i] == port)
			at = i;
	for (size_t i = 1; i <= LINES_MAX_PORTS; i++) {
		struct lines_port *next = lines.ports[(at + i) % LINES_MAX_PORTS];

		if (next && next != &own)
			return next;
	}
	return NULL;
}

void console_next(bool announce)
{
	char text[LINES_NAME_MAX + 32] = "";

	take();
	if (announce || !lines.front) {
		struct lines_port *next = port_after(lines.front);

		if (next && next != lines.front)
			lines_set_front(&lines, NULL);
		if (next)
			snprintf(text, sizeof(text), "axvm: console of %s\n", next->name);
		lines_write(&lines, &own, (const uint8_t *)text, strlen(text));
		lines_flush(&lines);
		if (next != lines.front)
			lines_set_front(&lines, next);
	}
	drop();
}

/* One byte from the person; false: none is there. */
static bool receive_byte(void)
{
	int value = isa_uart_get();
	uint8_t byte = (uint8_t)value;
	enum keys_action action;

	if (value < 0)
		return false;
	action = keys_feed(&keys, &byte);
	if (action == KEYS_INPUT)
		vms_type(lines.front, byte);
	else if (action == KEYS_NEXT)
		console_next(true);
	return true;
}

void console_receive(void)
{
	bool more = true, left;

	vms_deliver();
	while (more && vms_can_type(lines.front))
		more = receive_byte();
	left = vms_deliver();
	/* What does not fit waits in the board's console; then its interrupt would not end. */
	isa_uart_irq(!more);
	sched_poll_at(more || left ? clock_now() + RETRY_NANOS : UINT64_MAX);
}
