/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the hypervisor: "axvm: text", "axvm: WARN: text". */
#ifndef BARE_LOG_H
#define BARE_LOG_H

#include "vms.h"

#include <axvm/hal.h>

void log_line(enum axvm_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* About a VM; limited, since a guest may cause it. */
void log_vm(struct host_vm *vm, enum axvm_log_level level, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

#endif
