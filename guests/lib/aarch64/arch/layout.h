/* SPDX-License-Identifier: Apache-2.0 */
/* Constants that C and assembly share. */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

#define TRAP_FRAME_SIZE 288

#endif
