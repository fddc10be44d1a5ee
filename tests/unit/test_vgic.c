/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's interrupt controller, natively: its registers are reached through the bus as a guest
 * does, and a model of the CPU interface acknowledges and ends interrupts from the list registers.
 * The last tests compare it with a naive model under random operations.
 */
#include "vgic_model.h"

static int setup(void **state)
{
	start(4);
	return 0;
}

static void enable_spi(unsigned intid, unsigned prio, unsigned cpu)
{
	wr(0, GICD + IPRIORITYR + intid, 1, prio);
	wr(0, GICD + IROUTER + 8 * intid, 8, vcpus[cpu].phys_id);
	wr32(GICD + ISENABLER + intid / 32 * 4, 1u << intid % 32);
	enter_all();
}

static void test_init_refuses(void **state)
{
	assert_int_equal(build(CPUS, CPUS * 0x20000 - 1), AXVM_ERR_INVALID_INPUT);
	assert_int_equal(build(2, 2 * 0x20000), AXVM_OK);
	assert_int_equal(vm.bus.num, 2);
	assert_null(bus_find(&vm.bus, RD(2), 4)); /* behind the last redistributor */
	build(2, 2 * 0x20000);
	vm.bus.num = 0;
	vcpus[1].phys_id = vcpus[0].phys_id;
	assert_int_equal(vgic_vm_init(&vm, NULL), AXVM_ERR_INVALID_INPUT);
	vm.config.emu_device_num = 1;
	assert_int_equal(vgic_vm_init(&vm, NULL), AXVM_ERR_INVALID_INPUT);
	vm.config.interrupt_mode = AXVM_INTERRUPT_NONE;
	assert_int_equal(vgic_vm_init(&vm, NULL), AXVM_OK);
	assert_int_equal(vm.bus.num, 0);
	assert_false(vgic_irq_valid(&vm, 27));
}

static void test_identification(void **state)
{
	assert_int_equal(rd32(GICD), 0x53);
	assert_int_equal(rd32(GICD + 4), 1u << 26 | 1u << 24 | 9u << 19 | 1u << 16 | 8);
	assert_int_equal(rd32(GICD + 0xffe8) >> 4, 3);
	assert_int_equal(rd32(RD(1) + 0xffe8) >> 4, 3);
	assert_int_equal(rd32(GICD + 0xfff0), 0x0d);
	assert_int_equal(rd(0, RD(0) + 8, 8), 0);
	assert_int_equal(rd(0, RD(3) + 8, 8), 0x0503021100000310);
	assert_int_equal(rd32(RD(3) + 8), 0x310);
	assert_int_equal(rd32(RD(3) + 12), 0x05030211);
	assert_int_equal(rd32(GICD + 0xc), 0);
	assert_int_equal(rd(0, GICD + 4, 1), 0);
	assert_int_equal(rd(0, GICD + 4, 8), 0);
}

static void test_ctlr_and_waker(void **state)
{
	wr32(GICD, 0);
	assert_int_equal(rd32(GICD), 0x50);
	wr32(GICD, UINT32_MAX);
	assert_int_equal(rd32(GICD), 0x53);
	wr32(RD(2) + 0x14, UINT32_MAX);
	assert_int_equal(rd32(RD(2) + 0x14), 6);
	wr32(RD(2) + 0x14, 4);
	assert_int_equal(rd32(RD(2) + 0x14), 0);
}

/* Set and clear pairs, of SPIs and of another vCPU's private interrupts. */
static void test_bit_registers(void **state)
{
	const uint64_t bases[] = { GICD + 4 * 3, SGI(2) };

	for (unsigned k = 0; k < 2; k++) {
		uint64_t base = bases[k];

		wr32(base + IGROUPR, 0x12345678);
		assert_int_equal(rd32(base + IGROUPR), 0x12345678);
		wr32(base + ICENABLER, UINT32_MAX);
		wr32(base + ISENABLER, 0xf0f0);
		wr32(base + ICENABLER, 0x00f0);
		assert_int_equal(rd32(base + ISENABLER), 0xf000);
		assert_int_equal(rd32(base + ICENABLER), 0xf000);
		wr32(base + ICENABLER, UINT32_MAX);
		wr32(base + ISPENDR, 0xff00ff);
		wr32(base + ICPENDR, 0x0f000f);
		assert_int_equal(rd32(base + ISPENDR), 0xf000f0);
		assert_int_equal(rd32(base + ICPENDR), 0xf000f0);
		wr32(base + ISACTIVER, 0xff);
		enter_all();
		wr32(base + ICACTIVER, 0x0f);
		enter_all();
		assert_int_equal(rd32(base + ISACTIVER), 0xf0);
		assert_int_equal(rd32(base + ICACTIVER), 0xf0);
		wr32(base + ICACTIVER, UINT32_MAX);
		enter_all();
		assert_int_equal(rd32(base + ISACTIVER), 0);
	}
	assert_int_equal(rd32(GICD + 8 * 4 + IGROUPR), UINT32_MAX);
}

