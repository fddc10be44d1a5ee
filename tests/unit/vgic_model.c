/* SPDX-License-Identifier: Apache-2.0 */
#include "vgic_model.h"

struct cpu_interface cpus[CPUS];
unsigned self;
unsigned lr_num;

struct axvm vm;
struct axvm_vcpu vcpus[CPUS];
unsigned notified[CPUS];
static struct bus_range ranges[8];

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

unsigned enter(unsigned cpu)
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

void enter_all(void)
{
	for (unsigned round = 0; round < 2; round++)
		for (unsigned cpu = 0; cpu < CPUS; cpu++)
			if (vcpus[cpu].arch.vgic.loaded)
				enter(cpu);
}

unsigned running_priority(unsigned cpu)
{
	uint32_t apr = cpus[cpu].reg[ICH_AP0R0] | cpus[cpu].reg[ICH_AP1R0];

	return apr ? (unsigned)__builtin_ctz(apr) << 3 : 0x100;
}

static unsigned lr_priority(uint64_t lr)
{
	return lr >> ICH_LR_PRIO & 0xff;
}

unsigned ack_any(unsigned cpu)
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

void drop_priority(unsigned cpu)
{
	uint64_t ap0 = cpus[cpu].reg[ICH_AP0R0], ap1 = cpus[cpu].reg[ICH_AP1R0];
	unsigned reg = !ap1 || (ap0 && __builtin_ctzll(ap0) < __builtin_ctzll(ap1)) ? ICH_AP0R0 :
										      ICH_AP1R0;

	assert_true(ap0 | ap1);
	cpus[cpu].reg[reg] &= cpus[cpu].reg[reg] - 1;
}

unsigned eoi(unsigned cpu, unsigned intid)
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

uint64_t rd(unsigned cpu, uint64_t gpa, unsigned width)
{
	struct bus_range *range = bus_find(&vm.bus, gpa, width);
	uint64_t value;

	assert_non_null(range);
	self = cpu;
	value = bus_read(range, gpa, width, &vcpus[cpu]);
	enter(cpu);
	return value;
}

void wr(unsigned cpu, uint64_t gpa, unsigned width, uint64_t value)
{
	struct bus_range *range = bus_find(&vm.bus, gpa, width);

	assert_non_null(range);
	self = cpu;
	bus_write(range, gpa, width, value, &vcpus[cpu]);
	enter(cpu);
}

void run_on(unsigned cpu)
{
	self = cpu;
	vgic_load(&vcpus[cpu]);
	enter(cpu);
}

void leave(unsigned cpu)
{
	self = cpu;
	vgic_save(&vcpus[cpu]);
	for (unsigned n = 0; n < lr_num; n++)
		assert_false(state_of(cpus[cpu].reg[n]));
	assert_int_equal(cpus[cpu].reg[ICH_HCR], 0);
}

enum axvm_error build(unsigned cpu_num, uint64_t gicr_length)
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

void start(unsigned lrs)
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

void set_line(unsigned intid, bool level)
{
	vgic_set_line(&vm, intid, level);
	enter_all();
}

int vgic_setup(void **state)
{
	start(4);
	return 0;
}

void enable_spi(unsigned intid, unsigned prio, unsigned cpu)
{
	wr(0, GICD + IPRIORITYR + intid, 1, prio);
	wr(0, GICD + IROUTER + 8 * intid, 8, vcpus[cpu].phys_id);
	wr32(GICD + ISENABLER + intid / 32 * 4, 1u << intid % 32);
	enter_all();
}

uint64_t sgi_value(unsigned intid, unsigned list, uint64_t cpu)
{
	uint64_t id = vcpus[cpu].phys_id;

	return list | (id >> 8 & 0xff) << 16 | (uint64_t)intid << 24 | (id >> 16 & 0xff) << 32 |
	       (id >> 32 & 0xff) << 48 | (id >> 4 & 0xf) << 44;
}

void send_sgi(unsigned cpu, uint64_t value, unsigned group)
{
	self = cpu;
	vgic_sgi(&vcpus[cpu], value, group);
	enter_all();
}

void fire_timer(unsigned cpu)
{
	self = cpu;
	cpus[cpu].timer_line = true;
	assert_false(cpus[cpu].timer_active);
	cpus[cpu].timer_active = true;
	vgic_vtimer_fired(&vcpus[cpu], 27);
	enter(cpu);
}
