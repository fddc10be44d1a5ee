/* SPDX-License-Identifier: Apache-2.0 */
/* The board's console, shared by the hypervisor and the VMs. */
#ifndef BARE_CONSOLE_H
#define BARE_CONSOLE_H

#include "lines.h"

/* One line of the hypervisor, without newline; it appears when no guest's line is in the middle. */
void console_line(const char *text);
/* The same, at once. */
void console_line_now(const char *text);
/* For a host fault: from now on whoever holds the console's lock has lost it. */
void console_seize(void);

/* Speakers. False: there are too many. The first one is in front. */
bool console_add(struct lines_port *port);
void console_remove(struct lines_port *port);
void console_write(struct lines_port *port, const uint8_t *bytes, size_t len);

/* The next VM's console comes to the front; without `announce` only if none is there. */
void console_next(bool announce);

/* Takes what the person has typed: at the console's interrupt, and when sched_poll_at() is due. */
void console_receive(void);

#endif
