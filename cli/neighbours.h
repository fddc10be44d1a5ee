/* SPDX-License-Identifier: Apache-2.0 */
/* VMs that run together: what only one of them can have, and what they want of each other. */
#ifndef NEIGHBOURS_H
#define NEIGHBOURS_H

#include "vmfile.h"

/*
 * Ids, names, host memory and host interrupts of the files that are good in themselves; channels
 * when all are. What is wrong is said at the later file of the two. Result: CLI_OK or CLI_CONFIG
 */
enum cli_status neighbours_check(const struct vm_files *set);

#endif
