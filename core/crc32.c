/* SPDX-License-Identifier: Apache-2.0 */
#include "crc32.h"
#include <arch/cpu.h>

#ifdef __ARM_FEATURE_CRC32

#include <arm_acle.h>

typedef uint64_t __attribute__((aligned(1), may_alias)) unaligned_u64;

uint32_t crc32_of(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t crc = UINT32_MAX;

	for (; size >= 256; p += 256, size -= 256) {
		const unaligned_u64 *words = (const unaligned_u64 *)(const void *)p;

#pragma GCC unroll 32
		for (unsigned i = 0; i < 32; i++)
			crc = __crc32d(crc, words[i]);
	}
	for (; size != 0; p++, size--)
		crc = __crc32b(crc, *p);
	return ~crc;
}

#else

#define POLYNOMIAL 0xedb88320u /* bit-reversed */

/* The remainder of each byte. */
static void fill_table(uint32_t table[256])
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (unsigned i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
		table[byte] = crc;
	}
}

static uint32_t by_table(uint32_t crc, const uint8_t *p, size_t size)
{
	uint32_t table[256];

	fill_table(table);
	for (; size != 0; p++, size--)
		crc = crc >> 8 ^ table[(crc ^ *p) & 0xff];
	return crc;
}

#ifdef ARCH_CLMUL

/* x^96 divided by the polynomial without the quotient's highest bit, bit-reversed. */
#define QUOTIENT UINT64_C(0xb4e5b025f7011641)

/*
 * Barrett's reduction: the remainder of 64 bits is what is left of them behind the product of the
 * polynomial and their quotient by it, which the lower half of a product with QUOTIENT is exactly.
 */
static inline uint64_t of_word(uint64_t word)
{
	return arch_clmulr(arch_clmul(word, QUOTIENT), POLYNOMIAL);
}

typedef uint64_t __attribute__((may_alias)) any_u64;

static uint32_t by_words(uint64_t crc, const any_u64 *p, size_t num)
{
#pragma GCC unroll 16
	for (size_t i = 0; i < num; i++)
		crc = of_word(p[i] ^ crc);
	return (uint32_t)crc;
}

uint32_t crc32_of(const void *data, size_t size)
{
	const uint8_t *p = data, *end = p + size;
	size_t head = -(uintptr_t)data & 7, words;
	uint32_t crc = UINT32_MAX;

	if (arch_has_clmul && size >= head) {
		crc = by_table(crc, p, head);
		p += head;
		words = (size - head) / 8;
		crc = by_words(crc, (const any_u64 *)(const void *)p, words);
		p += 8 * words;
	}
	return ~by_table(crc, p, (size_t)(end - p));
}

#else

uint32_t crc32_of(const void *data, size_t size)
{
	return ~by_table(UINT32_MAX, data, size);
}

#endif

#endif
