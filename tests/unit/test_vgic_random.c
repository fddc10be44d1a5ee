/* SPDX-License-Identifier: Apache-2.0 */
/* Random operations: wild accesses, and a naive model to compare with. */
#include "vgic_model.h"

static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % below;
}

/* Every offset, width and value: no access goes astray (sanitizers watch), no endless loop. */
static void lesson_39_wild_accesses(void **state)
{
	static const unsigned widths[] = { 1, 2, 4, 8 };

	seed = 1;
	for (unsigned k = 0; k < 300000; k++) {
		unsigned cpu = rnd(CPUS), width = widths[rnd(4)];
		uint64_t gpa = rnd(2) ? GICD + rnd(rnd(4) ? 0x1000 : 0x10000) :
					GICR + rnd(CPUS * 0x20000);
		uint64_t value = (uint64_t)rnd(1u << 31) << 33 | rnd(1u << 31) << 2 | rnd(4);

		if (rnd(3) == 0)
			gpa = SGI(rnd(CPUS)) + rnd(0x1000);
		if (!bus_find(&vm.bus, gpa, width))
			continue;
		if (rnd(2))
			wr(cpu, gpa, width, value);
		else
			rd(cpu, gpa, width);
		if (rnd(20) == 0)
			send_sgi(cpu, value, rnd(2));
		if (rnd(20) == 0)
			set_line(32 + rnd(300), rnd(2));
	}
}

/*
 * The naive model: one structure per interrupt. Only what a guest can tell apart is compared: the
 * registers after every vCPU has been entered, and which priority an acknowledge gives.
 */
struct naive {
	bool enabled, pend, line, edge, active, group;
	unsigned prio, target;
};
static struct naive model[CPUS][288]; /* SPIs in row 0 */
static bool model_group[2];
static unsigned stack[CPUS][64], depth[CPUS];

static struct naive *naive_of(unsigned cpu, unsigned intid)
{
	return &model[intid < 32 ? cpu : 0][intid];
}

static bool naive_pending(const struct naive *n)
{
	return n->pend || (n->line && !n->edge);
}

static unsigned naive_best(unsigned cpu)
{
	unsigned best = SPURIOUS, prio = 0x100;

	for (unsigned i = 0; i < 288; i++) {
		struct naive *n = naive_of(cpu, i);

		if (n->enabled && model_group[n->group] && naive_pending(n) && !n->active &&
		    (i < 32 || n->target == cpu) && n->prio < prio) {
			best = i;
			prio = n->prio;
		}
	}
	return best;
}

static void naive_ack(unsigned cpu)
{
	unsigned want = naive_best(cpu), got;
	unsigned running = running_priority(cpu);

	if (depth[cpu] == 60)
		return;
	got = ack_any(cpu);
	if (want == SPURIOUS || naive_of(cpu, want)->prio >= running ||
	    naive_of(cpu, want)->prio >= 0xf8) {
		assert_int_equal(got, SPURIOUS);
		return;
	}
	assert_int_equal(got, want);
	naive_of(cpu, got)->active = true;
	naive_of(cpu, got)->pend = false;
	if (got == VGIC_VTIMER_INTID)
		naive_of(cpu, got)->line = cpus[cpu].timer_line = false;
	stack[cpu][depth[cpu]++] = got;
}

static void naive_eoi(unsigned cpu)
{
	unsigned intid;

	if (!depth[cpu])
		return;
	intid = stack[cpu][--depth[cpu]];
	naive_of(cpu, intid)->active = false;
	eoi(cpu, intid);
}

static void naive_bits(unsigned cpu, unsigned bank, unsigned reg, uint32_t value)
{
	for (unsigned i = 0; i < 32; i++) {
		struct naive *n = naive_of(cpu, bank * 32 + i);
		bool bit = value >> i & 1;

		if (reg == IGROUPR)
			n->group = bit;
		else if (bit && reg == ISENABLER)
			n->enabled = true;
		else if (bit && reg == ICENABLER)
			n->enabled = false;
		else if (bit && reg == ISPENDR)
			n->pend = true;
		else if (bit && reg == ICPENDR)
			n->pend = false;
		else if (bit)
			n->active = reg == ISACTIVER;
	}
}

static void random_bits(unsigned by)
{
	static const unsigned regs[] = {
		IGROUPR, ISENABLER, ISENABLER, ICENABLER, ISPENDR, ICPENDR
	};
	unsigned bank = rnd(3), cpu = rnd(CPUS), reg = regs[rnd(6)];
	uint32_t value = 1u << rnd(32) | (rnd(4) ? 0 : 1u << rnd(32));

	if (!bank) /* pending state of the timer is the timer's alone */
		value &= ~(reg == ISPENDR || !vcpus[cpu].arch.vgic.loaded ? VGIC_VTIMER_BIT : 0);
	if (reg == IGROUPR) /* the stack of priorities must not mix groups: keep it simple */
		value = UINT32_MAX;
	wr(by, (bank ? GICD + 4 * bank : SGI(cpu)) + reg, 4, value);
	naive_bits(cpu, bank, reg, value);
}

/* Only while every active interrupt has a list register: the end of one outside has no name. */
static void random_active(unsigned by)
{
	uint32_t bits = rnd(16);
	unsigned reg = rnd(2) ? ISACTIVER : ICACTIVER;

	if (lr_num < 16)
		return;
	enter_all();
	wr(by, GICD + 8 + reg, 4, bits);
	naive_bits(by, 2, reg, bits);
}