static void test_priorities(void **state)
{
	wr32(GICD + IPRIORITYR + 64, 0xa1b2c3ff);
	assert_int_equal(rd32(GICD + IPRIORITYR + 64), 0xa0b0c0f8);
	wr(0, GICD + IPRIORITYR + 66, 1, 0x17);
	assert_int_equal(rd(0, GICD + IPRIORITYR + 66, 1), 0x10);
	assert_int_equal(rd32(GICD + IPRIORITYR + 64), 0xa010c0f8);
	wr(0, GICD + IPRIORITYR + 64, 2, 0);
	wr(0, GICD + IPRIORITYR + 64, 8, 0);
	wr(0, GICD + IPRIORITYR + 65, 4, 0);
	wr(0, GICD + IPRIORITYR + 95, 4, UINT32_MAX);
	assert_int_equal(rd32(GICD + IPRIORITYR + 64), 0xa010c0f8);
	assert_int_equal(rd(0, GICD + IPRIORITYR + 95, 4), 0);
	wr32(SGI(1) + IPRIORITYR + 28, 0x08080808);
	assert_int_equal(rd32(SGI(1) + IPRIORITYR + 28), 0x08080808);
	assert_int_equal(rd32(SGI(0) + IPRIORITYR + 28), 0);
}

static void test_config(void **state)
{
	wr32(GICD + ICFGR + 8, 0xffffffff);
	assert_int_equal(rd32(GICD + ICFGR + 8), 0xaaaaaaaa);
	wr32(GICD + ICFGR + 8, 0x80000002);
	assert_int_equal(rd32(GICD + ICFGR + 8), 0x80000002);
	assert_int_equal(vm.arch.vgic.spi[0].edge, 0x8001);
	wr32(GICD + ICFGR + 12, 0x00020008);
	assert_int_equal(rd32(GICD + ICFGR + 12), 0x00020008);
	assert_int_equal(vm.arch.vgic.spi[0].edge, 0x01028001);
	wr32(SGI(0) + ICFGR, 0);
	assert_int_equal(rd32(SGI(0) + ICFGR), 0xaaaaaaaa);
	wr32(SGI(0) + ICFGR + 4, 0x20);
	assert_int_equal(rd32(SGI(0) + ICFGR + 4), 0x20);
}

static void test_reserved(void **state)
{
	const uint64_t zero[] = { IGROUPR,
				  ISENABLER,
				  ISPENDR,
				  IPRIORITYR,
				  ICFGR, /* bank 0 */
				  ITARGETSR + 64,
				  IGRPMODR + 4,
				  NSACR + 8,
				  SGIR,
				  0x10,
				  0xf10,
				  IROUTER + 8 * 31,
				  IROUTER + 8 * 288,
				  IPRIORITYR + 288,
				  ISENABLER + 36,
				  0x5000,
				  0xfffc + 4 - 0x1000 };

	for (unsigned k = 0; k < sizeof(zero) / sizeof(zero[0]); k++) {
		wr32(GICD + zero[k], UINT32_MAX);
		assert_int_equal(rd32(GICD + zero[k]), 0);
	}
	wr32(SGI(0) + IGRPMODR, UINT32_MAX);
	assert_int_equal(rd32(SGI(0) + IGRPMODR), 0);
	wr32(SGI(0) + ISENABLER + 4, UINT32_MAX);
	assert_int_equal(rd32(SGI(0) + ISENABLER + 4), 0);
	wr32(RD(0), UINT32_MAX);
	assert_int_equal(rd32(RD(0)), 0);
}

