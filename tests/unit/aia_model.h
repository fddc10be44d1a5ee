/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests over a model of physical CPUs with guest interrupt files: registers of a file are reached
 * as HS-mode does, through the CPU that code runs on; a guest's message goes where stage 2 leads
 * it. For one test or fuzzer each, so that everything here is its own.
 */
#ifndef TESTS_AIA_MODEL_H
#define TESTS_AIA_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../arch/riscv64/aia.h"
#include "../../arch/riscv64/imsic_csr.h"
#include "fdt_put.h"

#define PCPUS	  4u
#define FILES	  3u /* of each, by default */
#define FILES_MAX 20u
#define VCPUS	  8u
#define IDS	  512u /* more than guests are told of */
#define APLIC	  0x0d000000ull
#define IMSIC	  0x28000000ull
#define HOST_PAGE 0x24000000ull
#define WORDS	  (IDS / 64)

#define SOURCECFG(n) (APLIC + 4 * (n))
#define SETIP(k)     (APLIC + 0x1c00 + 4 * (k))
#define SETIPNUM     (APLIC + 0x1cdc)
#define IN_CLRIP(k)  (APLIC + 0x1d00 + 4 * (k))
#define CLRIPNUM     (APLIC + 0x1ddc)
#define SETIE(k)     (APLIC + 0x1e00 + 4 * (k))
#define SETIENUM     (APLIC + 0x1edc)
#define CLRIE(k)     (APLIC + 0x1f00 + 4 * (k))
#define CLRIENUM     (APLIC + 0x1fdc)
#define SETIPNUM_LE  (APLIC + 0x2000)
#define SETIPNUM_BE  (APLIC + 0x2004)
#define GENMSI	     (APLIC + 0x3000)
#define TARGET(n)    (APLIC + 0x3000 + 4 * (n))
#define IE	     (1u << 8)
#define ENABLED	     0x80000104u
#define TO(hart, id) ((uint32_t)(hart) << 18 | (id))

/* A physical guest interrupt file. */
struct file {
	uint64_t eidelivery, eithreshold;
	uint64_t eip[WORDS], eie[WORDS];
};

static struct {
	struct file file[FILES_MAX + 1];
	uint64_t hstatus, select, hgeie;
	struct axvm_vcpu *bound;
	unsigned kicks;
} pcpus[PCPUS];
static unsigned self; /* the physical CPU that code runs on */

static struct axvm_hal hal;
static struct axvm vm;
static struct axvm_vcpu vcpus[VCPUS];
static struct bus_range ranges[4];
static uint64_t stage2[VCPUS]; /* where a vCPU's page leads, 0: nowhere */
static unsigned notified[VCPUS];
static unsigned window_pages;
static unsigned hgeie_limit;   /* files that the CPUs have */
static void (*on_flush)(void); /* while stage 2 still leads where it did, on some CPUs */

struct axvm_riscv64_host riscv64_host;

/* ---- The files ---- */

static uint64_t host_page(uint32_t pcpu, uint32_t number)
{
	return HOST_PAGE + (pcpu * 32ull + number) * 0x1000;
}

static struct file *file_at(uint64_t page)
{
	uint64_t number = (page - HOST_PAGE) / 0x1000;

	assert_true(page >= HOST_PAGE && page % 0x1000 == 0 && number < 32 * PCPUS);
	assert_true(number % 32 >= 1 && number % 32 <= riscv64_host.guest_file_num);
	return &pcpus[number / 32].file[number % 32];
}

static unsigned top(const struct file *f)
{
	for (unsigned k = 0; k < WORDS; k++) {
		uint64_t bits = f->eip[k] & f->eie[k];

		if (bits) {
			unsigned id = 64 * k + (unsigned)__builtin_ctzll(bits);

			return !f->eithreshold || id < f->eithreshold ? id : 0;
		}
	}
	return 0;
}

static struct file *selected(void)
{
	uint64_t number = pcpus[self].hstatus >> 12 & 0x3f;

	assert_true(number >= 1 && number <= riscv64_host.guest_file_num);
	return &pcpus[self].file[number];
}

/* The register that vsiselect names; an identity that does not exist has none. */
static uint64_t *reg(void)
{
	struct file *f = selected();
	uint64_t select = pcpus[self].select;

	if (select == IMSIC_EIDELIVERY)
		return &f->eidelivery;
	if (select == IMSIC_EITHRESHOLD)
		return &f->eithreshold;
	assert_true(select >= IMSIC_EIP && select % 2 == 0);
	select -= IMSIC_EIP;
	assert_true(select % 64 / 2 < WORDS);
	return select < 64 ? &f->eip[select / 2] : &f->eie[select % 64 / 2];
}

