/* SPDX-License-Identifier: Apache-2.0 */
/* The board's device tree: the devices that VM files name by their paths in it. */
#ifndef HOST_TREE_H
#define HOST_TREE_H

#include <axvm/config.h>

#include "cli.h"

/* Of a node: its ranges of CPU addresses, and its interrupt's number, 0 if it has none. */
struct host_device {
	char name[AXVM_NAME_MAX];
	uint32_t irq;
	unsigned range_num;
	struct bus_range {
		uint64_t base;
		uint64_t size; /* not 0; the last address is below 2^64 */
	} ranges[AXVM_MAX_PASS_THROUGH_DEVICES];
};

#define HOST_TREE_TEXT 512

/* Reads and checks a flattened device tree. What is wrong is said. */
enum cli_status host_tree_read(const char *path, struct buffer *out);

/* tree is one that host_tree_read() has checked; `why` is filled when the result is false. */
bool host_tree_has(const struct buffer *tree, const char *path, char why[HOST_TREE_TEXT]);
/* The same for a device that a VM can have. */
bool host_tree_find(const struct buffer *tree, const char *path, struct host_device *out,
		    char why[HOST_TREE_TEXT]);

#endif
