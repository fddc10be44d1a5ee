/* SPDX-License-Identifier: Apache-2.0 */
/* Constants that C and assembly share. */
#ifndef LAYOUT_H
#define LAYOUT_H

#define STACK_SIZE 8192
#define MAX_CPUS   64
#define FRAME_SIZE 288

#endif
