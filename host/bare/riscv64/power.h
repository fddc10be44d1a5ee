/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BARE_RISCV64_POWER_H
#define BARE_RISCV64_POWER_H

void power_probe(const void *fdt);
void power_map(void);

#endif
