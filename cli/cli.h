/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share: statuses, messages, files. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_status {
	CLI_OK = 0,	/* the guests shut down cleanly */
	CLI_HOST = 1,	/* the host could not */
	CLI_CONFIG = 2, /* usage or configuration */
	CLI_FAULT = 3,	/* a VM stopped on a fault */
	CLI_TIMEOUT = 4,
	CLI_SIGNAL = 128, /* plus the signal that ended the command */
};

/* One line on standard error: "axvm: ...", "axvm: error: ...". */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void say_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* argv[0] is the command's name for messages, such as "axvm check". */
int cmd_check(int argc, char **argv);
int cmd_generate(int argc, char **argv);
int cmd_pack(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_schema(int argc, char **argv);

/* Bytes in memory; data is NULL when there are none. */
struct buffer {
	uint8_t *data;
	size_t size;
};
void buffer_free(struct buffer *buffer);

/* No file that a VM boots from is larger, packed or unpacked. */
#define FILE_MAX ((size_t)1 << 30)

/*
 * The whole of a file, with a NUL behind it that size does not count. Result: NULL, or why not, for
 * a message: "no such file".
 */
const char *file_read(const char *path, struct buffer *out);
/*
 * The same, but refuses what is no file with bytes of its own: folders, devices, pipes, sockets,
 * and what the kernel makes up under /proc and /sys.
 */
const char *file_read_regular(const char *path, struct buffer *out);
/* All or nothing, by way of a temporary file beside it. Result: NULL, or why not. */
const char *file_write(const char *path, const void *data, size_t size);
/* `path` as seen from the folder that `base` lies in; to be freed. NULL: no memory. */
char *path_beside(const char *base, const char *path);
/* Whether a file that is there lies in the folder or below it, symbolic links followed. */
bool path_inside(const char *path, const char *folder);

/* What a compressed file unpacks to. Any other file stays as it is. Result: NULL, or why not. */
const char *unpack(struct buffer *file, const char *path);

#endif
