/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <stdint.h>

#define csr_read(name)                                                                             \
	({                                                                                         \
		uint64_t csr_value_;                                                               \
		asm volatile("csrr %0, " #name : "=r"(csr_value_)::"memory");                      \
		csr_value_;                                                                        \
	})
#define csr_write(name, value)                                                                     \
	asm volatile("csrw " #name ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define csr_set(name, bits)   asm volatile("csrs " #name ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define csr_clear(name, bits) asm volatile("csrc " #name ", %0" ::"rK"((uint64_t)(bits)) : "memory")
/* Writes, and gives what was there. */
#define csr_swap(name, value)                                                                      \
	({                                                                                         \
		uint64_t csr_value_;                                                               \
		asm volatile("csrrw %0, " #name ", %1"                                             \
			     : "=r"(csr_value_)                                                    \
			     : "rK"((uint64_t)(value))                                             \
			     : "memory");                                                          \
		csr_value_;                                                                        \
	})

/* CSRs that the assembler need not know by name */
#define CSR_STIMECMP 0x14d
#define CSR_SISELECT 0x150
#define CSR_SIREG    0x151
#define CSR_STOPEI   0x15c

#define SSTATUS_SIE  (1ul << 1)
#define SSTATUS_SPIE (1ul << 5)
#define SSTATUS_SPP  (1ul << 8)
#define SSTATUS_VS   (3ul << 9)
#define SSTATUS_FS   (3ul << 13)
#define SSTATUS_SUM  (1ul << 18)
#define SSTATUS_MXR  (1ul << 19)

/* sip and sie */
#define SI_SOFT	    (1ul << 1)
#define SI_TIMER    (1ul << 5)
#define SI_EXTERNAL (1ul << 9)

static inline void mb(void)
{
	asm volatile("fence" ::: "memory");
}

/* PAUSE, of Zihintpause. */
static inline void cpu_relax(void)
{
	asm volatile(".insn i 0x0f, 0, x0, x0, 0x010" ::: "memory");
}

static inline void wfi(void)
{
	asm volatile("fence\n\twfi" ::: "memory");
}

static inline void irq_enable(void)
{
	csr_set(sstatus, SSTATUS_SIE);
}

static inline void irq_disable(void)
{
	csr_clear(sstatus, SSTATUS_SIE);
}

#define MMIO_ACCESSORS(bits, load, store)                                                          \
	static inline uint##bits##_t read##bits(uint64_t addr)                                     \
	{                                                                                          \
		uint64_t value;                                                                    \
		asm volatile(load " %0, 0(%1)" : "=r"(value) : "r"(addr) : "memory");              \
		return (uint##bits##_t)value;                                                      \
	}                                                                                          \
	static inline void write##bits(uint64_t addr, uint##bits##_t value)                        \
	{                                                                                          \
		asm volatile(store " %0, 0(%1)" ::"r"((uint64_t)value), "r"(addr) : "memory");     \
	}
MMIO_ACCESSORS(8, "lbu", "sb")
MMIO_ACCESSORS(16, "lhu", "sh")
MMIO_ACCESSORS(32, "lw", "sw")
MMIO_ACCESSORS(64, "ld", "sd")

/* Kept in tp. */
static inline unsigned cpu_id(void)
{
	uint64_t id;

	asm volatile("mv %0, tp" : "=r"(id));
	return (unsigned)id;
}

extern uint64_t boot_hart;
static inline uint64_t cpu_boot_hwid(void)
{
	return boot_hart;
}

#define CPU_RET 0x00008067u

static inline void cpu_sync_code(const void *addr)
{
	asm volatile("fence.i" ::: "memory");
}

static inline void tlb_flush(void)
{
	asm volatile("sfence.vma" ::: "memory");
}

static inline void tlb_flush_page(uint64_t addr)
{
	asm volatile("sfence.vma %0, x0" ::"r"(addr) : "memory");
}

#endif
