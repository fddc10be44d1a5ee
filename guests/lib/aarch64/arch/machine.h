/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#define RAM_BASE      0x40000000ull
#define ADDRESS_LIMIT 0x7f80000000ull

#endif
