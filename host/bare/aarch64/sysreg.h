/* SPDX-License-Identifier: Apache-2.0 */
/* System registers by name. */
#ifndef BARE_AARCH64_SYSREG_H
#define BARE_AARCH64_SYSREG_H

#include <stdint.h>

#define read_sysreg(name)                                                                          \
	({                                                                                         \
		uint64_t sysreg_value;                                                             \
		__asm__ volatile("mrs %0, " #name : "=r"(sysreg_value)::"memory");                 \
		sysreg_value;                                                                      \
	})
#define write_sysreg(name, value)                                                                  \
	__asm__ volatile("msr " #name ", %x0" ::"rZ"((uint64_t)(value)) : "memory")

static inline void isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

#endif