static void random_timer(unsigned by)
{
	if (naive_of(by, VGIC_VTIMER_INTID)->active) /* not known before its end */
		return;
	cpus[by].timer_line = true;
	naive_of(by, VGIC_VTIMER_INTID)->line = true;
}

static void random_priority(unsigned by)
{
	unsigned cpu = rnd(CPUS), intid = rnd(96), prio = rnd(32) * 8;

	if (naive_of(cpu, intid)->active) /* the running priority is the one it was taken with */
		return;
	wr(by, (intid < 32 ? SGI(cpu) : GICD) + IPRIORITYR + intid, 1, prio);
	naive_of(cpu, intid)->prio = prio;
}

static void random_route(unsigned by)
{
	unsigned intid = 32 + rnd(64), cpu = rnd(CPUS);

	wr(by, GICD + IROUTER + 8 * intid, 8, vcpus[cpu].phys_id);
	model[0][intid].target = cpu;
}

static void random_config(unsigned by)
{
	unsigned n = 2 + rnd(4);
	uint32_t value = rnd(1u << 31);

	wr(by, GICD + ICFGR + 4 * n, 4, value);
	for (unsigned i = 0; i < 16; i++)
		model[0][n * 16 + i].edge = value >> (2 * i + 1) & 1;
}

static void random_line(unsigned by)
{
	unsigned intid = 32 + rnd(64);
	struct naive *n = &model[0][intid];
	bool level = rnd(2);

	self = by;
	vgic_set_line(&vm, intid, level);
	n->pend |= n->edge && level && !n->line;
	n->line = level;
}

static void random_sgi(unsigned by)
{
	unsigned intid = rnd(16), cpu = rnd(3);

	self = by;
	vgic_sgi(&vcpus[by], sgi_value(intid, 1u << cpu, 0), 1);
	model[cpu][intid].pend |= model[cpu][intid].group;
}

static void random_groups(unsigned by)
{
	unsigned value = rnd(8) ? 3 : rnd(4);

	wr(by, GICD, 4, value);
	model_group[0] = value & 1;
	model_group[1] = value & 2;
}

static void random_leave(unsigned by)
{
	leave(by);
}

static void come_back(unsigned cpu)
{
	if (!vcpus[cpu].arch.vgic.loaded)
		run_on(cpu);
}

/* A level-triggered physical interrupt that is not active. */
static void fire_timers(void)
{
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		if (vcpus[cpu].arch.vgic.loaded && cpus[cpu].timer_line && !cpus[cpu].timer_active)
			fire_timer(cpu);
}

/* Seen from its own CPU while it is loaded, else from another. */
static void compare_pending(unsigned cpu)
{
	unsigned best = naive_best(cpu);
	unsigned prio = best == SPURIOUS ? 0x100 : naive_of(cpu, best)->prio;

	self = vcpus[cpu].arch.vgic.loaded ? cpu : (cpu + 1) % CPUS;
	assert_int_equal(vgic_irq_pending(&vcpus[cpu]),
			 prio < 0xf8 && prio < running_priority(cpu));
}

static void compare(void)
{
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		come_back(cpu);
	fire_timers();
	enter_all();
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		for (unsigned bank = 0; bank < 3; bank++) {
			uint64_t base = bank ? GICD + 4 * bank : SGI(cpu);
			uint32_t pend = 0, active = 0, enabled = 0;

			for (unsigned i = 0; i < 32; i++) {
				struct naive *n = naive_of(cpu, bank * 32 + i);

				pend |= (uint32_t)naive_pending(n) << i;
				active |= (uint32_t)n->active << i;
				enabled |= (uint32_t)n->enabled << i;
			}
			rd(cpu, base + ISPENDR, 4); /* asks whoever has them */
			enter_all();
			assert_int_equal(rd(cpu, base + ISPENDR, 4), pend);
			assert_int_equal(rd(cpu, base + ISACTIVER, 4), active);
			assert_int_equal(rd(cpu, base + ISENABLER, 4), enabled);
		}
}

static void fuzz(unsigned lrs, unsigned steps)
{
	static void (*const ops[])(unsigned) = {
		random_bits,   random_bits,  random_bits,   random_priority, random_route,
		random_config, random_line,  random_line,   random_sgi,	     random_sgi,
		random_groups, random_leave, random_active, random_timer,    naive_ack,
		naive_ack,     naive_ack,    naive_eoi,	    naive_eoi,	     naive_eoi,
	};

	start(lrs);
	memset(model, 0, sizeof(model));
	memset(depth, 0, sizeof(depth));
	model_group[0] = model_group[1] = true;
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		for (unsigned i = 0; i < 288; i++) {
			model[cpu][i].group = true;
			model[cpu][i].enabled = i < 32;
			model[cpu][i].edge = i < 16;
		}
	for (unsigned k = 0; k < steps; k++) {
		unsigned by = rnd(CPUS);

		come_back(by);
		fire_timers();
		ops[rnd(sizeof(ops) / sizeof(ops[0]))](by);
		fire_timers();
		enter_all();
		for (unsigned cpu = 0; cpu < CPUS; cpu++)
			compare_pending(cpu);
		if (k % 64 == 0)
			compare();
	}
}

static void test_against_model(void **state)
{
	for (unsigned lrs = 1; lrs <= 16; lrs *= 2) {
		seed = 100 + lrs;
		fuzz(lrs, 30000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lesson_39_wild_accesses, vgic_setup),
		cmocka_unit_test_setup(test_against_model, vgic_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
