/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that tell the TLB entries of VMs apart. */
#ifndef ARCH_VMID_H
#define ARCH_VMID_H

#include <stdint.h>

/* Takes one of 1 to `num` - 1; 0: none is left. 0 stays unused, so that a forgotten one is
 * nobody's. Any context. */
uint32_t vmid_take(uint32_t num);
void vmid_give(uint32_t vmid);

#endif
