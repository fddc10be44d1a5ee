/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware calls of an AArch64 guest with any arguments, over a core that only notes what it is
 * asked. */
#include "../../arch/aarch64/host.h"
#include "input.h"

#define VCPUS 3u
#define RAM   UINT64_C(0x40000000)

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static struct axvm vm;
static struct axvm_vcpu vcpus[VCPUS];
static unsigned calls; /* of the core by one call of the guest */

bool aspace_find(struct aspace *as, axvm_gpa_t gpa, struct stage2_leaf *out)
{
	*out = (struct stage2_leaf){ axvm_hpa(gpa.v), AXVM_PAGE_SIZE, AXVM_MEM_ALL };
	return as == &vm.aspace && gpa.v >= RAM && gpa.v < 2 * RAM;
}

enum axvm_error vcpu_power_on(struct axvm_vcpu *vcpu, uint64_t entry, uint64_t arg)
{
	must(vcpu >= vcpus && vcpu < vcpus + VCPUS && entry >= RAM && entry < 2 * RAM);
	(void)arg;
	calls++;
	if (vcpu->powered)
		return AXVM_ERR_ALREADY_EXISTS;
	vcpu->powered = true;
	return AXVM_OK;
}

enum run_verdict run_halt(struct axvm_vcpu *vcpu)
{
	calls++;
	must(vcpu->arch.regs.x[0] == 0);
	return RUN_RESUME;
}

enum run_verdict run_cpu_down(struct axvm_vcpu *vcpu, uint64_t state)
{
	calls++;
	(void)state;
	vcpu->powered = false;
	return RUN_LEAVE;
}

enum run_verdict run_system_down(struct axvm_vcpu *vcpu, bool reset)
{
	calls++;
	must((uint32_t)vcpu->arch.regs.x[0] >> 24 == 0x84 || reset);
	return RUN_LEAVE;
}

enum run_verdict run_hypercall(struct axvm_vcpu *vcpu, const struct axvm_exit *exit)
{
	calls++;
	must((uint32_t)vcpu->arch.regs.x[0] >> 16 == 0xc600 && exit->hypercall.nr <= 0xffff);
	must(exit->hypercall.args[0] == vcpu->arch.regs.x[1]);
	return RUN_RESUME;
}

/* A bounded answer: PSCI 1.1 has no error below -9. */
static void check(const struct arch_regs *before, const struct axvm_vcpu *vcpu)
{
	int64_t result = (int64_t)vcpu->arch.regs.x[0];

	if (calls == 0)
		must((result >= -9 && result <= 2) || result == 0x10001);
	for (unsigned n = 1; n < 31; n++)
		must(vcpu->arch.regs.x[n] == before->x[n]);
	must(calls <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct input in = { input, size };

	vm.vcpus = vcpus;
	vm.vcpu_num = VCPUS;
	for (unsigned n = 0; n < VCPUS; n++) {
		vcpus[n].vm = &vm;
		vcpus[n].phys_id = n == 2 ? 0x0500030211 : n;
		vcpus[n].powered = n == 0;
	}
	while (in.left) {
		struct axvm_vcpu *vcpu = &vcpus[input_u8(&in) % VCPUS];
		struct arch_regs before;

		input_bytes(&in, vcpu->arch.regs.x, 7 * sizeof(uint64_t));
		before = vcpu->arch.regs;
		calls = 0;
		aarch64_firmware_call(vcpu);
		check(&before, vcpu);
	}
	return 0;
}
