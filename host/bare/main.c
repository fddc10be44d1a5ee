/* SPDX-License-Identifier: Apache-2.0 */
#include "arch.h"
#include "boot.h"
#include "console.h"
#include "fault.h"
#include "host.h"
#include "log.h"
#include "mem.h"
#include "random.h"
#include "selftest.h"
#include "vms.h"

#include <stdio.h>

#define MIB 0x100000u

_Noreturn void host_end(enum host_status status)
{
	char line[32];

	snprintf(line, sizeof(line), "axvm: status %d", (int)status);
	console_line_now(line);
	isa_power_off();
}

_Noreturn void host_fail(const char *fmt, ...)
{
	char line[256] = "axvm: ERROR: ";
	va_list args;

	va_start(args, fmt);
	vsnprintf(line + 13, sizeof(line) - 13, fmt, args);
	va_end(args);
	console_line_now(line);
	host_end(STATUS_HOST);
}

/* This CPU can run vCPUs from now on. */
static enum axvm_error cpu_enable(void)
{
	enum axvm_error error = axvm_hardware_enable();

	if (error)
		return error;
	sched_init_cpu(this_cpu());
	__atomic_store_n(&this_cpu()->online, 1, __ATOMIC_RELEASE);
	return AXVM_OK;
}

static unsigned cpus_online(void)
{
	unsigned num = 0;

	for (uint32_t i = 0; i < cpu_num; i++)
		num += __atomic_load_n(&cpus[i].online, __ATOMIC_ACQUIRE);
	return num;
}

_Noreturn void host_main(void)
{
	char value[8];

	vms_debug = board_bootarg("axvm.debug", value, sizeof(value));
	vms_no_reboot = board_bootarg("axvm.no-reboot", value, sizeof(value));
	if (!axvm_has_hardware_support() || cpu_enable())
		host_fail("this CPU cannot virtualize");
	random_init(board.seed, board.seed_size);
	boot_cpus_start();
	log_line(AXVM_LOG_INFO, "%s on %u CPU%s, %llu MiB", AXVM_VERSION, cpus_online(),
		 cpus_online() == 1 ? "" : "s", (unsigned long long)(mem_total() / MIB));
	fault_selftest();
	isa_uart_irq(true);
	vms_start();
	selftest_vm();
	sched_run();
}

_Noreturn void host_cpu_main(void)
{
	enum axvm_error error = cpu_enable();

	if (error) {
		log_line(AXVM_LOG_ERROR, "CPU %u cannot virtualize: %s", this_cpu()->id,
			 axvm_strerror(error));
		for (;;)
			isa_idle();
	}
	selftest_vm();
	sched_run();
}
