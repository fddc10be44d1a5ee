/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBI's performance counters (chapter 11): firmware counters alone, any of which counts any of the
 * events that this firmware sees. What a counter has counted is the difference of two readings of
 * the event's own count, so that an event costs the same with and without one.
 */
#include "sbi.h"

enum pmu_function {
	PMU_NUM_COUNTERS,
	PMU_COUNTER_GET_INFO,
	PMU_CONFIG_MATCHING,
	PMU_COUNTER_START,
	PMU_COUNTER_STOP,
	PMU_FW_READ,
	PMU_FW_READ_HI,
};

#define INFO_FIRMWARE (UINT64_C(1) << 63)

#define CONFIG_SKIP_MATCH  0x1u
#define CONFIG_CLEAR_VALUE 0x2u
#define CONFIG_AUTO_START  0x4u
#define CONFIG_FLAGS	   0xffu /* the others choose privilege modes: no firmware event has one */

#define START_SET_VALUE	    0x1u
#define START_FROM_SNAPSHOT 0x2u

#define STOP_RESET	   0x1u
#define STOP_TAKE_SNAPSHOT 0x2u

/* Event indices: 20 bits, the type above 16 of the code. */
#define EVENT_FIRMWARE	0xf0000u
#define EVENT_SET_TIMER 5u

/* Counters by a mask that counts from a number. */
struct selection {
	uint64_t base, mask;
};

static bool selection_valid(const struct selection *sel)
{
	return sel->base < SBI_COUNTER_NUM && sel->mask != 0 &&
	       !(sel->mask >> (SBI_COUNTER_NUM - sel->base));
}

static uint64_t counted(const struct axvm_vcpu *vcpu, const struct sbi_counter *c)
{
	return __atomic_load_n(&vcpu->arch.sbi.events[c->event], __ATOMIC_RELAXED);
}

static void counter_start(struct axvm_vcpu *vcpu, struct sbi_counter *c)
{
	c->value -= counted(vcpu, c);
	c->started = true;
}

static void counter_stop(struct axvm_vcpu *vcpu, struct sbi_counter *c)
{
	c->value += counted(vcpu, c);
	c->started = false;
}

/* ---- Configuring ---- */

static bool event_valid(uint64_t index)
{
	return index - (EVENT_FIRMWARE + EVENT_SET_TIMER) < SBI_EVENT_NUM;
}

/* The first that is free; with SKIP_MATCH the first, which has its event already. */
static struct sbi_counter *choose(struct axvm_vcpu *vcpu, const struct selection *sel, bool skip)
{
	struct sbi_counter *counters = &vcpu->arch.sbi.counters[sel->base];

	for (uint32_t i = 0; sel->mask >> i; i++) {
		if (!(sel->mask >> i & 1))
			continue;
		if (skip)
			return counters[i].configured && !counters[i].started ? &counters[i] : NULL;
		if (!counters[i].configured)
			return &counters[i];
	}
	return NULL;
}

static enum run_verdict config_matching(struct axvm_vcpu *vcpu)
{
	const struct selection sel = { sbi_arg(vcpu, 0), sbi_arg(vcpu, 1) };
	uint64_t flags = sbi_arg(vcpu, 2), index = sbi_arg(vcpu, 3);
	bool skip = flags & CONFIG_SKIP_MATCH;
	struct sbi_counter *c;

	if (!selection_valid(&sel) || flags & ~(uint64_t)CONFIG_FLAGS)
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	if (!skip && !event_valid(index))
		return sbi_done(vcpu, SBI_ERR_NOT_SUPPORTED);
	c = choose(vcpu, &sel, skip);
	if (!c)
		return sbi_done(vcpu, skip ? SBI_ERR_INVALID_PARAM : SBI_ERR_NOT_SUPPORTED);
	if (!skip)
		c->event = (uint32_t)(index - (EVENT_FIRMWARE + EVENT_SET_TIMER));
	c->configured = true;
	if (flags & CONFIG_CLEAR_VALUE)
		c->value = 0;
	if (flags & CONFIG_AUTO_START)
		counter_start(vcpu, c);
	return sbi_answer(vcpu, SBI_SUCCESS, (uint64_t)(c - vcpu->arch.sbi.counters));
}

