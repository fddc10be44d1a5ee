/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hypercalls: what a guest may ask of AxVM. Plain C without other headers, so that guests can
 * include it. A result is not negative, or a negative error of <axvm/error.h>; a number that does
 * not exist gives AXVM_ERR_UNSUPPORTED (-3).
 *
 *   AArch64  HVC or SMC #0 with the SMCCC function id AXVM_HYPERCALL_SMCCC + number in x0 (a fast
 *            64-bit call of the vendor-specific hypervisor service, Arm DEN 0028), arguments from
 *            x1 on, result in x0
 *   RISC-V   ECALL with the SBI extension id AXVM_HYPERCALL_SBI in a7, the number in a6, arguments
 *            from a0 on; a0 is 0 (SBI_SUCCESS) and the result in a1
 *
 * A channel is named by its key in the VM's own configuration; see struct axvm_ivc_channel.
 */
#ifndef AXVM_HYPERCALL_H
#define AXVM_HYPERCALL_H

/* AArch64: the function id of number 0 (Arm DEN 0028, section 2.5: fast, 64-bit, owner 6). */
#define AXVM_HYPERCALL_SMCCC 0xc6000000u

/* RISC-V: of the firmware-specific extensions (SBI 2.0, section 3.2), whose low 24 bits are
 * the firmware's implementation id. */
#define AXVM_HYPERCALL_SBI 0x0a415856u

/* () -> AXVM_HYPERCALL_VERSION_1 */
#define AXVM_HYPERCALL_VERSION 0
/* () -> bit mask of AXVM_FEATURE_* */
#define AXVM_HYPERCALL_FEATURES 1
/*
 * (key, size in bytes) -> guest-physical address. Makes memory of that size, rounded up to pages
 * and zeroed, appear here for reading and writing, and lets subscribers come.
 * Errors: NOT_FOUND: this VM publishes no channel with that key; INVALID_INPUT: size 0;
 * PERMISSION_DENIED: more than the configuration allows; ALREADY_EXISTS: it is published;
 * WOULD_BLOCK: not all of the memory is cleared yet (one call does 8 MiB at most), or another vCPU
 * is at it: call again with the same arguments; NO_MEMORY: of the host, in the window of guest
 * addresses, or for page tables
 */
#define AXVM_HYPERCALL_IVC_PUBLISH 2
/*
 * (key) -> guest-physical address of the channel, mapped with the rights that the publisher gives.
 * Errors: NOT_FOUND: this VM subscribes to no channel with that key, or it is not published now;
 * PERMISSION_DENIED: the publisher does not list this VM; ALREADY_EXISTS: subscribed;
 * NO_MEMORY: in the window of guest addresses, or for page tables
 */
#define AXVM_HYPERCALL_IVC_SUBSCRIBE 3
/*
 * (key) -> size in bytes of what is mapped here.
 * Errors: NOT_FOUND: nothing is
 */
#define AXVM_HYPERCALL_IVC_SIZE 4
/*
 * (key) -> how many VMs' doorbells rang: a publisher's call rings every subscriber's, a
 * subscriber's the publisher's.
 * Errors: NOT_FOUND: nothing is mapped here, or the publisher has released the channel
 */
#define AXVM_HYPERCALL_IVC_NOTIFY 5
/*
 * (key) -> 0. Removes the mapping here. After a publisher's call nobody can subscribe, its
 * subscribers' doorbells ring, and the memory lives on for those that have it mapped until they
 * release it as well.
 * Errors: NOT_FOUND: nothing is mapped here; NO_MEMORY: for the page tables of what stays mapped
 * around it: the mapping stays, the channel is closed
 */
#define AXVM_HYPERCALL_IVC_RELEASE 6

/* Numbers from here up to 0xffff are the host's: axvm_run_vcpu() returns them to it. */
#define AXVM_HYPERCALL_HOST 0x8000

/* What the first two answer. */
#define AXVM_HYPERCALL_VERSION_1 0x10000 /* major version << 16 | minor version */
#define AXVM_FEATURE_IVC	 0x1	 /* this VM has channels */

#endif
