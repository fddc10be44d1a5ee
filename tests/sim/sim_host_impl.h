/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the simulated host share. */
#ifndef TESTS_SIM_HOST_IMPL_H
#define TESTS_SIM_HOST_IMPL_H

#include "sim_host.h"

/* Ends the process when the host was used wrongly. */
#define SIM_CHECK(condition)                                                                       \
	do {                                                                                       \
		if (!(condition))                                                                  \
			sim_failed(__FILE__, __LINE__, #condition);                                \
	} while (0)
__attribute__((noreturn)) void sim_failed(const char *file, int line, const char *what);

static inline struct sim_host *sim_of(struct axvm_hal *hal)
{
	return (struct sim_host *)(void *)hal;
}

/* The parts of the HAL, each by its file. */
void sim_memory_init(struct sim_host *h);
void sim_memory_fini(struct sim_host *h);
void sim_clock_init(struct sim_host *h);
void sim_text_init(struct sim_host *h);
void sim_vms_init(struct sim_host *h);
void sim_vms_fini(struct sim_host *h);

/* clock.c: waits for a change of the vCPU, or for its deadline. Its lock is held. */
void sim_clock_wait(struct sim_host *h, struct sim_vcpu *vcpu);
/* vms.c: timers that are due by `now`. */
void sim_vms_expire(struct sim_host *h, uint64_t now);

#endif