/* ---- Starting and stopping several ---- */

static enum sbi_error start_one(struct axvm_vcpu *vcpu, struct sbi_counter *c)
{
	if (!c->configured)
		return SBI_ERR_INVALID_PARAM;
	if (c->started)
		return SBI_ERR_ALREADY_STARTED;
	if (sbi_arg(vcpu, 2) & START_SET_VALUE)
		c->value = sbi_arg(vcpu, 3);
	counter_start(vcpu, c);
	return SBI_SUCCESS;
}

static enum sbi_error stop_one(struct axvm_vcpu *vcpu, struct sbi_counter *c)
{
	enum sbi_error err = SBI_SUCCESS;

	if (!c->configured)
		return SBI_ERR_INVALID_PARAM;
	if (c->started)
		counter_stop(vcpu, c);
	else
		err = SBI_ERR_ALREADY_STOPPED;
	if (sbi_arg(vcpu, 2) & STOP_RESET)
		*c = (struct sbi_counter){ 0 };
	return err;
}

/* Each that can be; the first error is the answer. */
static enum sbi_error for_each(struct axvm_vcpu *vcpu, uint64_t snapshot_flag,
			       enum sbi_error (*one)(struct axvm_vcpu *, struct sbi_counter *))
{
	const struct selection sel = { sbi_arg(vcpu, 0), sbi_arg(vcpu, 1) };
	uint64_t flags = sbi_arg(vcpu, 2);
	enum sbi_error first = SBI_SUCCESS;

	if (!selection_valid(&sel) || flags & ~UINT64_C(3))
		return SBI_ERR_INVALID_PARAM;
	if (flags & snapshot_flag)
		return SBI_ERR_NO_SHMEM;
	for (uint32_t i = 0; sel.mask >> i; i++) {
		enum sbi_error err = SBI_SUCCESS;

		if (sel.mask >> i & 1)
			err = one(vcpu, &vcpu->arch.sbi.counters[sel.base + i]);
		if (first == SBI_SUCCESS)
			first = err;
	}
	return first;
}

/* ---- Reading ---- */

static enum run_verdict fw_read(struct axvm_vcpu *vcpu, bool high)
{
	uint64_t n = sbi_arg(vcpu, 0), value;
	const struct sbi_counter *c;

	if (n >= SBI_COUNTER_NUM || !vcpu->arch.sbi.counters[n].configured)
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	c = &vcpu->arch.sbi.counters[n];
	value = c->started ? c->value + counted(vcpu, c) : c->value;
	return sbi_answer(vcpu, SBI_SUCCESS, high ? 0 : value); /* a value is one register */
}

static enum run_verdict get_info(struct axvm_vcpu *vcpu)
{
	if (sbi_arg(vcpu, 0) >= SBI_COUNTER_NUM)
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	return sbi_answer(vcpu, SBI_SUCCESS, INFO_FIRMWARE);
}

enum run_verdict sbi_pmu_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	switch (fid) {
	case PMU_NUM_COUNTERS:
		return sbi_answer(vcpu, SBI_SUCCESS, SBI_COUNTER_NUM);
	case PMU_COUNTER_GET_INFO:
		return get_info(vcpu);
	case PMU_CONFIG_MATCHING:
		return config_matching(vcpu);
	case PMU_COUNTER_START:
		return sbi_done(vcpu, for_each(vcpu, START_FROM_SNAPSHOT, start_one));
	case PMU_COUNTER_STOP:
		return sbi_done(vcpu, for_each(vcpu, STOP_TAKE_SNAPSHOT, stop_one));
	case PMU_FW_READ:
	case PMU_FW_READ_HI:
		return fw_read(vcpu, fid == PMU_FW_READ_HI);
	default:
		return sbi_done(vcpu, SBI_ERR_NOT_SUPPORTED);
	}
}
