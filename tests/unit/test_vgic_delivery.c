/* SPDX-License-Identifier: Apache-2.0 */
/* Which vCPU gets which interrupt, and when: routes, SGIs, enables, levels and edges. */
#include "vgic_model.h"

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

static void test_sgi_forms(void **state)
{
	send_sgi(0, sgi_value(5, 0xffff, 0), 1); /* 0, 1, 2; the others do not exist */
	for (unsigned n = 0; n < 3; n++) {
		assert_int_equal(ack_any(n), 5);
		assert_int_equal(eoi(n, 5), 0);
	}
	assert_int_equal(ack_any(3), SPURIOUS);
	send_sgi(0, sgi_value(6, 1u << 1, 3), 1); /* range selector 1, bit 1: Aff0 0x11 */
	assert_int_equal(ack_any(3), 6);
	assert_int_equal(eoi(3, 6), 0);
	send_sgi(0, sgi_value(6, 1u << 1, 3) & ~(0xfull << 44), 1);
	send_sgi(0, sgi_value(6, 1u << 1, 3) ^ (1ull << 33), 1);
	assert_int_equal(ack_any(3), SPURIOUS);
	send_sgi(1, 1ull << 40 | 7u << 24 | 0x2, 1); /* all but self */
	assert_int_equal(ack_any(1), SPURIOUS);
	assert_int_equal(ack_any(0), 7);
	assert_int_equal(ack_any(2), 7);
	assert_int_equal(ack_any(3), 7);
}

static void test_sgi_groups(void **state)
{
	wr32(SGI(1) + IGROUPR, ~(1u << 3));
	send_sgi(0, sgi_value(3, 2, 0), 1);
	send_sgi(0, sgi_value(4, 2, 0), 0);
	assert_int_equal(rd32(SGI(1) + ISPENDR), 0);
	assert_int_equal(ack_any(1), SPURIOUS);
	send_sgi(0, sgi_value(3, 2, 0), 0);
	assert_int_equal(ack_any(1), 3);
	assert_int_equal(cpus[1].reg[ICH_AP0R0], 1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_routing, vgic_setup),
		cmocka_unit_test_setup(test_any_cpu, vgic_setup),
		cmocka_unit_test_setup(test_sgi_forms, vgic_setup),
		cmocka_unit_test_setup(test_sgi_groups, vgic_setup),
		cmocka_unit_test_setup(test_enable_disable_pending, vgic_setup),
		cmocka_unit_test_setup(test_group_disable, vgic_setup),
		cmocka_unit_test_setup(test_level_usual, vgic_setup),
		cmocka_unit_test_setup(test_level_stays_high, vgic_setup),
		cmocka_unit_test_setup(test_level_latched, vgic_setup),
		cmocka_unit_test_setup(test_edge, vgic_setup),
		cmocka_unit_test_setup(test_messages, vgic_setup),
		cmocka_unit_test_setup(test_irq_pending, vgic_setup),
		cmocka_unit_test_setup(test_ppi, vgic_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
