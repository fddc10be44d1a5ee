/* SPDX-License-Identifier: Apache-2.0 */
/* The CRC-32 of ISO 3309, as in gzip and zlib: every error of up to 32 bits in a row is found. */
#ifndef CORE_CRC32_H
#define CORE_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const void *data, size_t size);

#endif
