/* SPDX-License-Identifier: Apache-2.0 */
/* The board's clock: a PL031 (Arm DDI 0224). */
#ifndef BARE_AARCH64_RTC_H
#define BARE_AARCH64_RTC_H

#include <stdint.h>

void rtc_probe(const void *fdt);
/* Address of its registers, 0: none. */
uint64_t rtc_base(void);

#endif
