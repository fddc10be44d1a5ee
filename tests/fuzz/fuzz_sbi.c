/* SPDX-License-Identifier: Apache-2.0 */
/* Three harts, or 64, that call their firmware with anything, and lose their CPUs now and then. */
#include "../unit/sbi_model.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static const uint64_t eids[] = {
	0,	 1,	   2,	    3,	      4,	5,	 6,
	7,	 8,	   9,	    SBI_BASE, SBI_TIME, SBI_IPI, SBI_RFENCE,
	SBI_HSM, SBI_SRST, SBI_PMU, SBI_DBCN, SBI_SUSP, SBI_STA, AXVM_HYPERCALL_SBI,
};

/* Small, near memory, near the end, or anything. */
static uint64_t any_argument(struct input *in)
{
	switch (input_u8(in) % 5) {
	case 0:
		return input_u8(in);
	case 1:
		return RAM + input_u16(in);
	case 2:
		return UINT64_MAX - input_u8(in);
	case 3:
		return 0xf0000u + input_u8(in) % 16;
	default:
		return input_u64(in);
	}
}

/* The registers that trap, and those that the guest has counters by, are the same. */
static void check_counters(const struct axvm_vcpu *vcpu)
{
	uint64_t got;

	for (uint32_t n = 0; n < 3; n++)
		must(sbi_pmu_read(vcpu, 0xc00 + n, &got) == (traps >> n & 1));
}

static void check(const struct arch_regs *before, const struct axvm_vcpu *vcpu)
{
	const uint64_t *x = vcpu->arch.regs.x;
	int64_t error = (int64_t)x[10];
	bool legacy = before->x[17] <= SBI_LEGACY_LAST;
	unsigned acted = asked.power_on + asked.down + asked.off + asked.reset + asked.hypercall;

	must(acted <= 1 && asked.restart <= asked.halt && asked.halt <= 1);
	must(asked.console_len <= 256);
	for (unsigned n = 1; n < 32; n++)
		must(n == 10 || (n == 11 && !legacy) || x[n] == before->x[n]);
	if (legacy || asked.down || asked.off || asked.reset || asked.hypercall || asked.restart)
		return;
	must(error <= 0 && error >= SBI_ERR_NO_SHMEM && (error == 0 || x[11] == 0));
}

/* Since its last run on a CPU. */
static void pass_time(struct input *in, struct axvm_vcpu *vcpu)
{
	must(traps == 0);
	cycles = input_u16(in);
	now += input_u16(in);
}

static void any_call(struct input *in, struct arch_regs *regs)
{
	uint8_t which = input_u8(in);

	for (unsigned n = 10; n < 16; n++)
		regs->x[n] = any_argument(in);
	regs->x[16] = input_u8(in) % 10;
	regs->x[17] = which < 0xf0 ? eids[which % (sizeof(eids) / sizeof(*eids))] : input_u64(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct input in = { input, size };
	uint8_t machine = input_u8(&in);

	start_harts(machine & 2 ? AXVM_MAX_VCPUS : HARTS);
	has_counters = machine & 1;
	while (in.left) {
		uint8_t what = input_u8(&in);
		struct axvm_vcpu *vcpu = &vcpus[what % vm.vcpu_num];
		struct arch_regs before;

		irq_pending = what & 0x10;
		word_faults = what & 0x20;
		word = what;
		memset(&asked, 0, sizeof(asked));
		if (what >= 0xf0)
			pass_time(&in, vcpu);
		any_call(&in, &vcpu->arch.regs);
		before = vcpu->arch.regs;
		sbi_vcpu_bind(vcpu);
		riscv64_sbi_call(vcpu);
		check(&before, vcpu);
		check_counters(vcpu);
		vcpu->exit.reason = (enum axvm_exit_reason)(word % AXVM_EXIT_REASON_NUM);
		sbi_vcpu_unbind(vcpu);
	}
	return 0;
}
