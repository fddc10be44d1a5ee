/* SPDX-License-Identifier: Apache-2.0 */
/* Three harts that call their firmware with anything, and lose their CPUs now and then. */
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

static void lose_cpu(struct input *in, struct axvm_vcpu *vcpu)
{
	vcpu->exit.reason = (enum axvm_exit_reason)(input_u8(in) % AXVM_EXIT_REASON_NUM);
	sbi_vcpu_unbind(vcpu);
	now += input_u16(in);
	sbi_vcpu_bind(vcpu);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct input in = { input, size };

	start();
	while (in.left) {
		uint8_t what = input_u8(&in);
		struct axvm_vcpu *vcpu = &vcpus[what % HARTS];
		struct arch_regs *regs = &vcpu->arch.regs, before;

		irq_pending = what & 0x10;
		word_faults = what & 0x20;
		word = what;
		memset(&asked, 0, sizeof(asked));
		if (what >= 0xf0)
			lose_cpu(&in, vcpu);
		for (unsigned n = 10; n < 16; n++)
			regs->x[n] = any_argument(&in);
		regs->x[16] = input_u8(&in) % 10;
		what = input_u8(&in);
		regs->x[17] = what < 0xf0 ? eids[what % (sizeof(eids) / sizeof(*eids))] :
					    input_u64(&in);
		before = *regs;
		riscv64_sbi_call(vcpu);
		check(&before, vcpu);
	}
	return 0;
}
