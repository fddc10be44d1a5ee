/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include "clock.h"
#include "console.h"
#include "lock.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX     256
#define LIMIT_BURST  64
#define LIMIT_PERIOD 250000000u /* ns */

static const char *const prefixes[] = {
	[AXVM_LOG_ERROR] = "axvm: ERROR: ",
	[AXVM_LOG_WARN] = "axvm: WARN: ",
	[AXVM_LOG_INFO] = "axvm: ",
	[AXVM_LOG_DEBUG] = "axvm: DEBUG: ",
};

__attribute__((format(printf, 3, 0))) static void put(enum axvm_log_level level, const char *name,
						      const char *fmt, va_list args)
{
	char line[LINE_MAX];
	int len = snprintf(line, sizeof(line), "%s%s%s", prefixes[level], name, *name ? ": " : "");

	vsnprintf(line + len, sizeof(line) - (size_t)len, fmt, args);
	console_line(line);
}

void log_line(enum axvm_log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put(level, "", fmt, args);
	va_end(args);
}

/* Whether the VM may log now; `dropped`: lines it could not since it last could. */
static bool may_log(struct host_vm *vm, uint64_t *dropped)
{
	bool ok;

	spin_lock(&vm->log_lock);
	ok = bucket_take(&vm->bucket, clock_now(), LIMIT_PERIOD, LIMIT_BURST);
	*dropped = ok ? vm->bucket.dropped : 0;
	if (ok)
		vm->bucket.dropped = 0;
	spin_unlock(&vm->log_lock);
	return ok;
}

void log_vm(struct host_vm *vm, enum axvm_log_level level, const char *fmt, va_list args)
{
	uint64_t dropped;

	if (level > AXVM_LOG_DEBUG || (level == AXVM_LOG_DEBUG && !vms_debug) ||
	    !may_log(vm, &dropped))
		return;
	if (dropped)
		log_line(AXVM_LOG_WARN, "%s: %llu lines left out", vm->name,
			 (unsigned long long)dropped);
	put(level, vm->name, fmt, args);
}
