/* SPDX-License-Identifier: Apache-2.0 */
/* Access to system registers by name. */
#ifndef AARCH64_SYSREGS_H
#define AARCH64_SYSREGS_H

#include <stdint.h>

#define read_sysreg(name)                                                                          \
	({                                                                                         \
		uint64_t read_value;                                                               \
		__asm__ volatile("mrs %0, " #name : "=r"(read_value)::"memory");                   \
		read_value;                                                                        \
	})
#define write_sysreg(name, value)                                                                  \
	({                                                                                         \
		uint64_t write_value = (value);                                                    \
		__asm__ volatile("msr " #name ", %x0" ::"rZ"(write_value) : "memory");             \
	})

static inline void isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

#endif
