/* SPDX-License-Identifier: Apache-2.0 */
/* Constants that C and assembly share. */
#ifndef LAYOUT_H
#define LAYOUT_H

#define STACK_SIZE 16384
#define MAX_CPUS   64

#endif
