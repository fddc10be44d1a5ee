/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of the guest's interrupt controller, through the bus as a guest reaches them. */
#include "vgic_model.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_init_refuses, vgic_setup),
		cmocka_unit_test_setup(test_identification, vgic_setup),
		cmocka_unit_test_setup(test_ctlr_and_waker, vgic_setup),
		cmocka_unit_test_setup(test_bit_registers, vgic_setup),
		cmocka_unit_test_setup(test_priorities, vgic_setup),
		cmocka_unit_test_setup(test_config, vgic_setup),
		cmocka_unit_test_setup(test_reserved, vgic_setup),
		cmocka_unit_test_setup(test_router, vgic_setup),
		cmocka_unit_test_setup(test_valid, vgic_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
