/* SPDX-License-Identifier: Apache-2.0 */
/* A backend that runs nothing, for building whole VMs in a test, and what it was asked. */
#ifndef TESTS_FAKE_ARCH_H
#define TESTS_FAKE_ARCH_H

#include "vm.h"

#define FAKE_IRQS 288u

struct fake_arch {
	bool hardware;		  /* can virtualise; set by fake_arch_reset() */
	enum axvm_error vm_error; /* what building the architecture's part gives */
	bool line[FAKE_IRQS];
	unsigned line_changes;
	unsigned resets;
	int vms; /* built and not ended */
};
extern struct fake_arch fake_arch;

void fake_arch_reset(void);

#endif
