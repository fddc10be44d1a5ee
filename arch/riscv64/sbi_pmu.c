/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBI's performance counters (chapter 11). Firmware counters, any of which counts any of the events
 * that this firmware sees; behind them one each for the hart's own cycle and instret, where it has
 * those. What a counter has counted is the difference of two readings of the event's own count, so
 * that an event costs the same with and without one.
 *
 * Nobody but the machine's firmware writes cycle and instret. So once a guest has configured one of
 * them it reads it by a trap: then the counter begins where the guest says, stands still while it
 * is stopped, and does not count what others do on its CPUs.
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

/* The hart's own counters: the two that this file knows, by number from SBI_FW_COUNTER_NUM on. */
#define HW_CYCLE   SBI_FW_COUNTER_NUM
#define HW_INSTRET (SBI_FW_COUNTER_NUM + 1)
_Static_assert(HW_INSTRET + 1 == SBI_COUNTER_NUM, "all counters");

/* counter_get_info: a firmware counter; the width less one of another, and its CSR */
#define INFO_FIRMWARE	(UINT64_C(1) << 63)
#define INFO_HW_64_BITS (UINT64_C(63) << 12)

#define CONFIG_SKIP_MATCH  0x1u
#define CONFIG_CLEAR_VALUE 0x2u
#define CONFIG_AUTO_START  0x4u
#define CONFIG_FLAGS	   0xffu /* the others are hints for privilege modes: all are counted */

#define START_SET_VALUE	    0x1u
#define START_FROM_SNAPSHOT 0x2u

#define STOP_RESET	   0x1u
#define STOP_TAKE_SNAPSHOT 0x2u

/* Event indices: 20 bits, the type above 16 of the code. */
#define EVENT_CYCLES	   0x00001u
#define EVENT_INSTRUCTIONS 0x00002u
#define EVENT_SET_TIMER	   0xf0005u /* the first of enum sbi_event */

/* Counters by a mask that counts from a number. */
struct selection {
	uint64_t base, mask;
};

static uint32_t counter_num(void)
{
	return riscv64_has(RISCV64_EXT_ZICNTR) ? SBI_COUNTER_NUM : SBI_FW_COUNTER_NUM;
}

static bool selection_valid(const struct selection *sel)
{
	return sel->base < counter_num() && sel->mask != 0 &&
	       !(sel->mask >> (counter_num() - sel->base));
}

static uint32_t csr_of(uint32_t n)
{
	return n == HW_CYCLE ? CSR_CYCLE : CSR_INSTRET;
}

static uint64_t counted(const struct axvm_vcpu *vcpu, const struct sbi_counter *c)
{
	uint32_t n = (uint32_t)(c - vcpu->arch.sbi.counters);

	if (n >= SBI_FW_COUNTER_NUM)
		return riscv64_read_counter(csr_of(n));
	return __atomic_load_n(&vcpu->arch.sbi.events[c->event], __ATOMIC_RELAXED);
}

