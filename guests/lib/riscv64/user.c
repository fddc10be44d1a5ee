/* SPDX-License-Identifier: Apache-2.0 */
#include "user.h"

void user_enter(uint64_t entry, uint64_t a0);

struct trap user_run(uint64_t entry, uint64_t a0)
{
	return TRAP(user_enter(entry, a0));
}
