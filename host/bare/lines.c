/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include <string.h>

#define CTRL_A 0x01

/* Where lines go: to the console, or to what speakers that are gone have left. */
typedef void out_fn(struct lines *lines, uint8_t byte);

static void to_console(struct lines *lines, uint8_t byte)
{
	lines->put(byte);
}

static void to_gone(struct lines *lines, uint8_t byte)
{
	if (byte == '\r')
		return;
	lines->gone.buf[lines->gone.len++] = byte;
	lines->waiting += byte == '\n';
}

static void put_text(struct lines *lines, const char *text, out_fn *out)
{
	while (*text)
		out(lines, (uint8_t)*text++);
}

static void start_line(struct lines *lines)
{
	if (lines->mid_line)
		put_text(lines, "\r\n", to_console);
	lines->mid_line = false;
}

/* What the front had begun to write, below the lines that came in between. */
static void resume_line(struct lines *lines)
{
	if (lines->mid_line || !lines->front || !lines->begun_len || lines->begun_len > LINES_BEGUN)
		return;
	for (size_t i = 0; i < lines->begun_len; i++)
		lines->put(lines->begun[i]);
	lines->mid_line = true;
}

static void remember(struct lines *lines, uint8_t byte)
{
	if (byte == '\n')
		lines->begun_len = 0;
	else if (lines->begun_len < LINES_BEGUN)
		lines->begun[lines->begun_len++] = byte;
	else
		lines->begun_len = LINES_BEGUN + 1;
}

/* One line of someone in the background; there it is the start of a line. */
static void put_line(struct lines *lines, const struct lines_port *port, const uint8_t *text,
		     size_t len, out_fn *out)
{
	if (port->name[0]) {
		put_text(lines, "[", out);
		put_text(lines, port->name, out);
		put_text(lines, "] ", out);
	}
	for (size_t i = 0; i < len; i++)
		out(lines, text[i]);
	put_text(lines, "\r\n", out);
}

/* The complete lines of a buffer; with `all` also the rest, as a line. */
static void drain(struct lines *lines, struct lines_port *port, bool all, out_fn *out)
{
	size_t start = 0;

	for (size_t i = 0; i < port->len; i++) {
		if (port->buf[i] != '\n')
			continue;
		put_line(lines, port, port->buf + start, i - start, out);
		lines->waiting--;
		start = i + 1;
	}
	port->len -= start;
	memmove(port->buf, port->buf + start, port->len);
	if (all && port->len) {
		put_line(lines, port, port->buf, port->len, out);
		port->len = 0;
	}
}

static void drain_complete(struct lines *lines)
{
	drain(lines, &lines->gone, false, to_console);
	for (size_t i = 0; i < LINES_MAX_PORTS && lines->waiting; i++)
		if (lines->ports[i])
			drain(lines, lines->ports[i], false, to_console);
}

/* What waits is written, where it breaks no line. */
static void drain_between(struct lines *lines)
{
	if (!lines->front && lines->waiting)
		start_line(lines);
	if (!lines->mid_line)
		drain_complete(lines);
}

/* A buffer that cannot wait, with the rest in it as a line. */
static void interrupt(struct lines *lines, struct lines_port *port)
{
	start_line(lines);
	drain(lines, &lines->gone, false, to_console);
	drain(lines, port, true, to_console);
	resume_line(lines);
}

/* How much put_line() writes of a buffer at most. */
static size_t written_len(const struct lines_port *port)
{
	size_t line_num = 1;

	for (size_t i = 0; i < port->len; i++)
		line_num += port->buf[i] == '\n';
	return port->len + line_num * (strlen(port->name) + sizeof("[] \r\n"));
}

bool lines_add(struct lines *lines, struct lines_port *port)
{
	for (size_t i = 0; i < LINES_MAX_PORTS; i++) {
		if (lines->ports[i])
			continue;
		lines->ports[i] = port;
		return true;
	}
	return false;
}

void lines_remove(struct lines *lines, struct lines_port *port)
{
	if (lines->front == port) {
		lines->front = NULL;
		lines->begun_len = 0;
	}
	if (port->len && lines->gone.len + written_len(port) > LINES_BUFFER)
		interrupt(lines, port);
	drain(lines, port, true, to_gone);
	for (size_t i = 0; i < LINES_MAX_PORTS; i++)
		if (lines->ports[i] == port)
			lines->ports[i] = NULL;
	drain_between(lines);
}

void lines_set_front(struct lines *lines, struct lines_port *port)
{
	lines->begun_len = 0;
	lines_flush(lines);
	lines->front = port;
	if (!port || !port->len)
		return;
	for (size_t i = 0; i < port->len; i++) {
		lines->put(port->buf[i]);
		remember(lines, port->buf[i]);
	}
	port->len = 0;
	lines->mid_line = true;
}

static void write_front(struct lines *lines, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		lines->put(bytes[i]);
		remember(lines, bytes[i]);
		lines->mid_line = bytes[i] != '\n';
		if (!lines->mid_line && lines->waiting)
			drain_complete(lines);
	}
}

/* Control characters could move the cursor onto the lines of others. */
static bool is_text(uint8_t byte)
{
	return (byte >= 0x20 && byte != 0x7f) || byte == '\t' || byte == '\n';
}

static void write_back(struct lines *lines, struct lines_port *port, uint8_t byte)
{
	if (!is_text(byte))
		return;
	if (port->len == LINES_BUFFER)
		interrupt(lines, port);
	port->buf[port->len++] = byte;
	lines->waiting += byte == '\n';
}

void lines_write(struct lines *lines, struct lines_port *port, const uint8_t *bytes, size_t len)
{
	if (port == lines->front) {
		write_front(lines, bytes, len);
		return;
	}
	for (size_t i = 0; i < len; i++)
		write_back(lines, port, bytes[i]);
	drain_between(lines);
}

void lines_flush(struct lines *lines)
{
	if (!lines->waiting)
		return;
	start_line(lines);
	drain_complete(lines);
	resume_line(lines);
}

enum keys_action keys_feed(struct keys *keys, const uint8_t *byte)
{
	if (!keys->escaped) {
		keys->escaped = *byte == CTRL_A;
		return keys->escaped ? KEYS_NONE : KEYS_INPUT;
	}
	keys->escaped = false;
	if (*byte == 'n')
		return KEYS_NEXT;
	return *byte == CTRL_A ? KEYS_INPUT : KEYS_NONE;
}

bool bucket_take(struct bucket *bucket, uint64_t now, uint64_t period, uint64_t burst)
{
	/* Tokens of the time from `spent` to `until` are left; it starts full. */
	uint64_t until = now + period * burst;

	if (bucket->spent < now)
		bucket->spent = now;
	if (until - bucket->spent < period) {
		bucket->dropped++;
		return false;
	}
	bucket->spent += period;
	return true;
}
