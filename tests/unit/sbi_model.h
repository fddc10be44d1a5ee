/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest, of three harts as a rule, that calls its firmware, over a core and a backend that only
 * note what they are asked. For one test or fuzzer each, so that everything here is its own.
 */
#ifndef TESTS_SBI_MODEL_H
#define TESTS_SBI_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../arch/riscv64/sbi.h"
#include <axvm/hypercall.h>

#define HARTS	3u
#define RAM	0x80000000ull
#define RAM_LEN 0x4000u /* the last page is read only, and no code */
#define ROM	(RAM + RAM_LEN - 0x1000)

static struct axvm vm;
static struct axvm_vcpu vcpus[AXVM_MAX_VCPUS];
static uint8_t ram[RAM_LEN];

/* What the core and the backend were asked; which hart it was about. */
static struct {
	unsigned power_on, down, off, reset, hypercall, halt, restart; /* how often */
	uint64_t entry, arg;
	uint64_t timer;
	axvm_cpu_mask_t soft, raised, cleared;
	unsigned fences;
	axvm_cpu_mask_t fence_targets;
	enum riscv64_fence fence_kind;
	uint64_t fence_va, fence_size, fence_asid;
	char console[1024];
	size_t console_len;
	struct axvm_exit exit;
} asked;
static bool irq_pending; /* a hart that halts goes on */
static bool word_faults; /* the guest's tables do not translate */
static uint64_t word;
static uint64_t now;
static bool has_counters;
static uint64_t cycles;
static uint32_t traps; /* which of the hart's counters trap */

static inline axvm_cpu_mask_t bit(const struct axvm_vcpu *vcpu)
{
	assert_true(vcpu >= vcpus && vcpu < vcpus + vm.vcpu_num);
	return UINT64_C(1) << vcpu->id;
}

/* ---- The core ---- */

bool aspace_find(struct aspace *as, axvm_gpa_t gpa, struct stage2_leaf *out)
{
	uint32_t flags = gpa.v < ROM ? AXVM_MEM_ALL : AXVM_MEM_READ;

	assert_ptr_equal(as, &vm.aspace);
	*out = (struct stage2_leaf){ axvm_hpa(gpa.v), AXVM_PAGE_SIZE, flags };
	return gpa.v - RAM < RAM_LEN;
}

static inline bool in(uint64_t gpa, size_t len, uint64_t end)
{
	return gpa >= RAM && gpa <= end && len <= end - gpa;
}

enum axvm_error aspace_read(struct aspace *as, axvm_gpa_t gpa, void *buf, size_t len)
{
	assert_ptr_equal(as, &vm.aspace);
	if (!in(gpa.v, len, RAM + RAM_LEN))
		return AXVM_ERR_INVALID_INPUT;
	memcpy(buf, ram + (gpa.v - RAM), len);
	return AXVM_OK;
}

enum axvm_error aspace_write(struct aspace *as, axvm_gpa_t gpa, const void *buf, size_t len)
{
	assert_ptr_equal(as, &vm.aspace);
	if (!in(gpa.v, len, ROM))
		return AXVM_ERR_INVALID_INPUT;
	memcpy(ram + (gpa.v - RAM), buf, len);
	return AXVM_OK;
}

enum axvm_error vcpu_power_on(struct axvm_vcpu *vcpu, uint64_t entry, uint64_t arg)
{
	(void)bit(vcpu);
	asked.power_on++;
	asked.entry = entry;
	asked.arg = arg;
	if (vcpu->powered)
		return AXVM_ERR_ALREADY_EXISTS;
	vcpu->powered = vcpu->start.pending = true;
	return AXVM_OK;
}

enum run_verdict run_cpu_down(struct axvm_vcpu *vcpu, uint64_t state)
{
	asked.down++;
	vcpu->powered = false;
	return RUN_LEAVE;
}

enum run_verdict run_system_down(struct axvm_vcpu *vcpu, bool reset)
{
	asked.reset += reset;
	asked.off += !reset;
	return RUN_LEAVE;
}

