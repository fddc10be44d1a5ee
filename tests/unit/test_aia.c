/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's APLIC and IMSIC, natively, over a model of CPUs with guest interrupt files. The last
 * test compares what arrives with what was sent, while vCPUs move and their files change hands.
 */
#include "aia_model.h"

static int setup(void **state)
{
	start(4);
	return 0;
}

static int teardown(void **state)
{
	aia_vm_fini(&vm);
	vm.vcpus = NULL;
	return 0;
}

/* A source of the APLIC that sends `id` to a hart. */
static void route(unsigned source, unsigned mode, unsigned hart, unsigned id)
{
	wr32(SOURCECFG(source), mode);
	wr32(TARGET(source), TO(hart, id));
	wr32(SETIENUM, source);
}

static bool noted(unsigned vcpu, unsigned id)
{
	return vcpus[vcpu].arch.imsic.eip[id / 64] >> id % 64 & 1;
}

/* It has been sent since the last look. */
static bool sent(unsigned vcpu, unsigned id)
{
	bool was = noted(vcpu, id);

	vcpus[vcpu].arch.imsic.eip[id / 64] &= ~(1ull << id % 64);
	return was;
}

/* ---- Building ---- */

static void build_refuses(void **state)
{
	struct axvm_diag diag;

	prepare(2);
	add_device(AXVM_EMU_APLIC, APLIC, 0x8000);
	assert_int_equal(aia_vm_init(&vm, NULL), AXVM_ERR_INVALID_INPUT);
	prepare(2);
	add_device(AXVM_EMU_IMSIC, IMSIC, 0x2000);
	assert_int_equal(aia_vm_init(&vm, NULL), AXVM_ERR_INVALID_INPUT);
	prepare(2);
	add_device(AXVM_EMU_APLIC, APLIC, 0x3fff);
	add_device(AXVM_EMU_IMSIC, IMSIC, 0x2000);
	assert_int_equal(aia_vm_init(&vm, NULL), AXVM_ERR_INVALID_INPUT);
	prepare(3);
	add_device(AXVM_EMU_APLIC, APLIC, 0x4000);
	add_device(AXVM_EMU_IMSIC, IMSIC, 0x2fff);
	assert_int_equal(aia_vm_init(&vm, NULL), AXVM_ERR_INVALID_INPUT);
	prepare(3); /* not aligned to four pages */
	add_device(AXVM_EMU_APLIC, APLIC, 0x4000);
	add_device(AXVM_EMU_IMSIC, IMSIC + 0x2000, 0x3000);
	assert_int_equal(aia_vm_init(&vm, NULL), AXVM_ERR_INVALID_INPUT);
	prepare(2);
	add_device(AXVM_EMU_APLIC, APLIC, 0x4000);
	add_device(AXVM_EMU_IMSIC, IMSIC, 0x2000);
	riscv64_host.guest_file_num = 0;
	assert_int_equal(aia_vm_init(&vm, &diag), AXVM_ERR_UNSUPPORTED);
	assert_non_null(strstr(diag.what, "no IMSIC with guest interrupt files"));
	riscv64_host.guest_file_num = 1;
	riscv64_host.guest_id_num = 127;
	assert_int_equal(aia_vm_init(&vm, NULL), AXVM_ERR_UNSUPPORTED);
}

static void numbers(void **state)
{
	assert_false(aia_irq_valid(&vm, 0));
	assert_true(aia_irq_valid(&vm, 1));
	assert_true(aia_irq_valid(&vm, 96));
	assert_false(aia_irq_valid(&vm, 97));
	aia_set_line(&vm, 0, true);
	aia_set_line(&vm, 97, true);
	aia_set_line(&vm, UINT32_MAX, true);
	aia_inject(&vm, UINT32_MAX);
}

static const char *string_of(const void *fdt, int node, const char *name)
{
	return fdt_getprop(fdt, node, name, NULL);
}

static uint32_t cell(const void *fdt, int node, const char *name, unsigned i)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

	assert_non_null(p);
	assert_true((int)(4 * i) < len);
	return fdt32_ld(&p[i]);
}

