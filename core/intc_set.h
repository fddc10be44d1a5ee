/* SPDX-License-Identifier: Apache-2.0 */
/* Which emulated devices together make an interrupt controller. */
#ifndef CORE_INTC_SET_H
#define CORE_INTC_SET_H

#include <axvm/config.h>

#define INTC_PARTS 2

struct intc_set {
	uint32_t arch;
	uint32_t parts[INTC_PARTS]; /* AXVM_EMU_*; the same twice: there is one */
	uint32_t irq_max;	    /* its devices' interrupt numbers are below this */
};

/* The sets of an architecture, of which a VM has one at most; the first is its machine's own.
 * after is NULL for that one. NULL: there is no other. */
const struct intc_set *intc_next(uint32_t arch, const struct intc_set *after);
bool intc_part(const struct intc_set *set, uint32_t emu_type);
bool intc_has_any(const struct intc_set *set, const struct axvm_config *config);
bool intc_has_all(const struct intc_set *set, const struct axvm_config *config);

/* Whether a device is a part of any of an architecture's sets; whether a VM has such. */
bool is_intc(uint32_t arch, uint32_t emu_type);
bool has_intc(const struct axvm_config *config);

#endif
