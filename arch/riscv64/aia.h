/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the guest's interrupt controllers with messages. RISC-V Advanced Interrupt Architecture
 * 1.0: the APLIC (chapter 4) turns its wires into messages, the IMSIC (chapter 3) receives them, a
 * page and an interrupt file for each vCPU. APLIC's lock is taken before a vCPU's imsic_vcpu.lock.
 */
#ifndef RISCV64_AIA_H
#define RISCV64_AIA_H

#include "host.h"

#define APLIC_SIZE 0x4000u

/* ---- aplic.c: a supervisor-level domain without children that delivers by messages ---- */

/* Power-on state; the wires keep their levels. No vCPU runs. */
void aplic_vm_reset(struct axvm *vm);
uint64_t aplic_read(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu);
void aplic_write(void *opaque, uint64_t offset, unsigned width, uint64_t value,
		 struct axvm_vcpu *vcpu);

/* ---- imsic.c: aia_vcpu_*() of host.h, and the vCPUs' pages ---- */

/* The board has what guests need. */
bool imsic_available(void);
/* A message: interrupt `id` of a vCPU; one that does not exist goes nowhere. Any context. */
void imsic_send(struct axvm_vcpu *vcpu, uint32_t id);
/* Guest accesses to pages that lead to no file of the hardware. */
uint64_t imsic_read(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu);
void imsic_write(void *opaque, uint64_t offset, unsigned width, uint64_t value,
		 struct axvm_vcpu *vcpu);
/* No CPU has anything of the vCPU any more. Not bound. */
void imsic_vcpu_release(struct axvm_vcpu *vcpu);

#endif
