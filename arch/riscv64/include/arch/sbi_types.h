/* SPDX-License-Identifier: Apache-2.0 */
/* What the firmware that a guest sees knows of a vCPU: plain data. */
#ifndef ARCH_SBI_TYPES_H
#define ARCH_SBI_TYPES_H

#include <axvm/types.h>

/* What is counted for PMU, always. In the order of its firmware events, from SET_TIMER (5) on. */
enum sbi_event {
	SBI_EVENT_SET_TIMER,
	SBI_EVENT_IPI_SENT,
	SBI_EVENT_IPI_RECEIVED,
	SBI_EVENT_FENCE_I_SENT,
	SBI_EVENT_FENCE_I_RECEIVED,
	SBI_EVENT_SFENCE_VMA_SENT,
	SBI_EVENT_SFENCE_VMA_RECEIVED,
	SBI_EVENT_SFENCE_VMA_ASID_SENT,
	SBI_EVENT_SFENCE_VMA_ASID_RECEIVED,
	SBI_EVENT_NUM,
};

#define SBI_FW_COUNTER_NUM 16u
#define SBI_COUNTER_NUM	   18u /* with cycle and instret */

/* A counter of PMU. */
struct sbi_counter {
	bool configured;
	bool started;
	uint32_t event; /* enum sbi_event, of a firmware counter */
	/* the guest's; while it counts (is started, and its vCPU bound) less what had been counted
	 * before */
	uint64_t value;
};

struct sbi_vcpu {
	uint32_t suspended; /* by HSM or SUSP, until it is bound again */
	uint64_t events[SBI_EVENT_NUM];
	struct sbi_counter counters[SBI_COUNTER_NUM];

	uint64_t sta_gpa;    /* of the steal-time record (STA), UINT64_MAX: none */
	uint64_t away_since; /* VM time at which it lost its CPU, UINT64_MAX: it has not */
	uint64_t steal;	     /* nanoseconds */
	uint32_t sequence;   /* of the record */
};

#endif
