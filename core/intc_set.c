/* SPDX-License-Identifier: Apache-2.0 */
#include "intc_set.h"
#include "device_config.h"

static const struct intc_set sets[] = {
	{ AXVM_ARCH_AARCH64, { AXVM_EMU_GICD, AXVM_EMU_GICR }, 256 },
	{ AXVM_ARCH_RISCV64, { AXVM_EMU_PLIC, AXVM_EMU_PLIC }, 1024 },
	{ AXVM_ARCH_RISCV64, { AXVM_EMU_APLIC, AXVM_EMU_IMSIC }, 97 },
};

const struct intc_set *intc_next(uint32_t arch, const struct intc_set *after)
{
	const struct intc_set *end = sets + sizeof(sets) / sizeof(sets[0]);

	for (const struct intc_set *set = after ? after + 1 : sets; set < end; set++) {
		if (set->arch == arch)
			return set;
	}
	return NULL;
}

bool intc_part(const struct intc_set *set, uint32_t emu_type)
{
	return set->parts[0] == emu_type || set->parts[1] == emu_type;
}

bool intc_has_any(const struct intc_set *set, const struct axvm_config *config)
{
	return device_config_find(config, set->parts[0]) ||
	       device_config_find(config, set->parts[1]);
}

bool intc_has_all(const struct intc_set *set, const struct axvm_config *config)
{
	return device_config_find(config, set->parts[0]) &&
	       device_config_find(config, set->parts[1]);
}

bool is_intc(uint32_t arch, uint32_t emu_type)
{
	const struct intc_set *set = NULL;

	while ((set = intc_next(arch, set))) {
		if (intc_part(set, emu_type))
			return true;
	}
	return false;
}

bool has_intc(const struct axvm_config *config)
{
	const struct intc_set *set = NULL;

	while ((set = intc_next(config->arch, set))) {
		if (intc_has_any(set, config))
			return true;
	}
	return false;
}
