/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

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

static inline void mb(void)
{
	dsb();
}

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

static inline unsigned cpu_id(void)
{
	return (unsigned)mrs(tpidr_el1);
}

#define MPIDR_AFFINITY 0xff00ffffffull

/* Of CPU 0, which is the caller. */
static inline uint64_t cpu_boot_hwid(void)
{
	return mrs(mpidr_el1) & MPIDR_AFFINITY;
}

#define CPU_RET 0xd65f03c0u

static inline void cpu_sync_code(const void *addr)
{
	asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(addr)
		     : "memory");
}

#endif
