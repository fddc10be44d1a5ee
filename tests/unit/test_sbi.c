/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware of a RISC-V guest, natively: every call with good and bad arguments. */
#include "sbi_model.h"

#define UNTOUCHED 0x5b15b15bu
#define ALL	  UINT64_MAX

static int setup(void **state)
{
	start();
	return 0;
}

static enum run_verdict verdict;
static int64_t error;
static uint64_t value;

/* A call of hart n: a7, a6, then a0 to a4. */
static int64_t call_of(unsigned n, uint64_t eid, uint64_t fid, const uint64_t args[5])
{
	uint64_t *x = vcpus[n].arch.regs.x;

	for (unsigned i = 0; i < 32; i++)
		x[i] = UNTOUCHED;
	memcpy(&x[10], args, 5 * sizeof(*args));
	x[16] = fid;
	x[17] = eid;
	verdict = riscv64_sbi_call(&vcpus[n]);
	error = (int64_t)x[10];
	value = x[11];
	for (unsigned i = 18; i < 32; i++)
		assert_int_equal(x[i], UNTOUCHED);
	for (unsigned i = 2; i < 5; i++)
		assert_int_equal(x[10 + i], args[i]);
	return error;
}

#define call(eid, fid, ...)  call_of(0, eid, fid, (const uint64_t[5]){ __VA_ARGS__ })
#define call1(eid, fid, ...) call_of(1, eid, fid, (const uint64_t[5]){ __VA_ARGS__ })

static void test_base(void **state)
{
	const uint64_t there[] = { SBI_BASE, SBI_TIME, SBI_IPI,		  SBI_RFENCE, SBI_HSM,
				   SBI_SRST, SBI_PMU,  SBI_DBCN,	  SBI_SUSP,   SBI_STA,
				   0,	     8,	       AXVM_HYPERCALL_SBI };
	const uint64_t not_there[] = {
		9, 0xf, 0x11, 0x4e41434c, 0x43505043, UINT64_MAX, SBI_TIME + (1ull << 32)
	};

	assert_int_equal(call(SBI_BASE, 0, 0), SBI_SUCCESS);
	assert_int_equal(value, 0x2000000);
	assert_int_equal(verdict, RUN_RESUME);
	assert_int_equal(call(SBI_BASE, 1, 0), SBI_SUCCESS);
	assert_int_equal(value, 0x415856);
	assert_int_equal(call(SBI_BASE, 2, 0), SBI_SUCCESS);
	assert_true(value > 0);
	for (size_t i = 0; i < sizeof(there) / sizeof(*there); i++) {
		assert_int_equal(call(SBI_BASE, 3, there[i]), SBI_SUCCESS);
		assert_int_equal(value, 1);
	}
	for (size_t i = 0; i < sizeof(not_there) / sizeof(*not_there); i++) {
		assert_int_equal(call(SBI_BASE, 3, not_there[i]), SBI_SUCCESS);
		assert_int_equal(value, 0);
	}
	for (unsigned fid = 4; fid < 7; fid++) {
		assert_int_equal(call(SBI_BASE, fid, 5), SBI_SUCCESS);
		assert_int_equal(value, 0);
	}
}

