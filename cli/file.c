/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cli.h"

#define FIRST_ROOM ((size_t)64 << 10)

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}

static const char *reason(int error)
{
	switch (error) {
	case ENOENT:
		return "no such file";
	case EISDIR:
		return "is a directory, not a file";
	default:
		return strerror(error);
	}
}

/* One byte more than the file has, so that its end is met without growing again. */
static size_t room_for(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (uint64_t)st.st_size > FILE_MAX)
		return FIRST_ROOM;
	return (size_t)st.st_size + 2;
}

static bool grow(struct buffer *buffer, size_t room)
{
	uint8_t *data = realloc(buffer->data, room);

	if (data)
		buffer->data = data;
	return data != NULL;
}

static const char *read_all(int fd, struct buffer *out)
{
	size_t room = room_for(fd);
	ssize_t n;

	if (!grow(out, room))
		return "not enough memory";
	for (;;) {
		if (room - out->size < 2) {
			room *= 2;
			if (!grow(out, room))
				return "not enough memory";
		}
		n = read(fd, out->data + out->size, room - 1 - out->size);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return reason(errno);
		out->size += n > 0 ? (size_t)n : 0;
		if (out->size > FILE_MAX)
			return "larger than 1 GiB";
	}
	out->data[out->size] = '\0';
	return NULL;
}

static const char *check_regular(int fd)
{
	struct stat st;
	struct statfs fs;

	if (fstat(fd, &st) != 0 || fstatfs(fd, &fs) != 0)
		return reason(errno);
	if (S_ISDIR(st.st_mode))
		return reason(EISDIR);
	if (!S_ISREG(st.st_mode))
		return "is a device, pipe or socket: name a regular file";
	if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC)
		return "is made up by the kernel: name a file on a disk";
	return NULL;
}

/* Without O_NONBLOCK, opening a pipe would wait for its writer. */
static const char *read_file(const char *path, bool regular, struct buffer *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | (regular ? O_NONBLOCK : 0));
	const char *why = NULL;

	*out = (struct buffer){ 0 };
	if (fd < 0)
		return errno == ENXIO ? "is a socket: name a regular file" : reason(errno);
	if (regular)
		why = check_regular(fd);
	if (!why)
		why = read_all(fd, out);
	close(fd);
	if (why)
		buffer_free(out);
	return why;
}

const char *file_read(const char *path, struct buffer *out)
{
	return read_file(path, false, out);
}

const char *file_read_regular(const char *path, struct buffer *out)
{
	return read_file(path, true, out);
}

static bool write_all(int fd, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno != EINTR)
			return false;
		data += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static mode_t default_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

static const char *write_temporary(int fd, char *temporary, const char *path, const void *data,
				   size_t size)
{
	const char *why = NULL;

	if (!write_all(fd, data, size) || fchmod(fd, default_mode()) != 0)
		why = reason(errno);
	if (close(fd) != 0 && !why)
		why = reason(errno);
	if (!why && rename(temporary, path) != 0)
		why = reason(errno);
	if (why)
		unlink(temporary);
	return why;
}

/* Something that cannot be replaced: a device, a pipe. */
static const char *write_in_place(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	const char *why = NULL;

	if (fd < 0)
		return reason(errno);
	if (!write_all(fd, data, size))
		why = reason(errno);
	if (close(fd) != 0 && !why)
		why = reason(errno);
	return why;
}

const char *file_write(const char *path, const void *data, size_t size)
{
	char *temporary = NULL;
	const char *why;
	struct stat st;
	int fd;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_in_place(path, data, size);
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return "not enough memory";
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		why = errno == ENOENT ? "there is no such folder" : reason(errno);
	else
		why = write_temporary(fd, temporary, path, data, size);
	free(temporary);
	return why;
}

char *path_beside(const char *base, const char *path)
{
	const char *slash = strrchr(base, '/');
	char *joined = NULL;

	if (path[0] == '/' || !slash)
		return strdup(path);
	if (asprintf(&joined, "%.*s%s", (int)(slash - base + 1), base, path) < 0)
		return NULL;
	return joined;
}

bool path_inside(const char *path, const char *folder)
{
	char *whole = realpath(path, NULL), *outer = realpath(folder, NULL);
	size_t len = outer ? strlen(outer) : 0;
	bool inside = false;

	if (whole && outer) {
		/* "/" ends with the slash that others lack. */
		len -= len == 1;
		inside = strncmp(whole, outer, len) == 0 && whole[len] == '/';
	}
	free(whole);
	free(outer);
	return inside;
}
