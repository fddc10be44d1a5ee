/* SPDX-License-Identifier: Apache-2.0 */
/* What a UART has received and its guest has not read yet. An entry is as the model's register
 * reads: a byte, and above it what went wrong with it. */
#ifndef DEVICES_RX_FIFO_H
#define DEVICES_RX_FIFO_H

#include <axvm/types.h>

#define RX_FIFO_MAX 32u

struct rx_fifo {
	uint32_t first; /* index of the oldest entry */
	uint32_t num;
	uint16_t entries[RX_FIFO_MAX];
};

static inline void rx_fifo_flush(struct rx_fifo *fifo)
{
	fifo->first = 0;
	fifo->num = 0;
}

/* false: it holds `depth` entries, which is at most RX_FIFO_MAX, already. */
static inline bool rx_fifo_put(struct rx_fifo *fifo, uint32_t depth, uint16_t entry)
{
	if (fifo->num >= depth)
		return false;
	fifo->entries[(fifo->first + fifo->num++) % RX_FIFO_MAX] = entry;
	return true;
}

/* As many bytes as there is room for; returns how many. */
static inline size_t rx_fifo_fill(struct rx_fifo *fifo, uint32_t depth, const uint8_t *bytes,
				  size_t len)
{
	size_t num = 0;

	while (num < len && rx_fifo_put(fifo, depth, bytes[num]))
		num++;
	return num;
}

/* Takes the oldest entry. An empty FIFO reads as what was read last. */
static inline uint16_t rx_fifo_get(struct rx_fifo *fifo)
{
	uint16_t entry = fifo->entries[fifo->first];

	if (fifo->num == 0)
		return fifo->entries[(fifo->first + RX_FIFO_MAX - 1) % RX_FIFO_MAX];
	fifo->first = (fifo->first + 1) % RX_FIFO_MAX;
	fifo->num--;
	return entry;
}

#endif
