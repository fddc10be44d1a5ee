/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle that bare metal boots from: an index, then each VM's configuration and images.
 *
 *   offset 0           index: a flattened device tree, one subnode per VM with vm_name, offset,
 *                      size and hash, followed by the hash of the index itself
 *   offset of VM n     a flattened device tree with the VM's configuration and images, 4 KiB
 * aligned
 *
 * Hashes are CRC-32 as in zlib, in 64 bits, numbers big-endian as in every device tree. A bundle
 * that is cut off, or has a flipped byte, costs only the VMs whose bytes are damaged.
 */
#ifndef AXVM_BUNDLE_H
#define AXVM_BUNDLE_H

#include <axvm/config.h>
#include <axvm/error.h>
#include <axvm/vm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Most VMs of one bundle. */
#define AXVM_BUNDLE_MAX_VMS 64

/* One VM of a bundle. images point into the bundle's bytes. */
struct axvm_bundle_vm {
	struct axvm_config config; /* not checked yet: axvm_new() does that */
	struct axvm_images images; /* in the bundle */
};

/*
 * Reads the index. *num: how many VMs it names.
 * Errors: INVALID_DATA: not a bundle, or a damaged index (diag says which)
 * Context: any; allocates nothing
 */
enum axvm_error axvm_bundle_open(const void *data, size_t size, size_t *num,
				 struct axvm_diag *diag);
/* The name of VM `i`, for messages; valid after a successful open. Never NULL. */
const char *axvm_bundle_vm_name(const void *data, size_t size, size_t i);
/*
 * Checks and reads VM `i`. After a failure *out is undefined.
 * Errors: NOT_FOUND: no such VM; INVALID_DATA: cut off or damaged (diag->other names the VM)
 */
enum axvm_error axvm_bundle_read_vm(const void *data, size_t size, size_t i,
				    struct axvm_bundle_vm *out, struct axvm_diag *diag);

/*
 * How many bytes a bundle of these VMs needs at most.
 * Context: any; allocates nothing
 */
size_t axvm_bundle_bound(const struct axvm_bundle_vm *vms, size_t num);
/*
 * Writes a bundle.
 *
 * buf, buf_size  destination; axvm_bundle_bound() bytes are enough
 * *size          the bytes that were written
 * Errors         NO_MEMORY: buf is too small; INVALID_INPUT: none, or more than
 *                AXVM_BUNDLE_MAX_VMS
 * Context        any; allocates nothing
 */
enum axvm_error axvm_bundle_write(const struct axvm_bundle_vm *vms, size_t num, void *buf,
				  size_t buf_size, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