/* Those that other parts of the tree have. */
static bool phandle_taken(uint32_t phandle)
{
	return phandle == FDT_INTC_PHANDLE || phandle == AXVM_FDT_CLOCK_PHANDLE ||
	       phandle == AXVM_FDT_POWER_PHANDLE || phandle >= RISCV64_CPU_PHANDLE(0);
}

static void device_tree(void **state)
{
	uint8_t fdt[4096];
	int imsics, aplic;

	fdt_create(fdt, sizeof(fdt));
	fdt_finish_reservemap(fdt);
	fdt_begin_node(fdt, "");
	assert_int_equal(aia_fdt(&vm, fdt), 0);
	fdt_end_node(fdt);
	assert_int_equal(fdt_finish(fdt), 0);

	imsics = fdt_node_offset_by_compatible(fdt, -1, "riscv,imsics");
	aplic = fdt_node_offset_by_compatible(fdt, -1, "riscv,aplic");
	assert_true(imsics > 0 && aplic > 0);
	assert_string_equal(string_of(fdt, imsics, "compatible"), "qemu,imsics");
	assert_int_equal(cell(fdt, imsics, "reg", 1), IMSIC);
	assert_int_equal(cell(fdt, imsics, "reg", 3), 0x4000);
	assert_int_equal(cell(fdt, imsics, "riscv,num-ids", 0), 255);
	assert_int_equal(cell(fdt, imsics, "#interrupt-cells", 0), 0);
	assert_int_equal(cell(fdt, imsics, "#msi-cells", 0), 0);
	for (unsigned n = 0; n < 4; n++) {
		assert_int_equal(cell(fdt, imsics, "interrupts-extended", 2 * n),
				 RISCV64_CPU_PHANDLE(n));
		assert_int_equal(cell(fdt, imsics, "interrupts-extended", 2 * n + 1), 9);
	}
	assert_non_null(string_of(fdt, imsics, "interrupt-controller"));
	assert_non_null(string_of(fdt, imsics, "msi-controller"));
	assert_string_equal(string_of(fdt, aplic, "compatible"), "qemu,aplic");
	assert_int_equal(cell(fdt, aplic, "reg", 1), APLIC);
	assert_false(phandle_taken(cell(fdt, imsics, "phandle", 0)));
	assert_int_equal(cell(fdt, aplic, "msi-parent", 0), cell(fdt, imsics, "phandle", 0));
	assert_int_equal(cell(fdt, aplic, "phandle", 0), FDT_INTC_PHANDLE);
	assert_int_equal(cell(fdt, aplic, "riscv,num-sources", 0), 96);
	assert_int_equal(cell(fdt, aplic, "#interrupt-cells", 0), 2);
}

/* ---- APLIC ---- */

static void aplic_configuration(void **state)
{
	assert_int_equal(rd32(APLIC), 0x80000004);
	wr32(APLIC, UINT32_MAX);
	assert_int_equal(rd32(APLIC), ENABLED);
	wr32(APLIC, 0);
	assert_int_equal(rd32(APLIC), 0x80000004);

	for (unsigned mode = 0; mode < 8; mode++) {
		wr32(SOURCECFG(96), mode | 0xfffffbf8);
		assert_int_equal(rd32(SOURCECFG(96)), mode == 2 || mode == 3 ? 0 : mode);
	}
	wr32(SOURCECFG(96), 0x400 | 6); /* delegated: nobody is there */
	assert_int_equal(rd32(SOURCECFG(96)), 0);
	wr32(SOURCECFG(97), 1);
	assert_int_equal(rd32(SOURCECFG(97)), 0);

	wr32(TARGET(3), UINT32_MAX); /* inactive: read-only zero */
	assert_int_equal(rd32(TARGET(3)), 0);
	wr32(SOURCECFG(3), 1);
	wr32(TARGET(3), UINT32_MAX);
	assert_int_equal(rd32(TARGET(3)), 0xfffc07ff);
	wr32(SETIE(0), UINT32_MAX);
	assert_int_equal(rd32(SETIE(0)), 1u << 3);
	wr32(SETIP(0), UINT32_MAX);
	assert_int_equal(rd32(SETIP(0)), 1u << 3);
	wr32(SOURCECFG(3), 0);
	assert_int_equal(rd32(TARGET(3)) | rd32(SETIE(0)) | rd32(SETIP(0)), 0);
	wr32(SOURCECFG(3), 1);
	assert_int_equal(rd32(TARGET(3)) | rd32(SETIE(0)) | rd32(SETIP(0)), 0);
}

