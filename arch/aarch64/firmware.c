/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware that a guest sees, by HVC and by SMC: PSCI 1.1 (Arm DEN 0022) and SMCCC 1.1
 * (Arm DEN 0028). Nothing here calls the real firmware; what is not listed is NOT_SUPPORTED.
 */
#include "host.h"
#include <axvm/hypercall.h>

enum function {
	PSCI_VERSION = 0x84000000,
	PSCI_CPU_SUSPEND_32 = 0x84000001,
	PSCI_CPU_OFF = 0x84000002,
	PSCI_CPU_ON_32 = 0x84000003,
	PSCI_AFFINITY_INFO_32 = 0x84000004,
	PSCI_MIGRATE_INFO_TYPE = 0x84000006,
	PSCI_SYSTEM_OFF = 0x84000008,
	PSCI_SYSTEM_RESET = 0x84000009,
	PSCI_FEATURES = 0x8400000a,
	PSCI_SYSTEM_RESET2_32 = 0x84000012,
	PSCI_CPU_SUSPEND_64 = 0xc4000001,
	PSCI_CPU_ON_64 = 0xc4000003,
	PSCI_AFFINITY_INFO_64 = 0xc4000004,
	PSCI_SYSTEM_RESET2_64 = 0xc4000012,
	SMCCC_VERSION = 0x80000000,
	SMCCC_ARCH_FEATURES = 0x80000001,
};

/* PSCI return codes, 5.2.2 */
#define PSCI_SUCCESS		INT64_C(0)
#define PSCI_NOT_SUPPORTED	INT64_C(-1)
#define PSCI_INVALID_PARAMETERS INT64_C(-2)
#define PSCI_ALREADY_ON		INT64_C(-4)
#define PSCI_INVALID_ADDRESS	INT64_C(-9)

#define PSCI_VERSION_1_1   INT64_C(0x10001)
#define SMCCC_VERSION_1_1  INT64_C(0x10001)
#define AFFINITY_ON	   INT64_C(0)
#define AFFINITY_OFF	   INT64_C(1)
#define MIGRATE_NOT_NEEDED INT64_C(2)

#define SMC64		0x40000000u
#define FUNCTION_NUMBER 0xffffu
#define MPIDR_AFFINITY	UINT64_C(0xff00ffffff)
#define RESET2_VENDOR	UINT64_C(0x80000000)

/* What the 32-bit form of a call passes: the upper halves are ignored. */
static uint64_t arg(const struct axvm_vcpu *vcpu, unsigned n)
{
	uint64_t value = vcpu->arch.regs.x[n];

	return vcpu->arch.regs.x[0] & SMC64 ? value : (uint32_t)value;
}

static struct axvm_vcpu *find_vcpu(struct axvm *vm, uint64_t mpidr)
{
	for (uint32_t i = 0; i < vm->vcpu_num; i++)
		if (vm->vcpus[i].phys_id == mpidr)
			return &vm->vcpus[i];
	return NULL;
}

static int64_t cpu_on(struct axvm_vcpu *vcpu)
{
	struct axvm_vcpu *target = find_vcpu(vcpu->vm, arg(vcpu, 1));
	struct stage2_leaf leaf;

	if (!target)
		return PSCI_INVALID_PARAMETERS;
	if (!aspace_find(&vcpu->vm->aspace, axvm_gpa(arg(vcpu, 2)), &leaf))
		return PSCI_INVALID_ADDRESS;
	if (vcpu_power_on(target, arg(vcpu, 2), arg(vcpu, 3)) != AXVM_OK)
		return PSCI_ALREADY_ON;
	return PSCI_SUCCESS;
}

/* Level n counts every CPU whose affinity fields from n up match (PSCI 5.7). */
static int64_t affinity_info(struct axvm_vcpu *vcpu)
{
	uint64_t level = arg(vcpu, 2), target = arg(vcpu, 1), mask;
	int64_t result = PSCI_INVALID_PARAMETERS;

	if (level > 3 || (target & ~MPIDR_AFFINITY))
		return PSCI_INVALID_PARAMETERS;
	mask = MPIDR_AFFINITY &
	       ~((level == 3 ? UINT64_C(1) << 32 : UINT64_C(1) << (8 * level)) - 1);
	for (uint32_t i = 0; i < vcpu->vm->vcpu_num; i++) {
		struct axvm_vcpu *other = &vcpu->vm->vcpus[i];

		if ((other->phys_id ^ target) & mask)
			continue;
		if (__atomic_load_n(&other->powered, __ATOMIC_ACQUIRE))
			return AFFINITY_ON;
		result = AFFINITY_OFF;
	}
	return result;
}