static void test_what_is_not_listed_is_not_supported(void **state)
{
	const uint64_t eids[] = { SBI_BASE, SBI_TIME, SBI_IPI,	SBI_RFENCE, SBI_HSM,
				  SBI_SRST, SBI_PMU,  SBI_DBCN, SBI_SUSP,   SBI_STA };

	for (size_t i = 0; i < sizeof(eids) / sizeof(*eids); i++) {
		for (unsigned k = 0; k < 2; k++) {
			uint64_t fid = k ? UINT64_MAX : 8;

			assert_int_equal(call(eids[i], fid, 0), SBI_ERR_NOT_SUPPORTED);
			assert_int_equal(value, 0);
			assert_int_equal(verdict, RUN_RESUME);
		}
	}
	assert_int_equal(call(9, 0, 1, 2), SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(value, 0);
	for (unsigned fid = 3; fid < 7; fid++) /* HFENCE */
		assert_int_equal(call(SBI_RFENCE, fid, 1, 0), SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(call(SBI_PMU, 7, 0, 0, 0), SBI_ERR_NOT_SUPPORTED); /* snapshots */
	assert_int_equal(asked.fences, 0);
}

static void test_time(void **state)
{
	assert_int_equal(call(SBI_TIME, 0, 0x123456789abcdef), SBI_SUCCESS);
	assert_int_equal(value, 0);
	assert_int_equal(asked.timer, 0x123456789abcdef);
}

static void test_ipi(void **state)
{
	assert_int_equal(call(SBI_IPI, 0, 0x5, 0), SBI_SUCCESS); /* harts 0 and 2 */
	assert_int_equal(asked.raised, 0x1);
	assert_int_equal(asked.soft, 0x4);
	start();
	assert_int_equal(call(SBI_IPI, 0, 0x1, 40), SBI_SUCCESS);
	assert_int_equal(asked.soft, 0x2);
	start();
	assert_int_equal(call(SBI_IPI, 0, 0, ALL), SBI_SUCCESS); /* the mask does not matter */
	assert_int_equal(asked.raised | asked.soft, 0x7);
	start();
	assert_int_equal(call(SBI_IPI, 0, 0, 5), SBI_SUCCESS); /* nobody */
	assert_int_equal(call(SBI_IPI, 0, 0x2, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_IPI, 0, 0x7, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_IPI, 0, 0x1, ALL - 1), SBI_ERR_INVALID_PARAM);
	assert_int_equal(asked.raised | asked.soft, 0); /* none of them */
}

/* The numbers wrap around the end: base + 2 is hart 0. */
static void test_a_mask_from_a_base_near_the_end(void **state)
{
	assert_int_equal(call(SBI_IPI, 0, 0x4, ALL - 1), SBI_SUCCESS);
	assert_int_equal(asked.raised, 0x1);
}

static void test_rfence(void **state)
{
	assert_int_equal(call(SBI_RFENCE, 0, 0x4, 0, 77, 88), SBI_SUCCESS);
	assert_int_equal(asked.fence_kind, RISCV64_FENCE_I);
	assert_int_equal(asked.fence_targets, 0x4);
	assert_int_equal(call(SBI_RFENCE, 1, 0, ALL, 0x1000, 0x2000), SBI_SUCCESS);
	assert_int_equal(asked.fence_kind, RISCV64_FENCE_VMA);
	assert_int_equal(asked.fence_targets, 0x7);
	assert_int_equal(asked.fence_va, 0x1000);
	assert_int_equal(asked.fence_size, 0x2000);
	assert_int_equal(asked.fence_asid, UINT64_MAX);
	assert_int_equal(call(SBI_RFENCE, 2, 1, 40, 0x1000, 0x2000, 0xf0005), SBI_SUCCESS);
	assert_int_equal(asked.fence_targets, 0x2);
	assert_int_equal(asked.fence_asid, 5);
	assert_int_equal(asked.fences, 3);
}

static void test_rfence_ranges(void **state)
{
	assert_int_equal(call(SBI_RFENCE, 1, 1, 0, 0, 0), SBI_SUCCESS);
	assert_int_equal(asked.fence_size, UINT64_MAX);
	asked.fence_size = 0;
	assert_int_equal(call(SBI_RFENCE, 1, 1, 0, 0x5000, UINT64_MAX), SBI_SUCCESS);
	assert_int_equal(asked.fence_size, UINT64_MAX);
	assert_int_equal(asked.fence_va, 0);
	assert_int_equal(call(SBI_RFENCE, 1, 1, 0, 0x5000, 0), SBI_SUCCESS);
	assert_int_equal(asked.fence_size, 0);
	assert_int_equal(call(SBI_RFENCE, 1, 1, 0, ALL - 0xfff, 0x1000), SBI_SUCCESS);
	assert_int_equal(asked.fence_va, ALL - 0xfff);
	assert_int_equal(asked.fences, 4);
	assert_int_equal(call(SBI_RFENCE, 1, 1, 0, UINT64_MAX - 1, 16), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(call(SBI_RFENCE, 2, 2, 0, 0, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(asked.fences, 4);
}

/* The most that a VM has: its last hart is the last bit of a set. */
static void test_all_of_64_harts(void **state)
{
	start_harts(AXVM_MAX_VCPUS);
	assert_int_equal(call(SBI_IPI, 0, 0, ALL), SBI_SUCCESS);
	assert_int_equal(asked.raised, 0x1);
	assert_int_equal(asked.soft, ALL - 1);
	assert_int_equal(call(SBI_RFENCE, 0, 1, 63), SBI_SUCCESS);
	assert_int_equal(asked.fence_targets, UINT64_C(1) << 63);
	assert_int_equal(vcpus[63].arch.sbi.events[SBI_EVENT_IPI_RECEIVED], 1);
	assert_int_equal(vcpus[63].arch.sbi.events[SBI_EVENT_FENCE_I_RECEIVED], 1);
	assert_int_equal(vcpus[0].arch.sbi.events[SBI_EVENT_IPI_SENT], 64);
	assert_int_equal(vcpus[0].arch.sbi.events[SBI_EVENT_FENCE_I_SENT], 1);
}

static void test_hart_start(void **state)
{
	assert_int_equal(call(SBI_HSM, 0, 1, RAM, 5), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_HSM, 0, 40, 0, 5), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(call(SBI_HSM, 0, 40, ROM, 5), SBI_ERR_INVALID_ADDRESS); /* no code */
	assert_int_equal(asked.power_on, 0);
	assert_int_equal(call(SBI_HSM, 0, 40, RAM + 4, 0x1234), SBI_SUCCESS);
	assert_int_equal(asked.entry, RAM + 4);
	assert_int_equal(asked.arg, 0x1234);
	assert_true(vcpus[1].powered);
	assert_int_equal(call(SBI_HSM, 0, 40, RAM, 5), SBI_ERR_ALREADY_AVAILABLE);
	assert_int_equal(call(SBI_HSM, 0, 0, RAM, 5), SBI_ERR_ALREADY_AVAILABLE);
}

static uint64_t status_of(uint64_t hart)
{
	assert_int_equal(call(SBI_HSM, 2, hart), SBI_SUCCESS);
	return value;
}

static void test_hart_status(void **state)
{
	assert_int_equal(status_of(0), 0);
	assert_int_equal(status_of(40), 1);
	call(SBI_HSM, 0, 40, RAM, 5);
	assert_int_equal(status_of(40), 2);
	vcpus[1].start.pending = false;
	assert_int_equal(status_of(40), 0);
	call1(SBI_HSM, 3, 0);
	assert_int_equal(status_of(40), 4);
	sbi_vcpu_bind(&vcpus[1]);
	assert_int_equal(status_of(40), 0);
	call1(SBI_HSM, 1, 0);
	assert_int_equal(verdict, RUN_LEAVE);
	assert_int_equal(asked.down, 1);
	assert_int_equal(status_of(40), 1);
	assert_int_equal(call(SBI_HSM, 2, 1), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_HSM, 2, UINT64_MAX), SBI_ERR_INVALID_PARAM);
}

static void test_hart_suspend(void **state)
{
	const uint64_t bad[] = { 1, 0x0fffffff, 0x10000000, 0x7fffffff, 0x80000001, 0xffffffff };

	assert_int_equal(call(SBI_HSM, 3, 0, 0, 0), SBI_SUCCESS); /* retentive */
	assert_int_equal(verdict, RUN_LEAVE);
	assert_int_equal(asked.halt, 1);
	assert_int_equal(asked.restart, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(call(SBI_HSM, 3, bad[i], RAM, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_HSM, 3, 0x80000000, 12, 0), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(asked.halt, 1);
	call(SBI_HSM, 3, UINT64_C(0xffffffff80000000), RAM + 8, 0x99); /* an int, as C passes it */
	assert_int_equal(asked.restart, 1);
	assert_int_equal(asked.entry, RAM + 8);
	assert_int_equal(asked.arg, 0x99);
	assert_int_equal(asked.halt, 2);
	irq_pending = true; /* it goes on at once, and is not suspended */
	call(SBI_HSM, 3, 0, 0, 0);
	assert_int_equal(verdict, RUN_RESUME);
	assert_int_equal(status_of(0), 0);
}

static void test_srst(void **state)
{
	const uint64_t bad[][2] = {
		{ 3, 0 }, { 0, 2 }, { 0xf0000000, 0 }, { 1, 0xe0000000 }, { 0xffffffff, 0 }
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(call(SBI_SRST, 0, bad[i][0], bad[i][1]), SBI_ERR_INVALID_PARAM);
		assert_int_equal(verdict, RUN_RESUME);
	}
	assert_int_equal(asked.off + asked.reset, 0);
	call(SBI_SRST, 0, 0, 1);
	assert_int_equal(verdict, RUN_LEAVE);
	assert_int_equal(asked.off, 1);
	call(SBI_SRST, 0, 1, 0);
	call(SBI_SRST, 0, 2, 0);
	assert_int_equal(asked.reset, 2);
	assert_int_equal(asked.off, 1);
}

static void test_susp(void **state)
{
	assert_int_equal(call(SBI_SUSP, 0, 1, RAM, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_SUSP, 0, 0, 0, 0), SBI_ERR_INVALID_ADDRESS);
	vcpus[2].powered = true;
	assert_int_equal(call(SBI_SUSP, 0, 0, RAM, 0), SBI_ERR_DENIED);
	vcpus[2].powered = false;
	assert_int_equal(asked.halt + asked.restart, 0);
	call(SBI_SUSP, 0, 0, RAM + 16, 3);
	assert_int_equal(verdict, RUN_LEAVE);
	assert_int_equal(asked.halt, 1);
	assert_int_equal(asked.entry, RAM + 16);
	assert_int_equal(asked.arg, 3);
}

static void test_dbcn(void **state)
{
	memcpy(ram + 0x100, "hello", 5);
	assert_int_equal(call(SBI_DBCN, 0, 5, RAM + 0x100, 0), SBI_SUCCESS);
	assert_int_equal(value, 5);
	assert_memory_equal(asked.console, "hello", 5);
	assert_int_equal(call(SBI_DBCN, 2, 0x100 + 'x'), SBI_SUCCESS);
	assert_int_equal(value, 0);
	assert_int_equal(asked.console_len, 1);
	assert_int_equal(asked.console[0], 'x');
	assert_int_equal(call(SBI_DBCN, 1, 5, RAM, 0), SBI_SUCCESS); /* nobody types */
	assert_int_equal(value, 0);
	assert_int_equal(call(SBI_DBCN, 1, 5, ROM, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_DBCN, 1, 5, 0, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_DBCN, 1, 5, RAM, 1), SBI_ERR_INVALID_PARAM);
}

static void lesson_18_oversized_console_write_is_bounded(void **state)
{
	assert_int_equal(call(SBI_DBCN, 0, RAM_LEN, RAM, 0), SBI_SUCCESS);
	assert_true(value > 0 && value <= 256);
	assert_int_equal(asked.console_len, value);
	asked.console_len = 0;
	assert_int_equal(call(SBI_DBCN, 0, UINT64_MAX, RAM, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_DBCN, 0, 2, UINT64_MAX, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_DBCN, 0, 16, RAM + RAM_LEN - 8, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_DBCN, 0, 16, 0, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_DBCN, 0, 16, RAM, 1), SBI_ERR_INVALID_PARAM);
	assert_int_equal(asked.console_len, 0);
}

static void lesson_18_reboot_and_status_end_nothing_else(void **state)
{
	for (unsigned i = 0; i < 100; i++) {
		call(SBI_SRST, 0, 1 + i % 2, 0);
		call(SBI_HSM, 2, i);
		assert_true(error == SBI_SUCCESS || error == SBI_ERR_INVALID_PARAM);
	}
	assert_int_equal(asked.reset, 100);
	assert_int_equal(asked.off + asked.down + asked.power_on, 0);
}

static void test_legacy(void **state)
{
	assert_int_equal(call(0, 0, 1234, UNTOUCHED), 0);
	assert_int_equal(asked.timer, 1234);
	assert_int_equal(value, UNTOUCHED); /* only a0 */
	assert_int_equal(call(1, 0, 'y'), 0);
	assert_int_equal(asked.console[0], 'y');
	assert_int_equal(call(2, 0, 0), -1);
	assert_int_equal(call(3, 0, 0), 0);
	assert_int_equal(asked.cleared, 0x1);
	call(8, 0, 0);
	assert_int_equal(asked.off, 1);
	assert_int_equal(verdict, RUN_LEAVE);
}

static void test_legacy_masks(void **state)
{
	word = 0x4;
	assert_int_equal(call(4, 0, 0xffff0000), 0);
	assert_int_equal(asked.soft, 0x4);
	assert_int_equal(call(5, 0, 0), 0); /* no mask: all harts */
	assert_int_equal(asked.fence_kind, RISCV64_FENCE_I);
	assert_int_equal(asked.fence_targets, 0x7);
	assert_int_equal(call(6, 0, 0xffff0000, 0x3000, 0x1000), 0);
	assert_int_equal(asked.fence_kind, RISCV64_FENCE_VMA);
	assert_int_equal(asked.fence_targets, 0x4);
	assert_int_equal(asked.fence_va, 0x3000);
	assert_int_equal(call(7, 0, 0xffff0000, 0x3000, 0x1000, 9), 0);
	assert_int_equal(asked.fence_asid, 9);
	word = 0x8;
	assert_int_equal(call(4, 0, 0xffff0000), SBI_ERR_INVALID_PARAM);
	word_faults = true;
	assert_int_equal(call(6, 0, 0xffff0000, 0, 0), 0xffff0000); /* as it was */
	assert_int_equal(verdict, RUN_RESUME);
	assert_int_equal(asked.fences, 3);
}

static void test_hypercall(void **state)
{
	call(AXVM_HYPERCALL_SBI, AXVM_HYPERCALL_IVC_SIZE, 11, 22, 33, 44, 55);
	assert_int_equal(asked.hypercall, 1);
	assert_int_equal(asked.exit.reason, AXVM_EXIT_HYPERCALL);
	assert_int_equal(asked.exit.hypercall.nr, AXVM_HYPERCALL_IVC_SIZE);
	assert_int_equal(asked.exit.hypercall.args[0], 11);
	assert_int_equal(asked.exit.hypercall.args[4], 55);
}

/* ---- PMU ---- */

#define EVENT(code) (0xf0000u + (code))

static uint64_t fw_read(uint64_t counter)
{
	assert_int_equal(call(SBI_PMU, 5, counter), SBI_SUCCESS);
	return value;
}

static uint64_t config(uint64_t base, uint64_t mask, uint64_t flags, uint64_t event)
{
	assert_int_equal(call(SBI_PMU, 2, base, mask, flags, event), SBI_SUCCESS);
	return value;
}

static void test_pmu_counts(void **state)
{
	uint64_t timer = config(0, 0xffff, 0x6, EVENT(5));
	uint64_t sent = config(0, 0xffff, 0x6, EVENT(6));

	assert_true(timer != sent);
	call(SBI_TIME, 0, 1);
	call(SBI_TIME, 0, 2);
	call(0, 0, 3);
	call(SBI_IPI, 0, 0x5, 0);
	assert_int_equal(fw_read(timer), 3);
	assert_int_equal(fw_read(sent), 2);
	assert_int_equal(call(SBI_PMU, 4, timer, 1, 0), SBI_SUCCESS);
	call(SBI_TIME, 0, 1);
	assert_int_equal(fw_read(timer), 3); /* it is stopped */
	assert_int_equal(call(SBI_PMU, 3, timer, 1, 0, 99), SBI_SUCCESS);
	call(SBI_TIME, 0, 1);
	assert_int_equal(fw_read(timer), 4);
	assert_int_equal(call(SBI_PMU, 4, timer, 1, 0), SBI_SUCCESS);
	assert_int_equal(call(SBI_PMU, 3, timer, 1, 1, 99), SBI_SUCCESS);
	call(SBI_TIME, 0, 1);
	assert_int_equal(fw_read(timer), 100);
	assert_int_equal(call(SBI_PMU, 6, timer), SBI_SUCCESS);
	assert_int_equal(value, 0);
}

static void test_pmu_events_of_both_ends(void **state)
{
	for (unsigned code = 5; code < 14; code++)
		assert_int_equal(config(0, 0xffff, 0x6, EVENT(code)), code - 5);
	call1(SBI_IPI, 0, 0x1, 0);
	call1(SBI_RFENCE, 0, 0x1, 0);
	call1(SBI_RFENCE, 1, 0x1, 0, 0, 0);
	call1(SBI_RFENCE, 2, 0x1, 0, 0, 0, 0);
	for (unsigned code = 5; code < 14; code++)
		assert_int_equal(fw_read(code - 5), code % 2 == 1 && code > 5);
	call(SBI_RFENCE, 2, 0x1, 40, 0, 0, 0);
	assert_int_equal(fw_read(12 - 5), 1);
	assert_int_equal(fw_read(13 - 5), 1);
}

static void test_pmu_numbers_and_kinds(void **state)
{
	assert_int_equal(call(SBI_PMU, 0, 0), SBI_SUCCESS);
	assert_int_equal(value, 18);
	assert_int_equal(call(SBI_PMU, 1, 15), SBI_SUCCESS);
	assert_int_equal(value, 1ull << 63);
	assert_int_equal(call(SBI_PMU, 1, 16), SBI_SUCCESS);
	assert_int_equal(value, 63u << 12 | 0xc00);
	assert_int_equal(call(SBI_PMU, 1, 17), SBI_SUCCESS);
	assert_int_equal(value, 63u << 12 | 0xc02);
	assert_int_equal(call(SBI_PMU, 1, 18), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_PMU, 5, 16), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_PMU, 5, 0), SBI_ERR_INVALID_PARAM); /* it counts nothing */
	assert_int_equal(call(SBI_PMU, 5, UINT64_MAX), SBI_ERR_INVALID_PARAM);
}

static void test_pmu_refuses(void **state)
{
	const uint64_t events[] = {
		0, 1, EVENT(0), EVENT(4), EVENT(14), 0x10001, EVENT(5) + 0x100000, UINT64_MAX
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		assert_int_equal(call(SBI_PMU, 2, 0, 0xffff, 0, events[i]), SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(call(SBI_PMU, 2, 18, 1, 0, EVENT(5)), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_PMU, 2, 17, 3, 0, EVENT(5)), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_PMU, 2, 0, 1, 0x100, EVENT(5)), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_PMU, 2, UINT64_MAX, 1, 0, EVENT(5)), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_PMU, 2, 0, 1, 1, EVENT(5)), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_PMU, 3, 0, 1, 0, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_PMU, 4, 0, 1, 0), SBI_ERR_INVALID_PARAM);
	config(3, 1, 0, EVENT(5));
	assert_int_equal(call(SBI_PMU, 2, 3, 1, 0, EVENT(5)), SBI_ERR_NOT_SUPPORTED); /* taken */
	assert_int_equal(call(SBI_PMU, 3, 3, 1, 2, 0), SBI_ERR_NO_SHMEM);
	assert_int_equal(call(SBI_PMU, 3, 3, 1, 4, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_PMU, 4, 3, 1, 0), SBI_ERR_ALREADY_STOPPED);
	assert_int_equal(call(SBI_PMU, 3, 3, 1, 0, 0), SBI_SUCCESS);
	assert_int_equal(call(SBI_PMU, 3, 3, 1, 0, 0), SBI_ERR_ALREADY_STARTED);
	assert_int_equal(call(SBI_PMU, 2, 3, 1, 1, 0), SBI_ERR_INVALID_PARAM); /* it is started */
	assert_int_equal(call(SBI_PMU, 4, 3, 1, 2), SBI_ERR_NO_SHMEM);
	assert_int_equal(call(SBI_PMU, 4, 3, 1, 1), SBI_SUCCESS);
	assert_int_equal(config(3, 1, 0, EVENT(6)), 3); /* free again */
}

#define CYCLES	     1
#define INSTRUCTIONS 2

static uint64_t csr(uint32_t number)
{
	uint64_t got;

	assert_true(sbi_pmu_read(&vcpus[0], number, &got));
	return got;
}

/* The hart's own: as the guest sets them, and only while it is on a CPU. */
static void test_pmu_hardware(void **state)
{
	uint64_t got;

	cycles = 1000;
	assert_false(sbi_pmu_read(&vcpus[0], 0xc00, &got));
	assert_int_equal(config(0, 0x3ffff, 0, CYCLES), 16);
	assert_int_equal(traps, 1);
	assert_int_equal(config(0, 0x3ffff, 0x6, INSTRUCTIONS), 17);
	assert_int_equal(traps, 5);
	assert_int_equal(call(SBI_PMU, 2, 0, 0x3ffff, 0, CYCLES), SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(call(SBI_PMU, 3, 16, 1, 1, 50), SBI_SUCCESS);
	cycles = 1100;
	assert_int_equal(csr(0xc00), 150);
	assert_int_equal(csr(0xc02), 50);
	assert_false(sbi_pmu_read(&vcpus[0], 0xc01, &got));
	assert_false(sbi_pmu_read(&vcpus[1], 0xc00, &got));
	sbi_vcpu_unbind(&vcpus[0]);
	assert_int_equal(traps, 0);
	cycles = 7;
	sbi_vcpu_bind(&vcpus[0]);
	assert_int_equal(traps, 5);
	cycles = 17;
	assert_int_equal(csr(0xc00), 160);
	assert_int_equal(call(SBI_PMU, 4, 16, 1, 0), SBI_SUCCESS);
	cycles = 100;
	assert_int_equal(csr(0xc00), 160);
	assert_int_equal(call(SBI_PMU, 5, 16), SBI_ERR_INVALID_PARAM); /* not firmware's */
	assert_int_equal(call(SBI_PMU, 4, 16, 3, 1), SBI_ERR_ALREADY_STOPPED);
	assert_int_equal(traps, 0);
	assert_false(sbi_pmu_read(&vcpus[0], 0xc00, &got));
}

static void test_pmu_without_hardware(void **state)
{
	has_counters = false;
	call(SBI_PMU, 0, 0);
	assert_int_equal(value, 16);
	assert_int_equal(call(SBI_PMU, 1, 16), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_PMU, 2, 16, 1, 0, CYCLES), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_PMU, 2, 0, 0xffff, 0, CYCLES), SBI_ERR_NOT_SUPPORTED);
}

