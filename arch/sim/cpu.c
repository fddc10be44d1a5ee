/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated physical CPU: it is always there, unless a test takes it away. */
#include "host.h"

void (*axvm_sim_relax)(void);

static bool missing;

void axvm_sim_set_hardware(bool present)
{
	__atomic_store_n(&missing, !present, __ATOMIC_RELAXED);
}

/* What every machine has in common is all that a program of steps sees of it. */
bool arch_supports(enum axvm_arch isa)
{
	return axvm_machine_get(isa) != NULL;
}

bool arch_has_hardware_support(void)
{
	return !__atomic_load_n(&missing, __ATOMIC_RELAXED);
}

enum axvm_error arch_hardware_enable(void)
{
	return arch_has_hardware_support() ? AXVM_OK : AXVM_ERR_UNSUPPORTED;
}

void arch_hardware_disable(void)
{
}