static void aplic_reserved(void **state)
{
	const uint64_t zero[] = { 0x1bc0, 0x1bc4, 0x1bc8, 0x1bcc, 0x1c10, 0x1c7c, 0x1c80,
				  0x1ce0, 0x1d10, 0x1e10, 0x1f00, 0x1ffc, 0x2000, 0x2004,
				  0x2008, 0x1cdc, 0x1ddc, 0x1edc, 0x1fdc, 0x3188, 0x3ffc };

	for (unsigned i = 0; i < sizeof(zero) / sizeof(zero[0]); i++) {
		wr32(APLIC + zero[i], UINT32_MAX);
		assert_int_equal(rd32(APLIC + zero[i]), 0);
	}
	wr32(SOURCECFG(1), 6);
	wr(SOURCECFG(1), 1, 0);
	wr(SOURCECFG(1), 2, 0);
	wr(SOURCECFG(1), 8, 0);
	wr(SOURCECFG(1) - 2, 4, 0);
	assert_int_equal(rd32(SOURCECFG(1)), 6);
	assert_int_equal(rd(SOURCECFG(1), 1) | rd(APLIC, 8) | rd(APLIC + 2, 4), 0);
	assert_null(bus_find(&vm.bus, APLIC + 0x4000, 4));
}

static void aplic_edges(void **state)
{
	wr32(APLIC, IE);
	route(10, 4, 1, 33);
	aia_set_line(&vm, 10, true);
	assert_true(sent(1, 33));
	aia_set_line(&vm, 10, true);
	assert_false(sent(1, 33));
	aia_set_line(&vm, 10, false);
	assert_false(sent(1, 33));
	assert_int_equal(rd32(SETIP(0)), 0);
	route(10, 5, 2, 200);
	assert_int_equal(rd32(IN_CLRIP(0)), 1u << 10);
	aia_set_line(&vm, 10, true);
	assert_false(sent(2, 200));
	assert_int_equal(rd32(IN_CLRIP(0)), 0);
	aia_set_line(&vm, 10, false);
	assert_true(sent(2, 200));
	/* software may make it pending too */
	wr32(SETIPNUM, 10);
	assert_true(sent(2, 200));
	wr32(SETIP(0), 1u << 10);
	assert_true(sent(2, 200));
	wr32(SETIPNUM_LE, 10);
	assert_true(sent(2, 200));
	wr32(SETIPNUM_BE, 10u << 24);
	assert_true(sent(2, 200));
	wr32(SETIPNUM, 11);
	wr32(SETIPNUM, 97);
	wr32(SETIPNUM, UINT32_MAX);
	assert_int_equal(rd32(SETIP(0)) | rd32(SETIP(3)), 0);
}

/* The message takes the pending bit; the wire's next rise, or software, brings it back (AIA 4.9.2).
 */
