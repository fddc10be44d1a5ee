/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of the virtual CPU interface, and a guest of four vCPUs over it: registers are reached
 * through the bus as a guest does, and interrupts are acknowledged and ended from the list
 * registers. For one test or fuzzer each, so that everything here is its own.
 */
#ifndef TESTS_VGIC_MODEL_H
#define TESTS_VGIC_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vgic_ich.h"
#include "vgic_state.h"

#define CPUS	 4
#define GICD	 0x08000000ull
#define GICR	 0x080a0000ull
#define RD(cpu)	 (GICR + (cpu) * 0x20000ull)
#define SGI(cpu) (RD(cpu) + 0x10000ull)

#define IGROUPR	   0x080
#define ISENABLER  0x100
#define ICENABLER  0x180
#define ISPENDR	   0x200
#define ICPENDR	   0x280
#define ISACTIVER  0x300
#define ICACTIVER  0x380
#define IPRIORITYR 0x400
#define ITARGETSR  0x800
#define ICFGR	   0xc00
#define IGRPMODR   0xd00
#define NSACR	   0xe00
#define SGIR	   0xf00
#define IROUTER	   0x6000

#define SPURIOUS 1023u

/* A physical CPU's virtual CPU interface. */
static struct {
	uint64_t reg[ICH_NUM];
	unsigned lr_writes;
	bool unsynced;	   /* a list register has been written since the last barrier */
	bool timer_active; /* physical INTID 27 */
	bool timer_line;
} cpus[CPUS];
static unsigned self; /* the physical CPU that code runs on; vCPU n runs on CPU n */
static unsigned lr_num;

static struct axvm vm;
static struct axvm_vcpu vcpus[CPUS];
static struct bus_range ranges[8];
static unsigned notified[CPUS];

static uint64_t state_of(uint64_t lr)
{
	return lr & ICH_LR_STATE;
}

static bool lr_eoi(uint64_t lr)
{
	return !state_of(lr) && !(lr & ICH_LR_HW) && lr & ICH_LR_EOI;
}

uint64_t ich_read(unsigned reg)
{
	uint64_t mask = 0;

	switch (reg) {
	case ICH_ELRSR:
	case ICH_EISR:
		assert_false(cpus[self].unsynced);
		for (unsigned n = 0; n < lr_num; n++)
			if (!state_of(cpus[self].reg[n]) &&
			    lr_eoi(cpus[self].reg[n]) == (reg == ICH_EISR))
				mask |= 1u << n;
		return mask;
	case ICH_VTR:
		return 4ull << ICH_VTR_PREBITS | 4ull << ICH_VTR_PRIBITS | ICH_VTR_TDS |
		       (lr_num - 1);
	case CPU_SELF:
		return self + 1;
	case CNTV_CTL:
		return cpus[self].timer_line ? 5 : 1;
	default:
		assert_true(reg < ICH_NUM);
		return cpus[self].reg[reg];
	}
}

void ich_write(unsigned reg, uint64_t value)
{
	if (reg == ICC_DIR) {
		assert_int_equal(value, VGIC_VTIMER_INTID);
		assert_true(cpus[self].timer_active);
		cpus[self].timer_active = false;
		return;
	}
	assert_true(reg < ICH_NUM && (reg >= 16 || reg < lr_num));
	cpus[self].lr_writes += reg < 16;
	cpus[self].unsynced |= reg < 16;
	cpus[self].reg[reg] = value;
}

void ich_barrier(void)
{
	cpus[self].unsynced = false;
}

void aarch64_ppi_set_active(uint32_t intid, bool active)
{
	assert_int_equal(intid, VGIC_VTIMER_INTID);
	cpus[self].timer_active = active;
}

void vcpu_notify(struct axvm_vcpu *vcpu, uint32_t request)
{
	assert_int_equal(vm.arch.vgic.lock.next, vm.arch.vgic.lock.owner); /* no lock held */
	vcpu->request |= request;
	notified[vcpu->id]++;
}

