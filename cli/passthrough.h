/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that a VM file names by their paths in the board's device tree, as addresses. */
#ifndef PASSTHROUGH_H
#define PASSTHROUGH_H

#include "vmfile.h"

/* Whether the file names a device by its path, to have it. */
bool passthrough_has_paths(const struct vm_file *file);
/* Whether it says of one of them that the host keeps it. */
bool passthrough_contradicts(const struct vm_file *file);

/*
 * Puts the devices behind the paths in file->crate in their place; what cannot be is reported. From
 * then on file->passed says which entry of the file a device is from.
 * tree      that of the board, or NULL: nothing is known of it, so that there are no such devices
 * severity  of the report that the tree is missing: "error" or "warning"; NULL: an error that
 * follows from another, so that nothing is reported
 */
enum cli_status passthrough_resolve(struct vm_file *file, const struct buffer *tree,
				    const char *severity);

/* Where the file has the device that a field speaks of, as a field of the file. */
void passthrough_field(const struct vm_file *file, const char *field, char *out, size_t size);

#endif