static void aplic_levels(void **state)
{
	wr32(APLIC, IE);
	route(40, 6, 0, 5);
	aia_set_line(&vm, 40, true);
	assert_true(sent(0, 5));
	assert_int_equal(rd32(SETIP(1)), 0);
	assert_int_equal(rd32(IN_CLRIP(1)), 1u << 8);
	wr32(SETIPNUM_LE, 40); /* the end of the interrupt: it is still asserted */
	assert_true(sent(0, 5));
	aia_set_line(&vm, 40, false);
	wr32(SETIPNUM_LE, 40);
	wr32(SETIP(1), 1u << 8);
	assert_false(sent(0, 5));
	assert_int_equal(rd32(SETIP(1)), 0);

	wr32(CLRIENUM, 40);
	aia_set_line(&vm, 40, true);
	assert_int_equal(rd32(SETIP(1)), 1u << 8);
	aia_set_line(&vm, 40, false); /* it went before anybody looked */
	assert_int_equal(rd32(SETIP(1)), 0);
	aia_set_line(&vm, 40, true);
	wr32(CLRIPNUM, 40);
	assert_int_equal(rd32(SETIP(1)), 0);
	wr32(SETIPNUM, 40);
	assert_int_equal(rd32(SETIP(1)), 1u << 8);
	wr32(SETIENUM, 40);
	assert_true(sent(0, 5));

	aia_set_line(&vm, 40, false);
	wr32(SOURCECFG(40), 7); /* low is asserted now */
	assert_true(sent(0, 5));
	aia_set_line(&vm, 40, true);
	wr32(SETIPNUM, 40);
	assert_false(sent(0, 5));
	aia_set_line(&vm, 40, false);
	assert_true(sent(0, 5));
	/* pending without being asserted it is never */
	wr32(CLRIENUM, 40);
	aia_set_line(&vm, 40, true);
	wr32(SOURCECFG(40), 1);
	wr32(SETIPNUM, 40);
	assert_int_equal(rd32(SETIP(1)), 1u << 8);
	wr32(SOURCECFG(40), 7);
	assert_int_equal(rd32(SETIP(1)), 0);
}

static void aplic_detached(void **state)
{
	wr32(APLIC, IE);
	route(96, 1, 3, 255);
	aia_set_line(&vm, 96, true);
	assert_false(sent(3, 255));
	assert_int_equal(rd32(IN_CLRIP(3)), 0);
	wr32(SETIPNUM, 96);
	assert_true(sent(3, 255));
}

static void aplic_enables(void **state)
{
	route(1, 4, 0, 1);
	route(33, 4, 0, 2);
	wr32(CLRIE(1), 1u << 1);
	aia_inject(&vm, 1);
	aia_inject(&vm, 33);
	assert_false(sent(0, 1));
	assert_int_equal(rd32(SETIP(0)), 1u << 1);
	assert_int_equal(rd32(SETIP(1)), 1u << 1);
	wr32(APLIC, IE);
	assert_true(sent(0, 1));
	assert_false(sent(0, 2));
	wr32(SETIE(1), UINT32_MAX);
	assert_true(sent(0, 2));
	assert_int_equal(rd32(SETIE(1)), 1u << 1);
	wr32(IN_CLRIP(1), UINT32_MAX);
	/* to nobody: a hart or an identity that does not exist */
	wr32(TARGET(1), TO(4, 1));
	aia_inject(&vm, 1);
	wr32(TARGET(1), TO(0, 0));
	aia_inject(&vm, 1);
	wr32(TARGET(1), TO(0, 256));
	aia_inject(&vm, 1);
	assert_int_equal(rd32(SETIP(0)), 0);
	for (unsigned k = 0; k < IMSIC_WORDS; k++)
		assert_int_equal(vcpus[0].arch.imsic.eip[k], 0);
}

static void aplic_injects_an_edge_of_any_kind(void **state)
{
	wr32(APLIC, IE);
	for (unsigned mode = 4; mode < 8; mode++) {
		for (unsigned level = 0; level < 2; level++) {
			wr32(SOURCECFG(7), 0);
			aia_set_line(&vm, 7, level);
			route(7, mode, 1, 70);
			sent(1, 70);
			aia_inject(&vm, 7);
			assert_true(sent(1, 70));
			assert_int_equal(vm.arch.aplic.line[0], level << 7);
		}
	}
}

static void aplic_genmsi(void **state)
{
	wr32(GENMSI, TO(2, 99) | 1u << 12);
	assert_true(sent(2, 99)); /* whatever IE says, at once */
	assert_int_equal(rd32(GENMSI), TO(2, 99));
	wr32(GENMSI, TO(0x3fff, 99));
}