/* No interrupt may be in two list registers, or be pending and active with the hardware bit. */
static void check_lrs(void)
{
	for (unsigned a = 0; a < lr_num; a++) {
		uint64_t lr = cpus[self].reg[a];

		if (!state_of(lr))
			continue;
		assert_false(lr & ICH_LR_HW && state_of(lr) == ICH_LR_STATE);
		for (unsigned b = 0; b < a; b++)
			assert_false(state_of(cpus[self].reg[b]) &&
				     (uint32_t)lr == (uint32_t)cpus[self].reg[b]);
	}
}

static bool maintenance(void)
{
	uint64_t hcr = cpus[self].reg[ICH_HCR];
	bool pending = false, ended = false;

	for (unsigned n = 0; n < lr_num; n++) {
		pending |= !!(cpus[self].reg[n] & ICH_LR_PENDING);
		ended |= lr_eoi(cpus[self].reg[n]);
	}
	return hcr & ICH_HCR_EN && (ended || (hcr & ICH_HCR_NPIE && !pending) ||
				    (hcr & ICH_HCR_LRENPIE && hcr >> ICH_HCR_EOICOUNT));
}

/* Goes back into the guest on a CPU; returns how many maintenance interrupts that took. */
static unsigned enter(unsigned cpu)
{
	unsigned count = 0;

	self = cpu;
	if (vcpus[cpu].request) {
		vcpus[cpu].request = 0;
		vgic_sync(&vcpus[cpu]);
	}
	while (maintenance()) {
		vgic_sync(&vcpus[cpu]);
		assert_true(++count < 4);
	}
	check_lrs();
	return count;
}

static void enter_all(void)
{
	for (unsigned round = 0; round < 2; round++)
		for (unsigned cpu = 0; cpu < CPUS; cpu++)
			if (vcpus[cpu].arch.vgic.loaded)
				enter(cpu);
}

static unsigned running_priority(unsigned cpu)
{
	uint32_t apr = cpus[cpu].reg[ICH_AP0R0] | cpus[cpu].reg[ICH_AP1R0];

	return apr ? (unsigned)__builtin_ctz(apr) << 3 : 0x100;
}

static unsigned lr_priority(uint64_t lr)
{
	return lr >> ICH_LR_PRIO & 0xff;
}

/* ICC_IAR1_EL1 with every group on, and binary points at their minimum. */
static unsigned ack_any(unsigned cpu)
{
	uint64_t *best = NULL;
	unsigned active;

	enter(cpu);
	for (unsigned n = 0; n < lr_num; n++) {
		uint64_t *lr = &cpus[cpu].reg[n];

		if (state_of(*lr) != ICH_LR_PENDING)
			continue;
		if (!best || lr_priority(*lr) < lr_priority(*best) ||
		    (lr_priority(*lr) == lr_priority(*best) && (uint32_t)*lr < (uint32_t)*best))
			best = lr;
	}
	if (!best || lr_priority(*best) >= running_priority(cpu) ||
	    lr_priority(*best) >= (cpus[cpu].reg[ICH_VMCR] >> ICH_VMCR_PMR & 0xff))
		return SPURIOUS;
	*best ^= ICH_LR_STATE;
	active = *best & ICH_LR_GROUP ? ICH_AP1R0 : ICH_AP0R0;
	cpus[cpu].reg[active] |= 1u << (lr_priority(*best) >> 3);
	return (uint32_t)*best;
}

static void drop_priority(unsigned cpu)
{
	uint64_t ap0 = cpus[cpu].reg[ICH_AP0R0], ap1 = cpus[cpu].reg[ICH_AP1R0];
	unsigned reg = !ap1 || (ap0 && __builtin_ctzll(ap0) < __builtin_ctzll(ap1)) ? ICH_AP0R0 :
										      ICH_AP1R0;

	assert_true(ap0 | ap1);
	cpus[cpu].reg[reg] &= cpus[cpu].reg[reg] - 1;
}

/* ICC_EOIR1_EL1, EOImode 0. Returns the number of exits it took. */
static unsigned eoi(unsigned cpu, unsigned intid)
{
	unsigned n;

	self = cpu;
	drop_priority(cpu);
	for (n = 0; n < lr_num; n++)
		if (cpus[cpu].reg[n] & ICH_LR_ACTIVE && (uint32_t)cpus[cpu].reg[n] == intid)
			break;
	if (n == lr_num) {
		cpus[cpu].reg[ICH_HCR] += 1ull << ICH_HCR_EOICOUNT;
	} else {
		cpus[cpu].reg[n] &= ~ICH_LR_ACTIVE;
		if (cpus[cpu].reg[n] & ICH_LR_HW) {
			assert_true(cpus[cpu].timer_active);
			cpus[cpu].timer_active = false;
		}
	}
	return enter(cpu);
}

