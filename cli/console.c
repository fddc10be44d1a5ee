/* SPDX-License-Identifier: Apache-2.0 */
#include "console.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

#define CTRL_A 0x01

#define STATUS_LINE "axvm: status "

enum { INPUT, LINE, SIGNALS, FD_NUM };

struct console {
	struct pollfd fds[FD_NUM];
	int log;
	bool limited;
	uint64_t deadline; /* ms of the monotonic clock */

	bool raw;
	struct termios saved;

	bool escaped;	     /* Ctrl-A was typed; it is passed on with what follows */
	uint8_t typed[2048]; /* on its way to the line */
	size_t typed_len;

	char text[64]; /* the line of output that is not complete; only its start matters */
	size_t text_len;
	char last[64]; /* the last complete one that was not empty */

	struct console_result result;
};

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

#define SIGNAL_NUM (sizeof(signals) / sizeof(signals[0]))

static void signal_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < SIGNAL_NUM; i++)
		sigaddset(set, signals[i]);
}

void console_block_signals(void)
{
	sigset_t set;

	signal_set(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void console_unblock_signals(void)
{
	sigset_t set;

	signal_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

bool console_signal_pending(void)
{
	sigset_t set;
	bool found = false;

	sigpending(&set);
	for (size_t i = 0; i < SIGNAL_NUM; i++)
		found = found || sigismember(&set, signals[i]) == 1;
	return found;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A terminal whose foreground is another process group is left alone. */
static void input_open(struct console *c)
{
	struct termios raw;

	c->fds[INPUT].fd = STDIN_FILENO;
	if (!isatty(STDIN_FILENO))
		return;
	if (tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &c->saved) != 0) {
		c->fds[INPUT].fd = -1;
		return;
	}
	raw = c->saved;
	cfmakeraw(&raw);
	c->raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

static void input_close(struct console *c)
{
	if (c->raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &c->saved);
}

static void finish(struct console *c, enum console_end end)
{
	c->result.end = end;
	c->fds[LINE].fd = -1;
}

/* All of it, also when fd does not block. */
static bool write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EAGAIN)
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		else if (n < 0 && errno != EINTR)
			return false;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* Keeps track of the last line that was not empty. */
static void follow_text(struct console *c, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			c->text[c->text_len] = '\0';
			if (c->text_len)
				memcpy(c->last, c->text, c->text_len + 1);
			c->text_len = 0;
		} else if (bytes[i] != '\r' && c->text_len < sizeof(c->text) - 1) {
			c->text[c->text_len++] = (char)bytes[i];
		}
	}
}

static void receive(struct console *c)
{
	uint8_t bytes[4096];
	ssize_t n = read(c->fds[LINE].fd, bytes, sizeof(bytes));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		finish(c, CONSOLE_CLOSED);
		return;
	}
	follow_text(c, bytes, (size_t)n);
	if (!write_all(STDOUT_FILENO, bytes, (size_t)n)) {
		say_error("standard output: %s", strerror(errno));
		finish(c, CONSOLE_ERROR);
	}
	if (c->log >= 0 && !write_all(c->log, bytes, (size_t)n)) {
		say_error("the log file: %s", strerror(errno));
		finish(c, CONSOLE_ERROR);
	}
}

/* Ctrl-A x is ours; Ctrl-A with anything else belongs to the hypervisor. */
static void type(struct console *c, uint8_t byte)
{
	if (!c->escaped && byte == CTRL_A) {
		c->escaped = true;
		return;
	}
	if (c->escaped && byte == 'x') {
		finish(c, CONSOLE_QUIT);
		return;
	}
	if (c->escaped)
		c->typed[c->typed_len++] = CTRL_A;
	c->escaped = false;
	c->typed[c->typed_len++] = byte;
}

/* Half the room is read, because a Ctrl-A of before may come in addition. */
static void read_input(struct console *c)
{
	uint8_t bytes[sizeof(c->typed) / 2 - 1];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		c->fds[INPUT].fd = -1;
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		type(c, bytes[i]);
}

static void send_typed(struct console *c)
{
	ssize_t n = write(c->fds[LINE].fd, c->typed, c->typed_len);

	if (n < 0 && errno != EINTR && errno != EAGAIN)
		c->typed_len = 0; /* reading the line will tell that it is gone */
	if (n <= 0)
		return;
	c->typed_len -= (size_t)n;
	memmove(c->typed, c->typed + n, c->typed_len);
}

static void take_signal(struct console *c)
{
	struct signalfd_siginfo info;

	if (read(c->fds[SIGNALS].fd, &info, sizeof(info)) != sizeof(info))
		return;
	c->result.signal = (int)info.ssi_signo;
	finish(c, CONSOLE_SIGNAL);
}

static int wait_time(const struct console *c)
{
	uint64_t now = now_ms();

	if (!c->limited)
		return -1;
	return c->deadline > now ? (int)(c->deadline - now) : 0;
}

static void step(struct console *c)
{
	struct pollfd *fds = c->fds;
	int input = fds[INPUT].fd;

	/* More is read only when what was typed before has gone. */
	fds[INPUT].fd = c->typed_len ? -1 : input;
	fds[LINE].events = c->typed_len ? POLLIN | POLLOUT : POLLIN;
	if (poll(fds, FD_NUM, wait_time(c)) < 0 && errno != EINTR) {
		say_error("poll: %s", strerror(errno));
		finish(c, CONSOLE_ERROR);
		return;
	}
	if (fds[LINE].fd >= 0 && (fds[LINE].revents & POLLOUT))
		send_typed(c);
	if (fds[LINE].revents & (POLLIN | POLLHUP | POLLERR))
		receive(c);
	if (fds[INPUT].fd >= 0 && fds[INPUT].revents)
		read_input(c);
	else
		fds[INPUT].fd = input;
	if (fds[SIGNALS].revents)
		take_signal(c);
	if (fds[LINE].fd >= 0 && c->limited && now_ms() >= c->deadline)
		finish(c, CONSOLE_TIMEOUT);
}

/* The hypervisor's last word. Only it can end the board, so nobody else speaks after it. */
static int last_status(const struct console *c)
{
	const char *last = c->last;
	const size_t prefix = sizeof(STATUS_LINE) - 1;

	if (strncmp(last, STATUS_LINE, prefix) != 0 || last[prefix] < '0' || last[prefix] > '9' ||
	    last[prefix + 1])
		return -1;
	return last[prefix] - '0';
}

struct console_result console_run(int line, int log, unsigned seconds)
{
	struct console c = { .log = log, .limited = seconds != 0 };
	sigset_t set;

	signal_set(&set);
	c.deadline = now_ms() + (uint64_t)seconds * 1000;
	c.fds[LINE] = (struct pollfd){ .fd = line, .events = POLLIN };
	c.fds[INPUT].events = POLLIN;
	c.fds[SIGNALS] = (struct pollfd){ .fd = signalfd(-1, &set, SFD_CLOEXEC), .events = POLLIN };
	signal(SIGPIPE, SIG_IGN);
	input_open(&c);
	while (c.fds[LINE].fd >= 0)
		step(&c);
	input_close(&c);
	close(c.fds[SIGNALS].fd);
	follow_text(&c, (const uint8_t *)"\n", 1);
	c.result.status = last_status(&c);
	return c.result;
}
