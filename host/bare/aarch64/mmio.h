/* SPDX-License-Identifier: Apache-2.0 */
/* Memory-mapped registers, in accesses that another hypervisor below could emulate. */
#ifndef BARE_AARCH64_MMIO_H
#define BARE_AARCH64_MMIO_H

#include <stdint.h>

static inline uint32_t mmio_read32(const char *p)
{
	uint32_t value;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(p) : "memory");
	return value;
}

static inline uint64_t mmio_read64(const char *p)
{
	uint64_t value;

	__asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(p) : "memory");
	return value;
}

static inline void mmio_write32(char *p, uint32_t value)
{
	__asm__ volatile("str %w0, [%1]" ::"r"(value), "r"(p) : "memory");
}

static inline void mmio_write64(char *p, uint64_t value)
{
	__asm__ volatile("str %0, [%1]" ::"r"(value), "r"(p) : "memory");
}

static inline void mmio_write8(char *p, uint8_t value)
{
	__asm__ volatile("strb %w0, [%1]" ::"r"((uint32_t)value), "r"(p) : "memory");
}

#endif
