/* SPDX-License-Identifier: Apache-2.0 */
/* The board's GICv3 (Arm IHI 0069). */
#ifndef BARE_AARCH64_GIC_H
#define BARE_AARCH64_GIC_H

#include <stdint.h>

/* INTID of entry `i` of a node's interrupts in the GIC's binding; 0: none. */
uint32_t gic_dt_intid(const void *fdt, int node, unsigned i);

/* Result: NULL, or what is missing. */
const char *gic_probe(const void *fdt);
/* Maps the registers into the host's address space. */
void gic_map(void);
/* The distributor; once, on the CPU that gets every shared interrupt. */
void gic_init(void);
/* This CPU's redistributor and interface. Result: NULL, or what is wrong. */
const char *gic_init_cpu(void);
/* Lets a shared interrupt through. */
void gic_enable_spi(uint32_t intid);

/* The interrupts that the backend handles; before axvm_hardware_enable(). */
void gic_tell_backend(void);

/* MPIDR_EL1 without everything that is not affinity. */
uint64_t gic_this_affinity(void);

#endif
