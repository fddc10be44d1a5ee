/* SPDX-License-Identifier: Apache-2.0 */
/* What only a test asks of the hypervisor while its guests run. */
#ifndef BARE_SELFTEST_H
#define BARE_SELFTEST_H

/*
 * Boot argument axvm.selftest=NAME, on the board's last CPU before it takes vCPUs, with VM 1, which
 * runs on the other CPUs. The guest of the same name starts it with SELFTEST_READY in the word at
 * SELFTEST_OFFSET.
 *
 * unmap  pages are unmapped and mapped to other frames again and again; the guest finds the words
 *        below there
 * pause  the VM is paused for long, again and again: nothing in it moves meanwhile, and its time
 *        does not jump
 */
void selftest_vm(void);

#define SELFTEST_OFFSET 0x2001000ull /* in its RAM; not the start of a 2 MiB leaf */
#define SELFTEST_READY	0x1ull	     /* the guest's, at first */

#define SELFTEST_PAUSE_ROUNDS 3u
#define SELFTEST_PAUSE_MILLIS 1500u
#define SELFTEST_PAUSE_DONE   0x2ull /* the host's, in the end */

#define SELFTEST_UNMAP_STALE  0xdeadull /* in a frame that has been taken away */
#define SELFTEST_UNMAP_FRESH  0x100ull	/* and the number of the round, counted from 0 */
#define SELFTEST_UNMAP_ROUNDS 12u

#endif