static void aplic_reset_keeps_wires(void **state)
{
	wr32(APLIC, IE);
	route(9, 6, 0, 9);
	wr32(CLRIENUM, 9);
	aia_set_line(&vm, 9, true);
	aia_vm_reset(&vm);
	assert_int_equal(rd32(APLIC), 0x80000004);
	assert_int_equal(rd32(SOURCECFG(9)) | rd32(SETIP(0)) | rd32(TARGET(9)), 0);
	wr32(SOURCECFG(9), 6);
	assert_int_equal(rd32(SETIP(0)), 1u << 9);
}

/* ---- IMSIC ---- */

static void imsic_pages(void **state)
{
	wr32(IMSIC + 0x1000, 64);
	assert_true(sent(1, 64));
	wr32(IMSIC + 0x3004, 255u << 24);
	assert_true(sent(3, 255));
	wr32(IMSIC, 0);
	wr32(IMSIC, 256);
	wr32(IMSIC, 1u << 24);
	wr32(IMSIC + 8, 1);
	wr(IMSIC, 8, 1);
	wr(IMSIC, 1, 1);
	wr(IMSIC + 2, 4, 1);
	for (unsigned k = 0; k < IMSIC_WORDS; k++)
		assert_int_equal(vcpus[0].arch.imsic.eip[k], 0);
	assert_int_equal(rd32(IMSIC) | rd32(IMSIC + 4) | rd(IMSIC, 8), 0);
	assert_null(bus_find(&vm.bus, IMSIC + 0x4000, 4));
}

/* A vCPU that runs has a file, and messages reach it without an exit, from the APLIC too. */
static void imsic_running(void **state)
{
	message(0, 3);
	bind(2, 0);
	assert_int_equal(vcpus[0].arch.regs.hstatus >> 12 & 0x3f, 1);
	assert_int_equal(stage2[0], host_page(2, 1));
	assert_int_equal(claim(2), 0); /* nothing is enabled */
	enable_all(2);
	assert_int_equal(claim(2), 3);
	assert_false(message(0, 200));
	assert_false(message(0, 100));
	self = 1;
	wr32(GENMSI, TO(0, 101));
	self = 2;
	assert_true(aia_vcpu_pending(&vcpus[0]));
	assert_int_equal(claim(2), 100);
	assert_int_equal(claim(2), 101);
	assert_int_equal(claim(2), 200);
	assert_int_equal(claim(2), 0);
	self = 2;
	assert_false(aia_vcpu_pending(&vcpus[0]));
	assert_int_equal(notified[0], 0);
}

static void imsic_state_stays(void **state)
{
	struct file *f;

	bind(0, 0);
	f = file_of(0);
	f->eidelivery = 1;
	f->eithreshold = 77;
	f->eie[3] = 0x1234;
	pcpus[0].select = 0xc6;
	unbind(0, AXVM_EXIT_PREEMPTED);
	bind(0, 0);
	assert_ptr_equal(file_of(0), f); /* the same one, untouched */
	assert_int_equal(pcpus[0].select, 0xc6);
	unbind(0, AXVM_EXIT_PREEMPTED);
	bind(1, 0);
	f = file_of(1);
	assert_int_equal(f->eidelivery, 1);
	assert_int_equal(f->eithreshold, 77);
	assert_int_equal(f->eie[3], 0x1234);
	assert_int_equal(pcpus[1].select, 0xc6);
}

/* Only what sleeps is woken by its file, once. */
static void imsic_wakes_a_sleeper(void **state)
{
	bind(0, 0);
	enable_all(0);
	unbind(0, AXVM_EXIT_PREEMPTED);
	assert_false(message(0, 8));
	assert_int_equal(pcpus[0].hgeie, 0);
	assert_true(aia_vcpu_pending(&vcpus[0]));
	bind(0, 0);
	assert_int_equal(claim(0), 8);
	unbind(0, AXVM_EXIT_HALT);
	assert_false(aia_vcpu_pending(&vcpus[0]));
	assert_int_equal(pcpus[0].hgeie, 1u << 1);
	poll(0);
	assert_int_equal(notified[0], 0);
	self = 3;
	wr32(GENMSI, TO(0, 9));
	assert_int_equal(notified[0], 0);
	assert_false(aia_vcpu_pending(&vcpus[0])); /* it cannot be known here */
	poll(0);
	assert_int_equal(notified[0], 1);
	assert_true(aia_vcpu_pending(&vcpus[0]));
	poll(0);
	assert_int_equal(notified[0], 1);
	unbind((bind(0, 0), 0), AXVM_EXIT_HALT);
	assert_int_equal(pcpus[0].hgeie, 1u << 1);
	bind(0, 0);
	assert_int_equal(pcpus[0].hgeie, 0);
}

