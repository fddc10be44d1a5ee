/* SPDX-License-Identifier: Apache-2.0 */
/* What the boot loader says: the device tree and the command line in it. */
#ifndef BOOT_H
#define BOOT_H

#include <stdbool.h>
#include <stdint.h>

/* Each guest's own part, on CPU 0 with interrupts masked. Returning ends the guest. */
void guest_main(void);

/* The device tree; NULL when there is none that libfdt takes. */
const void *boot_dtb(void);
/* The value of NAME=NUMBER on the command line, else `otherwise`. */
uint64_t boot_arg(const char *name, uint64_t otherwise);
/* `vm=NAME` on the command line, up to 31 characters; else "guest". */
const char *boot_name(void);
/* Whether the guest runs on the machine itself (`reference` on the command line), not in a VM. */
bool boot_reference(void);
/* RAM of the first memory node. */
uint64_t boot_ram_base(void);
uint64_t boot_ram_size(void);

#endif
