/* SPDX-License-Identifier: Apache-2.0 */
/* Stage-2 tables of the simulated CPU: their shape, and making every CPU forget a translation. */
#include "host.h"

void arch_stage2_geometry(struct stage2_geometry *out)
{
	*out = (struct stage2_geometry){
		.levels = 4,
		.level = { { 39, 1, false }, { 30, 9, true }, { 21, 9, true }, { 12, 9, true } },
		.gpa_bits = 40,
		.root_frames = 1,
	};
}

/*
 * A simulated CPU keeps no translation from one access to the next; one that is in the middle of an
 * access may still use an old one. Its count is odd then: wait until it has moved. The fence pairs
 * with the one in access_begin(): the CPU sees the entries as they are now, or is seen here.
 */
void arch_stage2_flush(void *ctx, uint64_t gpa, uint64_t size, bool tables)
{
	struct axvm *vm = ctx;

	(void)gpa;
	(void)size;
	(void)tables;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		const uint64_t *accesses = &vm->vcpus[i].arch.accesses;
		uint64_t seen = __atomic_load_n(accesses, __ATOMIC_ACQUIRE);

		while ((seen & 1) && __atomic_load_n(accesses, __ATOMIC_ACQUIRE) == seen)
			arch_cpu_relax();
	}
}
