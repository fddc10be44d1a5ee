/* SPDX-License-Identifier: Apache-2.0 */
/* What builders of interrupt controllers need of a configuration's list of devices. */
#ifndef CORE_DEVICE_CONFIG_H
#define CORE_DEVICE_CONFIG_H

#include "diag.h"
#include <axvm/config.h>

/* The first of a type (AXVM_EMU_*), or NULL. */
static inline const struct axvm_emu_device *device_config_find(const struct axvm_config *config,
							       uint32_t emu_type)
{
	for (uint32_t i = 0; i < config->emu_device_num; i++)
		if (config->emu_devices[i].emu_type == emu_type)
			return &config->emu_devices[i];
	return NULL;
}

/* Fills the diagnostic and returns INVALID_INPUT. */
static inline enum axvm_error device_config_refuse(struct axvm_diag *diag, const char *what,
						   const char *name, uint64_t value)
{
	diag_set(diag, AXVM_ERR_INVALID_INPUT, what);
	diag_where(diag, "devices.emu_devices");
	diag_value(diag, name, value);
	return AXVM_ERR_INVALID_INPUT;
}

#endif