static void test_router(void **state)
{
	uint64_t r = GICD + IROUTER + 8 * 40;

	wr(0, r, 8, UINT64_MAX);
	assert_int_equal(rd(0, r, 8), 0xff80ffffff);
	wr(0, r, 4, 0x12345678);
	wr(0, r + 4, 4, 0x9a);
	assert_int_equal(rd(0, r, 8), 0x9a00345678);
	assert_int_equal(rd32(r), 0x345678);
	assert_int_equal(rd32(r + 4), 0x9a);
	wr(0, r, 2, 0xffff);
	wr(0, r + 4, 8, UINT64_MAX);
	assert_int_equal(rd(0, r, 8), 0x9a00345678);
}

static void test_routing(void **state)
{
	enable_spi(40, 0x80, 3);
	set_line(40, true);
	assert_int_equal(ack_any(0), SPURIOUS);
	assert_int_equal(ack_any(3), 40);
	set_line(40, false);
	assert_int_equal(eoi(3, 40), 0);
	/* A pending one moves with its route; to nobody and back. */
	set_line(40, true);
	wr(0, GICD + IROUTER + 8 * 40, 8, 0x77);
	enter_all();
	for (unsigned n = 0; n < CPUS; n++)
		assert_int_equal(ack_any(n), SPURIOUS);
	assert_int_equal(rd32(GICD + ISPENDR + 4), 1u << 8);
	wr(0, GICD + IROUTER + 8 * 40, 8, 2);
	enter_all();
	assert_int_equal(ack_any(2), 40);
}

static void test_any_cpu(void **state)
{
	enable_spi(40, 0x80, 1);
	wr(0, GICD + IROUTER + 8 * 40, 8, 1ull << 31);
	wr32(RD(0) + 0x14, 2);
	wr32(RD(1) + 0x14, 2);
	set_line(40, true);
	assert_int_equal(ack_any(0), SPURIOUS);
	assert_int_equal(ack_any(1), SPURIOUS);
	wr32(RD(1) + 0x14, 0);
	enter_all();
	assert_int_equal(ack_any(2), SPURIOUS);
	assert_int_equal(ack_any(1), 40);
}

static uint64_t sgi_value(unsigned intid, unsigned list, uint64_t cpu)
{
	uint64_t id = vcpus[cpu].phys_id;

	return list | (id >> 8 & 0xff) << 16 | (uint64_t)intid << 24 | (id >> 16 & 0xff) << 32 |
	       (id >> 32 & 0xff) << 48 | (id >> 4 & 0xf) << 44;
}

static void send(unsigned cpu, uint64_t value, unsigned group)
{
	self = cpu;
	vgic_sgi(&vcpus[cpu], value, group);
	enter_all();
}

static void test_sgi_forms(void **state)
{
	send(0, sgi_value(5, 0xffff, 0), 1); /* 0, 1, 2; the others do not exist */
	for (unsigned n = 0; n < 3; n++) {
		assert_int_equal(ack_any(n), 5);
		assert_int_equal(eoi(n, 5), 0);
	}
	assert_int_equal(ack_any(3), SPURIOUS);
	send(0, sgi_value(6, 1u << 1, 3), 1); /* range selector 1, bit 1: Aff0 0x11 */
	assert_int_equal(ack_any(3), 6);
	assert_int_equal(eoi(3, 6), 0);
	send(0, sgi_value(6, 1u << 1, 3) & ~(0xfull << 44), 1);
	send(0, sgi_value(6, 1u << 1, 3) ^ (1ull << 33), 1);
	assert_int_equal(ack_any(3), SPURIOUS);
	send(1, 1ull << 40 | 7u << 24 | 0x2, 1); /* all but self */
	assert_int_equal(ack_any(1), SPURIOUS);
	assert_int_equal(ack_any(0), 7);
	assert_int_equal(ack_any(2), 7);
	assert_int_equal(ack_any(3), 7);
}

