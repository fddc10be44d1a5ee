/* SPDX-License-Identifier: Apache-2.0 */
/* Synchronous exceptions into the guest that is live on this CPU. */
#include "exception.h"
#include "host.h"

static void take_exception(uint64_t esr)
{
	uint64_t spsr = read_sysreg(spsr_el2);

	write_sysreg(esr_el1, esr);
	write_sysreg(elr_el1, read_sysreg(elr_el2));
	write_sysreg(spsr_el1, spsr);
	write_sysreg(elr_el2, read_sysreg(vbar_el1) + exception_vector(spsr));
	write_sysreg(spsr_el2,
		     exception_pstate(spsr, read_sysreg(sctlr_el1), read_sysreg(id_aa64mmfr1_el1)));
}

void aarch64_inject_undefined(void)
{
	take_exception(ESR_IL);
}

void aarch64_inject_data_abort(uint64_t far, bool table_walk)
{
	write_sysreg(far_el1, far);
	take_exception(
		exception_data_abort(read_sysreg(esr_el2), read_sysreg(spsr_el2), table_walk));
}
