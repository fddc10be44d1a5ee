/* SPDX-License-Identifier: Apache-2.0 */
/* System registers, barriers, device accesses, and the CPUs of the guest. */
#ifndef CPU_H
#define CPU_H

#include "layout.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define mrs(name)                                                                                  \
	({                                                                                         \
		uint64_t mrs_value_;                                                               \
		asm volatile("mrs %0, " #name : "=r"(mrs_value_)::"memory");                       \
		mrs_value_;                                                                        \
	})
#define msr(name, value) asm volatile("msr " #name ", %0" ::"r"((uint64_t)(value)) : "memory")

static inline void isb(void)
{
	asm volatile("isb" ::: "memory");
}

static inline void dsb(void)
{
	asm volatile("dsb sy" ::: "memory");
}

/* In every loop that waits: QEMU's -icount gives the other CPU its turn here. */
static inline void cpu_relax(void)
{
	asm volatile("yield" ::: "memory");
}

static inline void wfi(void)
{
	asm volatile("dsb sy\n\twfi" ::: "memory");
}

static inline void irq_enable(void)
{
	asm volatile("msr daifclr, #2" ::: "memory");
}

static inline void irq_disable(void)
{
	asm volatile("msr daifset, #2" ::: "memory");
}

/* One instruction with a plain base register, so that a trap has a valid syndrome. */
#define MMIO_ACCESSORS(bits, reg, suffix)                                                          \
	static inline uint##bits##_t read##bits(uint64_t addr)                                     \
	{                                                                                          \
		uint64_t value;                                                                    \
		asm volatile("ldr" suffix " %" reg "0, [%1]"                                       \
			     : "=r"(value)                                                         \
			     : "r"(addr)                                                           \
			     : "memory");                                                          \
		return (uint##bits##_t)value;                                                      \
	}                                                                                          \
	static inline void write##bits(uint64_t addr, uint##bits##_t value)                        \
	{                                                                                          \
		asm volatile("str" suffix " %" reg "0, [%1]" ::"r"((uint64_t)value), "r"(addr)     \
			     : "memory");                                                          \
	}
MMIO_ACCESSORS(8, "w", "b")
MMIO_ACCESSORS(16, "w", "h")
MMIO_ACCESSORS(32, "w", "")
MMIO_ACCESSORS(64, "x", "")

/* Of this CPU, counted from 0 in the order of the device tree. */
static inline unsigned cpu_id(void)
{
	return (unsigned)mrs(tpidr_el1);
}

#define MPIDR_AFFINITY 0xff00ffffffull

/* CPUs in the device tree, at most MAX_CPUS, and their affinity (MPIDR_EL1 without other bits). */
unsigned cpu_count(void);
uint64_t cpu_mpidr(unsigned cpu);

/*
 * Starts a CPU in `fn` by PSCI CPU_ON, and waits until it runs; CPU_OFF follows when fn returns.
 * false: PSCI refused, or it did not come within two seconds.
 */
bool cpu_start(unsigned cpu, void (*fn)(void));
/* Waits until PSCI AFFINITY_INFO says that it is off. */
bool cpu_wait_off(unsigned cpu);
/* Where CPU_ON may start a CPU; its context argument is the CPU's number. */
void secondary(void);

#endif