/* Whoever comes to the CPU next looks, as the interrupt itself may be lost. */
static void imsic_wakes_a_sleeper_at_the_next_bind(void **state)
{
	bind(0, 0);
	enable_all(0);
	unbind(0, AXVM_EXIT_HALT);
	assert_false(message(0, 8));
	assert_int_equal(notified[0], 0);
	bind(0, 1);
	assert_int_equal(notified[0], 1);
	assert_int_equal(pcpus[0].hgeie, 0);
}

/* The one that moves takes its interrupts along; those that arrive at the old place follow it. */
static void imsic_moves(void **state)
{
	bind(0, 0);
	enable_all(0);
	message(0, 300); /* which the guest has not been told of */
	unbind(0, AXVM_EXIT_HALT);
	message(0, 50);
	message(0, 60);
	bind(1, 0);
	assert_int_equal(stage2[0], host_page(1, 1));
	assert_int_equal(pcpus[0].kicks, 1);
	assert_false(message(0, 70));
	poll(0);
	assert_int_equal(notified[0], 0); /* it runs */
	assert_int_equal(claim(1), 50);
	assert_int_equal(claim(1), 60);
	assert_int_equal(claim(1), 70);
	assert_int_equal(claim(1), 0);
	/* the file is free again, with nothing of its owner */
	bind(0, 1);
	assert_int_equal(vcpus[1].arch.regs.hstatus >> 12 & 0x3f, 1);
	assert_int_equal(file_of(0)->eidelivery, 0);
	for (unsigned k = 0; k < WORDS; k++)
		assert_int_equal(file_of(0)->eie[k] | file_of(0)->eip[k], 0);
}

/* It comes back before its old CPU has looked. */
static void imsic_comes_back(void **state)
{
	bind(0, 0);
	enable_all(0);
	message(0, 50);
	unbind(0, AXVM_EXIT_PREEMPTED);
	bind(1, 0);
	message(0, 51);
	unbind(1, AXVM_EXIT_PREEMPTED);
	bind(0, 0);
	poll(1); /* where what was found here has been sent meanwhile */
	assert_int_equal(claim(0), 50);
	assert_int_equal(claim(0), 51);
	assert_int_equal(claim(0), 0);
}

/* More vCPUs than files: the one that runs has one. */
static void imsic_evicts(void **state)
{
	riscv64_host.guest_file_num = 2;
	for (unsigned n = 0; n < 2; n++) {
		bind(0, n);
		enable_all(0);
		unbind(0, AXVM_EXIT_HALT);
	}
	while (stage2[0]) {
		bind(0, stage2[1] ? 2 : 1);
		unbind(0, AXVM_EXIT_HALT);
	}
	bind(0, 1);
	unbind(0, AXVM_EXIT_HALT);
	assert_true(message(0, 40)); /* an exit, and the sleeper is woken */
	assert_true(noted(0, 40));
	assert_int_equal(notified[0], 1);
	assert_true(aia_vcpu_pending(&vcpus[0]));
	assert_false(message(1, 41));
	while (stage2[1]) {
		bind(0, stage2[0] ? 2 : 0);
		unbind(0, AXVM_EXIT_HALT);
	}
	assert_int_equal(notified[1], 1); /* its interrupt was found in its file */
	bind(1, 1);
	assert_int_equal(claim(1), 41);
	assert_int_equal(pcpus[0].kicks, 0); /* it had left nothing there */
	bind(0, 0);
	assert_int_equal(claim(0), 40);
}