uint64_t imsic_select_read(void)
{
	return pcpus[self].select;
}

void imsic_select_write(uint64_t value)
{
	pcpus[self].select = value;
}

uint64_t imsic_reg_read(void)
{
	return *reg();
}

static void reg_assign(uint64_t value)
{
	uint64_t select = pcpus[self].select;

	*reg() = select == IMSIC_EIP || select == IMSIC_EIE ? value & ~1ull : value;
}

void imsic_reg_write(uint64_t value)
{
	reg_assign(value);
}

void imsic_reg_set(uint64_t bits)
{
	reg_assign(*reg() | bits);
}

uint64_t imsic_reg_clear_all(void)
{
	uint64_t value = *reg();

	*reg() = 0;
	return value;
}

uint64_t imsic_hstatus_read(void)
{
	return pcpus[self].hstatus;
}

void imsic_hstatus_write(uint64_t value)
{
	pcpus[self].hstatus = value;
}

uint64_t imsic_hgeip(void)
{
	uint64_t bits = 0;

	for (unsigned n = 1; n <= riscv64_host.guest_file_num; n++) {
		const struct file *f = &pcpus[self].file[n];

		if (f->eidelivery == 1 && top(f))
			bits |= 1ull << n;
	}
	return bits;
}

uint64_t imsic_hgeie(void)
{
	return pcpus[self].hgeie;
}

void imsic_hgeie_set(uint64_t bits)
{
	pcpus[self].hgeie |= bits & ((1ull << hgeie_limit) - 1) << 1;
}

void imsic_hgeie_clear(uint64_t bits)
{
	pcpus[self].hgeie &= ~bits;
}

static void set_pending(struct file *f, uint32_t id)
{
	if (id >= 1 && id < IDS)
		f->eip[id / 64] |= 1ull << id % 64;
}

void imsic_store(uint64_t page, uint32_t id)
{
	set_pending(file_at(page), id);
}

void imsic_cpu_init(void)
{
	pcpus[self].hgeie = 0;
}

/* ---- The core, and the host ---- */

static bool held(const struct lock *l)
{
	return l->next != l->owner;
}

void vcpu_notify(struct axvm_vcpu *vcpu, uint32_t request)
{
	assert_int_equal(request, VCPU_REQ_IRQ);
	assert_false(held(&vcpu->arch.imsic.lock));
	notified[vcpu->id]++;
}

static unsigned page_number(axvm_gpa_t gpa)
{
	assert_true(gpa.v >= IMSIC && gpa.v % 0x1000 == 0);
	assert_true((gpa.v - IMSIC) / 0x1000 < window_pages);
	return (unsigned)((gpa.v - IMSIC) / 0x1000);
}

enum axvm_error aspace_add_window(struct aspace *as, axvm_gpa_t gpa, uint64_t size)
{
	assert_ptr_equal(as, &vm.aspace);
	assert_int_equal(gpa.v, IMSIC);
	window_pages = (unsigned)(size / 0x1000);
	return AXVM_OK;
}

static void change(axvm_gpa_t gpa, uint64_t to)
{
	if (stage2[page_number(gpa)] && on_flush)
		on_flush();
	stage2[page_number(gpa)] = to;
}

void aspace_window_point(struct aspace *as, axvm_gpa_t gpa, axvm_hpa_t hpa)
{
	change(gpa, hpa.v);
}

void aspace_window_shut(struct aspace *as, axvm_gpa_t gpa)
{
	change(gpa, 0);
}

static uint32_t current_pcpu_id(struct axvm_hal *h)
{
	return self;
}

static void kick_vcpu(struct axvm_hal *h, uint32_t vm_id, uint32_t vcpu_id, uint32_t pcpu_id)
{
	assert_int_not_equal(pcpu_id, self);
	pcpus[pcpu_id].kicks++;
}

/* ---- Guests ---- */

static uint64_t rd(uint64_t gpa, unsigned width)
{
	struct bus_range *range = bus_find(&vm.bus, gpa, width);

	assert_non_null(range);
	return bus_read(range, gpa, width, &vcpus[0]);
}

static void wr(uint64_t gpa, unsigned width, uint64_t value)
{
	struct bus_range *range = bus_find(&vm.bus, gpa, width);

	assert_non_null(range);
	bus_write(range, gpa, width, value, &vcpus[0]);
}

