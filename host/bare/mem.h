/* SPDX-License-Identifier: Apache-2.0 */
/* The board's RAM: frames.h behind a lock, fed with what the device tree says. */
#ifndef BARE_MEM_H
#define BARE_MEM_H

#include <axvm/error.h>
#include <axvm/types.h>

/* After everything has been reserved (board.h), with all RAM mapped. */
void mem_init(void);
/* Bytes that are free now, and bytes of RAM that the board has. */
uint64_t mem_free(void);
uint64_t mem_total(void);

/* As the operations of struct axvm_hal. */
enum axvm_error mem_alloc(size_t count, uint64_t align, axvm_hpa_t *out);
void mem_dealloc(axvm_hpa_t first, size_t count);
enum axvm_error mem_take(axvm_hpa_t base, uint64_t size);

/* Zeroed memory of the host, in whole frames; NULL: none left. */
void *mem_zalloc(size_t size);
void mem_zfree(void *p, size_t size);

#endif
