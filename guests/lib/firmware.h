/* SPDX-License-Identifier: Apache-2.0 */
/* What every architecture's firmware does, and the hypervisor's own calls. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

/* Starts a CPU at entry(context). */
bool firmware_cpu_on(uint64_t hwid, void (*entry)(void), uint64_t context);
void firmware_cpu_off(void);
bool firmware_cpu_is_off(uint64_t hwid);
/* These return only when firmware does not do it. */
void power_off(void);
void power_reset(void);
/* The other kind of reset that the architecture has. */
void power_reset_warm(void);
/* A call that does nothing: asks for the version. */
void firmware_call(void);
/* AxVM's own: ../../include/axvm/hypercall.h */
int64_t hypercall(unsigned number, uint64_t a, uint64_t b);

#endif
