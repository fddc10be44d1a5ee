/* SPDX-License-Identifier: Apache-2.0 */
/* The emulated devices of one VM: made from its configuration by the models that are linked in. */
#ifndef CORE_DEVICE_BUILD_H
#define CORE_DEVICE_BUILD_H

#include "vm.h"

/*
 * Builds vm->devices, sorted by address, and puts them on the bus. Interrupt controllers are not
 * among them: the architecture builds those.
 * Errors: UNSUPPORTED: no model for a type; INVALID_INPUT: too short; ALREADY_EXISTS: overlap;
 * NO_MEMORY
 */
enum axvm_error devices_build(struct axvm *vm, struct axvm_diag *diag);
/* Power-on state of all. No vCPU runs. */
void devices_reset(struct axvm *vm);

/* Host time at which the first timer of a device may be due; UINT64_MAX: none. Any context. */
uint64_t devices_deadline(struct axvm *vm);
/* Calls the devices whose timers are due. A vCPU does so before it runs, if devices_deadline() has
 * passed; any of them may. */
void devices_expire(struct axvm *vm);

#endif
