/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's harts over the PLIC, and a naive model of it. For one test or fuzzer each, so that
 * everything here is its own.
 */
#ifndef TESTS_PLIC_MODEL_H
#define TESTS_PLIC_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../arch/riscv64/host.h"
#include "fdt_put.h"

#define CPUS	4
#define SOURCES 1024u
#define PLIC	0x0c000000ull
#define LENGTH	0x600000u

#define PRIORITY(irq)  (PLIC + 4 * (irq))
#define PENDING(irq)   (PLIC + 0x1000 + (irq) / 32 * 4)
#define ENABLE(cpu)    (PLIC + 0x2080 + 0x100 * (uint64_t)(cpu))
#define THRESHOLD(cpu) (PLIC + 0x201000 + 0x2000 * (uint64_t)(cpu))
#define CLAIM(cpu)     (THRESHOLD(cpu) + 4)

static struct axvm vm;
static struct axvm_vcpu vcpus[CPUS];
static struct bus_range ranges[2];
static bool external[CPUS];

static struct {
	uint8_t priority[SOURCES];
	bool pending[SOURCES], line[SOURCES], claimed[SOURCES], latched[SOURCES];
	bool enabled[CPUS][SOURCES];
	uint32_t threshold[CPUS];
} model;

void riscv64_set_external(struct axvm_vcpu *vcpu, bool level)
{
	assert_int_not_equal(vm.arch.plic.lock.next, vm.arch.plic.lock.owner);
	assert_int_not_equal(external[vcpu->id], level); /* nothing is said twice */
	external[vcpu->id] = level;
}

static enum axvm_error build(unsigned cpus, uint64_t length)
{
	memset(&vm, 0, sizeof(vm));
	memset(vcpus, 0, sizeof(vcpus));
	memset(external, 0, sizeof(external));
	memset(&model, 0, sizeof(model));
	vm.vcpus = vcpus;
	vm.vcpu_num = cpus;
	for (unsigned n = 0; n < cpus; n++) {
		vcpus[n].vm = &vm;
		vcpus[n].id = n;
	}
	vm.bus = (struct bus){ .ranges = ranges, .max = 2 };
	vm.config.interrupt_mode = AXVM_INTERRUPT_EMULATED;
	vm.config.emu_device_num = 1;
	vm.config.emu_devices[0] = (struct axvm_emu_device){ .emu_type = AXVM_EMU_PLIC,
							     .base_gpa = PLIC,
							     .length = length };
	return plic_vm_init(&vm, NULL);
}

static void start(unsigned cpus)
{
	assert_int_equal(build(cpus, LENGTH), AXVM_OK);
}

static inline uint64_t rd_width(uint64_t gpa, unsigned width)
{
	return bus_read(bus_find(&vm.bus, gpa, width), gpa, width, &vcpus[0]);
}

static inline void wr_width(uint64_t gpa, unsigned width, uint64_t value)
{
	bus_write(bus_find(&vm.bus, gpa, width), gpa, width, value, &vcpus[0]);
	assert_int_equal(vm.arch.plic.lock.next, vm.arch.plic.lock.owner);
}

static inline uint32_t rd(uint64_t gpa)
{
	uint64_t value = rd_width(gpa, 4);

	assert_true(value <= UINT32_MAX);
	return (uint32_t)value;
}

static inline void wr(uint64_t gpa, uint32_t value)
{
	wr_width(gpa, 4, value);
}

/* ---- The naive model ---- */

static unsigned model_best(unsigned cpu, unsigned above)
{
	unsigned irq = 0, prio = above;

	for (unsigned i = 1; i < SOURCES; i++) {
		if (!model.pending[i] || !model.enabled[cpu][i] || model.priority[i] <= prio)
			continue;
		irq = i;
		prio = model.priority[i];
	}
	return irq;
}

static void model_raise(unsigned irq, bool edge)
{
	if (!model.claimed[irq])
		model.pending[irq] = true;
	else if (edge)
		model.latched[irq] = true;
}

static void model_complete(unsigned cpu, unsigned irq)
{
	if (!model.enabled[cpu][irq] || !model.claimed[irq])
		return;
	model.claimed[irq] = false;
	if (model.line[irq] || model.latched[irq])
		model.pending[irq] = true;
	model.latched[irq] = false;
}

static void model_claim(unsigned cpu)
{
	unsigned irq = model_best(cpu, 0);

	assert_int_equal(rd(CLAIM(cpu)), irq);
	if (!irq)
		return;
	model.pending[irq] = false;
	model.claimed[irq] = true;
}

static void both_enable(unsigned cpu, unsigned irq, uint32_t value)
{
	unsigned first = irq & ~31u;

	wr(ENABLE(cpu) + first / 8, value);
	for (unsigned i = 0; i < 32; i++)
		model.enabled[cpu][first + i] = first + i && value >> i & 1;
}

/* One operation of a guest or of a device, on both. Sources are few, so that they meet. */
static void any_operation(unsigned what, unsigned where, uint32_t value)
{
	unsigned irq = 1 + (where & 1 ? where % 1023 : where / 2 % 70);
	unsigned cpu = where / 4 % vm.vcpu_num;

	switch (what % 9) {
	case 0:
		wr(PRIORITY(irq), value);
		model.priority[irq] = value & 7;
		break;
	case 1:
		both_enable(cpu, irq, value | value >> 7);
		break;
	case 2:
		wr(THRESHOLD(cpu), value);
		model.threshold[cpu] = value & 7;
		break;
	case 3:
		wr(CLAIM(cpu), irq);
		model_complete(cpu, irq);
		break;
	case 4:
	case 5:
		plic_set_line(&vm, irq, value & 1);
		model.line[irq] = value & 1;
		if (value & 1)
			model_raise(irq, false);
		break;
	case 6:
		plic_inject(&vm, irq);
		model_raise(irq, true);
		break;
	default:
		model_claim(cpu);
		break;
	}
}

static void compare(bool all)
{
	for (unsigned n = 0; n < vm.vcpu_num; n++)
		assert_int_equal(external[n], model_best(n, model.threshold[n]) != 0);
	for (unsigned word = 0; all && word < SOURCES / 32; word++) {
		uint32_t bits = 0;

		for (unsigned i = 0; i < 32; i++)
			bits |= (uint32_t)model.pending[word * 32 + i] << i;
		assert_int_equal(rd(PENDING(word * 32)), bits);
	}
}

#endif
