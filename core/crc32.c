/* SPDX-License-Identifier: Apache-2.0 */
#include "crc32.h"

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

uint32_t crc32_of(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t crc = UINT32_MAX, table[256];

	fill_table(table);
	for (; size != 0; p++, size--)
		crc = crc >> 8 ^ table[(crc ^ *p) & 0xff];
	return ~crc;
}

#endif