static uint64_t value_of(const struct axvm_vcpu *vcpu, const struct sbi_counter *c)
{
	return c->started ? c->value + counted(vcpu, c) : c->value;
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

/* ---- The hart's own ---- */

/* Which counters' registers trap: bit n of hcounteren is that of 0xc00 + n. */
static uint32_t traps(const struct axvm_vcpu *vcpu)
{
	uint32_t bits = 0;

	for (uint32_t n = HW_CYCLE; n <= HW_INSTRET; n++)
		bits |= (uint32_t)vcpu->arch.sbi.counters[n].configured << (csr_of(n) - CSR_CYCLE);
	return bits;
}

static void set_configured(struct axvm_vcpu *vcpu, struct sbi_counter *c, bool on)
{
	bool hardware = c - vcpu->arch.sbi.counters >= SBI_FW_COUNTER_NUM;

	if (c->configured == on)
		return;
	c->configured = on;
	if (hardware)
		riscv64_trap_counters(traps(vcpu));
}

bool sbi_pmu_read(const struct axvm_vcpu *vcpu, uint32_t csr, uint64_t *value)
{
	for (uint32_t n = HW_CYCLE; n <= HW_INSTRET; n++) {
		const struct sbi_counter *c = &vcpu->arch.sbi.counters[n];

		if (csr_of(n) != csr || !c->configured)
			continue;
		*value = value_of(vcpu, c);
		return true;
	}
	return false;
}

/* Each CPU has counters of its own. */
void sbi_pmu_bind(struct axvm_vcpu *vcpu)
{
	struct sbi_counter *counters = vcpu->arch.sbi.counters;

	if (!traps(vcpu))
		return;
	riscv64_trap_counters(traps(vcpu));
	for (uint32_t n = HW_CYCLE; n <= HW_INSTRET; n++)
		if (counters[n].started)
			counters[n].value -= counted(vcpu, &counters[n]);
}

void sbi_pmu_unbind(struct axvm_vcpu *vcpu)
{
	struct sbi_counter *counters = vcpu->arch.sbi.counters;

	if (!traps(vcpu))
		return;
	riscv64_trap_counters(0);
	for (uint32_t n = HW_CYCLE; n <= HW_INSTRET; n++)
		if (counters[n].started)
			counters[n].value += counted(vcpu, &counters[n]);
}

/* ---- Configuring ---- */

/* Whether counter n counts an event. */
static bool counts(uint32_t n, uint64_t event)
{
	switch (n) {
	case HW_CYCLE:
		return event == EVENT_CYCLES;
	case HW_INSTRET:
		return event == EVENT_INSTRUCTIONS;
	default:
		return event - EVENT_SET_TIMER < SBI_EVENT_NUM;
	}
}

/* The first that is free and counts the event. */
static struct sbi_counter *match(struct axvm_vcpu *vcpu, const struct selection *sel,
				 uint64_t event)
{
	for (uint32_t i = 0; sel->mask >> i; i++) {
		uint32_t n = (uint32_t)sel->base + i;
		struct sbi_counter *c = &vcpu->arch.sbi.counters[n];

		if (sel->mask >> i & 1 && !c->configured && counts(n, event)) {
			c->event = n < SBI_FW_COUNTER_NUM ? (uint32_t)(event - EVENT_SET_TIMER) : 0;
			return c;
		}
	}
	return NULL;
}

/* SKIP_MATCH: the first of them, which has its event already. */
static struct sbi_counter *again(struct axvm_vcpu *vcpu, const struct selection *sel)
{
	struct sbi_counter *c = &vcpu->arch.sbi.counters[sel->base + __builtin_ctzll(sel->mask)];

	return c->configured && !c->started ? c : NULL;
}

static enum run_verdict config_matching(struct axvm_vcpu *vcpu)
{
	const struct selection sel = { sbi_arg(vcpu, 0), sbi_arg(vcpu, 1) };
	uint64_t flags = sbi_arg(vcpu, 2);
	bool skip = flags & CONFIG_SKIP_MATCH;
	struct sbi_counter *c;

	if (!selection_valid(&sel) || flags & ~(uint64_t)CONFIG_FLAGS)
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	c = skip ? again(vcpu, &sel) : match(vcpu, &sel, sbi_arg(vcpu, 3));
	if (!c)
		return sbi_done(vcpu, skip ? SBI_ERR_INVALID_PARAM : SBI_ERR_NOT_SUPPORTED);
	set_configured(vcpu, c, true);
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
	if (sbi_arg(vcpu, 2) & STOP_RESET) {
		c->value = 0;
		set_configured(vcpu, c, false);
	}
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
	uint64_t n = sbi_arg(vcpu, 0);
	const struct sbi_counter *c;

	if (n >= SBI_FW_COUNTER_NUM || !vcpu->arch.sbi.counters[n].configured)
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	c = &vcpu->arch.sbi.counters[n];
	/* A value is one register. */
	return sbi_answer(vcpu, SBI_SUCCESS, high ? 0 : value_of(vcpu, c));
}

static enum run_verdict get_info(struct axvm_vcpu *vcpu)
{
	uint64_t n = sbi_arg(vcpu, 0);

	if (n >= counter_num())
		return sbi_done(vcpu, SBI_ERR_INVALID_PARAM);
	return sbi_answer(vcpu, SBI_SUCCESS,
			  n < SBI_FW_COUNTER_NUM ? INFO_FIRMWARE :
						   INFO_HW_64_BITS | csr_of((uint32_t)n));
}

enum run_verdict sbi_pmu_call(struct axvm_vcpu *vcpu, uint64_t fid)
{
	switch (fid) {
	case PMU_NUM_COUNTERS:
		return sbi_answer(vcpu, SBI_SUCCESS, counter_num());
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
