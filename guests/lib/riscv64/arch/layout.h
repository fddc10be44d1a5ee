/* SPDX-License-Identifier: Apache-2.0 */
/* Constants that C and assembly share. */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

#define TRAP_FRAME_SIZE 288

#define SATP_SV39 (8 << 60)

/* sstatus: FS and VS are Initial */
#define SSTATUS_FS_VS 0x2200
/* SPP: to S-mode; SPIE: with interrupts */
#define SSTATUS_SPP_SPIE 0x120

#endif
