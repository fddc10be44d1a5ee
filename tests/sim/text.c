/* SPDX-License-Identifier: Apache-2.0 */
/* What VMs log, and what guests write to their consoles. */
#include "sim_host_impl.h"
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 4, 0))) static void log_line(struct axvm_hal *hal,
							   enum axvm_log_level level,
							   uint32_t vm_id, const char *fmt,
							   va_list args)
{
	struct sim_host *h = sim_of(hal);
	size_t room;
	int len;

	(void)vm_id;
	SIM_CHECK((unsigned)level <= AXVM_LOG_DEBUG);
	pthread_mutex_lock(&h->text_lock);
	h->log_lines[level]++;
	room = sizeof(h->log) - h->log_len;
	len = vsnprintf(h->log + h->log_len, room, fmt, args);
	SIM_CHECK(len >= 0);
	if ((size_t)len + 1 < room) {
		h->log_len += (size_t)len;
		h->log[h->log_len++] = '\n';
	}
	h->log[h->log_len] = '\0'; /* cuts off a line that does not fit */
	pthread_mutex_unlock(&h->text_lock);
}

bool sim_logged(struct sim_host *h, const char *text)
{
	bool found;

	pthread_mutex_lock(&h->text_lock);
	found = strstr(h->log, text) != NULL;
	pthread_mutex_unlock(&h->text_lock);
	return found;
}

static void console_write(struct axvm_hal *hal, uint32_t vm_id, const uint8_t *bytes, size_t len)
{
	struct sim_host *h = sim_of(hal);
	size_t room;

	(void)vm_id;
	pthread_mutex_lock(&h->text_lock);
	room = sizeof(h->console) - h->console_len;
	len = len < room ? len : room;
	memcpy(h->console + h->console_len, bytes, len);
	h->console_len += len;
	pthread_mutex_unlock(&h->text_lock);
}

void sim_text_init(struct sim_host *h)
{
	pthread_mutex_init(&h->text_lock, NULL);
	h->hal.log = log_line;
	h->hal.console_write = console_write;
}
