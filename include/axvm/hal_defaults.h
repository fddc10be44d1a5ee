/* SPDX-License-Identifier: Apache-2.0 */
/* For small hosts: the operations of struct axvm_hal that they can do without. */
#ifndef AXVM_HAL_DEFAULTS_H
#define AXVM_HAL_DEFAULTS_H

#include <axvm/hal.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Fills the operations that are NULL, for a host whose host-physical addresses are its pointers and
 * which runs a halted vCPU again without being told to:
 *
 *   alloc_frame, dealloc_frame         one frame by alloc_contiguous, dealloc_contiguous
 *   alloc_memory_region_at             NOT_FOUND: IDENTICAL and RESERVED regions are refused
 *   check_device                       PERMISSION_DENIED: passthrough devices are refused
 *   phys_to_virt, virt_to_phys         the address as it is
 *   wall_clock_seconds                 0: the host has no clock
 *   random                             false: the host has no random bytes
 *   vcpu_resides_on, inject_irq_to_vcpu  NOT_FOUND
 *   set_timer, kick_vcpu, wake_vcpu, log, console_write, dealloc_memory_region_at   nothing
 *
 * The others only the host can know: host, alloc_contiguous, dealloc_contiguous,
 * current_time_nanos, current_vm_id, current_vcpu_id, current_pcpu_id stay as they are.
 *
 * Context: any, before the first VM is made with it
 */
void axvm_hal_set_defaults(struct axvm_hal *hal);

#ifdef __cplusplus
}
#endif

#endif
