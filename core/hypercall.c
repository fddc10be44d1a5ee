/* SPDX-License-Identifier: Apache-2.0 */
/* What guests ask of AxVM itself. */
#include "arch.h"
#include <axvm/hypercall.h>

#define NUMBERS 0x10000

static int64_t answer(struct axvm *vm, uint64_t nr, const uint64_t args[6])
{
	switch (nr) {
	case AXVM_HYPERCALL_VERSION:
		return AXVM_HYPERCALL_VERSION_1;
	case AXVM_HYPERCALL_FEATURES:
		return vm->config.ivc_channel_num ? AXVM_FEATURE_IVC : 0;
	case AXVM_HYPERCALL_IVC_PUBLISH:
		return ivc_publish(vm, args[0], args[1]);
	case AXVM_HYPERCALL_IVC_SUBSCRIBE:
		return ivc_subscribe(vm, args[0]);
	case AXVM_HYPERCALL_IVC_SIZE:
		return ivc_size(vm, args[0]);
	case AXVM_HYPERCALL_IVC_NOTIFY:
		return ivc_notify(vm, args[0]);
	case AXVM_HYPERCALL_IVC_RELEASE:
		return ivc_release(vm, args[0]);
	default:
		return AXVM_ERR_UNSUPPORTED;
	}
}

/* A host that does not know its own number leaves the answer that stands here. */
enum run_verdict run_hypercall(struct axvm_vcpu *vcpu, const struct axvm_exit *exit)
{
	uint64_t nr = exit->hypercall.nr;
	int64_t result = answer(vcpu->vm, nr, exit->hypercall.args);

	arch_vcpu_set_return_value(vcpu, (uint64_t)result);
	if (nr < AXVM_HYPERCALL_HOST || nr >= NUMBERS)
		return RUN_RESUME;
	vcpu->exit = *exit;
	return RUN_LEAVE;
}
