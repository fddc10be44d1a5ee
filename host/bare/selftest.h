/* SPDX-License-Identifier: Apache-2.0 */
/* What only a test asks of the hypervisor while its guests run. */
#ifndef BARE_SELFTEST_H
#define BARE_SELFTEST_H

/*
 * Boot argument axvm.selftest=unmap, on the board's last CPU before it takes vCPUs: pages of VM 1
 * are unmapped and mapped to other frames again and again while the VM runs on the other CPUs. The
 * guest (guests/unmap.c) starts it with a word in the first page and finds these words there.
 */
void selftest_unmap(void);

#define SELFTEST_UNMAP_GPA    0x42001000ull /* not the start of a 2 MiB leaf */
#define SELFTEST_UNMAP_READY  0x1ull	    /* the guest's, at first */
#define SELFTEST_UNMAP_STALE  0xdeadull	    /* in a frame that has been taken away */
#define SELFTEST_UNMAP_FRESH  0x100ull	    /* and the number of the round, counted from 0 */
#define SELFTEST_UNMAP_ROUNDS 12u

#endif
