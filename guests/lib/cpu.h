/* SPDX-License-Identifier: Apache-2.0 */
/* The CPUs of the guest. */
#ifndef CPU_H
#define CPU_H

#include "layout.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * Of the architecture:
 *   mb()                  orders all accesses, and has them done
 *   cpu_relax()           in every loop that waits: QEMU's -icount gives the other CPU its turn
 * here wfi()                 waits for an interrupt, masked or not irq_enable(), irq_disable()
 *   read8() to write64()  an access to a device, by one instruction with a plain base register
 *   cpu_id()              of this CPU, counted from 0: CPU 0 booted
 *   cpu_boot_hwid()       the number by which firmware knows CPU 0
 *   CPU_RET               the instruction that returns
 *   cpu_sync_code(addr)   what has been written at addr can be executed
 */
#include <arch/cpu.h>

/* CPUs in the device tree, at most MAX_CPUS, and the numbers by which firmware knows them. */
unsigned cpu_count(void);
uint64_t cpu_hwid(unsigned cpu);

/*
 * Starts a CPU in `fn` by firmware, and waits until it runs; it is off again when fn returns.
 * false: firmware refused, or it did not come within two seconds.
 */
bool cpu_start(unsigned cpu, void (*fn)(void));
/* Waits until firmware says that it is off. */
bool cpu_wait_off(unsigned cpu);
/* Where firmware may start a CPU, with the CPU's number as its argument. */
void secondary(void);

#endif