static void test_sgi_groups(void **state)
{
	wr32(SGI(1) + IGROUPR, ~(1u << 3));
	send(0, sgi_value(3, 2, 0), 1);
	send(0, sgi_value(4, 2, 0), 0);
	assert_int_equal(rd32(SGI(1) + ISPENDR), 0);
	assert_int_equal(ack_any(1), SPURIOUS);
	send(0, sgi_value(3, 2, 0), 0);
	assert_int_equal(ack_any(1), 3);
	assert_int_equal(cpus[1].reg[ICH_AP0R0], 1);
}

/* The whole way of an SGI to itself: one list register written, no notice, no maintenance. */
static void test_self_sgi_is_cheap(void **state)
{
	for (unsigned k = 0; k < 20; k++) {
		cpus[0].lr_writes = 0;
		self = 0;
		vgic_sgi(&vcpus[0], sgi_value(1, 1, 0), 1);
		assert_int_equal(vcpus[0].request, 0);
		assert_int_equal(cpus[0].lr_writes, 1);
		assert_int_equal(ack_any(0), 1);
		assert_int_equal(eoi(0, 1), 0);
	}
	assert_int_equal(notified[0], 0);
}

static void test_enable_disable_pending(void **state)
{
	enable_spi(50, 0x80, 1);
	wr32(GICD + ISPENDR + 4, 1u << 18);
	enter_all();
	/* It is in a list register of vCPU 1; vCPU 0 takes it back. */
	wr32(GICD + ICENABLER + 4, 1u << 18);
	assert_int_equal(vcpus[1].request, VCPU_REQ_IRQ);
	enter_all();
	assert_int_equal(ack_any(1), SPURIOUS);
	assert_int_equal(rd32(GICD + ISPENDR + 4), 1u << 18);
	wr32(GICD + ISENABLER + 4, 1u << 18);
	enter_all();
	wr32(GICD + ICPENDR + 4, 1u << 18);
	enter_all();
	assert_int_equal(ack_any(1), SPURIOUS);
	assert_int_equal(rd32(GICD + ISPENDR + 4), 0);
}

static void test_group_disable(void **state)
{
	enable_spi(50, 0x80, 1);
	set_line(50, true);
	wr32(GICD, 1);
	enter_all();
	assert_int_equal(ack_any(1), SPURIOUS);
	wr32(GICD, 2);
	enter_all();
	assert_int_equal(ack_any(1), 50);
}

/* A device lowers its line in the handler: the end takes no exit. */
static void test_level_usual(void **state)
{
	enable_spi(33, 0x80, 0);
	for (unsigned k = 0; k < 3; k++) {
		set_line(33, true);
		assert_int_equal(ack_any(0), 33);
		set_line(33, false);
		assert_int_equal(eoi(0, 33), 0);
		assert_int_equal(ack_any(0), SPURIOUS);
		assert_int_equal(rd32(GICD + ISPENDR + 4), 0);
		assert_int_equal(rd32(GICD + ISACTIVER + 4), 0);
	}
}

static void test_level_stays_high(void **state)
{
	enable_spi(33, 0x80, 0);
	set_line(33, true);
	for (unsigned k = 0; k < 3; k++) {
		assert_int_equal(ack_any(0), 33);
		assert_int_equal(rd32(GICD + ISACTIVER + 4), 2);
		assert_int_equal(rd32(GICD + ISPENDR + 4), 2);
		eoi(0, 33);
	}
	/* Lowered before it was taken: it is withdrawn. */
	set_line(33, false);
	assert_int_equal(ack_any(0), SPURIOUS);
	/* A write to ICPENDR does not touch a line. */
	set_line(33, true);
	wr32(GICD + ICPENDR + 4, 2);
	assert_int_equal(rd32(GICD + ISPENDR + 4), 2);
	assert_int_equal(ack_any(0), 33);
}

static void test_level_latched(void **state)
{
	enable_spi(33, 0x80, 0);
	wr32(GICD + ISPENDR + 4, 2);
	assert_int_equal(rd32(GICD + ISPENDR + 4), 2);
	leave(0);
	run_on(0);
	assert_int_equal(ack_any(0), 33); /* once */
	eoi(0, 33);
	assert_int_equal(ack_any(0), SPURIOUS);
}

