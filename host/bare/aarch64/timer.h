/* SPDX-License-Identifier: Apache-2.0 */
/* The generic timer. The host uses the EL2 physical one. */
#ifndef BARE_AARCH64_TIMER_H
#define BARE_AARCH64_TIMER_H

#include <stdint.h>

/* Result: NULL, or what is missing. */
const char *timer_probe(const void *fdt);
void timer_init_cpu(void);
uint32_t timer_hyp_intid(void);
uint32_t timer_virt_intid(void);

#endif
