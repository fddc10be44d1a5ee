/* SPDX-License-Identifier: Apache-2.0 */
/* What the firmware that a guest sees knows of a vCPU: plain data. */
#ifndef ARCH_SBI_TYPES_H
#define ARCH_SBI_TYPES_H

#include <axvm/types.h>

struct sbi_vcpu {
	uint64_t sta_gpa; /* of the steal-time record (STA), UINT64_MAX: none */
};

#endif