static uint64_t rd(unsigned cpu, uint64_t gpa, unsigned width)
{
	struct bus_range *range = bus_find(&vm.bus, gpa, width);
	uint64_t value;

	assert_non_null(range);
	self = cpu;
	value = bus_read(range, gpa, width, &vcpus[cpu]);
	enter(cpu);
	return value;
}

static void wr(unsigned cpu, uint64_t gpa, unsigned width, uint64_t value)
{
	struct bus_range *range = bus_find(&vm.bus, gpa, width);

	assert_non_null(range);
	self = cpu;
	bus_write(range, gpa, width, value, &vcpus[cpu]);
	enter(cpu);
}

#define rd32(gpa)	 rd(0, gpa, 4)
#define wr32(gpa, value) wr(0, gpa, 4, value)

static void run_on(unsigned cpu)
{
	self = cpu;
	vgic_load(&vcpus[cpu]);
	enter(cpu);
}

static void leave(unsigned cpu)
{
	self = cpu;
	vgic_save(&vcpus[cpu]);
	for (unsigned n = 0; n < lr_num; n++)
		assert_false(state_of(cpus[cpu].reg[n]));
	assert_int_equal(cpus[cpu].reg[ICH_HCR], 0);
}

static enum axvm_error build(unsigned cpu_num, uint64_t gicr_length)
{
	memset(&vm, 0, sizeof(vm));
	memset(vcpus, 0, sizeof(vcpus));
	memset(cpus, 0, sizeof(cpus));
	memset(notified, 0, sizeof(notified));
	vm.vcpus = vcpus;
	vm.vcpu_num = cpu_num;
	vm.bus = (struct bus){ .ranges = ranges, .max = 8 };
	vm.config.cpu_num = cpu_num;
	vm.config.interrupt_mode = AXVM_INTERRUPT_EMULATED;
	vm.config.emu_device_num = 2;
	vm.config.emu_devices[0] = (struct axvm_emu_device){ .base_gpa = GICD,
							     .length = 0x10000,
							     .emu_type = AXVM_EMU_GICD };
	vm.config.emu_devices[1] = (struct axvm_emu_device){ .base_gpa = GICR,
							     .length = gicr_length,
							     .emu_type = AXVM_EMU_GICR };
	for (unsigned n = 0; n < cpu_num; n++) {
		vcpus[n].vm = &vm;
		vcpus[n].id = n;
		vcpus[n].phys_id = n;
	}
	if (cpu_num > 3) /* Aff3 5, Aff2 3, Aff1 2, Aff0 0x11: another cluster */
		vcpus[3].phys_id = 0x0500030211;
	for (self = 0; self < CPUS; self++)
		vgic_hardware_enable();
	return vgic_vm_init(&vm, NULL);
}

/* Everything on: both groups, SGIs and PPIs, PMR at the lowest priority. */
static void start(unsigned lrs)
{
	lr_num = lrs;
	assert_int_equal(build(CPUS, CPUS * 0x20000), AXVM_OK);
	for (unsigned n = 0; n < CPUS; n++) {
		vgic_vcpu_reset(&vcpus[n]);
		vcpus[n].arch.vgic.vmcr = 0xf8ull << ICH_VMCR_PMR | ICH_VMCR_ENG0 | ICH_VMCR_ENG1;
		run_on(n);
	}
	wr32(GICD, 3);
	for (unsigned n = 0; n < CPUS; n++) {
		wr32(RD(n) + 0x14, 0);
		wr32(SGI(n) + IGROUPR, UINT32_MAX);
		wr32(SGI(n) + ISENABLER, UINT32_MAX);
	}
	for (unsigned b = 1; b < 9; b++)
		wr32(GICD + IGROUPR + 4 * b, UINT32_MAX);
	enter_all();
	memset(notified, 0, sizeof(notified));
}

static void set_line(unsigned intid, bool level)
{
	vgic_set_line(&vm, intid, level);
	enter_all();
}

#endif
