/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal and an emulator's serial line, joined. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>

enum console_end {
	CONSOLE_CLOSED,	 /* the other side is gone */
	CONSOLE_QUIT,	 /* Ctrl-A x */
	CONSOLE_TIMEOUT, /* the time is over */
	CONSOLE_SIGNAL,	 /* SIGINT, SIGTERM, SIGHUP or SIGQUIT */
	CONSOLE_ERROR,	 /* said why */
};

struct console_result {
	enum console_end end;
	int signal;
	int status; /* N of a last line "axvm: status N", or -1 */
};

/* Blocks the signals that console_run() waits for; a child process calls the reverse. */
void console_block_signals(void);
void console_unblock_signals(void);
/* Whether one of them has come since. */
bool console_signal_pending(void);

/*
 * Relays until one side ends. A terminal on standard input is in raw mode meanwhile, and as it was
 * afterwards in any case. An end of file on standard input only ends the input.
 *
 * line     the serial line, a stream socket
 * log      where a copy of the output goes, or -1
 * seconds  how long at most; 0: no limit
 */
struct console_result console_run(int line, int log, unsigned seconds);

#endif