/* A threshold, a mask, or delivery that is off: no wake-up, but nothing is lost. */
static void imsic_notes_quietly(void **state)
{
	bind(0, 0);
	file_of(0)->eidelivery = 1;
	file_of(0)->eithreshold = 20;
	file_of(0)->eie[0] = 1u << 10 | 1u << 20;
	unbind(0, AXVM_EXIT_HALT);
	riscv64_host.guest_file_num = 1;
	bind(0, 1);
	unbind(0, AXVM_EXIT_HALT);
	assert_true(message(0, 20));
	assert_true(message(0, 11));
	assert_int_equal(notified[0], 0);
	assert_false(aia_vcpu_pending(&vcpus[0]));
	message(0, 10);
	assert_int_equal(notified[0], 1);
	bind(2, 0);
	assert_int_equal(claim(2), 10);
	assert_int_equal(claim(2), 0);
	file_of(2)->eithreshold = 0;
	assert_int_equal(claim(2), 20);
}

static void imsic_reset(void **state)
{
	message(0, 8);
	aia_vcpu_reset(&vcpus[0]);
	assert_false(noted(0, 8));
	bind(0, 0);
	enable_all(0);
	unbind(0, AXVM_EXIT_HALT);
	bind(1, 0);
	unbind(1, AXVM_EXIT_HALT);
	self = 0;
	set_pending(&pcpus[0].file[1], 9); /* a late one, where it was before */
	message(0, 10);
	aia_vcpu_reset(&vcpus[0]);
	assert_int_equal(stage2[0], 0);
	assert_false(aia_vcpu_pending(&vcpus[0]));
	poll(0);
	poll(1);
	assert_int_equal(notified[0], 0);
	bind(0, 0);
	assert_int_equal(file_of(0)->eidelivery, 0);
	assert_int_equal(file_of(0)->eie[0] | file_of(0)->eip[0], 0);
}

/* Its files on all CPUs are free, and no CPU looks at it again. */
static void imsic_end(void **state)
{
	bind(0, 0);
	enable_all(0);
	unbind(0, AXVM_EXIT_HALT);
	bind(1, 0);
	unbind(1, AXVM_EXIT_HALT);
	message(0, 10);
	aia_vm_fini(&vm);
	memset(vcpus, 0xa5, sizeof(vcpus));
	poll(0);
	poll(1);
	assert_int_equal(notified[0], 0);
	vm.vcpus = NULL;
	start(1);
	bind(1, 0);
	assert_int_equal(vcpus[0].arch.imsic.file, 1);
}

/* The host knows what the board's addresses have room for; the CPU knows better. */
static void imsic_counts_files(void **state)
{
	hgeie_limit = 2;
	pcpus[0].hgeie = 5;
	aia_hardware_enable();
	assert_int_equal(riscv64_host.guest_file_num, 2);
	assert_int_equal(pcpus[0].hgeie, 0);
	hgeie_limit = 5;
	aia_hardware_enable();
	assert_int_equal(riscv64_host.guest_file_num, 2);
}

/* A board with more files than are used here. */
static void imsic_many_files(void **state)
{
	riscv64_host.guest_file_num = FILES_MAX;
	for (unsigned n = 0; n < 4; n++) {
		bind(0, n);
		unbind(0, AXVM_EXIT_HALT);
		assert_int_equal(stage2[n], host_page(0, n + 1));
	}
}

/* ---- Nothing is lost ---- */

static uint64_t seed = 1;
static bool pending[VCPUS][IDS];     /* sent, and not taken since */
static unsigned untaken[VCPUS][IDS]; /* sent less taken: two at two places may both arrive */