static void test_edge(void **state)
{
	enable_spi(34, 0x80, 0);
	wr32(GICD + ICFGR + 8, 0x20);
	set_line(34, true);
	assert_int_equal(ack_any(0), 34);
	set_line(34, false);
	assert_int_equal(rd32(GICD + ISPENDR + 4), 0);
	set_line(34, true); /* the next edge, while active */
	assert_int_equal(rd32(GICD + ISPENDR + 4), 4);
	assert_int_equal(rd32(GICD + ISACTIVER + 4), 4);
	assert_int_equal(ack_any(0), SPURIOUS);
	eoi(0, 34);
	assert_int_equal(ack_any(0), 34);
	eoi(0, 34);
	assert_int_equal(ack_any(0), SPURIOUS);
	vgic_inject(&vcpus[2], 34); /* follows its route */
	enter_all();
	assert_int_equal(ack_any(2), SPURIOUS);
	assert_int_equal(ack_any(0), 34);
}

static void test_messages(void **state)
{
	enable_spi(34, 0x80, 0);
	enable_spi(35, 0x80, 0);
	wr32(GICD + ICFGR + 8, 0x20);
	wr32(GICD + 0x50, 34); /* SETSPI_SR: nothing */
	assert_int_equal(ack_any(0), SPURIOUS);
	wr(0, GICD + 0x40, 2, 34);
	assert_int_equal(ack_any(0), 34);
	eoi(0, 34);
	wr32(GICD + 0x40, 35); /* a level */
	assert_int_equal(ack_any(0), 35);
	eoi(0, 35);
	wr32(GICD + 0x48, 35);
	assert_int_equal(ack_any(0), SPURIOUS);
	wr32(GICD + 0x40, 5);
	wr32(GICD + 0x40, 288);
	wr32(GICD + 0x40, UINT32_MAX);
	assert_int_equal(ack_any(0), SPURIOUS);
}

/* More than fit: the best go first, whatever the order they came in, and the rest follow. */
static void lesson_19_more_interrupts_than_list_registers(void **state)
{
	unsigned last = 0;

	for (unsigned i = 0; i < 20; i++)
		enable_spi(64 + i, (i * 7 % 20) * 8, 0);
	wr32(GICD + ISPENDR + 8, 0xfffff);
	for (unsigned i = 0; i < 20; i++) {
		unsigned intid = ack_any(0);

		assert_in_range(intid, 64, 83);
		assert_true(rd(0, GICD + IPRIORITYR + intid, 1) >= last);
		last = rd(0, GICD + IPRIORITYR + intid, 1);
		eoi(0, intid);
	}
	assert_int_equal(ack_any(0), SPURIOUS);
	assert_int_equal(cpus[0].reg[ICH_HCR], ICH_HCR_EN);
}

/* Deeper nesting than there are list registers. */
static void lesson_19_deeper_nesting_than_list_registers(void **state)
{
	start(2);
	for (unsigned i = 0; i < 10; i++)
		enable_spi(64 + i, (20 - i) * 8, 0);
	for (unsigned i = 0; i < 10; i++) {
		wr32(GICD + ISPENDR + 8, 1u << i);
		assert_int_equal(ack_any(0), 64 + i);
	}
	assert_int_equal(rd32(GICD + ISACTIVER + 8), 0x3ff);
	leave(0);
	run_on(0);
	for (unsigned i = 10; i-- > 0;) {
		assert_int_equal(ack_any(0), SPURIOUS);
		eoi(0, 64 + i);
		assert_int_equal(rd32(GICD + ISACTIVER + 8), (1u << i) - 1);
	}
	assert_int_equal(cpus[0].reg[ICH_HCR], ICH_HCR_EN);
}

/* An active interrupt that is pending again does not keep better ones out of the list registers. */
static void test_overflow_again(void **state)
{
	start(2);
	enable_spi(67, 0x40, 0);
	enable_spi(68, 0x30, 0);
	enable_spi(69, 0x38, 0);
	wr32(GICD + ISPENDR + 8, 1u << 3);
	assert_int_equal(ack_any(0), 67);
	wr32(GICD + ISPENDR + 8, 7u << 3);
	assert_int_equal(ack_any(0), 68);
	eoi(0, 68);
	assert_int_equal(ack_any(0), 69);
	eoi(0, 69);
	assert_int_equal(ack_any(0), SPURIOUS);
	eoi(0, 67);
	assert_int_equal(ack_any(0), 67);
	eoi(0, 67);
	assert_int_equal(ack_any(0), SPURIOUS);
}

