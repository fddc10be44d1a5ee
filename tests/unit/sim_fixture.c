/* SPDX-License-Identifier: Apache-2.0 */
#include "sim_fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void build(struct fixture *f)
{
	assert_int_equal(sim_vm_new(&f->sim, &f->config, &f->vm, NULL), AXVM_OK);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(axvm_vcpu(f->vm->vm, i, &f->vcpu[i]), AXVM_OK);
	f->cpu = axvm_sim_cpu_get(f->vcpu[0]);
}

int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sim_host_init(&f->sim);
	sim_config(&f->config, 1, 3);
	build(f);
	*state = f;
	return 0;
}

int teardown(void **state)
{
	struct fixture *f = *state;

	sim_vm_free(f->vm);
	sim_host_fini(&f->sim);
	free(f);
	return 0;
}

enum axvm_exit_reason run(struct fixture *f, uint32_t id)
{
	memset(&f->exit, 0xa5, sizeof(f->exit));
	assert_int_equal(sim_run(f->vm, id, &f->exit), AXVM_OK);
	return f->exit.reason;
}

enum axvm_exit_reason start(struct fixture *f, const struct axvm_sim_step *steps, size_t num)
{
	assert_int_equal(axvm_sim_set_steps(f->vcpu[0], steps, num), AXVM_OK);
	assert_int_equal(axvm_boot(f->vm->vm), AXVM_OK);
	return run(f, 0);
}

uint64_t exits(struct fixture *f, enum axvm_exit_reason reason)
{
	return axvm_vcpu_get_stats(f->vcpu[0])->exits[reason];
}