static unsigned any(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

static void expect(unsigned vcpu, unsigned id)
{
	pending[vcpu][id] = true;
	untaken[vcpu][id]++;
}

static void send_one(void)
{
	unsigned vcpu = any(vm.vcpu_num), id = 1 + any(255);

	expect(vcpu, id);
	if (any(2))
		message(vcpu, id);
	else
		imsic_send(&vcpus[vcpu], id);
}

/* Stores of CPUs that still know the old translation. */
static void send_late(void)
{
	for (unsigned vcpu = 0; vcpu < vm.vcpu_num; vcpu++) {
		unsigned id = 1 + any(255);

		if (!stage2[vcpu])
			continue;
		expect(vcpu, id);
		message(vcpu, id);
	}
}

static void take_all(unsigned pcpu)
{
	unsigned vcpu = pcpus[pcpu].bound->id, id;

	while ((id = claim(pcpu)) != 0) {
		assert_true(untaken[vcpu][id]-- > 0);
		pending[vcpu][id] = false;
	}
}

static bool is_bound(unsigned vcpu)
{
	for (unsigned pcpu = 0; pcpu < PCPUS; pcpu++)
		if (pcpus[pcpu].bound == &vcpus[vcpu])
			return true;
	return false;
}

static void step(void)
{
	unsigned pcpu = any(PCPUS), vcpu = any(vm.vcpu_num);

	self = pcpu;
	if (any(3) == 0) {
		send_one();
	} else if (any(4) == 0) {
		poll(pcpu);
	} else if (pcpus[pcpu].bound) {
		if (any(2))
			take_all(pcpu);
		unbind(pcpu, any(2) ? AXVM_EXIT_HALT : AXVM_EXIT_PREEMPTED);
	} else if (!is_bound(vcpu)) {
		bind(pcpu, vcpu);
		enable_all(pcpu);
	}
}

static void settle(void)
{
	on_flush = NULL;
	for (unsigned pcpu = 0; pcpu < PCPUS; pcpu++) {
		if (pcpus[pcpu].bound)
			unbind(pcpu, AXVM_EXIT_PREEMPTED);
		poll(pcpu);
	}
	for (unsigned vcpu = 0; vcpu < vm.vcpu_num; vcpu++) {
		unsigned pcpu = any(PCPUS);

		bind(pcpu, vcpu);
		enable_all(pcpu);
		for (unsigned n = 0; n < PCPUS; n++)
			poll(n);
		take_all(pcpu);
		unbind(pcpu, AXVM_EXIT_PREEMPTED);
	}
}

static void nothing_is_lost(void **state)
{
	for (unsigned round = 0; round < 300; round++) {
		start(2 + any(VCPUS - 1));
		riscv64_host.guest_file_num = 1 + any(3);
		memset(pending, 0, sizeof(pending));
		memset(untaken, 0, sizeof(untaken));
		on_flush = send_late;
		for (unsigned n = 0; n < 400; n++)
			step();
		settle();
		for (unsigned vcpu = 0; vcpu < vm.vcpu_num; vcpu++)
			for (unsigned id = 0; id < IDS; id++)
				assert_false(pending[vcpu][id]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(build_refuses, teardown),
		cmocka_unit_test_setup_teardown(numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(device_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(aplic_configuration, setup, teardown),
		cmocka_unit_test_setup_teardown(aplic_reserved, setup, teardown),
		cmocka_unit_test_setup_teardown(aplic_edges, setup, teardown),
		cmocka_unit_test_setup_teardown(aplic_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(aplic_detached, setup, teardown),
		cmocka_unit_test_setup_teardown(aplic_enables, setup, teardown),
		cmocka_unit_test_setup_teardown(aplic_injects_an_edge_of_any_kind, setup, teardown),
		cmocka_unit_test_setup_teardown(aplic_genmsi, setup, teardown),
		cmocka_unit_test_setup_teardown(aplic_reset_keeps_wires, setup, teardown),
		cmocka_unit_test_setup_teardown(imsic_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(imsic_running, setup, teardown),
		cmocka_unit_test_setup_teardown(imsic_state_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(imsic_wakes_a_sleeper, setup, teardown),
		cmocka_unit_test_setup_teardown(imsic_wakes_a_sleeper_at_the_next_bind, setup,
						teardown),
		cmocka_unit_test_setup_teardown(imsic_moves, setup, teardown),
		cmocka_unit_test_setup_teardown(imsic_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(imsic_evicts, setup, teardown),
		cmocka_unit_test_setup_teardown(imsic_notes_quietly, setup, teardown),
		cmocka_unit_test_setup_teardown(imsic_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(imsic_end, setup, teardown),
		cmocka_unit_test_setup_teardown(imsic_counts_files, setup, teardown),
		cmocka_unit_test_setup_teardown(imsic_many_files, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_lost, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