static void test_pmu_again_without_matching(void **state)
{
	config(2, 1, 0x6, EVENT(5));
	call(SBI_TIME, 0, 1);
	call(SBI_PMU, 4, 2, 1, 0);
	assert_int_equal(config(2, 1, 0x5, 0), 2); /* goes on from where it was */
	call(SBI_TIME, 0, 1);
	assert_int_equal(fw_read(2), 2);
	call(SBI_PMU, 4, 2, 1, 0);
	assert_int_equal(config(2, 1, 0x7, 0), 2); /* from 0 */
	assert_int_equal(fw_read(2), 0);
}

/* ---- STA ---- */

static uint32_t sequence(unsigned at)
{
	uint32_t got;

	memcpy(&got, ram + at, 4);
	return got;
}

static uint64_t steal(unsigned at)
{
	uint64_t got;

	memcpy(&got, ram + at + 8, 8);
	return got;
}

static void away(enum axvm_exit_reason reason, uint64_t from, uint64_t to)
{
	vcpus[0].exit.reason = reason;
	now = from;
	sbi_vcpu_unbind(&vcpus[0]);
	now = to;
	sbi_vcpu_bind(&vcpus[0]);
}

static void test_sta(void **state)
{
	away(AXVM_EXIT_PREEMPTED, 10, 20); /* without a record */
	assert_int_equal(call(SBI_STA, 0, RAM + 64, 0, 0), SBI_SUCCESS);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(ram[64 + i], 0);
	assert_int_equal(ram[128], 0xa5);
	away(AXVM_EXIT_PREEMPTED, 1000, 1500);
	assert_int_equal(steal(64), 500);
	assert_int_equal(sequence(64), 2);
	away(AXVM_EXIT_HALT, 2000, 9000); /* it had nothing to do */
	away(AXVM_EXIT_EXTERNAL_INTERRUPT, 10000, 10001);
	assert_int_equal(steal(64), 501);
	away(AXVM_EXIT_PREEMPTED, 11000, 10999); /* to a CPU whose clock is behind */
	assert_int_equal(steal(64), 501);
	vcpus[0].exit.reason = AXVM_EXIT_PREEMPTED;
	sbi_vcpu_unbind(&vcpus[0]);
	assert_int_equal(ram[64 + 16], 1);
	sbi_vcpu_bind(&vcpus[0]);
	assert_int_equal(ram[64 + 16], 0);
	assert_int_equal(call(SBI_STA, 0, ALL, ALL, 0), SBI_SUCCESS);
	away(AXVM_EXIT_PREEMPTED, 20000, 30000);
	assert_int_equal(steal(64), 501);
}