static void test_overflow_again_by_sgi(void **state)
{
	start(2);
	wr(0, SGI(0) + IPRIORITYR + 5, 1, 0x40);
	enable_spi(68, 0x30, 0);
	enable_spi(69, 0x38, 0);
	send(0, sgi_value(5, 1, 0), 1);
	assert_int_equal(ack_any(0), 5);
	wr32(GICD + ISPENDR + 8, 3u << 4);
	send(0, sgi_value(5, 1, 0), 1);
	assert_int_equal(ack_any(0), 68);
	eoi(0, 68);
	assert_int_equal(ack_any(0), 69);
	eoi(0, 69);
	eoi(0, 5);
	assert_int_equal(ack_any(0), 5);
}

/* Another vCPU's SGI has not reached the list registers yet when the vCPU sends the same itself. */
static void test_sgi_from_two(void **state)
{
	self = 1;
	vgic_sgi(&vcpus[1], sgi_value(5, 1, 0), 1);
	self = 0;
	vgic_sgi(&vcpus[0], sgi_value(5, 1, 0), 1);
	assert_int_equal(ack_any(0), 5);
	send(0, sgi_value(5, 1, 0), 1);
	assert_int_equal(ack_any(0), SPURIOUS);
	eoi(0, 5);
	assert_int_equal(ack_any(0), 5);
	eoi(0, 5);
	assert_int_equal(ack_any(0), SPURIOUS);
}

static void test_trapped_dir(void **state)
{
	start(1);
	wr32(GICD + ISACTIVER + 8, 0xff);
	assert_true(cpus[0].reg[ICH_HCR] & ICH_HCR_TDIR);
	for (unsigned i = 0; i < 8; i++) {
		self = 0;
		vgic_dir(&vcpus[0], 64 + i);
		assert_int_equal(rd32(GICD + ISACTIVER + 8), 0xff & ~((2u << i) - 1));
	}
	vgic_dir(&vcpus[0], 5000);
	assert_int_equal(cpus[0].reg[ICH_HCR], ICH_HCR_EN);
}

static void test_active_set_and_cleared(void **state)
{
	enable_spi(70, 0x40, 1);
	wr32(GICD + ISACTIVER + 8, 1u << 6);
	wr32(GICD + ISPENDR + 8, 1u << 6);
	enter_all();
	assert_int_equal(ack_any(1), SPURIOUS);
	wr32(GICD + ICACTIVER + 8, 1u << 6);
	enter_all();
	assert_int_equal(ack_any(1), 70);
	assert_int_equal(rd32(GICD + ISACTIVER + 8), 0); /* last known; asks vCPU 1 */
	enter_all();
	assert_int_equal(rd32(GICD + ISACTIVER + 8), 1u << 6);
	wr32(GICD + ICACTIVER + 8, 1u << 6);
	assert_int_equal(rd32(GICD + ISACTIVER + 8), 0);
	enter_all();
	assert_int_equal(rd32(GICD + ISACTIVER + 8), 0);
}

/* Pending and active interrupts go with a vCPU that leaves its CPU. */
static void test_save_and_load(void **state)
{
	enable_spi(40, 0x80, 1);
	enable_spi(41, 0x40, 1);
	set_line(40, true);
	assert_int_equal(ack_any(1), 40);
	set_line(41, true);
	leave(1);
	assert_true(vgic_irq_pending(&vcpus[1]));
	assert_int_equal(rd32(GICD + ISACTIVER + 4), 1u << 8);
	set_line(41, false);
	self = 0;
	assert_false(vgic_irq_pending(&vcpus[1]));
	set_line(41, true);
	self = 1;
	memset(cpus[1].reg, 0, sizeof(cpus[1].reg));
	run_on(1);
	assert_int_equal(ack_any(1), 41);
	eoi(1, 41);
	set_line(41, false);
	set_line(40, false);
	eoi(1, 40);
	assert_int_equal(ack_any(1), SPURIOUS);
}

static void test_idle_save_writes_nothing(void **state)
{
	cpus[1].lr_writes = 0;
	leave(1);
	run_on(1);
	assert_int_equal(cpus[1].lr_writes, 0);
}