enum run_verdict run_hypercall(struct axvm_vcpu *vcpu, const struct axvm_exit *exit)
{
	asked.hypercall++;
	asked.exit = *exit;
	return RUN_RESUME;
}

uint64_t vm_time(struct axvm *machine)
{
	assert_ptr_equal(machine, &vm);
	return now;
}

/* ---- The backend ---- */

void riscv64_set_timer(struct axvm_vcpu *vcpu, uint64_t when)
{
	(void)bit(vcpu);
	asked.timer = when;
}

void riscv64_send_soft(struct axvm_vcpu *vcpu)
{
	asked.soft |= bit(vcpu);
}

void riscv64_raise_soft(struct axvm_vcpu *vcpu)
{
	asked.raised |= bit(vcpu);
}

void riscv64_clear_soft(struct axvm_vcpu *vcpu)
{
	asked.cleared |= bit(vcpu);
}

void riscv64_remote_fence(struct axvm_vcpu *vcpu, axvm_cpu_mask_t targets, enum riscv64_fence kind,
			  uint64_t va, uint64_t size, uint64_t asid)
{
	assert_true((targets & ~(UINT64_MAX >> (AXVM_MAX_VCPUS - vm.vcpu_num))) == 0);
	assert_true(size == UINT64_MAX || size == 0 || va + (size - 1) >= va);
	asked.fences++;
	asked.fence_targets = targets;
	asked.fence_kind = kind;
	asked.fence_va = va;
	asked.fence_size = size;
	asked.fence_asid = asid;
}

bool riscv64_has(enum riscv64_ext ext)
{
	assert_int_equal(ext, RISCV64_EXT_ZICNTR);
	return has_counters;
}

uint64_t riscv64_read_counter(uint32_t csr)
{
	assert_true(csr == 0xc00 || csr == 0xc02);
	return csr == 0xc00 ? cycles : cycles / 2;
}

void riscv64_trap_counters(uint32_t bits)
{
	assert_true((bits & ~5u) == 0);
	traps = bits;
}

enum run_verdict riscv64_halt(struct axvm_vcpu *vcpu)
{
	asked.halt++;
	return irq_pending ? RUN_RESUME : RUN_LEAVE;
}

void riscv64_restart(struct axvm_vcpu *vcpu, uint64_t pc, uint64_t arg)
{
	asked.restart++;
	asked.entry = pc;
	asked.arg = arg;
}

bool riscv64_read_word(struct axvm_vcpu *vcpu, uint64_t va, uint64_t *out)
{
	if (word_faults)
		return false;
	*out = word;
	return true;
}

static void console_write(struct axvm_hal *hal, uint32_t vm_id, const uint8_t *bytes, size_t len)
{
	assert_true(len <= sizeof(asked.console) && vm_id == 7);
	memcpy(asked.console, bytes, len);
	asked.console_len = len;
}

/* ---- The guest ---- */

/* The second hart has a number of its own. */
static inline void start_harts(unsigned num)
{
	static struct axvm_hal hal = { .console_write = console_write };

	memset(&vm, 0, sizeof(vm));
	memset(vcpus, 0, num * sizeof(*vcpus));
	memset(&asked, 0, sizeof(asked));
	memset(ram, 0xa5, sizeof(ram));
	irq_pending = word_faults = false;
	word = now = cycles = traps = 0;
	has_counters = true;
	vm.hal = &hal;
	vm.config.id = 7;
	vm.vcpus = vcpus;
	vm.vcpu_num = num;
	for (unsigned n = 0; n < num; n++) {
		vcpus[n].vm = &vm;
		vcpus[n].id = n;
		vcpus[n].phys_id = n == 1 ? 40 : n;
		vcpus[n].powered = n == 0;
		sbi_vcpu_reset(&vcpus[n]);
	}
}

static inline void start(void)
{
	start_harts(HARTS);
}

#endif