#define rd32(gpa)	 rd(gpa, 4)
#define wr32(gpa, value) wr(gpa, 4, value)

/* A guest's store to a vCPU's page. Result: it took an exit. */
static bool message(unsigned vcpu, uint32_t id)
{
	if (stage2[vcpu]) {
		set_pending(file_at(stage2[vcpu]), id);
		return false;
	}
	wr32(IMSIC + 0x1000 * vcpu, id);
	return true;
}

static void bind(unsigned pcpu, unsigned vcpu)
{
	assert_null(pcpus[pcpu].bound);
	self = pcpu;
	vcpus[vcpu].pcpu = pcpu;
	vcpus[vcpu].exit.reason = AXVM_EXIT_NOTHING;
	aia_vcpu_bind(&vcpus[vcpu]);
	pcpus[pcpu].bound = &vcpus[vcpu];
	pcpus[pcpu].hstatus = vcpus[vcpu].arch.regs.hstatus;
}

static void unbind(unsigned pcpu, enum axvm_exit_reason reason)
{
	struct axvm_vcpu *vcpu = pcpus[pcpu].bound;

	self = pcpu;
	assert_non_null(vcpu);
	vcpu->exit.reason = reason;
	aia_vcpu_unbind(vcpu);
	pcpus[pcpu].bound = NULL;
	pcpus[pcpu].hstatus = 0x77; /* whatever runs next */
	pcpus[pcpu].select = 0x55;
}

/* The CPU takes the interrupt, if there is one. The live guest notices nothing. */
static void poll(unsigned pcpu)
{
	uint64_t hstatus = pcpus[pcpu].hstatus, select = pcpus[pcpu].select;

	self = pcpu;
	pcpus[pcpu].kicks = 0;
	axvm_riscv64_poll(pcpu);
	assert_int_equal(pcpus[pcpu].hstatus, hstatus);
	assert_int_equal(pcpus[pcpu].select, select);
	assert_int_equal(imsic_hgeip() & imsic_hgeie(), 0);
}

/* The file of the vCPU that is bound to a CPU, as its guest sees it. */
static struct file *file_of(unsigned pcpu)
{
	self = pcpu;
	assert_non_null(pcpus[pcpu].bound);
	return selected();
}

/* stopei, read and written. */
static unsigned claim(unsigned pcpu)
{
	struct file *f = file_of(pcpu);
	unsigned id = top(f);

	f->eip[id / 64] &= ~(1ull << id % 64);
	return id;
}

static void enable_all(unsigned pcpu)
{
	struct file *f = file_of(pcpu);

	f->eidelivery = 1;
	memset(f->eie, 0xff, sizeof(f->eie));
	f->eie[0] &= ~1ull;
}

static void add_device(uint32_t type, uint64_t base, uint64_t length)
{
	vm.config.emu_devices[vm.config.emu_device_num++] = (struct axvm_emu_device){
		.base_gpa = base, .length = length, .emu_type = type
	};
}

static void prepare(unsigned vcpu_num)
{
	if (vm.vcpus)
		aia_vm_fini(&vm);
	memset(&vm, 0, sizeof(vm));
	memset(vcpus, 0, sizeof(vcpus));
	memset(pcpus, 0, sizeof(pcpus));
	memset(stage2, 0, sizeof(stage2));
	memset(notified, 0, sizeof(notified));
	hal.current_pcpu_id = current_pcpu_id;
	hal.kick_vcpu = kick_vcpu;
	riscv64_host = (struct axvm_riscv64_host){ .guest_file_num = FILES,
						   .guest_id_num = IDS - 1,
						   .guest_file = host_page };
	self = 0;
	hgeie_limit = FILES_MAX;
	on_flush = NULL;
	vm.hal = &hal;
	vm.vcpus = vcpus;
	vm.vcpu_num = vcpu_num;
	vm.arch.aia = true;
	vm.bus = (struct bus){ .ranges = ranges, .max = 4 };
	for (unsigned n = 0; n < VCPUS; n++) {
		vcpus[n].vm = &vm;
		vcpus[n].id = n;
	}
}

static void start(unsigned vcpu_num)
{
	prepare(vcpu_num);
	add_device(AXVM_EMU_APLIC, APLIC, 0x8000);
	add_device(AXVM_EMU_IMSIC, IMSIC, 0x40000);
	assert_int_equal(aia_vm_init(&vm, NULL), AXVM_OK);
	for (unsigned n = 0; n < vcpu_num; n++)
		aia_vcpu_reset(&vcpus[n]);
}

#endif
