/* SPDX-License-Identifier: Apache-2.0 */
/* The board's clock: a Goldfish RTC. */
#ifndef BARE_RISCV64_RTC_H
#define BARE_RISCV64_RTC_H

void rtc_probe(const void *fdt);
void rtc_map(void);

#endif