static void test_sta_refuses(void **state)
{
	assert_int_equal(call(SBI_STA, 0, RAM, 0, 1), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_STA, 0, RAM + 32, 0, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call(SBI_STA, 0, RAM, 1, 0), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(call(SBI_STA, 0, ROM, 0, 0), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(call(SBI_STA, 0, 0, 0, 0), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(call(SBI_STA, 0, ALL - 63, 0, 0), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(ram[0], 0xa5);
	away(AXVM_EXIT_PREEMPTED, 1, 2);
	assert_int_equal(ram[0], 0xa5);
}

static void test_a_started_hart_has_nothing_of_its_last_life(void **state)
{
	call(SBI_STA, 0, RAM, 0, 0);
	config(0, 1, 0x4, EVENT(5));
	sbi_vcpu_reset(&vcpus[0]);
	away(AXVM_EXIT_PREEMPTED, 1, 2);
	assert_int_equal(steal(0), 0);
	assert_int_equal(call(SBI_PMU, 5, 0), SBI_ERR_INVALID_PARAM);
}

static void test_errors_of_the_core(void **state)
{
	assert_int_equal(sbi_error(AXVM_OK), SBI_SUCCESS);
	assert_int_equal(sbi_error(AXVM_ERR_INVALID_INPUT), SBI_ERR_INVALID_PARAM);
	assert_int_equal(sbi_error(AXVM_ERR_ALREADY_EXISTS), SBI_ERR_ALREADY_AVAILABLE);
	assert_int_equal(sbi_error(AXVM_ERR_PERMISSION_DENIED), SBI_ERR_DENIED);
	assert_int_equal(sbi_error(AXVM_ERR_NO_MEMORY), SBI_ERR_FAILED);
	assert_int_equal(sbi_error((enum axvm_error) - 99), SBI_ERR_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_base, setup),
		cmocka_unit_test_setup(test_what_is_not_listed_is_not_supported, setup),
		cmocka_unit_test_setup(test_time, setup),
		cmocka_unit_test_setup(test_ipi, setup),
		cmocka_unit_test_setup(test_a_mask_from_a_base_near_the_end, setup),
		cmocka_unit_test_setup(test_rfence, setup),
		cmocka_unit_test_setup(test_rfence_ranges, setup),
		cmocka_unit_test_setup(test_all_of_64_harts, setup),
		cmocka_unit_test_setup(test_hart_start, setup),
		cmocka_unit_test_setup(test_hart_status, setup),
		cmocka_unit_test_setup(test_hart_suspend, setup),
		cmocka_unit_test_setup(test_srst, setup),
		cmocka_unit_test_setup(test_susp, setup),
		cmocka_unit_test_setup(test_dbcn, setup),
		cmocka_unit_test_setup(lesson_18_oversized_console_write_is_bounded, setup),
		cmocka_unit_test_setup(lesson_18_reboot_and_status_end_nothing_else, setup),
		cmocka_unit_test_setup(test_legacy, setup),
		cmocka_unit_test_setup(test_legacy_masks, setup),
		cmocka_unit_test_setup(test_hypercall, setup),
		cmocka_unit_test_setup(test_pmu_counts, setup),
		cmocka_unit_test_setup(test_pmu_events_of_both_ends, setup),
		cmocka_unit_test_setup(test_pmu_numbers_and_kinds, setup),
		cmocka_unit_test_setup(test_pmu_refuses, setup),
		cmocka_unit_test_setup(test_pmu_hardware, setup),
		cmocka_unit_test_setup(test_pmu_without_hardware, setup),
		cmocka_unit_test_setup(test_pmu_again_without_matching, setup),
		cmocka_unit_test_setup(test_sta, setup),
		cmocka_unit_test_setup(test_sta_refuses, setup),
		cmocka_unit_test_setup(test_a_started_hart_has_nothing_of_its_last_life, setup),
		cmocka_unit_test_setup(test_errors_of_the_core, setup),
	};

	return cmocka_run_group_tests_name("sbi", tests, NULL, NULL);
}
