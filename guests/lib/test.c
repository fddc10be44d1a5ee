/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "boot.h"
#include "cpu.h"
#include "firmware.h"
#include "lock.h"
#include "uart.h"
#include <stdarg.h>
#include <stdio.h>

#define LINE_MAX 256

static struct lock lock;
static unsigned passed, failed;

static void put(const char *text, int len)
{
	if (len < 0)
		return;
	lock_take(&lock);
	uart_write(text, len < LINE_MAX ? (size_t)len : LINE_MAX - 1);
	lock_drop(&lock);
}

void print(const char *fmt, ...)
{
	char text[LINE_MAX];
	va_list args;

	va_start(args, fmt);
	put(text, vsnprintf(text, sizeof(text), fmt, args));
	va_end(args);
}

static void count(bool ok)
{
	__atomic_fetch_add(ok ? &passed : &failed, 1, __ATOMIC_RELAXED);
}

bool check(bool ok, const char *fmt, ...)
{
	char name[LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	print("%s %s\n", ok ? "ok" : "FAIL", name);
	count(ok);
	return ok;
}

bool check_eq(uint64_t got, uint64_t want, const char *fmt, ...)
{
	char name[LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	if (got == want)
		print("ok %s\n", name);
	else
		print("FAIL %s: got %#lx, want %#lx\n", name, got, want);
	count(got == want);
	return got == want;
}

_Noreturn void test_end(void)
{
	print("%s: %u ok, %u failed\n", boot_name(), passed, failed);
	power_off();
	print("FAIL power-off returned\n");
	for (;;)
		wfi();
}

_Noreturn void test_abort(void)
{
	count(false);
	test_end();
}
