/* SPDX-License-Identifier: Apache-2.0 */
/* Memory-mapped registers. */
#ifndef BARE_RISCV64_MMIO_H
#define BARE_RISCV64_MMIO_H

#include <stdint.h>

static inline uint8_t mmio_read8(const char *p)
{
	return *(const volatile uint8_t *)p;
}

static inline uint32_t mmio_read32(const char *p)
{
	return *(const volatile uint32_t *)(const void *)p;
}

static inline void mmio_write8(char *p, uint8_t value)
{
	*(volatile uint8_t *)p = value;
}

static inline void mmio_write32(char *p, uint32_t value)
{
	*(volatile uint32_t *)(void *)p = value;
}

#endif