static int64_t features(uint32_t function)
{
	switch (function) {
	case PSCI_VERSION:
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
	case PSCI_CPU_OFF:
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_SYSTEM_RESET2_32:
	case PSCI_SYSTEM_RESET2_64:
	case PSCI_FEATURES:
	case SMCCC_VERSION:
		return PSCI_SUCCESS;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

static int64_t smccc_features(uint32_t function)
{
	return function == SMCCC_VERSION || function == SMCCC_ARCH_FEATURES ? PSCI_SUCCESS :
									      PSCI_NOT_SUPPORTED;
}

/* Every suspend is a standby: it returns with SUCCESS at the next interrupt (PSCI 5.4.2). */
static enum run_verdict cpu_suspend(struct axvm_vcpu *vcpu)
{
	vcpu->arch.regs.x[0] = PSCI_SUCCESS;
	return run_halt(vcpu);
}

static enum run_verdict answer(struct axvm_vcpu *vcpu, int64_t result)
{
	vcpu->arch.regs.x[0] = (uint64_t)result;
	return RUN_RESUME;
}

static enum run_verdict reset2(struct axvm_vcpu *vcpu)
{
	uint64_t type = vcpu->arch.regs.x[1] & UINT64_C(0xffffffff);

	/* Type 0 is a warm reset; vendor types are not offered (PSCI 5.15). */
	if (type & RESET2_VENDOR)
		return answer(vcpu, PSCI_NOT_SUPPORTED);
	if (type != 0)
		return answer(vcpu, PSCI_INVALID_PARAMETERS);
	return run_system_down(vcpu, true);
}

static enum run_verdict hypercall(struct axvm_vcpu *vcpu, uint32_t function)
{
	struct axvm_exit exit = { .reason = AXVM_EXIT_HYPERCALL };

	if ((function & ~FUNCTION_NUMBER) != AXVM_HYPERCALL_SMCCC)
		return answer(vcpu, PSCI_NOT_SUPPORTED);
	exit.hypercall.nr = function & FUNCTION_NUMBER;
	for (unsigned i = 0; i < 6; i++)
		exit.hypercall.args[i] = vcpu->arch.regs.x[i + 1];
	return run_hypercall(vcpu, &exit);
}

/* Out of line, so that the quickest call pays for none of the others' registers. */
__attribute__((noinline)) static enum run_verdict other_call(struct axvm_vcpu *vcpu,
							     uint32_t function)
{
	switch (function) {
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
		return cpu_suspend(vcpu);
	case PSCI_CPU_OFF:
		return run_cpu_down(vcpu, 0);
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
		return answer(vcpu, cpu_on(vcpu));
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
		return answer(vcpu, affinity_info(vcpu));
	case PSCI_MIGRATE_INFO_TYPE:
		return answer(vcpu, MIGRATE_NOT_NEEDED);
	case PSCI_SYSTEM_OFF:
		return run_system_down(vcpu, false);
	case PSCI_SYSTEM_RESET:
		return run_system_down(vcpu, true);
	case PSCI_SYSTEM_RESET2_32:
	case PSCI_SYSTEM_RESET2_64:
		return reset2(vcpu);
	case PSCI_FEATURES:
		return answer(vcpu, features((uint32_t)vcpu->arch.regs.x[1]));
	case SMCCC_VERSION:
		return answer(vcpu, SMCCC_VERSION_1_1);
	case SMCCC_ARCH_FEATURES:
		return answer(vcpu, smccc_features((uint32_t)vcpu->arch.regs.x[1]));
	default:
		return hypercall(vcpu, function);
	}
}

enum run_verdict aarch64_firmware_call(struct axvm_vcpu *vcpu)
{
	uint32_t function = (uint32_t)vcpu->arch.regs.x[0];

	vcpu_count(vcpu, AXVM_EXIT_HYPERCALL);
	if (function == PSCI_VERSION)
		return answer(vcpu, PSCI_VERSION_1_1);
	return other_call(vcpu, function);
}
