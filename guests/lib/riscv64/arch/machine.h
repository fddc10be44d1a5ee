/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#define RAM_BASE      0x80000000ull
#define ADDRESS_LIMIT 0x4000000000ull

/* Upper half: the first GiB of RAM once more. */
#define ALIAS_READ_ONLY	   0xffffffff80000000ull
#define ALIAS_EXECUTE_ONLY 0xffffffffc0000000ull
#define ALIAS(addr, alias) ((uint64_t)(addr) - RAM_BASE + (alias))

#define TEST_BASE   0x00100000ull /* power-off and reset */
#define RTC_BASE    0x00101000ull
#define RTC_LINE    11
#define VIRTIO_BASE 0x10001000ull

#endif
