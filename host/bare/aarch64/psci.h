/* SPDX-License-Identifier: Apache-2.0 */
/* The board's firmware (Arm DEN 0022). */
#ifndef BARE_AARCH64_PSCI_H
#define BARE_AARCH64_PSCI_H

#include <stdint.h>

/* Finds the way in: SMC or HVC. Without a node in the tree there is no firmware. */
void psci_probe(const void *fdt);
/* Result: PSCI's, 0 on success. */
int64_t psci_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t arg);

#endif
