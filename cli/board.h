/* SPDX-License-Identifier: Apache-2.0 */
/* The board that an emulator makes for VMs: how many CPUs, how much memory, what else. */
#ifndef BOARD_H
#define BOARD_H

#include "vmfile.h"

unsigned board_cpus(const struct vm_files *set);

/* In bytes. Twice the bundle: as it is handed over, and as the images that are copied from it. */
uint64_t board_memory(const struct vm_files *set, size_t bundle_size);

/* Whether a VM has interrupts by messages, which the board then has to have too. */
bool board_aia(const struct vm_files *set);

/*
 * Whether the VMs' RAM can be there at all, before anything is started. given: the board's memory
 * in bytes, or 0 when it is to be as large as it takes. What cannot be is said at the file of the
 * largest VM.
 */
enum cli_status board_check_memory(const struct vm_files *set, uint64_t given);

#endif
