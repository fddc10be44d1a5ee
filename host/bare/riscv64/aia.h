/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's AIA (RISC-V Advanced Interrupt Architecture): each hart has an IMSIC, to which the
 * APLIC and other harts send messages. Message 1 is an IPI; any other is what the host gives to a
 * source of the APLIC.
 */
#ifndef BARE_RISCV64_AIA_H
#define BARE_RISCV64_AIA_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;

/* False: the board has none. */
bool aia_probe(const void *fdt);
void aia_map(void);
/* The APLIC; once. Then each hart's own IMSIC. */
void aia_init(void);
void aia_init_cpu(void);
/* Lets a source of the APLIC through, to this CPU; trigger as in the device's `interrupts`. */
void aia_enable(uint32_t source, uint32_t trigger);

void aia_ipi_send(const struct cpu *target);
/* Takes the IPI that waits for this CPU. False: something else comes first. */
bool aia_ipi_take(void);
/* Takes what waits for this CPU. */
void aia_handle(void);

/* Guest interrupt files that each CPU has at most, the identities of each, the page of one. */
uint32_t aia_guest_file_num(void);
uint32_t aia_guest_id_num(void);
uint64_t aia_guest_file(uint32_t pcpu, uint32_t number);

#endif