static void test_irq_pending(void **state)
{
	enable_spi(40, 0x80, 1);
	self = 1;
	assert_false(vgic_irq_pending(&vcpus[1]));
	vgic_set_line(&vm, 40, true);
	assert_true(vgic_irq_pending(&vcpus[1])); /* not yet in a list register */
	enter_all();
	self = 1;
	assert_true(vgic_irq_pending(&vcpus[1]));
	cpus[1].reg[ICH_VMCR] = 0x80ull << ICH_VMCR_PMR | ICH_VMCR_ENG1;
	assert_false(vgic_irq_pending(&vcpus[1]));
	cpus[1].reg[ICH_VMCR] = 0xf0ull << ICH_VMCR_PMR | ICH_VMCR_ENG0;
	assert_false(vgic_irq_pending(&vcpus[1]));
	cpus[1].reg[ICH_VMCR] |= ICH_VMCR_ENG1;
	assert_int_equal(ack_any(1), 40);
	assert_false(vgic_irq_pending(&vcpus[1])); /* active */
	enable_spi(41, 0x80, 1);
	set_line(41, true);
	self = 1;
	assert_false(vgic_irq_pending(&vcpus[1])); /* cannot preempt */
	leave(1);
	assert_false(vgic_irq_pending(&vcpus[1]));
	wr(0, GICD + IPRIORITYR + 41, 1, 0x20);
	self = 0;
	assert_true(vgic_irq_pending(&vcpus[1]));
}

static void fire_timer(unsigned cpu)
{
	self = cpu;
	cpus[cpu].timer_line = true;
	assert_false(cpus[cpu].timer_active);
	cpus[cpu].timer_active = true;
	vgic_vtimer_fired(&vcpus[cpu], 27);
	enter(cpu);
}

static void test_vtimer(void **state)
{
	for (unsigned k = 0; k < 3; k++) {
		fire_timer(1);
		assert_int_equal(ack_any(1), 27);
		assert_true(cpus[1].timer_active);
		cpus[1].timer_line = false;
		assert_int_equal(eoi(1, 27), 0);
		assert_false(cpus[1].timer_active);
	}
	assert_int_equal(notified[1], 0);
}

static void test_vtimer_moves(void **state)
{
	fire_timer(1);
	leave(1);
	assert_false(cpus[1].timer_active);
	assert_true(vgic_irq_pending(&vcpus[1]));
	run_on(1);
	assert_true(cpus[1].timer_active);
	assert_int_equal(ack_any(1), 27);
	leave(1);
	assert_false(cpus[1].timer_active);
	run_on(1);
	assert_true(cpus[1].timer_active);
	cpus[1].timer_line = false;
	eoi(1, 27);
	assert_false(cpus[1].timer_active);
	leave(1);
	run_on(1);
	assert_false(cpus[1].timer_active);
}

/* Whatever takes the interrupt away from the guest lets the physical one go, or it never fires. */
static void test_vtimer_let_go(void **state)
{
	fire_timer(1);
	wr(1, SGI(1) + ICPENDR, 4, 1u << 27);
	assert_false(cpus[1].timer_active);
	fire_timer(1); /* the line is still high */
	assert_int_equal(ack_any(1), 27);
	wr(0, SGI(1) + ICACTIVER, 4, 1u << 27);
	enter_all();
	assert_false(cpus[1].timer_active);
	drop_priority(1);
	wr(1, SGI(1) + ICENABLER, 4, 1u << 27);
	fire_timer(1);
	assert_true(cpus[1].timer_active);
	assert_int_equal(rd(1, SGI(1) + ISPENDR, 4), 1u << 27);
	cpus[1].timer_line = false; /* the guest has moved its deadline */
	assert_int_equal(rd(1, SGI(1) + ISPENDR, 4), 0);
	assert_false(cpus[1].timer_active);
}

