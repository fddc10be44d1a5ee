/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated physical CPU: it is always there, unless a test takes it away. */
#include "host.h"

void (*axvm_sim_relax)(void);

static bool missing;
static bool enabled; /* all physical CPUs are one */

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
	if (!arch_has_hardware_support())
		return AXVM_ERR_UNSUPPORTED;
	__atomic_store_n(&enabled, true, __ATOMIC_RELAXED);
	return AXVM_OK;
}

bool arch_hardware_enabled(void)
{
	return __atomic_load_n(&enabled, __ATOMIC_RELAXED);
}

void arch_hardware_disable(void)
{
	__atomic_store_n(&enabled, false, __ATOMIC_RELAXED);
}
