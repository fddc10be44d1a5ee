/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key stream of ChaCha20 (RFC 8439). Each block gives away one half; the other half is the next
 * block's key, so that not even this state tells what was given before. (The C library's
 * arc4random() wants fresh entropy again and again, of which a board has none but its seed.)
 */
#include "random.h"

#include "lock.h"

#include <stdint.h>
#include <string.h>

#define KEY_WORDS 8

static struct spinlock lock;
static uint32_t key[KEY_WORDS];
static bool seeded;

static uint32_t rotate(uint32_t value, unsigned bits)
{
	return value << bits | value >> (32 - bits);
}

static void quarter_round(uint32_t x[16], unsigned a, unsigned b, unsigned c, unsigned d)
{
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 7);
}

/* Counter and nonce are 0: no key serves twice. */
static void next_block(uint32_t out[16])
{
	uint32_t start[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memcpy(&start[4], key, sizeof(key));
	memcpy(out, start, sizeof(start));
	for (unsigned i = 0; i < 10; i++) {
		for (unsigned column = 0; column < 4; column++)
			quarter_round(out, column, 4 + column, 8 + column, 12 + column);
		for (unsigned column = 0; column < 4; column++)
			quarter_round(out, column, 4 + (column + 1) % 4, 8 + (column + 2) % 4,
				      12 + (column + 3) % 4);
	}
	for (unsigned i = 0; i < 16; i++)
		out[i] += start[i];
	memcpy(key, out, sizeof(key));
}

void random_init(const void *seed, size_t size)
{
	if (size < RANDOM_SEED_MIN)
		return;
	memcpy(key, seed, sizeof(key));
	seeded = true;
}

bool random_get(void *buf, size_t len)
{
	uint32_t block[16];
	uint8_t *to = buf;

	if (!seeded)
		return false;
	spin_lock(&lock);
	while (len > 0) {
		size_t n = len < sizeof(key) ? len : sizeof(key);

		next_block(block);
		memcpy(to, &block[KEY_WORDS], n);
		to += n;
		len -= n;
	}
	spin_unlock(&lock);
	return true;
}