static void test_vtimer_again_by_software(void **state)
{
	fire_timer(1);
	assert_int_equal(ack_any(1), 27);
	cpus[1].timer_line = false;
	wr(1, SGI(1) + ISPENDR, 4, 1u << 27);
	eoi(1, 27);
	assert_int_equal(ack_any(1), 27);
	eoi(1, 27);
	assert_int_equal(ack_any(1), SPURIOUS);
	assert_false(cpus[1].timer_active);
	fire_timer(1);
	assert_int_equal(ack_any(1), 27);
	cpus[1].timer_line = false;
	eoi(1, 27);
	/* The physical one comes on top of one by software: the guest's end is the end of both. */
	wr(1, SGI(1) + ISPENDR, 4, 1u << 27);
	fire_timer(1);
	assert_int_equal(ack_any(1), 27);
	cpus[1].timer_line = false;
	eoi(1, 27);
	assert_false(cpus[1].timer_active);
}

static void test_ppi(void **state)
{
	self = 1;
	vgic_set_ppi(&vcpus[1], 30, true);
	assert_int_equal(ack_any(1), 30);
	self = 1;
	vgic_set_ppi(&vcpus[1], 30, false);
	assert_int_equal(eoi(1, 30), 0);
	assert_int_equal(ack_any(1), SPURIOUS);
	leave(2);
	notified[2] = 0;
	vgic_set_ppi(&vcpus[2], 30, true);
	assert_int_equal(notified[2], 1);
	self = 0;
	assert_true(vgic_irq_pending(&vcpus[2]));
}

static void test_valid(void **state)
{
	assert_true(vgic_irq_valid(&vm, 0));
	assert_true(vgic_irq_valid(&vm, 287));
	assert_false(vgic_irq_valid(&vm, 288));
	assert_false(vgic_irq_valid(&vm, UINT32_MAX));
	vgic_set_line(&vm, 288, true);
	vgic_set_line(&vm, 27, true);
	vgic_inject(&vcpus[0], 1020);
	enter_all();
	assert_int_equal(ack_any(0), SPURIOUS);
}

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
			send(cpu, value, rnd(2));
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
		cmocka_unit_test_setup(test_init_refuses, setup),
		cmocka_unit_test_setup(test_identification, setup),
		cmocka_unit_test_setup(test_ctlr_and_waker, setup),
		cmocka_unit_test_setup(test_bit_registers, setup),
		cmocka_unit_test_setup(test_priorities, setup),
		cmocka_unit_test_setup(test_config, setup),
		cmocka_unit_test_setup(test_reserved, setup),
		cmocka_unit_test_setup(test_router, setup),
		cmocka_unit_test_setup(test_routing, setup),
		cmocka_unit_test_setup(test_any_cpu, setup),
		cmocka_unit_test_setup(test_sgi_forms, setup),
		cmocka_unit_test_setup(test_sgi_groups, setup),
		cmocka_unit_test_setup(test_self_sgi_is_cheap, setup),
		cmocka_unit_test_setup(test_enable_disable_pending, setup),
		cmocka_unit_test_setup(test_group_disable, setup),
		cmocka_unit_test_setup(test_level_usual, setup),
		cmocka_unit_test_setup(test_level_stays_high, setup),
		cmocka_unit_test_setup(test_level_latched, setup),
		cmocka_unit_test_setup(test_edge, setup),
		cmocka_unit_test_setup(test_messages, setup),
		cmocka_unit_test_setup(lesson_19_more_interrupts_than_list_registers, setup),
		cmocka_unit_test_setup(lesson_19_deeper_nesting_than_list_registers, setup),
		cmocka_unit_test_setup(test_overflow_again, setup),
		cmocka_unit_test_setup(test_overflow_again_by_sgi, setup),
		cmocka_unit_test_setup(test_sgi_from_two, setup),
		cmocka_unit_test_setup(test_trapped_dir, setup),
		cmocka_unit_test_setup(test_active_set_and_cleared, setup),
		cmocka_unit_test_setup(test_save_and_load, setup),
		cmocka_unit_test_setup(test_idle_save_writes_nothing, setup),
		cmocka_unit_test_setup(test_irq_pending, setup),
		cmocka_unit_test_setup(test_vtimer, setup),
		cmocka_unit_test_setup(test_vtimer_moves, setup),
		cmocka_unit_test_setup(test_vtimer_let_go, setup),
		cmocka_unit_test_setup(test_vtimer_again_by_software, setup),
		cmocka_unit_test_setup(test_ppi, setup),
		cmocka_unit_test_setup(test_valid, setup),
		cmocka_unit_test_setup(lesson_39_wild_accesses, setup),
		cmocka_unit_test_setup(test_against_model, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
