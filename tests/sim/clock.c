/* SPDX-License-Identifier: Apache-2.0 */
/* The host's clock: it runs, or it stands until the test moves it. */
#include "sim_host_impl.h"
#include <time.h>

#define NANOS_PER_SECOND UINT64_C(1000000000)

static uint64_t machine_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NANOS_PER_SECOND + (uint64_t)ts.tv_nsec;
}

/* `now` is what the clock showed at `start`. */
static uint64_t current_time(struct axvm_hal *hal)
{
	struct sim_host *h = sim_of(hal);
	uint64_t start = __atomic_load_n(&h->start, __ATOMIC_ACQUIRE);
	uint64_t now = __atomic_load_n(&h->now, __ATOMIC_SEQ_CST);

	return start ? now + (machine_now() - start) : now;
}

void sim_clock_run(struct sim_host *h)
{
	if (!h->start)
		__atomic_store_n(&h->start, machine_now(), __ATOMIC_RELEASE);
}

/* For a host none of whose vCPUs runs, so that nobody reads the two halves apart. */
void sim_clock_stop(struct sim_host *h)
{
	__atomic_store_n(&h->now, current_time(&h->hal), __ATOMIC_SEQ_CST);
	__atomic_store_n(&h->start, 0, __ATOMIC_RELEASE);
}

void sim_clock_advance(struct sim_host *h, uint64_t nanos)
{
	SIM_CHECK(!h->start);
	sim_vms_expire(h, __atomic_add_fetch(&h->now, nanos, __ATOMIC_SEQ_CST));
}

static uint64_t wall_clock(struct axvm_hal *hal)
{
	return sim_of(hal)->wall;
}

void sim_clock_wait(struct sim_host *h, struct sim_vcpu *vcpu)
{
	uint64_t start = __atomic_load_n(&h->start, __ATOMIC_ACQUIRE), at;
	struct timespec ts;

	if (!start || vcpu->deadline == SIM_NEVER) {
		pthread_cond_wait(&vcpu->changed, &vcpu->lock);
		return;
	}
	at = start + (vcpu->deadline - __atomic_load_n(&h->now, __ATOMIC_SEQ_CST));
	ts.tv_sec = (time_t)(at / NANOS_PER_SECOND);
	ts.tv_nsec = (long)(at % NANOS_PER_SECOND);
	pthread_cond_timedwait(&vcpu->changed, &vcpu->lock, &ts);
}

static bool no_random(struct axvm_hal *hal, void *buf, size_t len)
{
	return false;
}

void sim_clock_init(struct sim_host *h)
{
	h->hal.current_time_nanos = current_time;
	h->hal.wall_clock_seconds = wall_clock;
	h->hal.random = no_random;
}
