/* SPDX-License-Identifier: Apache-2.0 */
/* A VM of three simulated vCPUs that run on the test's own thread, and steps in short. */
#ifndef TESTS_SIM_FIXTURE_H
#define TESTS_SIM_FIXTURE_H

#include "sim_host.h"

#define MIB    UINT64_C(0x100000)
#define PAGE   UINT64_C(0x1000)
#define RAM    UINT64_C(0x40000000)
#define HIGH   UINT64_C(0x80000000) /* nothing is there unless a test puts it there */
#define RTC    UINT64_C(0x09010000)
#define RTC_LR (RTC + 8) /* a register of 32 bits that keeps what is written */
#define GICD   UINT64_C(0x08000000)
#define DEVICE UINT64_C(0x0b000000)
#define SECOND UINT64_C(1000000000)
#define RW     (AXVM_MEM_READ | AXVM_MEM_WRITE)

struct fixture {
	struct sim_host sim;
	struct axvm_config config;
	struct sim_vm *vm;
	struct axvm_vcpu *vcpu[3];
	const struct axvm_sim_cpu *cpu; /* of vCPU 0 */
	struct axvm_exit exit;
};

/* The VM of the configuration. */
void build(struct fixture *f);
/* For cmocka. */
int setup(void **state);
int teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* One run, of a vCPU that may. */
enum axvm_exit_reason run(struct fixture *f, uint32_t id);

/* Boots the VM with steps for vCPU 0, and runs it once. */
#define START(f, ...)                                                                              \
	({                                                                                         \
		static const struct axvm_sim_step steps_[] = { __VA_ARGS__ };                      \
		start(f, steps_, sizeof(steps_) / sizeof(steps_[0]));                              \
	})

enum axvm_exit_reason start(struct fixture *f, const struct axvm_sim_step *steps, size_t num);

uint64_t exits(struct fixture *f, enum axvm_exit_reason reason);

/* clang-format off */
#define LOAD(r, w, a)	  { .op = AXVM_SIM_LOAD, .reg = (r), .width = (w), .addr = (a) }
#define LOAD_AS(r, w, a, rw, s) \
	{ .op = AXVM_SIM_LOAD, .reg = (r), .width = (w), .addr = (a), .reg_width = (rw), \
	  .signed_ext = (s) }
#define STORE(w, a, v)	  { .op = AXVM_SIM_STORE, .width = (w), .addr = (a), .value = (v) }
#define FETCH(a)	  { .op = AXVM_SIM_FETCH, .addr = (a) }
#define SET(r, v)	  { .op = AXVM_SIM_SET, .reg = (r), .value = (v) }
#define CALL(nr, ...)	  { .op = AXVM_SIM_HYPERCALL, .value = (nr), .args = { __VA_ARGS__ } }
#define SYSREG_READ(r, a) { .op = AXVM_SIM_SYSREG_READ, .reg = (r), .addr = (a) }
#define SYSREG_WRITE(a, v) { .op = AXVM_SIM_SYSREG_WRITE, .addr = (a), .value = (v) }
#define IN(r, w, a)	  { .op = AXVM_SIM_IO_READ, .reg = (r), .width = (w), .addr = (a) }
#define OUT(w, a, v)	  { .op = AXVM_SIM_IO_WRITE, .width = (w), .addr = (a), .value = (v) }
#define CLAIM(r)	  { .op = AXVM_SIM_CLAIM, .reg = (r) }
#define IPI(mask, irq)	  { .op = AXVM_SIM_IPI, .addr = (mask), .value = (irq) }
#define TIME(r)		  { .op = AXVM_SIM_TIME, .reg = (r) }
#define TIMER(v)	  { .op = AXVM_SIM_TIMER, .value = (v) }
#define CPU_ON(id, step, arg) \
	{ .op = AXVM_SIM_CPU_ON, .addr = (id), .value = (step), .args = { (arg) } }
#define OP(name, v)	  { .op = AXVM_SIM_##name, .value = (v) }
/* clang-format on */

#endif
